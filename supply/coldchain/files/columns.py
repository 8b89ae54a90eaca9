"""Which column is what: by what stands in its cells, then by what its heading says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise

from supply.coldchain.files.figures import Degrees, read_figure, unit_in
from supply.coldchain.files.grid import Row
from supply.coldchain.files.times import read_both, read_clock, read_day

LOOKED_AT = 400
"""Rows from which the columns are told."""

HEADING_WITHIN = 120
"""Rows above which a heading stands."""

_TIME_WORD = re.compile(
    r"\b(date|time|timestamp|datetime|at|datum|zeit|uhrzeit|zeitpunkt|heure|horodatage|fecha|hora"
    r"|data|ora|dato|tid|when|day|logged|measured)\b|date|time|zeit",
    re.IGNORECASE,
)
_CLOCK_WORD = re.compile(r"time|zeit|uhr|heure|hora|\bora\b|\btid\b|clock", re.IGNORECASE)
_TEMPERATURE = re.compile(
    r"temp|celsius|fahrenheit|°\s*[cf]|º\s*[cf]|℃|℉|\bdeg\b|\breading\b|\bvalue\b|\bvaleur\b"
    r"|\bwert\b|messwert|\bvalor\b|(?<![a-z])[cf](?![a-z])",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"hum|\brh\b|%|dew|taupunkt|rosée|alarm|limit|batt|volt|press|hpa|\blux\b|light|serial|s/?n\b"
    r"|\bid\b|index|\bno\.?$|^#$|\bnr\b|record|sample\s*(no|#)|mean kinetic|\bmkt\b|co2|wet bulb"
    r"|elapsed|signal|rssi|event|feucht|humidit|\bavg\b|average|mittel",
    re.IGNORECASE,
)
_UNIT = re.compile(r"[°º]?\s*[CF]|℃|℉", re.IGNORECASE)
_NOT_SERIAL = re.compile(r"\((?:lgr|sen).*?\)", re.IGNORECASE)
_LOW = re.compile(r"\bmin\b|\bmin[_. ]|minimum|lowest|\blow\b|tiefst", re.IGNORECASE)
_HIGH = re.compile(r"\bmax\b|\bmax[_. ]|maximum|highest|\bhigh\b|höchst", re.IGNORECASE)


class Holds(StrEnum):
    """What a cell holds."""

    BOTH = "both"
    DAY = "day"
    CLOCK = "clock"
    NUMBER = "number"
    WORD = "word"
    NOTHING = "nothing"


def holds(cell: str) -> Holds:
    """Return what a cell holds, by itself."""
    if not cell:
        return Holds.NOTHING
    if read_figure(cell):
        return Holds.NUMBER
    if read_both(cell):
        return Holds.BOTH
    if read_day(cell):
        return Holds.DAY
    return Holds.CLOCK if ":" in cell and read_clock(cell) else Holds.WORD


@dataclass(frozen=True, slots=True)
class Columns:
    """What was found in a table. ``values``: columns that may be the temperature."""

    heading: Row | None
    body: list[Row]
    at: int | None = None
    day: int | None = None
    clock: int | None = None
    low: int | None = None
    high: int | None = None
    values: list[int] = field(default_factory=list)
    units: dict[int, Degrees] = field(default_factory=dict)
    """The unit of a column, where its heading, its cells or another column says it."""

    def name_of(self, column: int) -> str:
        """Return the heading of a column."""
        return cell_of(self.heading[1], column) if self.heading else ""


def cell_of(cells: Sequence[str], column: int | None) -> str:
    """Return a cell, "" where the row has none there."""
    return cells[column] if column is not None and column < len(cells) else ""


def find_columns(rows: Sequence[Row], delimiter: str) -> Columns | None:
    """Return what the columns are; None where nothing looks like times beside temperatures."""
    some = [(number, [holds(cell) for cell in cells]) for number, cells in rows[:LOOKED_AT]]
    votes: Counter[tuple[Holds, int]] = Counter()
    for _number, kinds in some:
        votes.update((kind, column) for column, kind in enumerate(kinds))
    at, day = _most(votes, Holds.BOTH), _most(votes, Holds.DAY)
    if at is None and day is None:
        return None
    if at is not None and day is not None:
        more = votes[Holds.DAY, day] > votes[Holds.BOTH, at]
        at, day = (None, day) if more else (at, None)
    heading = _heading(rows, at if at is not None else day)
    body = _body(rows, heading, at if at is not None else day)
    body = _rejoined(body, heading, delimiter)
    clock = _clock(body, heading, day) if day is not None else None
    return _with_values(Columns(heading, body, at, day, clock))


def _most(votes: Counter[tuple[Holds, int]], kind: Holds) -> int | None:
    found = {column: count for (what, column), count in votes.items() if what is kind}
    return max(found, key=lambda column: (found[column], -column)) if found else None


def _heading(rows: Sequence[Row], column: int | None) -> Row | None:
    """Return the row that names the columns: the last that has a word for time above times."""
    found = None
    seen = 0
    for row in rows[:HEADING_WITHIN]:
        cell = cell_of(row[1], column)
        kind = holds(cell)
        if kind in (Holds.BOTH, Holds.DAY):
            seen += 1
        names = sum(holds(one) is Holds.WORD for one in row[1])
        if (
            kind is Holds.WORD
            and _TIME_WORD.search(cell)
            and names >= 2
            and (seen < 4 or not found)
        ):
            found = row
        if found and seen >= 8:
            break
    return found


def _body(rows: Sequence[Row], heading: Row | None, column: int | None) -> list[Row]:
    """Return the rows of readings: all below the heading, else from the first that has a time."""
    if heading is not None:
        return [row for row in rows if row[0] > heading[0] and row[1] != heading[1]]
    begun = next(
        number for number, cells in rows if holds(cell_of(cells, column)) in (Holds.BOTH, Holds.DAY)
    )
    return [row for row in rows if row[0] >= begun]


def _rejoined(body: list[Row], heading: Row | None, delimiter: str) -> list[Row]:
    """Join what a decimal comma parted in a file whose cells are parted by commas: C,20,765."""
    if heading is None or delimiter != ",":
        return body
    width = len(heading[1])
    parted = [row for row in body if len(row[1]) == width + 1 and _are_digits(row[1][-2:])]
    if len(parted) * 2 < len(body):
        return body
    return [
        (number, [*cells[:-2], f"{cells[-2]}.{cells[-1]}"])
        if len(cells) == width + 1 and _are_digits(cells[-2:])
        else (number, cells)
        for number, cells in body
    ]


def _are_digits(cells: Iterable[str]) -> bool:
    return all(cell.lstrip("-+").isdecimal() and cell.isascii() for cell in cells)


def _clock(body: Sequence[Row], heading: Row | None, day: int | None) -> int | None:
    """Return the column of times of day beside one of days."""
    some = body[:LOOKED_AT]
    width = max((len(cells) for _number, cells in some), default=0)
    for column in range(width):
        cells = [cell for _number, row in some if (cell := cell_of(row, column))]
        if column == day or not cells:
            continue
        named = heading is not None and _CLOCK_WORD.search(cell_of(heading[1], column))
        fit = sum(read_clock(cell) is not None for cell in cells)
        plain = sum(holds(cell) is Holds.CLOCK for cell in cells)
        if plain * 2 > len(cells) or (named and fit * 2 > len(cells)):
            return column
    return None


def _with_values(found: Columns) -> Columns:
    some = found.body[:LOOKED_AT]
    width = max((len(cells) for _number, cells in some), default=0)
    taken = {found.at, found.day, found.clock}
    numeric = [c for c in range(width) if c not in taken and _is_numeric(some, c, found.name_of(c))]
    units = {c: unit for c in numeric if (unit := _unit_of(found, some, c, width))}
    named = [c for c in numeric if not _OTHER.search(_bare(found.name_of(c)))]
    low = next((c for c in named if _LOW.search(found.name_of(c))), None)
    high = next((c for c in named if _HIGH.search(found.name_of(c))), None)
    of_days = found.day is not None and found.clock is None
    if of_days and low is not None and high is not None:
        return Columns(found.heading, found.body, None, found.day, None, low, high, [], units)
    told = [c for c in named if _TEMPERATURE.search(found.name_of(c)) or c in units]
    values = told or [c for c in named if not _counts_up(some, c)]
    if len(values) > 1:
        values = _without_twins(values, units)
    return Columns(
        found.heading, found.body, found.at, found.day, found.clock, None, None, values, units
    )


def _bare(name: str) -> str:
    """Return a heading without the serial numbers that some programs put in it."""
    return _NOT_SERIAL.sub("", name)


def _is_numeric(rows: Sequence[Row], column: int, name: str) -> bool:
    """Return whether a column is of figures: most are, or one is and its heading says so."""
    cells = [cell for _number, row in rows if (cell := cell_of(row, column))]
    fit = sum(read_figure(cell) is not None for cell in cells)
    named = bool(_TEMPERATURE.search(name)) and not _OTHER.search(_bare(name))
    return bool(fit) and (named or fit * 10 >= len(cells) * 6)


def _counts_up(rows: Sequence[Row], column: int) -> bool:
    """Return whether a column numbers the rows."""
    cells = [cell_of(row, column) for _number, row in rows]
    whole = [int(cell) for cell in cells if cell.isascii() and cell.isdecimal()]
    steps = [later - earlier for earlier, later in pairwise(whole)]
    return len(whole) > 1 and len(whole) == len(cells) and set(map(abs, steps)) == {1}


def _unit_of(found: Columns, rows: Sequence[Row], column: int, width: int) -> Degrees | None:
    """Return the unit of a column: by its heading, beside its figures, or in a column of units."""
    if named := unit_in_heading(found.name_of(column)):
        return named
    for _number, cells in rows:
        figure = read_figure(cell_of(cells, column))
        if figure and figure[1]:
            return figure[1]
    for other in range(width):
        said = {cell for _number, row in rows[:50] if (cell := cell_of(row, other))}
        if len(said) == 1 and _UNIT.fullmatch(unit := said.pop()):
            return unit_in(unit)
    return None


def unit_in_heading(name: str) -> Degrees | None:
    """Return the unit that a heading names."""
    bare = _bare(name).lower()
    if re.search(r"[°º]\s*f|℉|fahrenheit|(?<![a-z])f(?![a-z])", bare):
        return Degrees.FAHRENHEIT
    if re.search(r"[°º]\s*c|℃|celsius|(?<![a-z])c(?![a-z])", bare):
        return Degrees.CELSIUS
    return None


def _without_twins(values: list[int], units: dict[int, Degrees]) -> list[int]:
    """Return the columns in °C where the same is written in °F beside them."""
    celsius = [c for c in values if units.get(c) is Degrees.CELSIUS]
    others = [c for c in values if units.get(c) is Degrees.FAHRENHEIT]
    return celsius if len(celsius) == 1 and len(others) == len(values) - 1 else values
