"""Pure decisions on payments: does what came agree, what goes back, when to ask again."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Sequence
from dataclasses import dataclass

from supply.money import Money
from supply.payments.amounts import from_stripe
from supply.payments.terms import LOST, RefundStatus

LASTS = dt.timedelta(hours=23)
"""How long a page to pay on lasts; Stripe's most is a day, counted by its own clock."""
REPEATED_FOR = dt.timedelta(hours=23)
"""How long a request may be repeated under its key: Stripe forgets keys after a day."""
FIRST_WAIT = dt.timedelta(seconds=30)
LONGEST_WAIT = dt.timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Seen:
    """What Stripe says of a payment: who and what it is for, and whether it is paid.

    ``amount`` counts as Stripe does; ``currency`` is in lower case, as there.
    """

    session_id: str
    status: str
    paid: bool
    amount: int
    currency: str
    reference: str
    live: bool
    url: str | None = None
    intent_id: str | None = None
    charge_id: str | None = None


@dataclass(frozen=True, slots=True)
class Expected:
    """What was asked for."""

    amount: int
    currency: str
    reference: str
    live: bool


class Differs(enum.StrEnum):
    """In what a payment may differ from what was asked for; as it is kept."""

    AMOUNT = "amount"
    CURRENCY = "currency"
    REFERENCE = "reference"
    MODE = "live mode"
    FRACTION = "fraction"
    """It came in a fraction that we have no unit for."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What was asked for, and what came instead; sums count as Stripe does."""

    what: Differs
    asked: int | str | bool
    came: int | str | bool


def differences(expected: Expected, seen: Seen) -> list[Difference]:
    """Return in which of amount, currency, reference and mode what came is another, to the cent."""
    pairs = (
        (Differs.AMOUNT, expected.amount, seen.amount),
        (Differs.CURRENCY, expected.currency.lower(), seen.currency.lower()),
        (Differs.REFERENCE, expected.reference, seen.reference),
        (Differs.MODE, expected.live, seen.live),
    )
    return [Difference(what, want, got) for what, want, got in pairs if want != got]


def taken(seen: Seen) -> Money:
    """Return what came in. Raises ValueError for a fraction we have no unit for."""
    return from_stripe(seen.amount, seen.currency)


def to_refund(left: Sequence[tuple[int, int]], wanted_minor: int) -> list[tuple[int, int]]:
    """Return (payment id, minor units) to give back so that ``wanted_minor`` is kept.

    ``left`` are (payment id, what of it does not go back yet), oldest first: what was paid last
    goes back first. Never more than there is of each.
    """
    excess = sum(minor for _id, minor in left) - wanted_minor
    found = []
    for payment_id, minor in reversed(left):
        part = min(minor, excess)
        if part > 0:
            found.append((payment_id, part))
            excess -= part
    return found


def went_wrong(before: RefundStatus, after: RefundStatus) -> bool:
    """Return whether a refund that counted as going back has now failed."""
    return before not in LOST and after in LOST


def wait_after(attempts: int) -> dt.timedelta:
    """Return how long to wait before asking again: twice as long each time, up to a bound."""
    doubled: int = 2 ** min(attempts, 10)
    return min(FIRST_WAIT * doubled, LONGEST_WAIT)
