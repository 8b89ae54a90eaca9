"""Pure decisions on what a supplier answers to an order, line by line."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterator
from dataclasses import dataclass

from supply.vat.rules import WHOLE


@dataclass(frozen=True, slots=True)
class Replacement:
    """Packs of another product of the supplier, named by its SKU, for what it cannot send."""

    sku: str
    packs: int


@dataclass(frozen=True, slots=True)
class LineAnswer:
    """What a supplier says of a line: how many packs it confirms, and what becomes of the rest.

    Nothing said of the rest: it follows later, nobody knows when. A substitute with a day
    (``until``): if the clinic refuses it, the rest follows then; without one, it is declined.
    """

    confirm: int | None = None
    until: dt.date | None = None
    substitute: Replacement | None = None
    decline: str | None = None
    """Why the rest is not sent at all."""

    @property
    def speaks_of_rest(self) -> bool:
        """Whether it says what becomes of packs that are not confirmed."""
        return any(one is not None for one in (self.until, self.substitute, self.decline))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an answer makes of a line's packs: together they are all that were wanted."""

    confirmed: int
    backordered: int = 0
    declined: int = 0
    offered: int = 0
    promised_on: dt.date | None = None


class Fault(enum.Enum):
    """What is wrong with an answer; the value is the part of it that is to be mended."""

    CONFIRMS_TOO_MANY = "confirm"
    DAY_IS_PAST = "until"
    NOTHING_IS_LEFT = "rest"
    NO_REASON = "decline"
    TWO_WAYS = "substitute"
    """The rest cannot be declined and come, or be replaced, as well."""


def faults(wanted: int, answer: LineAnswer, today: dt.date) -> Iterator[Fault]:
    """Yield what is wrong with an answer to a line of which ``wanted`` packs are to come."""
    confirmed = _confirmed(wanted, answer)
    if not 0 <= confirmed <= wanted:
        yield Fault.CONFIRMS_TOO_MANY
    elif confirmed == wanted and answer.speaks_of_rest:
        yield Fault.NOTHING_IS_LEFT
    if answer.until is not None and answer.until < today:
        yield Fault.DAY_IS_PAST
    if answer.decline is not None:
        if answer.until is not None or answer.substitute is not None:
            yield Fault.TWO_WAYS
        if not answer.decline.strip():
            yield Fault.NO_REASON


def outcome(wanted: int, answer: LineAnswer) -> Outcome:
    """Return what an answer without faults makes of a line's packs."""
    confirmed = _confirmed(wanted, answer)
    rest = wanted - confirmed
    if answer.decline is not None:
        return Outcome(confirmed, declined=rest)
    if answer.substitute is not None:
        return Outcome(confirmed, offered=rest, promised_on=answer.until)
    return Outcome(confirmed, backordered=rest, promised_on=answer.until if rest else None)


def _confirmed(wanted: int, answer: LineAnswer) -> int:
    if answer.confirm is not None:
        return answer.confirm
    return 0 if answer.speaks_of_rest and wanted else wanted


def substitute_price(
    asked_minor: int, packs: int, *, replaced_minor: int, rate: int, replaced_rate: int
) -> int:
    """Return what a pack of a substitute costs: its own price, unless that makes it dearer.

    ``packs`` of it never cost more than those they stand for (``replaced_minor``), net or with
    VAT; rates are in basis points. A supplier that has only a dearer product gives it for less.
    """
    taxed = replaced_minor * (WHOLE + replaced_rate) // (WHOLE + rate)
    return min(asked_minor, min(replaced_minor, taxed) // packs)
