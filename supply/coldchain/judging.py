"""Excursions kept as readings and limits say: found, grown, withdrawn; what was there is held."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace

import sqlalchemy as sa

from supply import clock
from supply.actor import Actor
from supply.audit import services as audit
from supply.coldchain import holding
from supply.coldchain.limits import limits_of
from supply.coldchain.models import ColdExcursion, DayReading, Reading
from supply.coldchain.rules import (
    COUNTED,
    DayRange,
    Excursion,
    Judged,
    Limits,
    Point,
    excursions_of_days,
    judge,
    mean_kinetic,
)
from supply.db import db, execute, table
from supply.items.models import Location

READING = table(Reading)
DAY_READING = table(DayReading)

MARGIN = COUNTED + dt.timedelta(hours=2)
"""How far before what is new it is looked: what is added up over 24 hours may reach there."""

REJUDGED = dt.timedelta(days=30)
"""How far back new limits are applied to readings that are there."""


def points_between(
    location_id: int, start: dt.datetime, end: dt.datetime | None = None
) -> list[Point]:
    """Return a location's readings from ``start`` to before ``end``, in order of time."""
    query = sa.select(READING.c.at, READING.c.celsius).where(
        READING.c.location_id == location_id, READING.c.at >= start
    )
    if end is not None:
        query = query.where(READING.c.at < end)
    return [Point(row.at, row.celsius) for row in execute(query.order_by(READING.c.at))]


def point_before(location_id: int, start: dt.datetime) -> list[Point]:
    """Return the location's last reading before ``start``, if there is one, in a list."""
    query = sa.select(READING.c.at, READING.c.celsius).where(
        READING.c.location_id == location_id, READING.c.at < start
    )
    rows = execute(query.order_by(READING.c.at.desc()).limit(1))
    return [Point(row.at, row.celsius) for row in rows]


def rejudge(location: Location, since: dt.datetime, *, actor: Actor, now: dt.datetime) -> Judged:
    """Make the excursions of a location agree with its readings from ``since`` on.

    New ones put what was there on hold; those that nothing says any more are withdrawn, and
    what they held is released. One that was decided on stays as it is. The caller has locked
    the location; locks its excursions in primary-key order.
    """
    limits = limits_of(location)
    start, rows = _reach(location, since - MARGIN)
    points = [*point_before(location.id, start), *points_between(location.id, start)]
    judged = judge(points, limits)
    kept = [
        *_agree(location, judged.excursions, [row for row in rows if not row.of_days], points, now),
        *_agree_days(location, limits, [row for row in rows if row.of_days], start, now),
    ]
    for row in kept:
        holding.hold_what_was_there(row, actor=actor, now=now)
    ids = {row.id for row in kept}
    for row in rows:
        if row.closed_at is None and row.id not in ids:
            _withdraw(row, actor, now)
    return judged


def _reach(location: Location, since: dt.datetime) -> tuple[dt.datetime, Sequence[ColdExcursion]]:
    """Return from when on it is looked, and all excursions that reach past that, locked."""
    while True:
        rows = _touching(location, since)
        start = min([since, *(row.began_at for row in rows)])
        if start == since:
            return start, rows
        since = start


def _touching(location: Location, since: dt.datetime) -> Sequence[ColdExcursion]:
    """Lock and return the excursions that reach past ``since``."""
    query = (
        sa.select(ColdExcursion)
        .where(
            ColdExcursion.location_id == location.id,
            ColdExcursion.withdrawn_at.is_(None),
            sa.or_(ColdExcursion.ended_at.is_(None), ColdExcursion.ended_at >= since),
        )
        .order_by(ColdExcursion.id)
        .with_for_update(of=ColdExcursion)
    )
    return db.session.scalars(query).all()


def _agree(
    location: Location,
    found: Iterable[Excursion],
    rows: Sequence[ColdExcursion],
    points: Sequence[Point],
    now: dt.datetime,
) -> list[ColdExcursion]:
    """Write what is found to the rows it stands in, or to new ones; return them."""
    kept: list[ColdExcursion] = []
    for whole in found:
        rest = _undecided(whole, rows)
        if rest is None:
            continue
        row = next((one for one in rows if one not in kept and _is_same(one, rest)), None)
        if row is None:
            row = _new(location, rest, now)
        _write(row, rest)
        row.kinetic = _kinetic(points, rest)
        kept.append(row)
    db.session.flush()
    return kept


def _agree_days(
    location: Location,
    limits: Limits,
    rows: Sequence[ColdExcursion],
    start: dt.datetime,
    now: dt.datetime,
) -> list[ColdExcursion]:
    days = days_from(location, limits, start, now)
    kept = _agree(location, excursions_of_days(days, limits), rows, [], now)
    for row in kept:
        row.of_days = True
    return kept


def days_from(
    location: Location, limits: Limits, start: dt.datetime, now: dt.datetime
) -> list[DayRange]:
    """Return the days of which only lowest and highest are known, from that of ``start`` on.

    Minutes that a logger counted beyond a wider bound than ours say nothing.
    """
    zone = location.clinic.timezone
    query = sa.select(DAY_READING).where(
        DAY_READING.c.location_id == location.id,
        DAY_READING.c.day >= clock.local_date(start, zone),
    )
    return [
        DayRange(
            clock.at_hour(row.day, 0, zone),
            min(clock.end_of_day(row.day, zone), now),
            row.low,
            row.high,
            row.warm_minutes if _is_strict(row.warm_above, limits.high, -1) else None,
            row.cold_minutes if _is_strict(row.cold_below, limits.low, 1) else None,
        )
        for row in execute(query.order_by(DAY_READING.c.day))
    ]


def _is_strict(theirs: int | None, ours: int | None, sign: int) -> bool:
    return theirs is not None and ours is not None and sign * theirs >= sign * ours


def _undecided(whole: Excursion, rows: Iterable[ColdExcursion]) -> Excursion | None:
    """Return the part of an excursion on which nobody has decided; None where all was."""
    decided = [row for row in rows if row.closed_at is not None and row.side is whole.side]
    runs = tuple(
        run
        for run in whole.runs
        if not any(
            row.began_at <= run.start and run.end is not None and run.end <= row.ended_at
            for row in decided
            if row.ended_at is not None
        )
    )
    return replace(whole, runs=runs) if runs else None


def _is_same(row: ColdExcursion, found: Excursion) -> bool:
    """Return whether an undecided row is about the same time and side."""
    return (
        row.closed_at is None
        and row.side is found.side
        and (found.end is None or row.began_at <= found.end)
        and (row.ended_at is None or found.start <= row.ended_at)
    )


def _new(location: Location, found: Excursion, now: dt.datetime) -> ColdExcursion:
    row = ColdExcursion(
        clinic_id=location.clinic_id, location_id=location.id, side=found.side, found_at=now
    )
    row.of_days = False
    db.session.add(row)
    return row


def _write(row: ColdExcursion, found: Excursion) -> None:
    row.began_at, row.ended_at = found.start, found.end
    row.low, row.high = found.low, found.high
    row.minutes = int(found.out / dt.timedelta(minutes=1))
    row.froze = found.froze


def _kinetic(points: Sequence[Point], found: Excursion) -> int | None:
    """Return the mean kinetic temperature from the first to the last of an excursion."""
    end = found.end or found.runs[-1].last
    first = bisect_left(points, found.start, key=_when)
    return mean_kinetic(points[first : bisect_right(points, end, key=_when)], end)


def _when(point: Point) -> dt.datetime:
    return point.at


def _withdraw(row: ColdExcursion, actor: Actor, now: dt.datetime) -> None:
    row.withdrawn_at = now
    holding.release_all(row, actor=actor, now=now)
    audit.record(
        actor,
        "excursion.withdrawn",
        ("cold_excursion", row.id),
        now,
        clinic_id=row.clinic_id,
        before={"from": row.began_at.isoformat(), "low": row.low, "high": row.high},
    )
