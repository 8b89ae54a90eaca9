"""What became of a clinic's stock between two moments, from the ledger.

An entry counts from when it happened, and one that was undone for nothing. What was there at the
end is what is there now, less what moved since: by the day where days are summed up, so that it
costs as much as the period, however long the ledger is.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, Final

import sqlalchemy as sa

from supply.accounts.models import Clinic
from supply.clock import end_of_day, local_date
from supply.db import AnyRow, Instant, Quantity, db, execute, table, unindexed
from supply.inventory.models import Balance, Entry, Move
from supply.inventory.terms import EntryKind
from supply.inventory.undone import not_undone
from supply.items.models import Item, Location
from supply.items.terms import LocationKind
from supply.losses.period import A_DAY, Period
from supply.losses.rows import Flow, Loss, losses_of
from supply.need.models import UseDay, UseMark
from supply.quantity import ZERO

WINDOWS: Final = 30
"""Runs of days that are read one by one; where there are more, all from the first on."""

Window = tuple[dt.datetime, dt.datetime | None]
"""From when until before when; None: until now."""


@dataclass(frozen=True, slots=True)
class ItemLoss:
    """What became of an item."""

    item: Item
    loss: Loss


def losses_between(clinic: Clinic, period: Period) -> list[ItemLoss]:
    """Return what became of each item at ``clinic`` in ``period``, by code."""
    asked = {"clinic": clinic.id, "since": period.since, "until": period.until}
    flows = [
        Flow(
            row.item_id,
            row.origin,
            row.target,
            bool(row.opens),
            row.quantity,
            row.costed,
            int(row.minor),
        )
        for row in execute(_flows(), asked)
    ]
    losses = losses_of(_there_at(clinic, period.until), flows)
    items = db.session.scalars(sa.select(Item).where(Item.id.in_(losses)).order_by(Item.code))
    return [ItemLoss(item, losses[item.id]) for item in items]


def stands() -> sa.ColumnElement[bool]:
    """Return the condition that an entry is not an undoing, and was not undone."""
    return sa.and_(Entry.kind != EntryKind.REVERSAL, not_undone(Entry.id))


@cache
def _flows() -> sa.Select[*tuple[Any, ...]]:
    origin, target = sa.orm.aliased(Location), sa.orm.aliased(Location)
    opens = Entry.kind == EntryKind.OPENING_BALANCE
    return (
        sa.select(
            Move.item_id,
            origin.kind.label("origin"),
            target.kind.label("target"),
            opens.label("opens"),
            sa.func.sum(Move.quantity, type_=Quantity()).label("quantity"),
            sa.func.sum(Move.costed, type_=Quantity()).label("costed"),
            sa.func.sum(Move.cost_minor).label("minor"),
        )
        .join(Entry, Entry.id == Move.entry_id)
        .join(origin, origin.id == Move.from_location_id)
        .join(target, target.id == Move.to_location_id)
        .where(
            Entry.clinic_id == sa.bindparam("clinic"),
            Entry.occurred_at >= sa.bindparam("since", type_=Instant),
            Entry.occurred_at < sa.bindparam("until", type_=Instant),
            stands(),
            origin.kind != target.kind,
        )
        .group_by(Move.item_id, origin.kind, target.kind, opens)
    )


def _there_at(clinic: Clinic, moment: dt.datetime) -> dict[int, Decimal]:
    """Return by item what was on the clinic's shelves at ``moment``, as is known now."""
    there: Counter[int] = Counter(_there_now(clinic.id))
    there.subtract(_moved_since(clinic, moment))
    there.update(_undone_since(clinic.id, moment))
    return {item: Decimal(quantity) for item, quantity in there.items() if quantity}


def _there_now(clinic_id: int) -> dict[int, Any]:
    query = (
        sa.select(Balance.item_id, sa.func.sum(Balance.quantity, type_=Quantity()))
        .join(Location, Location.id == Balance.location_id)
        .where(
            Balance.clinic_id == clinic_id,
            Balance.quantity > sa.literal_column("0"),
            Location.kind == LocationKind.SHELF,
        )
        .group_by(Balance.item_id)
    )
    return {row[0]: row[1] for row in db.session.execute(query)}


def _moved_since(clinic: Clinic, moment: dt.datetime) -> Counter[int]:
    """Return by how much there was more of each item after ``moment``, as it was recorded."""
    begun = local_date(moment, clinic.timezone)
    whole = begun if end_of_day(begun - A_DAY, clinic.timezone) == moment else begun + A_DAY
    anew = _not_summed(clinic, whole)
    if anew is None:
        return _net(_moves(clinic.id, [(moment, None)]))
    windows: list[Window] = [(moment, end_of_day(begun, clinic.timezone))] if whole > begun else []
    runs = _runs(sorted(anew))
    if len(runs) > WINDOWS:
        runs = [(runs[0][0], dt.date.max)]
    windows += [_window(run, clinic.timezone) for run in runs]
    found = _net(_summed(clinic.id, whole, runs))
    if windows:
        found.update(_net(_moves(clinic.id, windows)))
    return found


def _window(run: tuple[dt.date, dt.date], timezone: str) -> Window:
    first, last = run
    return (
        end_of_day(first - A_DAY, timezone),
        None if last == dt.date.max else end_of_day(last, timezone),
    )


def _net(rows: Sequence[AnyRow]) -> Counter[int]:
    return Counter({row.item_id: row.net or ZERO for row in rows})


def _not_summed(clinic: Clinic, first: dt.date) -> set[dt.date] | None:
    """Return the days from ``first`` on of which something is not in the sums yet; None: all."""
    mark = db.session.scalar(sa.select(UseMark.entry_id))
    if mark is None:
        return None
    moments = db.session.scalars(
        sa.select(Entry.occurred_at).where(
            Entry.id > mark,
            unindexed(table(Entry).c.clinic_id) == clinic.id,
            Entry.occurred_at >= end_of_day(first - A_DAY, clinic.timezone),
        )
    )
    return {local_date(moment, clinic.timezone) for moment in moments}


def _runs(days: Sequence[dt.date]) -> list[tuple[dt.date, dt.date]]:
    """Return the first and last day of each run of days without a gap."""
    found: list[tuple[dt.date, dt.date]] = []
    for day in days:
        if found and day - found[-1][1] == A_DAY:
            found[-1] = found[-1][0], day
        else:
            found.append((day, day))
    return found


def _summed(
    clinic_id: int, first: dt.date, without: Sequence[tuple[dt.date, dt.date]]
) -> Sequence[AnyRow]:
    query = (
        sa.select(UseDay.item_id, sa.func.sum(UseDay.net, type_=Quantity()).label("net"))
        .where(
            UseDay.clinic_id == clinic_id,
            UseDay.day >= first,
            *(~UseDay.day.between(*run) for run in without),
        )
        .group_by(UseDay.item_id)
    )
    return db.session.execute(query).all()


def _moves(clinic_id: int, windows: Sequence[Window]) -> Sequence[AnyRow]:
    within = [
        sa.and_(
            Entry.occurred_at >= since, sa.true() if until is None else Entry.occurred_at < until
        )
        for since, until in windows
    ]
    query = _nets().where(Entry.clinic_id == clinic_id, sa.or_(*within))
    return db.session.execute(query).all()


def _undone_since(clinic_id: int, moment: dt.datetime) -> Counter[int]:
    """Return what came of undoing after ``moment`` what had happened before it: it never had."""
    undone = sa.orm.aliased(Entry)
    query = (
        _nets()
        .join(undone, undone.id == Entry.reverses_id)
        .where(
            Entry.clinic_id == clinic_id,
            Entry.reverses_id.is_not(None),
            Entry.occurred_at >= moment,
            undone.occurred_at < moment,
        )
    )
    return _net(db.session.execute(query).all())


def _nets() -> sa.Select[*tuple[Any, ...]]:
    """Return the select of by how much moves made each item more on shelves."""
    origin, target = sa.orm.aliased(Location), sa.orm.aliased(Location)
    shelf = LocationKind.SHELF
    sign = sa.case((target.kind == shelf, 1), else_=0) - sa.case((origin.kind == shelf, 1), else_=0)
    return (
        sa.select(
            Move.item_id,
            sa.func.sum(sign * Move.quantity, type_=Quantity()).label("net"),
        )
        .join(Entry, Entry.id == Move.entry_id)
        .join(origin, origin.id == Move.from_location_id)
        .join(target, target.id == Move.to_location_id)
        .where(origin.kind != target.kind)
        .group_by(Move.item_id)
    )
