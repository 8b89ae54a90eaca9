"""One item at a clinic, day by day: what is expected to be there, its range, and what ends."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import sqlalchemy as sa

from supply.accounts.models import Clinic
from supply.alerts.scope import Place, Scope
from supply.clock import local_date
from supply.db import db
from supply.inventory.models import Lot
from supply.need.bookings import Taking
from supply.need.foreseeing import AHEAD, Foresight, Supposed, Target, foresee
from supply.need.supplies import Coming
from supply.projection.burn import Supplies
from supply.projection.outlook import Item, look_ahead
from supply.projection.outlook import Outlook as Days


@dataclass(frozen=True, slots=True)
class Day:
    """What is expected usable at the close of a day, in the base unit, and its 90 % range."""

    day: dt.date
    on_hand: Decimal
    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True)
class Ending:
    """What is expected to be left of a lot at the end of its last day."""

    lot: str
    day: dt.date
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Outlook:
    """An item's days ahead at a clinic, today first; quantities in its base unit."""

    days: Sequence[Day]
    first_short: dt.date | None
    """The first day on which need is expected unmet."""
    first_short_cautious: dt.date | None
    """The same as late and as much as the clinic wants to be safe from."""
    expiring: Sequence[Ending]
    order_by: dt.date | None
    """The last day on which ordering is likely to come in time."""
    line: Decimal
    """The level at which ordering begins."""
    rate: Decimal
    """What is used a day beside bookings, usual waste among it."""
    takings: Sequence[Taking]
    coming: Sequence[Coming]
    takes: tuple[int, int]
    """Within how many days nine of ten orders come."""


def outlook(
    clinic: Clinic,
    target: Target,
    *,
    now: dt.datetime,
    days: int = AHEAD,
    supposed: Supposed | None = None,
) -> tuple[Foresight, Outlook]:
    """Return how an item is expected to last at ``clinic`` over ``days``; a few statements."""
    ahead = foresee(scope_of(clinic, now), [target], supposed, days=max(days, AHEAD), at_once=True)
    return ahead, outlook_of(ahead, 0, days)


def scope_of(clinic: Clinic, now: dt.datetime) -> Scope:
    """Return one clinic as what is looked at; its day is guessed where its zone is not known."""
    place = Place(
        clinic.id,
        clinic.practice_id,
        clinic.timezone,
        clinic.currency,
        clinic.expiring_days,
        local_date(now, clinic.timezone),
    )
    return Scope(now, {clinic.id: place}, everywhere=False)


def outlook_of(ahead: Foresight, row: int, days: int) -> Outlook:
    """Return how one item of ``ahead`` is expected to last over its first ``days``."""
    found = look_ahead(_item(ahead, row))
    made = ahead.made
    numbers = {lot_id for lot_id, _day, _left in ahead.ending(row)}
    names = _numbers(numbers)
    last = ahead.day(row, days - 1)
    return Outlook(
        days=[_day(ahead, row, found, place) for place in range(days)],
        first_short=_within(ahead, row, found.first_short, days),
        first_short_cautious=_within(ahead, row, found.first_short_cautious, days),
        expiring=[
            Ending(names[lot_id], day, left)
            for lot_id, day, left in ahead.ending(row)
            if last is None or day <= last
        ],
        order_by=ahead.order_by(row),
        line=ahead.base(row, float(made.line[row])),
        rate=ahead.base(row, float(made.rate[row])),
        takings=ahead.takings_of(row),
        coming=ahead.coming_of(row),
        takes=ahead.takes(row),
    )


def _item(ahead: Foresight, row: int) -> Item:
    one, known = slice(row, row + 1), ahead.ahead
    there = known.supplies
    ordered = known.ordered[row]
    return Item(
        supplies=Supplies(there.units[one], there.first_day[one], there.last_day[one]),
        ordered=ordered[ordered > 0],
        waited=known.waited[row][ordered > 0],
        lead=known.lead[row],
        booked=known.booked[row] * (1 + known.waste[row]),
        rate=float(ahead.made.rate[row]),
        dispersion=float(ahead.made.dispersion[row]),
        service_level=ahead.targets[row].service_level,
    )


def _day(ahead: Foresight, row: int, found: Days, place: int) -> Day:
    day = ahead.day(row, place)
    if day is None:
        raise ValueError("a day ahead is a day")
    usable, low, high = (
        ahead.base(row, float(np.maximum(figures[place], 0.0)))
        for figures in (found.usable, found.low, found.high)
    )
    return Day(day, usable, low, high)


def _within(ahead: Foresight, row: int, place: int, days: int) -> dt.date | None:
    return ahead.day(row, place) if place < days else None


def _numbers(lot_ids: set[int]) -> dict[int, str]:
    query = sa.select(Lot.id, Lot.number).where(Lot.id.in_(lot_ids))
    return {row.id: row.number for row in db.session.execute(query)}
