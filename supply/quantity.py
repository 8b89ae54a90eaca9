"""Exact quantities: thousandths of an item's base unit.

Databases hold integers (thousandths), Python holds :class:`~decimal.Decimal`
with three places at most. Floats never take part: a tenth of a millilitre has
no exact float, and a ledger of floats leaves residues such as 8.9e-16 ml.
"""

from __future__ import annotations

import enum
from decimal import Context, Decimal, InvalidOperation
from functools import lru_cache

from supply.sentences import say

PLACES = 3
"""Decimal places kept: a thousandth of the base unit."""

MAXIMUM = Decimal(1_000_000_000)
"""Largest quantity one line may carry; anything above is a slip of the keyboard."""

ZERO = Decimal("0.000")
_STEP = Decimal(1).scaleb(-PLACES)
EXACT = Context(prec=100_000)
"""Arithmetic that rounds nothing a person could type away."""


class Unit(enum.StrEnum):
    """Base units in which items are kept."""

    ML = "ml"
    G = "g"
    MG = "mg"
    EACH = "each"


class InvalidQuantityError(ValueError):
    """A quantity that cannot be kept; the message says what is wrong with it."""


@lru_cache(maxsize=4096)
def from_thousandths(value: int) -> Decimal:
    """Return the quantity held in the database as ``value`` thousandths."""
    return Decimal(value).scaleb(-PLACES)


def to_thousandths(quantity: Decimal) -> int:
    """Return ``quantity`` as whole thousandths.

    Raises:
        InvalidQuantityError: more than three decimals, or not a finite number.
    """
    if not quantity.is_finite():
        raise InvalidQuantityError(say("Enter a number."))
    scaled = quantity.scaleb(PLACES, EXACT)
    if scaled != scaled.to_integral_value():
        raise InvalidQuantityError(say("Use at most three decimals."))
    return int(scaled)


def parse(text: str, unit: Unit, *, allow_zero: bool = False) -> Decimal:
    """Read a quantity a person or program wrote in ``unit``.

    Accepts plain decimal notation only ("2.5"); an exponent, NaN or infinity is refused.

    Raises:
        InvalidQuantityError: not a number, negative, zero (unless ``allow_zero``), more than
            three decimals, a fraction of *each*, or above :data:`MAXIMUM`.
    """
    stripped = text.strip()
    if not stripped or not stripped.lstrip("+-").replace(".", "", 1).isdecimal():
        raise InvalidQuantityError(say("Enter a number, such as 2.5."))
    try:
        value = Decimal(stripped)
    except InvalidOperation as error:
        raise InvalidQuantityError(say("Enter a number, such as 2.5.")) from error
    return check(value, unit, allow_zero=allow_zero)


def check(value: Decimal, unit: Unit, *, allow_zero: bool = False) -> Decimal:
    """Return ``value`` at three places if it may be kept in ``unit``.

    Raises:
        InvalidQuantityError: see :func:`parse`.
    """
    to_thousandths(value)
    if value < 0:
        raise InvalidQuantityError(say("Enter a quantity above zero."))
    if value == 0 and not allow_zero:
        raise InvalidQuantityError(say("Enter a quantity above zero."))
    if value > MAXIMUM:
        raise InvalidQuantityError(say("That is too large: check the number."))
    if unit is Unit.EACH and value != value.to_integral_value():
        raise InvalidQuantityError(say("This item is counted in whole pieces."))
    return value.quantize(_STEP)


def as_text(quantity: Decimal) -> str:
    """Return the three-place decimal string used in the API and in files ("2.500")."""
    return str(quantity.quantize(_STEP))


def whole_containers(quantity: Decimal, content: Decimal) -> int:
    """Return how many containers of ``content`` it takes to cover ``quantity``."""
    full, rest = divmod(quantity, content)
    return int(full) + (1 if rest else 0)
