"""A needle's gauge and length, read from the words of a catalogue."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from supply.text import search_key

GAUGES = range(10, 41)
"""Gauges that needles and cannulas for people have."""

LONGEST = Decimal(300)
"""Millimetres of the longest needle or cannula."""

_GAUGE = re.compile(
    r"(?<![\w.,])(?:g ?)?(\d\d) ?(?:g|ga|gauge)(?![^\W_x]|x(?! ?\d))"
    r"|(?<![^\W_])g ?(\d\d)(?!\d)"
)
_AFTER_GAUGE = re.compile(r" ?[x×*/-] ?(\d{1,3}(?:[.,]\d{1,2})?)(?! ?(?:ml|cm)\b|[\d.,%])")
_LENGTH_SAID = re.compile(r" ?[x×*/] ?\d{1,3}(?:[.,]\d{1,2})? ?mm\b")
_MILLIMETRES = re.compile(r"(\d{1,3}(?:[.,]\d{1,2})?) ?mm\b")
_INCHES = re.compile(
    r"((?:\d )?\d{1,2}[/\u2044]\d{1,2}|\d) ?"
    r"""(?:"|''|″|”|inch(?:es)?\b|in\b|zoll\b)"""
)
_OF_INCHES = {
    "1/4": "6", "5/16": "8", "3/8": "10", "1/2": "13", "5/8": "16", "3/4": "19", "1": "25",
    "1 1/4": "32", "1 1/2": "38", "2": "50",
}  # fmt: skip
"""Millimetres that packs print beside a length in inches."""

_ONLY_GAUGE = re.compile(r"(?:g ?)?(\d\d) ?(?:g|ga|gauge)?", re.ASCII)
_ONLY_LENGTH = re.compile(r"(\d{1,3}(?:[.,]\d{1,3})?) ?(?:mm)?", re.ASCII)

_NEEDLE = re.compile(
    r"\b(?:needle|cannula|microcannula|nadel|kanul|aiguille|canule|adata|kanil|igl|aguja|agul|ago\b)"
)


@dataclass(frozen=True, slots=True)
class Needle:
    """A gauge and a length in mm; None is not said."""

    gauge: int | None = None
    length: Decimal | None = None

    @property
    def columns(self) -> dict[str, Any]:
        """The columns of a product that keep it."""
        return {"needle_gauge": self.gauge, "needle_length": self.length}


COLUMNS = tuple(Needle().columns)


def read_needle(name: str, category: str, kind: str) -> Needle:
    """Return what ``name`` says of a needle; nothing where none is sold.

    Of what is neither a needle nor named one, as a syringe with its needle, only a gauge
    followed by its length is believed: 30 g may be how much cream there is.
    """
    folded = search_key(name)
    found = _GAUGE.search(folded)
    if found is None or int(found[1] or found[2]) not in GAUGES:
        return Needle()
    length = _length(folded, found.end())
    sure = "needle" in (category, kind) or _NEEDLE.search(folded)
    if not sure and not _LENGTH_SAID.match(folded, found.end()):
        return Needle()
    return Needle(int(found[1] or found[2]), length)


def _length(folded: str, after: int) -> Decimal | None:
    """Return the length: mm after the gauge or anywhere, else inches, else the bare figure."""
    said = _MILLIMETRES.search(folded, after) or _MILLIMETRES.findall(folded)
    inches = _INCHES.search(folded)
    bare = _AFTER_GAUGE.match(folded, after)
    if said:
        figure = said[1] if isinstance(said, re.Match) else said[-1]
    elif inches:
        figure = _OF_INCHES.get(inches[1].replace("\u2044", "/"), "")
    else:
        figure = bare[1] if bare else ""
    length = Decimal(figure.replace(",", ".")) if figure else None
    return length if length and length <= LONGEST else None


def gauge_in(text: str) -> int | None:
    """Return the gauge that ``text`` is ("30", "30G", "G 30"), or None."""
    found = _ONLY_GAUGE.fullmatch(search_key(text))
    gauge = int(found[1]) if found else 0
    return gauge if gauge in GAUGES else None


def length_in(text: str) -> Decimal | None:
    """Return the millimetres that ``text`` is ("4", "4 mm", "12,7"), or None."""
    found = _ONLY_LENGTH.fullmatch(search_key(text))
    length = Decimal(found[1].replace(",", ".")) if found else Decimal(0)
    return length if 0 < length <= LONGEST else None


def followed(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """Return a product's needle after its words changed from ``before`` to ``now``.

    What had been read from the words is read again; what a supplier set stays.
    """
    kept = Needle(before["needle_gauge"], before["needle_length"])
    return (_read(now) if kept == _read(before) else kept).columns


def _read(columns: Mapping[str, Any]) -> Needle:
    return read_needle(columns["name"], columns["category"], columns["kind"])
