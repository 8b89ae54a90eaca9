"""Taking readings in, whoever brings them, and taking them back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from flask_babel import gettext as _

from supply import clock
from supply.actor import Actor
from supply.audit import services as audit
from supply.coldchain.judging import rejudge
from supply.coldchain.models import ColdExcursion, DayReading, Reading, ReadingImport
from supply.coldchain.raising import raise_alerts
from supply.coldchain.rules import DayValues, Gap, Judged, Point
from supply.coldchain.terms import Source
from supply.db import db, execute, table, upsert
from supply.items.models import Location
from supply.refusals import InvalidInput, Refusal

READING = table(Reading)
DAY_READING = table(DayReading)

AHEAD = dt.timedelta(hours=1)
"""How far ahead of ours a clock may be whose readings are taken."""

FIRST = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Brought:
    """Readings that came together, and how."""

    source: Source
    points: Sequence[Point] = ()
    days: Sequence[DayValues] = ()
    sha256: str | None = None
    filename: str = ""
    size: int = 0
    logger_id: int | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of readings: how many were new, and what the time that they span shows."""

    import_id: int
    accepted: int
    repeated: int
    other: int
    """How many say another temperature of a moment than is known of it: that stays."""
    gaps: list[Gap] = field(default_factory=list)
    excursions: list[ColdExcursion] = field(default_factory=list)


def take_in(location: Location, brought: Brought, *, actor: Actor, now: dt.datetime) -> Taken:
    """Take readings of a location in: all that are new; what is known of an instant stays.

    Excursions follow, what was there then is put on hold, and the alert is raised, in the same
    transaction. Locks the location, then its excursions in primary-key order.

    Raises:
        InvalidInput: there is none, or one lies ahead of now or before the year 2000.
    """
    points = sorted({_second(at): Point(_second(at), c) for at, c in reversed(brought.points)}
                    .values())  # fmt: skip
    span = _span(location, points, brought.days)
    if span is None:
        raise InvalidInput(("readings", _("There is no reading in this.")))
    _check_times(span, now)
    lock(location)
    row = _import_row(location, brought, span, actor, now)
    known = _known(location, points)
    row.accepted = _add_points(location, points, known, row)
    row.accepted += _add_days(location, brought.days, row)
    row.repeated = len(brought.points) + len(brought.days) - row.accepted
    db.session.flush()
    _record("readings.taken_in", row, actor, now)
    judged = rejudge(location, span[0], actor=actor, now=now)
    raise_alerts(location.clinic_id, now)
    other = sum(known.get(at, celsius) != celsius for at, celsius in points)
    gaps, excursions = _gaps(judged, span), excursions_in(location.id, span)
    return Taken(row.id, row.accepted, row.repeated, other, gaps, excursions)


def _second(at: dt.datetime) -> dt.datetime:
    return at.astimezone(dt.UTC).replace(microsecond=0)


Span = tuple[dt.datetime, dt.datetime]


def _span(location: Location, points: Sequence[Point], days: Sequence[DayValues]) -> Span | None:
    """Return from when to when readings are; days as whole ones on the clinic's clock."""
    zone = location.clinic.timezone
    ends = [point.at for point in points]
    ends += [clock.at_hour(one.day, 0, zone) for one in days]
    return (min(ends), max(ends)) if ends else None


def _check_times(span: Span, now: dt.datetime) -> None:
    if span[1] > now + AHEAD:
        message = _("A reading lies in the future: check the clock of the logger.")
        raise InvalidInput(("readings", message))
    if span[0] < FIRST:
        message = _("A reading is older than the year 2000: check the clock of the logger.")
        raise InvalidInput(("readings", message))


def lock(location: Location) -> None:
    """Have whoever changes the readings of a location wait for one another."""
    db.session.execute(
        sa.select(Location.id).where(Location.id == location.id).with_for_update(key_share=True)
    )


def _import_row(
    location: Location, brought: Brought, span: Span, actor: Actor, now: dt.datetime
) -> ReadingImport:
    row = ReadingImport(
        clinic_id=location.clinic_id,
        location_id=location.id,
        logger_id=brought.logger_id,
        source=brought.source,
        sha256=brought.sha256,
        filename=brought.filename[:200],
        size=brought.size,
        person_id=actor.person_id,
        at=now,
        first_at=span[0],
        last_at=span[1],
        accepted=0,
        repeated=0,
    )
    db.session.add(row)
    db.session.flush()
    return row


def _known(location: Location, points: Sequence[Point]) -> dict[dt.datetime, int]:
    """Return what is known already of the time that ``points`` span."""
    if not points:
        return {}
    rows = execute(
        sa.select(READING.c.at, READING.c.celsius).where(
            READING.c.location_id == location.id,
            READING.c.at.between(points[0].at, points[-1].at),
        )
    )
    return {row.at: row.celsius for row in rows}


def _add_points(
    location: Location,
    points: Sequence[Point],
    known: Mapping[dt.datetime, int],
    row: ReadingImport,
) -> int:
    """Insert the readings of instants that have none; return how many."""
    new = [
        {"location_id": location.id, "at": at, "celsius": celsius, "import_id": row.id}
        for at, celsius in points
        if at not in known
    ]
    if new:
        execute(sa.insert(READING), new)
    return len(new)


def _add_days(location: Location, days: Sequence[DayValues], row: ReadingImport) -> int:
    """Insert the days that are new, and widen those of which more is known now; return how many.

    The day on which a logger is read out is told of again, whole, the next time.
    """
    if not days:
        return 0
    query = sa.select(DAY_READING).where(
        DAY_READING.c.location_id == location.id,
        DAY_READING.c.day.in_([one.day for one in days]),
    )
    known = {one.day: one for one in execute(query)}
    rows = []
    for one in {day.day: day for day in days}.values():
        before = known.get(one.day)
        wider = one if before is None else _wider(before, one)
        if before is None or wider != DayValues(*(getattr(before, f) for f in DayValues._fields)):
            rows.append({"location_id": location.id, "import_id": row.id, **wider._asdict()})
    if rows:
        _write_days(rows)
    return len(rows)


def _write_days(rows: Sequence[dict[str, object]]) -> None:
    statement = upsert(DAY_READING)
    changing = [name for name in (*DayValues._fields, "import_id") if name != "day"]
    statement = statement.on_conflict_do_update(
        index_elements=["location_id", "day"],
        set_={name: statement.excluded[name] for name in changing},
    )
    execute(statement, rows)


def _wider(before: sa.Row[*tuple[object, ...]], one: DayValues) -> DayValues:
    """Return what two files say of one day together."""
    return one._replace(
        low=min(one.low, before.low),
        high=max(one.high, before.high),
        warm_minutes=_more(before.warm_minutes, one.warm_minutes),
        cold_minutes=_more(before.cold_minutes, one.cold_minutes),
    )


def _more(some: int | None, other: int | None) -> int | None:
    return None if some is None or other is None else max(some, other)


def _gaps(judged: Judged, span: Span) -> list[Gap]:
    return [gap for gap in judged.gaps if gap.end >= span[0] and gap.start < span[1]]


def excursions_in(location_id: int, span: Span) -> list[ColdExcursion]:
    """Return the excursions of a location that touch a time, in order of time."""
    query = sa.select(ColdExcursion).where(
        ColdExcursion.location_id == location_id,
        ColdExcursion.withdrawn_at.is_(None),
        ColdExcursion.began_at <= span[1],
        sa.or_(ColdExcursion.ended_at.is_(None), ColdExcursion.ended_at >= span[0]),
    )
    return list(db.session.scalars(query.order_by(ColdExcursion.began_at, ColdExcursion.id)))


def take_back(row: ReadingImport, *, actor: Actor, now: dt.datetime) -> None:
    """Take the readings of an import back, once: the wrong file, the wrong location.

    Excursions that nothing else says are withdrawn. Locks as :func:`take_in`.

    Raises:
        Refusal: it was taken back before.
    """
    lock(row.location)
    changed = db.session.execute(
        sa.update(ReadingImport)
        .where(ReadingImport.id == row.id, ReadingImport.undone_at.is_(None))
        .values(undone_at=now)
        .returning(ReadingImport.id)
    ).one_or_none()
    if changed is None:
        raise Refusal(_("These readings have been taken back already."))
    for readings in (READING, DAY_READING):
        execute(sa.delete(readings).where(readings.c.import_id == row.id))
    _record("readings.taken_back", row, actor, now)
    rejudge(row.location, row.first_at, actor=actor, now=now)
    raise_alerts(row.clinic_id, now)


def _record(action: str, row: ReadingImport, actor: Actor, now: dt.datetime) -> None:
    audit.record(
        actor,
        action,
        ("reading_import", row.id),
        now,
        clinic_id=row.clinic_id,
        after={
            "location": row.location_id,
            "from": row.first_at.isoformat(),
            "to": row.last_at.isoformat(),
            "accepted": row.accepted,
            "sha256": row.sha256,
        },
    )
