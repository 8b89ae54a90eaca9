"""Pure decisions on orders: what status shows, when one ends, who may place it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from supply.money import Money
from supply.ordering.terms import OrderStatus, Stage

MOST_PACKS = 10_000
"""Most packs one line may ask for; anything above is a slip of the keyboard."""

_PLAIN = {
    Stage.DRAFT: OrderStatus.DRAFT,
    Stage.AWAITING_APPROVAL: OrderStatus.AWAITING_APPROVAL,
    Stage.AWAITING_PAYMENT: OrderStatus.AWAITING_PAYMENT,
    Stage.CLOSED: OrderStatus.CLOSED,
    Stage.CANCELLED: OrderStatus.CANCELLED,
    Stage.DECLINED: OrderStatus.DECLINED,
}
"""Stages that are the status whatever has moved."""


@dataclass(frozen=True, slots=True)
class Counters:
    """How many packs of a line were ordered, and what became of them."""

    packs: int
    shipped: int = 0
    received: int = 0
    cancelled: int = 0


def order_status(stage: Stage, lines: Sequence[Counters]) -> OrderStatus:
    """Return the status people see: the decisions taken, and what has moved since."""
    if stage in _PLAIN:
        return _PLAIN[stage]
    wanted = sum(line.packs - line.cancelled for line in lines)
    shipped = sum(line.shipped for line in lines)
    received = sum(line.received for line in lines)
    if shipped == 0:
        return OrderStatus.PLACED if stage is Stage.PLACED else OrderStatus.ACKNOWLEDGED
    if shipped < wanted:
        return OrderStatus.PARTLY_SHIPPED
    return OrderStatus.RECEIVED if received == wanted else OrderStatus.SHIPPED


def ending(lines: Sequence[Counters]) -> Stage | None:
    """Return the stage in which a placed order has ended, or None while packs may still come.

    It is cancelled when nothing was ever taken in, and closed otherwise.
    """
    if any(line.received + line.cancelled < line.packs for line in lines):
        return None
    return Stage.CLOSED if any(line.received for line in lines) else Stage.CANCELLED


def needs_approval(total: Money, limit: Money | None) -> bool:
    """Return whether an order of ``total`` is over a limit; None is no limit.

    Sums of two currencies cannot be compared: an order in another one than the limit's is always
    asked for.
    """
    if limit is None:
        return False
    return total.currency != limit.currency or total.minor > limit.minor


def licence_covers(number: str | None, valid_to: dt.date | None, today: dt.date) -> bool:
    """Return whether a practice's licence lets it buy prescription-only products ``today``."""
    return bool(number) and valid_to is not None and today <= valid_to


@dataclass(frozen=True, slots=True)
class Coming:
    """When packs of a line come: days from when their supplier has them, and when it does again."""

    lead_days: int
    again_on: dt.date | None = None
    """The day the supplier expects more of what is short or not available; None where it has it."""

    def there_on(self, placed_on: dt.date) -> dt.date:
        """Return the day it should be there when ordered on ``placed_on``, in calendar days."""
        return max(placed_on, self.again_on or placed_on) + dt.timedelta(days=self.lead_days)


def expected_on(placed_on: dt.date, lines: Sequence[Coming]) -> dt.date:
    """Return the day all of an order should be there: its slowest line's."""
    return max((line.there_on(placed_on) for line in lines), default=placed_on)


def held_up_by(placed_on: dt.date, lines: Sequence[Coming]) -> list[int]:
    """Return the places of the lines for which all others wait, as their suppliers have none yet.

    None where the order would not be there sooner if everything were to be had.
    """
    latest = expected_on(placed_on, lines)
    if latest == expected_on(placed_on, [Coming(line.lead_days) for line in lines]):
        return []
    return [
        place
        for place, line in enumerate(lines)
        if line.again_on and line.there_on(placed_on) == latest
    ]


def merged_packs(there: int, added: int, minimum: int, *, raise_to: bool) -> int:
    """Return the packs of a basket line after ``added`` more were asked for.

    ``raise_to`` makes ``added`` the least the line should have instead, so that asking twice
    for the same gap does not buy it twice. Never below the product's ``minimum``.
    """
    return max(max(there, added) if raise_to else there + added, minimum)
