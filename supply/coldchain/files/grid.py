"""What cells a file has: text of any encoding and delimiter, or the first visible sheet."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from flask_babel import gettext as _

from supply.tables import Fault, FaultyTable, formats, sandbox, wording
from supply.tables.parsing.troubles import Unreadable

MOST_BYTES = 8 * 1024 * 1024
MOST_ROWS = 250_000
MOST_COLUMNS = 60
LONGEST_CELL = 300
DELIMITERS = (";", "\t", ",", "|")
SAMPLED = 200
"""Lines from which the delimiter is told."""

Row = tuple[int, list[str]]
"""A row's number, as a spreadsheet shows it, and its cells."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The rows of a file with anything in them; ``text`` where it is no workbook."""

    rows: list[Row]
    delimiter: str
    filename: str
    text: str = ""


def faulty(filename: str, message: str, row: int = 1) -> FaultyTable:
    """Return the refusal of a whole file."""
    return FaultyTable([Fault(row, "", message)], filename)


def read_grid(content: bytes, filename: str) -> Grid:
    """Return the cells of a file.

    Raises:
        FaultyTable: empty, too large, or nothing that people call a table.
    """
    if not content.strip():
        raise faulty(filename, _("The file is empty."))
    if len(content) > MOST_BYTES:
        raise faulty(filename, _("The file is larger than 8 MB. Upload it in parts."))
    if content.startswith((b"PK", b"\xd0\xcf\x11\xe0", b"%PDF")):
        return Grid(_of_workbook(content, filename), "", filename)
    text = _decoded(content)
    if _is_no_text(text):
        raise faulty(filename, _("This is no text. Export the readings as CSV, text or XLSX."))
    delimiter = delimiter_of(text)
    return Grid(list(_of_text(text, delimiter, filename)), delimiter, filename, text)


def _decoded(content: bytes) -> str:
    """Return text in whatever encoding loggers' programs write."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", errors="replace").lstrip("\ufeff")
    if content.startswith(b"\xef\xbb\xbf"):
        return content.decode("utf-8", errors="replace").lstrip("\ufeff")
    start = content[:400]
    for zeros, encoding in ((start[1::2], "utf-16-le"), (start[0::2], "utf-16-be")):
        if len(start) >= 4 and zeros.count(0) > len(start) // 3:
            return content.decode(encoding, errors="replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _is_no_text(text: str) -> bool:
    some = text[:4_000]
    odd = sum(1 for sign in some if not (sign.isprintable() or sign in "\t\r\n\f\v\x1a\xad"))
    odd += some.count("\ufffd")
    return odd * 20 > len(some)


def delimiter_of(text: str) -> str:
    """Return what parts the cells: what parts most lines into the same number of cells."""
    lines = [line for line in text[:200_000].splitlines()[:SAMPLED] if line.strip()]

    def fit(delimiter: str) -> tuple[int, int]:
        widths = Counter(line.count(delimiter) for line in lines)
        widths.pop(0, None)
        width, agreeing = max(widths.items(), key=lambda one: (one[1], one[0]), default=(0, 0))
        return agreeing, -DELIMITERS.index(delimiter) if width else -9

    return max(DELIMITERS, key=fit)


def _of_text(text: str, delimiter: str, filename: str) -> Iterator[Row]:
    csv.field_size_limit(LONGEST_CELL * 100)
    lines = io.StringIO(text.replace("\0", ""), newline="")
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    number = 0
    while True:
        number += 1
        try:
            record = next(reader, None)
        except csv.Error as error:
            raise faulty(filename, _("This row cannot be read."), number) from error
        if record is None:
            return
        if number > MOST_ROWS:
            raise faulty(filename, _("The file has too many rows. Upload it in parts."), number)
        cells = [cell.strip()[:LONGEST_CELL] for cell in record[:MOST_COLUMNS]]
        if number == 1 and len(cells) == 1 and cells[0].lower().startswith("sep="):
            continue
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            yield number, cells


def _of_workbook(content: bytes, filename: str) -> list[Row]:
    try:
        with sandbox.read(content, frozenset()) as parts:
            head: dict[str, Any] = next(parts, {})
            from_1904 = bool(head.get("from_1904"))
            return [
                (part[0], _shown(part[1], from_1904=from_1904))
                for part in parts
                if isinstance(part, list)
            ]
    except Unreadable as unreadable:
        message = wording.sentence(unreadable.trouble)
        raise faulty(filename, message, unreadable.row) from unreadable


def _shown(cells: Sequence[str | list[str]], *, from_1904: bool) -> list[str]:
    return [
        (cell.strip() if isinstance(cell, str) else _cell(cell, from_1904=from_1904))[:LONGEST_CELL]
        for cell in cells[:MOST_COLUMNS]
    ]


def _cell(cell: list[str], *, from_1904: bool) -> str:
    """Return a spreadsheet's own cell as text: a day or time as it is, a number plainly."""
    what, raw, form = cell[0], cell[1], cell[2] if len(cell) > 2 else ""
    if what != "n":
        return raw.strip()
    try:
        value = Decimal(raw)
        section = formats.for_number(form, (value > 0) - (value < 0))
    except (InvalidOperation, ValueError):
        return raw.strip()
    if section.is_date and 0 <= value < 100_000:
        return _instant(value, section, from_1904=from_1904)
    return format(round(value, 6).normalize(), "f") if abs(value) < 10**9 else raw.strip()


def _instant(value: Decimal, section: formats.Section, *, from_1904: bool) -> str:
    """Return a spreadsheet's date, time or both, to the second; midnight where hours are shown."""
    seconds = round(value * 86_400)
    if value < 1:
        return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    begins = dt.datetime(1904, 1, 1) if from_1904 else dt.datetime(1899, 12, 30)  # noqa: DTZ001
    at = begins + dt.timedelta(seconds=seconds)
    is_day = seconds % 86_400 == 0 and not section.shows_hours
    return at.date().isoformat() if is_day else at.isoformat(sep=" ")
