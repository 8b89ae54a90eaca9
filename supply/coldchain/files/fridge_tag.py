"""The text that a Fridge-tag writes: not a table, but a day under the other, with its alarms.

Of each day it has the lowest and the highest, and for how many minutes the temperature was beyond
the device's own bounds. A day without figures (the sensor was away) is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from flask_babel import gettext as _

from supply.coldchain.files.figures import Degrees, hundredths, read_figure
from supply.coldchain.files.grid import faulty
from supply.coldchain.files.reading import FileReadings
from supply.coldchain.files.times import Order, date_of, read_day
from supply.coldchain.rules import DayValues

_PAIR = re.compile(r"([A-Za-z][A-Za-z ]{0,40}|\d{1,3})\s*:\s*([^,]*)(?:,|$)")


@dataclass
class _Block:
    """Lines that are indented below one: their names and values, and the blocks among them."""

    values: dict[str, str] = field(default_factory=dict)
    blocks: dict[str, _Block] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FridgeTag:
    """A Fridge-tag's file: its serial number, and the days it tells of."""

    serial: str
    readings: FileReadings


def is_fridge_tag(text: str) -> bool:
    """Return whether a text is one of a Fridge-tag."""
    start = text[:4_000]
    return start.lstrip().startswith("Device:") and re.search(r"^Hist:", text, re.M) is not None


def read_fridge_tag(text: str, filename: str = "") -> FridgeTag:
    """Return what a Fridge-tag wrote.

    Raises:
        FaultyTable: no day in it has figures.
    """
    whole = _blocks(text)
    conf, hist = whole.blocks.get("Conf", _Block()), whole.blocks.get("Hist", _Block())
    unit = Degrees.FAHRENHEIT if conf.values.get("Temp unit", "C") == "F" else Degrees.CELSIUS
    alarms = conf.blocks.get("Alarm", _Block()).blocks
    low_bound = _celsius(alarms.get("0", _Block()).values, "T AL", unit)
    high_bound = _celsius(alarms.get("1", _Block()).values, "T AL", unit)
    days = {
        day.day: day
        for block in hist.blocks.values()
        if (day := _day(block, unit, low_bound, high_bound))
    }
    if not days:
        raise faulty(filename, _("There is no reading in this file."))
    left_out = sum("Date" in block.values for block in hist.blocks.values()) - len(days)
    found = FileReadings(days=[days[day] for day in sorted(days)], left_out=max(left_out, 0))
    return FridgeTag(conf.values.get("Serial", "")[:40], found)


def _blocks(text: str) -> _Block:
    """Return the lines of a file as they are indented below one another."""
    whole = _Block()
    open_blocks: list[tuple[int, _Block]] = [(-1, whole)]
    for line in text.splitlines():
        if not line.strip():
            continue
        depth = len(line) - len(line.lstrip(" \t"))
        while len(open_blocks) > 1 and open_blocks[-1][0] >= depth:
            open_blocks.pop()
        inner = open_blocks[-1][1]
        pairs = list(_pairs(line.strip()))
        if len(pairs) == 1 and not pairs[0][1] and len(open_blocks) < 12:
            block = inner.blocks.setdefault(pairs[0][0], _Block())
            open_blocks.append((depth, block))
        else:
            inner.values.update(pairs)
    return whole


def _pairs(line: str) -> Iterator[tuple[str, str]]:
    for match in _PAIR.finditer(line):
        yield match[1].strip(), match[2].strip()


def _day(
    block: _Block, unit: Degrees, low_bound: int | None, high_bound: int | None
) -> DayValues | None:
    values = block.values
    low, high = _celsius(values, "Min T", unit), _celsius(values, "Max T", unit)
    parts = read_day(values.get("Date", ""))
    day = date_of(parts, Order.DMY) if parts else None
    if day is None or low is None or high is None or low > high:
        return None
    alarms = block.blocks.get("Alarm", _Block()).blocks
    return DayValues(
        day,
        low,
        high,
        high_bound,
        _minutes(alarms, "1") if high_bound is not None else None,
        low_bound,
        _minutes(alarms, "0") if low_bound is not None else None,
    )


def _celsius(values: Mapping[str, str], name: str, unit: Degrees) -> int | None:
    figure = read_figure(values.get(name, ""))
    return hundredths(figure[0], unit) if figure else None


def _minutes(alarms: Mapping[str, _Block], which: str) -> int | None:
    said = alarms.get(which, _Block()).values.get("t Acc", "")
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 6 else None
