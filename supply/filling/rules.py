"""Reading a list that somebody pasted: which line asks for how many of what. Pure.

A line may often be read in more ways than one ("Biotin 5" is five packs, or the first words of
"Biotin 5 ml"). All are kept, the likeliest first: whoever knows the catalogue picks the one that is
in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from supply.filling.columns import Columns, cells_of, columns_of
from supply.filling.numbers import NUMBER, Count, count, of_word, two_ways
from supply.text import code, seen

MOST_LINES = 200
"""Lines of one list that are taken."""

MOST_DIGITS = 6
"""Digits of the largest number that counts; more are those of a code."""

LONGEST = 30_000
"""Signs of one list that are taken."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a line: a SKU, GTIN or name, and how many; None where it does not say."""

    what: str
    count: Count | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a list by its number, what it says, and the ways to read it."""

    number: int
    text: str
    readings: tuple[Reading, ...]


_SPACED_GROUP = re.compile(r"(?<=\d)[\u00a0\u2007\u2009\u202f](?=\d{3}(?!\d))")
_DASHES = re.compile("[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
_TIMES = re.compile(r"[×✕✖⨯╳∗＊]")
_QUOTES = re.compile("[“”„‟«»‹›]")
_QUOTED = re.compile(r"^(?:\s*>)+\s?")
_STAMP = r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}"
_CLOCK = r"\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?:\s?[AaPp]\.?[Mm]\.?)?"
_CHAT = re.compile(
    rf"^(?:\[(?:{_CLOCK},?\s+{_STAMP}|{_STAMP},?\s+{_CLOCK})\]|{_STAMP},?\s+{_CLOCK}\s+-)"
    r"\s*[^:]{1,60}:\s*"
)
"""Who said it and when, as chats put it before a line."""
_BULLET = re.compile(
    r"^(?:[-*+•·‣▪▫◦○●■□☐☑✓✔➤►–—]\s+|\[[ xX✓]?\]\s*|[•·‣▪▫◦○●■□☐☑✓✔➤►]|[a-z][.)]\s+)+"
)
_ENUMERATED = re.compile(r"^\(?(\d{1,3})[.)]\s+(?=\S)")
_PRICE = re.compile(
    r"(?:(?:@|à|je|at|each|=)\s*)?"
    r"(?:(?:[€£$]|\b(?:EUR|CHF|GBP|USD)\b)\s?\d[\d.,']*|\d[\d.,']*\s?(?:[€£$](?!\s?\d)|(?:EUR|CHF|GBP|USD)\b))"
)


def read_list(text: str) -> list[Line]:
    """Return the lines of ``text`` that say something.

    A line that is a number alone tells how many the one before it asks for. A row of column
    headings is left out, and says what stands in which column.
    """
    rows = _rows(text)
    columns = columns_of(rows[0][1]) if rows else None
    body = rows[1:] if columns is not None else rows
    enumerated = _runs_on([row for _number, row in body])
    lines: list[Line] = []
    for place, (number, row) in enumerate(body):
        bare = _ENUMERATED.sub("", row) if enumerated else row
        if lines and _belongs_to(lines[-1], bare):
            lines[-1] = _with_count(lines[-1], count(code(bare)))
        else:
            lines += _lines(number, bare, columns, place + 1)
    return lines


def _rows(text: str) -> list[tuple[int, str]]:
    """Return the lines that have a letter or figure, numbered, without what is only around them."""
    found = []
    for number, raw in enumerate(re.split(r"\r\n?|[\n\v\f\x85\u2028\u2029]", text), start=1):
        row = "\t".join(seen(cell) for cell in _SPACED_GROUP.sub("'", raw).split("\t"))
        row = _TIMES.sub("x", _DASHES.sub("-", row))
        row = _CHAT.sub("", _QUOTED.sub("", row)).strip(" ")
        row = _BULLET.sub("", row)
        if re.search(r"[^\W_]", row):
            found.append((number, row))
    return found


def _runs_on(rows: Iterable[str]) -> bool:
    """Return whether rows are numbered one after another: such numbers count nothing."""
    numbers = [int(found[1]) for row in rows if (found := _ENUMERATED.match(row))]
    alone = numbers == [1]
    return alone or (len(numbers) > 1 and all(b == a + 1 for a, b in pairwise(numbers)))


def _belongs_to(line: Line, row: str) -> bool:
    alone = re.fullmatch(NUMBER, code(row)) and len(code(row)) <= 6
    return bool(alone) and all(reading.count is None for reading in line.readings)


def _with_count(line: Line, found: Count) -> Line:
    readings = tuple(replace(reading, count=found) for reading in line.readings)
    return replace(line, text=f"{line.text} {found.number or ''}".strip(), readings=readings)


def _lines(number: int, row: str, columns: Columns | None, place: int) -> Iterator[Line]:
    """Yield what a row asks for: one thing, or several that commas or *and* part."""
    said = code(row)
    cells = cells_of(row, columns)
    if columns is not None and len(cells) > 1:
        yield Line(number, said, tuple(_by_columns(cells, columns)))
    elif len(cells) > 1:
        yield Line(number, said, tuple(_by_cells(cells, place)))
    else:
        parts = _parts(said)
        for part in parts or [said]:
            yield Line(number, part, tuple(_inline(part)))


_PARTED = re.compile(r"\s*[,;+&]\s+|\s+(?:and|und|et|y|e|plus)\s+", re.IGNORECASE)
_LED = re.compile(rf"{NUMBER}\s*(?:[xX*]\s*)?(?![xX*\d])\S")


def _parts(said: str) -> list[str]:
    """Return the parts of "5 x BIO-5, 3 x GLO-M": each begins with how many; none otherwise."""
    parts = _PARTED.split(said)
    led = all(_LED.match(part) and _leading(part) for part in parts)
    return parts if led and len(parts) > 1 else []


def _by_columns(cells: Sequence[str], columns: Columns) -> Iterator[Reading]:
    """Yield readings of a row below headings: its code, then its name."""
    at = dict(zip(columns, cells, strict=False))
    told = _count_of(at.get("count", "")) if at.get("count") else None
    for column in ("gtin", "code", "name"):
        if what := at.get(column, ""):
            inner = [] if told else [one for one in _inline(what) if one.count]
            yield from inner
            yield Reading(what, told)


def _by_cells(cells: Sequence[str], place: int) -> Iterator[Reading]:
    """Yield readings of cells without headings: any may be the code, the first count counts."""
    counts = [(at, found) for at, cell in enumerate(cells) if (found := _count_of(cell))]
    taken = {at for at, _found in counts}
    if len(counts) > 1 and counts[0][0] == 0 and counts[0][1].number == place:
        counts = counts[1:]  # the place of the row in its list
    told = counts[0][1] if counts else None
    texts = [cell for at, cell in enumerate(cells) if at not in taken and not _is_price(cell)]
    if told is None:
        for cell in texts:
            yield from (one for one in _inline(cell) if one.count)
    yield from (Reading(cell, told) for cell in texts)
    if len(texts) > 1:
        yield Reading(" ".join(texts), told)
    if not texts:
        yield from (Reading(cells[at], told) for at, _found in counts[:1])


def _is_price(cell: str) -> bool:
    return bool(_PRICE.fullmatch(cell) or re.fullmatch(r"\d[\d']*[.,]\d\d", cell))


_CELL = re.compile(rf"(?:[xX*]\s*)?({NUMBER})\s*(?:[xX*])?\s*([^\W\d_]*\.?)(?:\(s\))?")


def _count_of(cell: str) -> Count | None:
    """Return the count that a cell is, if it is one: "5", "x5", "5,0", "5 packs"."""
    found = _CELL.fullmatch(cell.strip())
    if found is None or _is_code(found[1]):
        return None
    of = of_word(found[2])
    return None if of is None else count(found[1], of)


_LEAD = re.compile(rf"({NUMBER})\s*(?:([xX*])(?=[\s\d]|\s*\S)\s*)?(.+)")
_FIRST_WORD = re.compile(r"([^\W\d_]+\.?)(?:\(s\))?\s+(?:(?:of|von|de|di|the)\s+|d')?(.+)")
_TRAIL = re.compile(
    r"(.+?)(?:\s+[-:=,(\[]*\s*|\s*[:=(\[]\s*|,\s+)"
    r"(?:([xX*])\s*|(qty|quantity|menge|anzahl|qt[eé]|quantit[eé]|nombre|packs?)\s*[:.=]?\s*)?"
    rf"({NUMBER})(?:\s*[xX](?!\w))?\s*([^\W\d_]*\.?)(?:\(s\))?\s*[)\]]*",
    re.IGNORECASE,
)
_STUCK = re.compile(r"([^\s,]*[^\W\d_][^\s,]*),(\d{1,4})")
_SUMS = re.compile(r"(?<=\s)(\d{1,4})(?:\s+\d[\d.\']*[.,]\d\d)+$")
"""Prices without a sign behind a count."""
_MEASURES = frozenset(
    ("ml", "l", "cl", "g", "kg", "mg", "mcg", "ug", "µg", "mm", "cm", "m", "iu", "ie", "ui", "u")
)
"""What stands behind a figure that is part of a name."""


def _inline(said: str) -> Iterator[Reading]:
    """Yield the ways to read one text: what is marked as a count first, the whole text last."""
    bare = " ".join(_SUMS.sub(r"\1", _PRICE.sub(" ", said)).split()).strip(" ,;:-=") or said
    lead, trail = _leading(bare), _trailing(bare)
    marked = [reading for reading, is_marked in (*lead, *trail) if is_marked]
    plain = [reading for reading, is_marked in (*lead, *trail) if not is_marked]
    whole = Reading(bare)
    stuck = [Reading(code(f[1]), count(f[2])) for f in [_STUCK.fullmatch(bare)] if f]
    yield from dict.fromkeys([*marked, *plain, *stuck, whole])


def _leading(said: str) -> list[tuple[Reading, bool]]:
    """Return the reading of "5 x BIO-5", and whether more than its place marks the count."""
    if place := _ENUMERATED.match(said):
        return [(Reading(said[place.end() :], two_ways(place[0].strip())), True)]
    found = _LEAD.fullmatch(said)
    if found is None or _is_code(found[1]):
        return []
    rest = found[3].strip()
    word = _FIRST_WORD.fullmatch(rest)
    of = of_word(word[1]) if word else None
    if word and of is not None:
        return [(Reading(word[2], count(found[1], of)), True)]
    measured = re.match(r"[^\W\d_]+", rest)
    is_apart = re.match(rf"{NUMBER}\s", said)
    if not found[2] and (not is_apart or (measured and measured[0].casefold() in _MEASURES)):
        return []
    return [(Reading(rest, count(found[1])), bool(found[2]))]


def _trailing(said: str) -> list[tuple[Reading, bool]]:
    """Return the reading of "BIO-5 x 5", and whether more than its place marks the count."""
    found = _TRAIL.fullmatch(said)
    if found is None:
        return []
    of = of_word(found[5])
    what = found[1].rstrip(" -:=,([")
    if of is None or _is_code(found[4]) or not re.search(r"[^\W_]", what):
        return []
    marked = bool(found[2] or found[3] or found[5])
    return [(Reading(what, count(found[4], of)), marked)]


def _is_code(number: str) -> bool:
    """Return whether a number has so many digits that it is a code, such as a GTIN."""
    return len(re.sub(r"\D", "", number)) > MOST_DIGITS
