"""How a file is to be read: found out, with what is not certain asked."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from statistics import median
from typing import Any

from flask_babel import gettext as _

from supply.coldchain.files.columns import Columns, cell_of, find_columns
from supply.coldchain.files.figures import Degrees, read_figure
from supply.coldchain.files.grid import Grid, Row, faulty
from supply.coldchain.files.times import (
    Order,
    Parts,
    offset_in_heading,
    orders_of,
    read_both,
    read_day,
)
from supply.tables import FaultyTable

LIKELY_FAHRENHEIT = 30
"""Beyond this in the middle, a figure without a unit may well be in °F: nothing is kept so warm."""

_SERIAL_NAME = re.compile(
    r"serial|s/?n\b|logger id|logtag id|device id|registration number|seriennummer|sensor id",
    re.IGNORECASE,
)
_SERIAL_WITHIN = re.compile(
    r"(?:s/n|serial(?: number| no\.?)?)\s*[:#]?\s*((?=[\w\-]*\d)[\w\-]{3,40})", re.I
)


class Question(StrEnum):
    """What a file does not tell with certainty."""

    ORDER = "order"
    VALUE = "value"
    UNIT = "unit"


@dataclass(frozen=True, slots=True)
class Shape:
    """How a table is read: which column is what, in what order and unit."""

    at: int | None
    day: int | None
    clock: int | None
    value: int | None
    low: int | None
    high: int | None
    unit: Degrees
    order: Order
    offset: int | None

    def as_json(self) -> dict[str, Any]:
        """Return it as it is kept."""
        return asdict(self)


def shape_of(kept: Mapping[str, Any]) -> Shape:
    """Return a shape as it was kept."""
    words = {"unit": Degrees(kept["unit"]), "order": Order(kept["order"])}
    return Shape(**{**kept, **words})


@dataclass(frozen=True, slots=True)
class Understood:
    """A table and how it is read, as far as it tells. ``questions`` are to be answered first."""

    columns: Columns
    shape: Shape
    signature: str
    serial: str
    questions: list[Question] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    unit_said: bool = True

    def answered(self, answers: Mapping[str, str]) -> Understood:
        """Return it with what a person answered; what is no answer is asked again."""
        shape, left = self.shape, list(self.questions)
        if answers.get("order") in self.orders:
            shape = replace(shape, order=Order(answers["order"]))
            left = [one for one in left if one is not Question.ORDER]
        if answers.get("unit") in list(Degrees):
            shape = replace(shape, unit=Degrees(answers["unit"]))
            left = [one for one in left if one is not Question.UNIT]
        if answers.get("value") in {str(one) for one in self.columns.values}:
            column = int(answers["value"])
            unit = self.columns.units.get(column, shape.unit)
            shape = replace(shape, value=column)
            if answers.get("unit") not in list(Degrees):
                shape = replace(shape, unit=unit)
            left = [one for one in left if one is not Question.VALUE]
        return replace(self, shape=shape, questions=left)


def understand(
    grid: Grid, today: dt.date, known: Mapping[str, Mapping[str, Any]] | None = None
) -> Understood:
    """Return how a file is read. ``known``: shapes that people confirmed, by signature.

    Raises:
        FaultyTable: nothing in it looks like times beside temperatures.
    """
    found = find_columns(grid.rows, grid.delimiter)
    has_value = found is not None and (found.values or found.low is not None)
    has_time = found is not None and (found.at is not None or found.clock is not None
                                      or found.low is not None)  # fmt: skip
    if found is None or not (has_value and has_time):
        raise _not_understood(grid)
    signature = signature_of(found, grid.delimiter)
    serial = serial_of(grid.rows, found)
    if kept := (known or {}).get(signature):
        shape = shape_of(kept)
        return Understood(found, _with_offset(shape, found), signature, serial)
    return _found_out(found, today, signature, serial)


def _not_understood(grid: Grid) -> FaultyTable:
    if not any(holds_time(row) for row in grid.rows[:200]):
        return faulty(grid.filename, _("There is no column with dates in this file."))
    return faulty(grid.filename, _("There is no column with times beside temperatures here."))


def holds_time(row: Row) -> bool:
    """Return whether a row has a day in it."""
    return any(read_both(cell) or read_day(cell) for cell in row[1])


def _found_out(found: Columns, today: dt.date, signature: str, serial: str) -> Understood:
    questions = []
    orders = orders_of(days_of(found), today)
    if not orders:
        orders = [Order.DMY, Order.MDY]
    if len(orders) > 1:
        questions.append(Question.ORDER)
    value = found.values[0] if found.values else None
    if len(found.values) > 1:
        questions.append(Question.VALUE)
    column = value if value is not None else found.low
    unit = found.units.get(column) if column is not None else None
    said = unit is not None
    if unit is None and _middle(found, column) > LIKELY_FAHRENHEIT:
        questions.append(Question.UNIT)
    shape = Shape(
        found.at, found.day, found.clock, value, found.low, found.high,
        unit or Degrees.CELSIUS, orders[0], None,
    )  # fmt: skip
    shape = _with_offset(shape, found)
    return Understood(found, shape, signature, serial, questions, orders, said)


def _with_offset(shape: Shape, found: Columns) -> Shape:
    column = shape.at if shape.at is not None else shape.clock
    name = found.name_of(column) if column is not None else ""
    return replace(shape, offset=offset_in_heading(name))


def days_of(found: Columns) -> list[Parts]:
    """Return the days of a table as they are written, each once where it stands on end."""
    days: list[Parts] = []
    for _number, cells in found.body:
        if found.at is not None:
            both = read_both(cell_of(cells, found.at))
            day = both.day if both else None
        else:
            day = read_day(cell_of(cells, found.day))
        if day and (not days or days[-1] != day):
            days.append(day)
    return days


def _middle(found: Columns, column: int | None) -> float:
    figures = (read_figure(cell_of(cells, column)) for _number, cells in found.body[:400])
    numbers = [float(one[0]) for one in figures if one]
    return median(numbers) if numbers else 0.0


def signature_of(found: Columns, delimiter: str) -> str:
    """Return what tells files of one kind from others: their heading, figures in it left out."""
    names = found.heading[1] if found.heading else []
    bare = [re.sub(r"\d+|_\w+", "", name.lower()).strip() for name in names]
    places = f"{found.at} {found.day} {found.clock} {len(names)}"
    return hashlib.sha256("\x1f".join([delimiter, places, *bare]).encode()).hexdigest()


def serial_of(rows: Sequence[Row], found: Columns) -> str:
    """Return the logger's serial number, if the file says it."""
    begins = found.heading[0] if found.heading else 0
    for number, cells in rows[:200]:
        if number > begins:
            break
        for place, cell in enumerate(cells):
            if match := _SERIAL_WITHIN.search(cell):
                return match[1].split("_")[0]
            value = cell.partition(":")[2].strip() or cell_of(cells, place + 1)
            if _SERIAL_NAME.search(cell) and re.fullmatch(r"[\w\-]{4,40}", value):
                return value
    names = found.heading[1] if found.heading else []
    for column, name in enumerate(names):
        if _SERIAL_NAME.search(name) and found.body:
            value = cell_of(found.body[0][1], column)
            return value if re.fullmatch(r"[\w\-]{4,40}", value) else ""
    return ""
