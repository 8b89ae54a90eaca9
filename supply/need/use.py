"""Past use by day: what the ledger's moves say of each item, summed up as they come.

A day is summed up whole and anew whenever an entry that happened on it is recorded or undone, so
that sums follow entries dated back, and what was undone was never used. That costs as much as
what happened on those days, however long the ledger is.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import sqlalchemy as sa

from supply.accounts.models import Clinic
from supply.clock import end_of_day, local_date
from supply.db import AnyRow, Instant, db, execute, table
from supply.inventory.models import Entry, Move
from supply.inventory.terms import EntryKind, WasteCause
from supply.items.models import Location
from supply.items.terms import LocationKind
from supply.need.models import UseDay, UseMark
from supply.treatments.models import TreatmentSession
from supply.treatments.terms import SESSION_SOURCE

ENTRY, MOVE, SESSION = map(table, (Entry, Move, TreatmentSession))
USE, MARK = table(UseDay), table(UseMark)

BOOKED_AHEAD: Final = dt.timedelta(days=7)
"""How long before a session it has to be booked to count as booked use.

What is booked later is not known yet when it would have to be ordered for: it is expected, like
what is not booked at all.
"""

SETTLED: Final = dt.timedelta(minutes=5)
"""After how long no entry is recorded any more under an earlier number: no transaction lasts."""

SLICE: Final = 5_000
"""Entries whose days are summed up in one go, and in one transaction where many are waiting."""

TURN: Final = 0x5357454550
"""The advisory lock that sweeps, and whoever sums up for them, take turns by."""

ClinicDay = tuple[int, dt.date]
"""A clinic, by id, and one of its days."""

GAP: Final = dt.timedelta(days=7)
TOGETHER: Final = dt.timedelta(days=31)
"""Days summed up in one go, with days between them on which nothing is new."""

NOT_USUAL: Final = (WasteCause.EXPIRED, WasteCause.RECALLED)
"""Causes of waste that say nothing of how much is usually wasted."""


@dataclass(slots=True)
class Sums:
    """An item's day in thousandths of its base unit; see :class:`UseDay`."""

    unbooked: int = 0
    booked: int = 0
    wasted: int = 0
    lapsed: int = 0
    net: int = 0


def sum_up(now: dt.datetime) -> None:
    """Sum up the days on which something happened that is not in the sums yet.

    In the caller's transaction, which has taken its turn. Where much is waiting, as after an
    upgrade or restoring, :func:`supply.need.catching_up.catch_up` comes before.
    """
    mark, days = 0, set[ClinicDay]()
    for entry, of_entry in _waiting():
        days |= of_entry
        if entry.recorded_at <= now - SETTLED:
            mark = entry.id
    _sum_up(days, mark)


def sum_up_slice(now: dt.datetime) -> bool:
    """Sum up the next whole slice of what is waiting; return whether there was one.

    With what follows on the same days, for a day is summed up whole: no ledger is so uneven that
    its days are summed up again and again. What is no whole slice, or too new to be settled, is
    left to :func:`sum_up`. In the caller's transaction, which has taken its turn.
    """
    count, mark, days = 0, 0, set[ClinicDay]()
    for entry, of_entry in _waiting():
        is_full = count >= SLICE and not of_entry <= days
        if is_full or entry.recorded_at > now - SETTLED:
            break
        count, mark = count + 1, entry.id
        days |= of_entry
    if count < SLICE:
        return False
    _sum_up(days, mark)
    return True


def take_turns() -> None:
    """Wait for whoever sums up or sweeps to commit; on SQLite the transaction has seen to it."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(sa.select(sa.func.pg_advisory_xact_lock(TURN)))


def _waiting() -> Iterator[tuple[AnyRow, set[ClinicDay]]]:
    """Yield the entries behind the mark, each with the days on which it changed something."""
    after = db.session.scalar(sa.select(MARK.c.entry_id)) or 0
    timezones: dict[int, str] = {}
    while True:
        entries = execute(_new_entries(), {"mark": after, "most": SLICE}).all()
        timezones |= _timezones({row.clinic_id for row in entries})
        for row in entries:
            yield row, set(_days_of(row, timezones[row.clinic_id]))
        if len(entries) < SLICE:
            return
        after = entries[-1].id


def _sum_up(days: Collection[ClinicDay], mark: int) -> None:
    """Write the sums of clinics' days anew; up to ``mark``, if any, all is summed up then."""
    of_clinics: dict[int, list[dt.date]] = defaultdict(list)
    for clinic_id, day in sorted(days):
        of_clinics[clinic_id].append(day)
    timezones = _timezones(of_clinics.keys())
    for clinic_id, some in of_clinics.items():
        for first, last in _runs(some):
            _write(clinic_id, first, last, timezones[clinic_id])
    if mark:
        _set_mark(mark)


def _set_mark(entry_id: int) -> None:
    changed = execute(sa.update(MARK).values(entry_id=entry_id))
    if not changed.rowcount:
        db.session.execute(sa.insert(MARK).values(entry_id=entry_id))


@cache
def _new_entries() -> sa.Select[*tuple[Any, ...]]:
    """Return the entries after :mark, with when what they undo had happened."""
    undone = sa.alias(ENTRY)
    return (
        sa.select(
            ENTRY.c.id,
            ENTRY.c.clinic_id,
            ENTRY.c.occurred_at,
            ENTRY.c.recorded_at,
            undone.c.occurred_at.label("undone_at"),
        )
        .outerjoin(undone, undone.c.id == ENTRY.c.reverses_id)
        .where(ENTRY.c.id > sa.bindparam("mark"))
        .order_by(ENTRY.c.id)
        .limit(sa.bindparam("most"))
    )


def _timezones(clinic_ids: Collection[int]) -> dict[int, str]:
    query = sa.select(Clinic.id, Clinic.timezone).where(Clinic.id.in_(clinic_ids))
    return {row.id: row.timezone for row in db.session.execute(query)}


def _days_of(entry: AnyRow, timezone: str) -> Iterator[ClinicDay]:
    yield entry.clinic_id, local_date(entry.occurred_at, timezone)
    if entry.undone_at is not None:
        yield entry.clinic_id, local_date(entry.undone_at, timezone)


def _runs(days: Sequence[dt.date]) -> Iterator[tuple[dt.date, dt.date]]:
    """Yield the first and last of days with a gap of a week at most between them, a month at most.

    What moved on them is read together.
    """
    first = last = days[0]
    for day in days[1:]:
        if day - last > GAP or day - first > TOGETHER:
            yield first, last
            first = day
        last = day
    yield first, last


def _write(clinic_id: int, first: dt.date, last: dt.date, timezone: str) -> None:
    """Write the sums of a clinic's days from ``first`` to ``last`` anew."""
    asked = {
        "clinic": clinic_id,
        "since": end_of_day(first - dt.timedelta(days=1), timezone),
        "until": end_of_day(last, timezone),
    }
    sums = summed(execute(_moves_between(), asked), timezone)
    execute(sa.delete(USE).where(USE.c.clinic_id == clinic_id, USE.c.day.between(first, last)))
    rows = [_row(clinic_id, key, one) for key, one in sorted(sums.items())]
    if rows:
        execute(_insert(), rows)


@cache
def _insert() -> sa.Insert:
    """Return the insert of sums, which are whole thousandths already."""
    return sa.insert(USE).values(
        {
            column: sa.bindparam(f"{column.name}_", type_=sa.BigInteger)
            for column in (
                USE.c.unbooked, USE.c.booked, USE.c.wasted, USE.c.lapsed, USE.c.net
            )
        }
    )  # fmt: skip


def _row(clinic_id: int, key: tuple[int, dt.date], one: Sums) -> dict[str, Any]:
    item_id, day = key
    figures = {f"{name}_": getattr(one, name) for name in Sums.__slots__}
    return {"clinic_id": clinic_id, "item_id": item_id, "day": day, **figures}


def _moves() -> sa.Select[*tuple[Any, ...]]:
    """Return moves with what they say of use; limited by whoever asks."""
    here, there = table(Location).alias(), table(Location).alias()
    undoing = sa.alias(ENTRY)
    session = sa.and_(SESSION.c.id == ENTRY.c.source_id, ENTRY.c.source_type == SESSION_SOURCE)
    return (
        sa.select(
            MOVE.c.item_id,
            ENTRY.c.occurred_at,
            ENTRY.c.kind,
            here.c.kind.label("from_kind"),
            there.c.kind.label("to_kind"),
            MOVE.c.cause,
            sa.type_coerce(MOVE.c.quantity, sa.BigInteger).label("quantity"),
            undoing.c.id.is_not(None).label("undone"),
            SESSION.c.planned_on,
            SESSION.c.booked_at,
        )
        .select_from(MOVE)
        .join(ENTRY, ENTRY.c.id == MOVE.c.entry_id)
        .join(here, here.c.id == MOVE.c.from_location_id)
        .join(there, there.c.id == MOVE.c.to_location_id)
        .outerjoin(undoing, undoing.c.reverses_id == ENTRY.c.id)
        .outerjoin(SESSION, session)
    )


@cache
def _moves_between() -> sa.Select[*tuple[Any, ...]]:
    return _moves().where(
        ENTRY.c.clinic_id == sa.bindparam("clinic"),
        ENTRY.c.occurred_at >= sa.bindparam("since", type_=Instant),
        ENTRY.c.occurred_at < sa.bindparam("until", type_=Instant),
    )


@cache
def moves_of_item() -> sa.Select[*tuple[Any, ...]]:
    """Return what moved of :item at :clinic since :since, for :func:`summed`."""
    return _moves().where(
        MOVE.c.item_id == sa.bindparam("item"),
        MOVE.c.clinic_id == sa.bindparam("clinic"),
        ENTRY.c.occurred_at >= sa.bindparam("since", type_=Instant),
    )


def summed(moves: Iterable[AnyRow], timezone: str) -> dict[tuple[int, dt.date], Sums]:
    """Return by item and the clinic's day what its moves come to."""
    sums: dict[tuple[int, dt.date], Sums] = defaultdict(Sums)
    for row in moves:
        one = sums[row.item_id, local_date(row.occurred_at, timezone)]
        one.net += row.quantity * (_shelved(row.to_kind) - _shelved(row.from_kind))
        if not row.undone:
            _add_use(one, row, timezone)
    return sums


def _shelved(kind: LocationKind) -> int:
    return int(kind is LocationKind.SHELF)


def _add_use(one: Sums, row: AnyRow, timezone: str) -> None:
    if row.kind is EntryKind.SESSION:
        if row.to_kind in (LocationKind.PATIENT, LocationKind.WASTE):
            if is_booked(row.planned_on, row.booked_at, timezone):
                one.booked += row.quantity
            else:
                one.unbooked += row.quantity
    elif row.kind in (EntryKind.WASTE, EntryKind.DISCARD) and row.cause not in NOT_USUAL:
        if row.cause is WasteCause.PAST_TIME:
            one.lapsed += row.quantity
        else:
            one.wasted += row.quantity


def is_booked(planned_on: dt.date | None, booked_at: dt.datetime | None, timezone: str) -> bool:
    """Return whether a session was booked early enough to be known when ordering for it.

    A week ahead by the clinic's days, in ``timezone``.
    Where nobody kept when it was booked, it was planned with its course, long before.
    """
    if planned_on is None:
        return False
    return booked_at is None or local_date(booked_at, timezone) <= planned_on - BOOKED_AHEAD
