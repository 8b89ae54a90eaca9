"""Pure decisions on reordering by fixed points: low or not, which product, how many packs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from supply.quantity import ZERO, whole_containers
from supply.sentences import Sentence, say

Measure = TypeVar("Measure", Decimal, int)
"""A quantity in an item's base unit, or in whole thousandths of it."""

SERVICE_LEVELS = (Decimal("0.5"), Decimal("0.999"))
"""The least and the most certain one may ask to be of not running out."""
SERVICE_LEVEL_PLACES = 3
USUAL_SERVICE_LEVEL = 0.97
"""How sure a clinic is to be of not running out of what nobody has set a level for."""


def level_of(thousandths: int | None) -> float:
    """Return the service level that is kept as ``thousandths``; None is the usual one."""
    return USUAL_SERVICE_LEVEL if thousandths is None else thousandths / 1000


def service_level_fault(level: Decimal) -> Sentence | None:
    """Return why ``level`` is no service level; None where it is: a share, at three decimals."""
    least, most = SERVICE_LEVELS
    exact = level.is_finite() and level == round(level, SERVICE_LEVEL_PLACES)
    return None if exact and least <= level <= most else no_service_level()


def read_service_level(text: str) -> Decimal | None:
    """Return the service level a person or program wrote ("0.98"); None where it is none.

    Plain decimal notation only: no percent, exponent, sign or infinity.
    """
    stripped = text.strip()
    if not (stripped.isascii() and stripped.replace(".", "", 1).isdecimal()):
        return None
    level = Decimal(stripped)
    return None if service_level_fault(level) else level


def no_service_level() -> Sentence:
    """Return the sentence that says what a service level is."""
    least, most = SERVICE_LEVELS
    return say(
        "Enter a service level from %(least)s to %(most)s with at most three decimals,"
        " such as 0.98.",
        least=least,
        most=most,
    )


@dataclass(frozen=True, slots=True)
class Need:
    """Where an item stands at a clinic, in its base unit."""

    available: Decimal
    on_order: Decimal
    reorder_point: Decimal
    par_level: Decimal

    @property
    def position(self) -> Decimal:
        """What there is to count on: available and on order."""
        return self.available + self.on_order

    @property
    def missing(self) -> Decimal:
        """What it takes to reach the par level."""
        return max(self.par_level - self.position, ZERO)


@dataclass(frozen=True, slots=True)
class Offer:
    """A product the item may be bought as. ``price`` gives minor units a pack, or None."""

    product_id: int
    preferred: bool
    pack_quantity: Decimal
    minimum_packs: int
    price: Callable[[int], int | None]


@dataclass(frozen=True, slots=True)
class Choice:
    """The product to order and how many packs of it."""

    product_id: int
    packs: int
    pack_quantity: Decimal

    @property
    def quantity(self) -> Decimal:
        """What arrives, in the base unit."""
        return self.pack_quantity * self.packs


def is_low(available: Measure, on_order: Measure, reorder_point: Measure) -> bool:
    """Return whether the reorder point is reached: what is on its way counts as there."""
    return available + on_order <= reorder_point


def packs_for(missing: Decimal, pack_quantity: Decimal, minimum_packs: int) -> int:
    """Return the whole packs that cover ``missing``, at least the minimum order."""
    return max(whole_containers(missing, pack_quantity), minimum_packs)


def choose(need: Need, offers: Iterable[Offer]) -> Choice | None:
    """Return what to order: the preferred product, else the cheapest per unit.

    Only products with a price count; None when there is none.
    """
    priced = []
    for offer in offers:
        packs = packs_for(need.missing, offer.pack_quantity, offer.minimum_packs)
        price = offer.price(packs)
        if price is not None:
            rank = (not offer.preferred, Decimal(price) / offer.pack_quantity, offer.product_id)
            priced.append((rank, Choice(offer.product_id, packs, offer.pack_quantity)))
    return min(priced, key=lambda ranked: ranked[0])[1] if priced else None
