"""Reading temperatures for pages: bounded windows, many readings an hour summed up by it."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from supply import clock
from supply.accounts.access import NotFoundHereError
from supply.accounts.models import Clinic
from supply.coldchain.charts import Bucket, Picture, Window, draw
from supply.coldchain.judging import DAY_READING, READING
from supply.coldchain.limits import limits_of_all
from supply.coldchain.models import ColdExcursion, ReadingImport
from supply.coldchain.rules import Gap, Limits, Point, Standing, judge, standing_of
from supply.db import db, execute
from supply.items.models import Location
from supply.items.queries import places
from supply.items.terms import LocationKind

DAY = dt.timedelta(days=1)
HOUR = dt.timedelta(hours=1)
WEEK = 7 * DAY
FEW = 2_500
"""Readings that a picture draws one by one; of more it draws each hour's lowest and highest."""

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Place:
    """A location as the overview shows it."""

    location: Location
    limits: Limits
    last: Point | None
    standing: Standing
    picture: Picture
    days_to: dt.date | None = None
    """The last day of which lowest and highest are known, where nothing later is."""
    excursions: list[ColdExcursion] = field(default_factory=list)


def location_here(clinic: Clinic, location_id: int) -> Location:
    """Return a shelf of the clinic; raises NotFoundHereError for any other."""
    found = db.session.get(Location, location_id)
    if found is None or found.clinic_id != clinic.id or found.kind is not LocationKind.SHELF:
        raise NotFoundHereError(str(location_id))
    return found


def overview(clinic: Clinic, now: dt.datetime) -> list[Place]:
    """Return the clinic's locations with how each stands and a picture of its last week."""
    locations = places(clinic)
    ids = [location.id for location in locations]
    limits = limits_of_all(locations)
    week = hours_of(ids, Window(now - WEEK, now))
    days = _days_of(clinic, ids, now - WEEK, now)
    recent = _recent(ids, now)
    last = _last(ids)
    open_ones = _open_excursions(clinic.id)
    found = []
    for location in locations:
        one, points = limits[location.id], recent.get(location.id, [])
        judged = judge(points, one)
        newest = points[-1] if points else last.get(location.id)
        run = judged.runs[-1] if judged.runs else None
        buckets = sorted([*week.get(location.id, []), *days.get(location.id, [])])
        found.append(
            Place(
                location,
                one,
                newest,
                standing_of(newest, run, judged.interval, now),
                draw(buckets, Window(now - WEEK, now), one, apart=2 * max(HOUR, judged.interval)),
                _last_day(clinic, days.get(location.id, []), newest),
                open_ones.get(location.id, []),
            )
        )
    return found


def _last_day(clinic: Clinic, days: Sequence[Bucket], newest: Point | None) -> dt.date | None:
    if not days or (newest is not None and newest.at > days[-1].start):
        return None
    return clock.local_date(days[-1].start, clinic.timezone)


def _recent(ids: Collection[int], now: dt.datetime) -> dict[int, list[Point]]:
    """Return the readings of the last day by location."""
    query = (
        sa.select(READING.c.location_id, READING.c.at, READING.c.celsius)
        .where(READING.c.location_id.in_(ids), READING.c.at >= now - DAY)
        .order_by(READING.c.location_id, READING.c.at)
    )
    found: dict[int, list[Point]] = defaultdict(list)
    for row in execute(query):
        found[row.location_id].append(Point(row.at, row.celsius))
    return found


def _last(ids: Collection[int]) -> dict[int, Point]:
    """Return the newest reading by location."""
    earlier = READING.alias()
    # One look at the end of each location's readings, however many there are.
    newest = (
        sa.select(sa.func.max(earlier.c.at))
        .where(earlier.c.location_id == Location.id)
        .scalar_subquery()
    )
    query = (
        sa.select(READING.c.location_id, READING.c.at, READING.c.celsius)
        .join(Location, Location.id == READING.c.location_id)
        .where(Location.id.in_(ids), READING.c.at == newest)
    )
    return {row.location_id: Point(row.at, row.celsius) for row in execute(query)}


def hours_of(ids: Collection[int], window: Window) -> dict[int, list[Bucket]]:
    """Return each hour's lowest and highest by location, summed up by the database."""
    hour = _hour()
    query = (
        sa.select(
            READING.c.location_id,
            hour.label("hour"),
            sa.func.min(READING.c.celsius).label("low"),
            sa.func.max(READING.c.celsius).label("high"),
        )
        .where(
            READING.c.location_id.in_(ids),
            READING.c.at >= window.start,
            READING.c.at < window.end,
        )
        .group_by(READING.c.location_id, hour)
        .order_by(READING.c.location_id, hour)
    )
    found: dict[int, list[Bucket]] = defaultdict(list)
    for row in execute(query):
        start = dt.datetime.strptime(row.hour, "%Y-%m-%d %H").replace(tzinfo=dt.UTC)
        found[row.location_id].append(Bucket(start, row.low, row.high))
    return found


def _hour() -> sa.ColumnElement[str]:
    """Return the hour of a reading in UTC as text, as each database writes it."""
    if db.engine.dialect.name == "sqlite":
        return sa.func.strftime("%Y-%m-%d %H", READING.c.at, type_=sa.Text)
    utc = sa.func.timezone("UTC", READING.c.at)
    return sa.func.to_char(utc, "YYYY-MM-DD HH24", type_=sa.Text)


def _days_of(
    clinic: Clinic, ids: Collection[int], start: dt.datetime, end: dt.datetime
) -> dict[int, list[Bucket]]:
    """Return the days of which only lowest and highest are known, at their noon."""
    zone = clinic.timezone
    query = (
        sa.select(
            DAY_READING.c.location_id, DAY_READING.c.day, DAY_READING.c.low, DAY_READING.c.high
        )
        .where(
            DAY_READING.c.location_id.in_(ids),
            DAY_READING.c.day.between(clock.local_date(start, zone), clock.local_date(end, zone)),
        )
        .order_by(DAY_READING.c.location_id, DAY_READING.c.day)
    )
    found: dict[int, list[Bucket]] = defaultdict(list)
    for row in execute(query):
        found[row.location_id].append(Bucket(clock.at_hour(row.day, 12, zone), row.low, row.high))
    return found


def _open_excursions(clinic_id: int) -> dict[int, list[ColdExcursion]]:
    query = (
        sa.select(ColdExcursion)
        .where(
            ColdExcursion.clinic_id == clinic_id,
            ColdExcursion.closed_at.is_(None),
            ColdExcursion.withdrawn_at.is_(None),
        )
        .order_by(ColdExcursion.began_at, ColdExcursion.id)
    )
    found: dict[int, list[ColdExcursion]] = defaultdict(list)
    for row in db.session.scalars(query):
        found[row.location_id].append(row)
    return found


@dataclass(frozen=True, slots=True)
class Course:
    """What a location's readings were over some time."""

    picture: Picture
    buckets: Sequence[Bucket]


def course_of(location: Location, window: Window, limits: Limits) -> Course:
    """Return what a location's readings were in a window, in a bounded number of points."""
    count = db.session.scalar(
        sa.select(sa.func.count()).where(
            READING.c.location_id == location.id,
            READING.c.at >= window.start,
            READING.c.at < window.end,
        )
    )
    days = _days_of(location.clinic, [location.id], window.start, window.end - dt.timedelta(1))
    found = sorted(days.get(location.id, []))
    if count and count > FEW:
        buckets = hours_of([location.id], window).get(location.id, [])
        gaps = [Gap(a.start + HOUR, b.start) for a, b in _apart(buckets, 2 * HOUR)]
        interval = 2 * HOUR
    else:
        points = _points(location.id, window)
        gaps = judge(points, limits).gaps
        interval = _longest(points, gaps)
        buckets = [Bucket(at, celsius, celsius) for at, celsius in points]
    far = 2 * DAY if found and not buckets else interval
    whole = sorted([*buckets, *found])
    out = [(row.began_at, row.ended_at) for row in excursions_of(location.id, window)]
    return Course(draw(whole, window, limits, gaps, out, apart=far), whole)


def _longest(points: Sequence[Point], gaps: Sequence[Gap]) -> dt.timedelta:
    """Return the longest time between two readings that is no gap."""
    ends = {gap.end for gap in gaps}
    return max((b.at - a.at for a, b in pairwise(points) if b.at not in ends), default=HOUR)


def _apart(buckets: Sequence[Bucket], most: dt.timedelta) -> list[tuple[Bucket, Bucket]]:
    return [(a, b) for a, b in pairwise(buckets) if b.start - a.start > most]


def _points(location_id: int, window: Window) -> list[Point]:
    query = sa.select(READING.c.at, READING.c.celsius).where(
        READING.c.location_id == location_id,
        READING.c.at >= window.start,
        READING.c.at < window.end,
    )
    return [Point(row.at, row.celsius) for row in execute(query.order_by(READING.c.at))]


def excursions_of(location_id: int, window: Window | None = None) -> list[ColdExcursion]:
    """Return the latest excursions of a location, or those that touch a window; newest first."""
    query = sa.select(ColdExcursion).where(
        ColdExcursion.location_id == location_id, ColdExcursion.withdrawn_at.is_(None)
    )
    if window is not None:
        query = query.where(
            ColdExcursion.began_at < window.end,
            sa.or_(ColdExcursion.ended_at.is_(None), ColdExcursion.ended_at >= window.start),
        )
    query = query.order_by(ColdExcursion.began_at.desc(), ColdExcursion.id.desc())
    return list(db.session.scalars(query.limit(SHOWN)))


def imports_of(location_id: int) -> list[ReadingImport]:
    """Return the latest imports of a location that were not taken back, newest first."""
    query = (
        sa.select(ReadingImport)
        .options(sa.orm.joinedload(ReadingImport.person), sa.orm.joinedload(ReadingImport.logger))
        .where(ReadingImport.location_id == location_id, ReadingImport.undone_at.is_(None))
        .order_by(ReadingImport.id.desc())
        .limit(SHOWN)
    )
    return list(db.session.scalars(query))


def excursion_here(clinic: Clinic, excursion_id: int) -> ColdExcursion:
    """Return an excursion of the clinic; raises NotFoundHereError for any other."""
    found = db.session.scalar(
        sa.select(ColdExcursion)
        .options(
            sa.orm.joinedload(ColdExcursion.location), sa.orm.joinedload(ColdExcursion.closed_by)
        )
        .where(ColdExcursion.id == excursion_id, ColdExcursion.clinic_id == clinic.id)
    )
    if found is None:
        raise NotFoundHereError(str(excursion_id))
    return found


def by_day(buckets: Sequence[Bucket], zone: ZoneInfo) -> list[tuple[dt.date, int, int]]:
    """Return the lowest and highest of each day, oldest first: the table behind the picture."""
    days: dict[dt.date, list[Bucket]] = defaultdict(list)
    for one in buckets:
        days[one.start.astimezone(zone).date()].append(one)
    return [
        (day, min(b.low for b in some), max(b.high for b in some))
        for day, some in sorted(days.items())
    ]
