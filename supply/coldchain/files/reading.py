"""Reading a file as it was understood: every row, or none with each fault named."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from supply.coldchain.files.columns import Columns, cell_of
from supply.coldchain.files.figures import hundredths, is_no_reading, read_figure
from supply.coldchain.files.grid import Row, faulty
from supply.coldchain.files.sensors import sensors_in
from supply.coldchain.files.times import (
    date_of,
    ends_the_day,
    instants,
    read_both,
    read_clock,
    read_day,
)
from supply.coldchain.files.understanding import Shape
from supply.coldchain.rules import DayValues, Point
from supply.tables import Fault, FaultyTable, stop_at_many

_SUM = re.compile(
    r"(?:min|max|avg|average|mean|mkt|lowest|highest|mittel|durchschnitt|moyenne|std|summary|total)\b"
    r"|(?:min|max)im|mittelwert",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class FileReadings:
    """What a file says: readings, or days with their lowest and highest; in order of time."""

    points: list[Point] = field(default_factory=list)
    days: list[DayValues] = field(default_factory=list)
    left_out: int = 0
    """Rows without a temperature: events of the logger, remarks."""


@dataclass(slots=True)
class _Reader:
    shape: Shape
    filename: str
    faults: list[Fault] = field(default_factory=list)
    left_out: int = 0

    def fault(self, number: int, message: str) -> None:
        self.faults.append(Fault(number, "", message))
        stop_at_many(self.faults, self.filename)


def read_file(columns: Columns, shape: Shape, zone: ZoneInfo, filename: str = "") -> FileReadings:
    """Return the readings of a file.

    Raises:
        FaultyTable: a row with a temperature and no time, or the other way round something that
            is none; ``errors`` has every one.
    """
    reader = _Reader(shape, filename)
    points: list[Point] = []
    days: list[DayValues] = []
    if shape.low is not None:
        days = _days(reader, columns.body)
    elif sensors := sensors_in(columns, shape.value):
        names = ", ".join(sensors[:5])
        message = _(
            "This file is of several sensors (%(names)s). Bring each by itself.", names=names
        )
        raise faulty(filename, message)
    else:
        points = _points(reader, columns.body, zone)
    if reader.faults:
        raise FaultyTable(reader.faults, filename)
    if not points and not days:
        raise faulty(filename, _("There is no reading in this file."))
    return FileReadings(points, days, reader.left_out)


def _points(reader: _Reader, body: Sequence[Row], zone: ZoneInfo) -> list[Point]:
    local: list[tuple[dt.datetime, int | None, int]] = []
    for number, cells in body:
        celsius = _temperature(reader, number, cells, reader.shape.value)
        if celsius is None:
            continue
        at = _time(reader.shape, cells)
        if at is not None:
            local.append((*at, celsius))
        elif _sums_up(reader.shape, cells):
            reader.left_out += 1
        else:
            reader.fault(number, _("This row has no time that can be read."))
    if len(local) > 1 and local[0][0] > local[-1][0]:
        local.reverse()
    return sorted(_instants(local, reader.shape.offset, zone), key=lambda point: point.at)


def _instants(
    local: Sequence[tuple[dt.datetime, int | None, int]], offset: int | None, zone: ZoneInfo
) -> list[Point]:
    """Return readings with their instants: by the offset in their row, the heading's, the zone."""
    plain = [at for at, own, _celsius in local if own is None]
    found = iter(list(instants(plain, zone, offset)))
    points = []
    for at, own, celsius in local:
        if own is None:
            points.append(Point(next(found), celsius))
        else:
            fixed = dt.timezone(dt.timedelta(minutes=own))
            points.append(Point(at.replace(tzinfo=fixed).astimezone(dt.UTC), celsius))
    return points


def _temperature(
    reader: _Reader, number: int, cells: Sequence[str], column: int | None
) -> int | None:
    """Return the temperature of a row; None where it has none, or none that can be read."""
    cell = cell_of(cells, column)
    if not cell or is_no_reading(cell):
        reader.left_out += 1
        return None
    figure = read_figure(cell)
    if figure is None:
        reader.fault(number, _("“%(text)s” is no temperature.", text=cell[:40]))
        return None
    found = hundredths(figure[0], figure[1] or reader.shape.unit)
    if found is None:
        reader.fault(number, _("%(text)s is no temperature of a fridge or room.", text=cell[:40]))
    return found


def _time(shape: Shape, cells: Sequence[str]) -> tuple[dt.datetime, int | None] | None:
    """Return the time of a row on the logger's clock, and the offset it says itself.

    A day alone among days with times is its midnight; 24:00 is the next day's.
    """
    at, late = ends_the_day(cell_of(cells, shape.clock if shape.at is None else shape.at))
    clock: tuple[dt.time, int | None] | None
    if shape.at is not None:
        both = read_both(at)
        parts = both.day if both else read_day(at)
        clock = (both.clock, both.offset) if both else (dt.time(), None)
    else:
        parts, clock = read_day(cell_of(cells, shape.day)), read_clock(at)
    day = date_of(parts, shape.order) if parts else None
    if day is None or clock is None:
        return None
    return dt.datetime.combine(day, clock[0]) + dt.timedelta(days=late), clock[1]


def _sums_up(shape: Shape, cells: Sequence[str]) -> bool:
    """Return whether a row tells of all the others: their lowest, highest or middle."""
    return bool(_SUM.match(cell_of(cells, shape.at if shape.at is not None else shape.day)))


def _days(reader: _Reader, body: Sequence[Row]) -> list[DayValues]:
    found: dict[dt.date, DayValues] = {}
    for number, cells in body:
        low = _temperature(reader, number, cells, reader.shape.low)
        high = _temperature(reader, number, cells, reader.shape.high)
        if low is None or high is None:
            continue
        parts = read_day(cell_of(cells, reader.shape.day))
        day = date_of(parts, reader.shape.order) if parts else None
        if day is None:
            reader.fault(number, _("This row has no day that can be read."))
        elif low > high:
            reader.fault(number, _("The lowest is above the highest."))
        else:
            found[day] = DayValues(day, low, high)
    return [found[day] for day in sorted(found)]
