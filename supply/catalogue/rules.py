"""Decisions of the catalogue: doses, ingredients, GTINs, which price applies."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from supply.catalogue.storage import StorageRead, UnknownStorageError, parse_storage
from supply.catalogue.terms import Dose
from supply.quantity import Unit
from supply.sentences import say

__all__ = ["StorageRead", "UnknownStorageError", "parse_storage"]

INJECTABLE_KINDS = frozenset({"", "ampoule", "vial", "syringe", "cartridge", "ingredient"})
"""Kinds whose content goes under the skin, to be safe also where no kind is said."""

INJECTABLE_HOURS = 28 * 24
"""Default after-opening time of a multi-dose injectable (USP <797>, 28 days)."""

GTIN_LENGTHS = (8, 12, 13, 14)


class InvalidGtinError(ValueError):
    """Digits that are no GTIN; the message says why."""


@dataclass(frozen=True, slots=True)
class Ingredient:
    """An ingredient with its strength as the label prints it ("" where it prints none)."""

    name: str
    strength: str


@dataclass(frozen=True, slots=True)
class PriceRow:
    """The price of a pack in minor units, for one practice or (None) for all.

    It holds through ``valid_to``, or without end.
    """

    product_id: int
    practice_id: int | None
    currency: str
    valid_from: dt.date
    from_packs: int
    pack_minor: int
    valid_to: dt.date | None = None

    def holds_on(self, day: dt.date) -> bool:
        """Return whether ``day`` is one of its days."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


_STRENGTH = re.compile(
    r"\s+(?=\d[\d.,]*\s*(?:%|(?:mg|mcg|µg|μg|ug|g|kg|ml|iu|i\.u\.|usp|units?|mmol|meq)\b))",
    re.IGNORECASE,
)


def parse_ingredients(text: str) -> list[Ingredient]:
    """Return the ingredients of ``text``, which are separated by semicolons, in order.

    "sodium hyaluronate 10 mg/ml (non-crosslinked); vitamins" gives the first with strength
    "10 mg/ml (non-crosslinked)" and the second without; "13 vitamins" stays whole.
    """
    parts = (" ".join(part.split()) for part in text.split(";"))
    return [_ingredient(part) for part in parts if part]


def _ingredient(part: str) -> Ingredient:
    name, *strength = _STRENGTH.split(part, maxsplit=1)
    return Ingredient(name, strength[0] if strength else "")


def dose_of(stated: Dose | None, unit: Unit, kind: str) -> Dose:
    """Return how an opened container is used up.

    What is counted in *each* is never opened. Where the catalogue says nothing, what is
    injected serves one patient, which is the safe reading; a tube or bottle serves several.
    """
    if unit is Unit.EACH:
        return Dose.NONE
    if stated is not None and stated is not Dose.NONE:
        return stated
    return Dose.SINGLE if is_injectable(kind, unit) else Dose.MULTI


def is_injectable(kind: str, unit: Unit) -> bool:
    """Return whether a product of ``kind`` is injected; what is weighed in grams is a cream."""
    return kind in INJECTABLE_KINDS and unit is not Unit.G


def check_digit(digits: str) -> int:
    """Return the GS1 check digit that belongs after ``digits`` (mod 10, weights 3 and 1)."""
    total = sum(int(d) * (3 if i % 2 == 0 else 1) for i, d in enumerate(reversed(digits)))
    return -total % 10


def parse_gtin(text: str) -> str:
    """Return the GTIN-8, -12, -13 or -14 in ``text`` as 14 digits.

    Raises:
        InvalidGtinError: other characters or lengths, all zeros, or a wrong check digit.
    """
    digits = text.strip()
    if not (digits.isascii() and digits.isdigit()) or len(digits) not in GTIN_LENGTHS:
        raise InvalidGtinError(say("A GTIN has 8, 12, 13 or 14 digits."))
    if not digits.strip("0"):
        raise InvalidGtinError(say("A GTIN is not all zeros."))
    expected = check_digit(digits[:-1])
    if int(digits[-1]) != expected:
        raise InvalidGtinError(
            say("The check digit should be %(expected)s. Check the digits.", expected=expected)
        )
    return digits.zfill(14)


def is_gtin(digits: str) -> bool:
    """Return whether ``digits`` are a GTIN with the right check digit."""
    try:
        return bool(parse_gtin(digits))
    except InvalidGtinError:
        return False


def applicable_price(
    prices: Iterable[PriceRow], practice_id: int | None, currency: str, packs: int, on: dt.date
) -> PriceRow | None:
    """Return the row that prices ``packs`` packs for the practice on the day, if any does.

    A practice's own price comes before the list price; then the latest date from which one
    is valid; then the largest number of packs it starts from.
    """
    fitting = (
        price
        for price in prices
        if price.currency == currency
        and price.practice_id in (None, practice_id)
        and price.holds_on(on)
        and price.from_packs <= packs
    )
    return max(
        fitting, key=lambda p: (p.practice_id is not None, p.valid_from, p.from_packs), default=None
    )


def pack_price(
    prices: Iterable[PriceRow], practice_id: int | None, currency: str, packs: int, on: dt.date
) -> int | None:
    """Return the price of one pack in minor units; None where none applies.

    See :func:`applicable_price` for which row wins.
    """
    best = applicable_price(prices, practice_id, currency, packs, on)
    return best.pack_minor if best else None


def price_breaks(
    prices: Iterable[PriceRow], practice_id: int | None, currency: str, on: dt.date
) -> list[tuple[int, int]]:
    """Return (from packs, pack price in minor units) where the price changes, in order."""
    rows = list(prices)
    breaks: list[tuple[int, int]] = []
    for packs in sorted({row.from_packs for row in rows}):
        minor = pack_price(rows, practice_id, currency, packs, on)
        if minor is not None and (not breaks or breaks[-1][1] != minor):
            breaks.append((packs, minor))
    return breaks


def in_force(prices: Iterable[PriceRow], on: dt.date) -> set[PriceRow]:
    """Return the rows that price some number of packs on the day, for everyone or for a practice.

    What a later row has taken the place of is not among them.
    """
    scopes: dict[tuple[int, int | None, str], list[PriceRow]] = {}
    for price in prices:
        key = (price.product_id, price.practice_id, price.currency)
        scopes.setdefault(key, []).append(price)
    return {
        best
        for (_product, practice_id, currency), rows in scopes.items()
        for packs in {row.from_packs for row in rows}
        if (best := applicable_price(rows, practice_id, currency, packs, on)) is not None
    }


def leads_back(successors: Mapping[str, str], sku: str) -> bool:
    """Return whether one comes to ``sku`` again by going from successor to successor."""
    seen: set[str] = set()
    following = successors.get(sku)
    while following is not None and following not in seen:
        if following == sku:
            return True
        seen.add(following)
        following = successors.get(following)
    return False


def unit_price(pack_minor: int, pack_quantity: Decimal) -> Decimal:
    """Return the price of one base unit in minor units, unrounded, for comparing products."""
    return Decimal(pack_minor) / pack_quantity
