"""What rooms above tell the catalogue of a product: what it is used in, what was paid for it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from supply.accounts.models import Clinic
from supply.money import Money, precision


@dataclass(frozen=True, slots=True)
class Use:
    """A formulation or protocol of a practice that a product is used in, and its page."""

    name: str
    code: str
    endpoint: str
    key: str
    """What the page's address calls the id."""
    id: int
    substitute: bool = False
    """Whether it only may stand in for another item."""


@dataclass(frozen=True, slots=True)
class Paid:
    """What a clinic last paid for a pack, on which order."""

    order_id: int
    number: str
    on: dt.date
    packs: int
    price: Money
    pack_quantity: Decimal

    @property
    def unit_price(self) -> Decimal:
        """What a base unit cost, in major units of the currency."""
        each = Decimal(self.price.minor) / self.pack_quantity
        return each.scaleb(-precision(self.price.currency))


UseTeller = Callable[[int, int], Iterable[Use]]
PaidTeller = Callable[[Clinic, int], Paid | None]

_use_tellers: list[UseTeller] = []
_paid_tellers: list[PaidTeller] = []


def use_teller(function: UseTeller) -> UseTeller:
    """Register ``function`` to say what a practice uses a product in."""
    _use_tellers.append(function)
    return function


def paid_teller(function: PaidTeller) -> PaidTeller:
    """Register ``function`` to say what a clinic last paid for a product."""
    _paid_tellers.append(function)
    return function


def uses(practice_id: int, product_id: int) -> list[tuple[str, str, list[Use]]]:
    """Return what the practice uses the product in, as name, code, and the pages of that name."""
    found: dict[tuple[str, str], list[Use]] = {}
    for told in _use_tellers:
        for use in told(practice_id, product_id):
            found.setdefault((use.name, use.code), []).append(use)
    return [(name, code, pages) for (name, code), pages in sorted(found.items())]


def last_paid(clinic: Clinic, product_id: int) -> Paid | None:
    """Return what the clinic last paid for the product; None where it never ordered it."""
    return next((paid for told in _paid_tellers if (paid := told(clinic, product_id))), None)
