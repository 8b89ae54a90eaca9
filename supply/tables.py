"""Tables people bring and take away: CSV and XLSX in, CSV out.

Reading is strict and complete: every fault is collected with the row a spreadsheet shows
(the header is row 1) and its column, so that a file is mended in one go.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from xml.etree.ElementTree import ParseError

from flask_babel import gettext as _
from flask_babel import ngettext

from supply.refusals import Refusal

MAXIMUM_ROWS = 100_000
"""Rows one file may hold; a longer one is brought in parts."""

MAXIMUM_UNPACKED = 200 * 1024 * 1024
"""Bytes a workbook may unpack to; above it the file is refused unread."""

SHOWN = 100
"""Faults a message lists before it only counts the rest."""

_DELIMITERS = (",", ";", "\t")
_LIVE = re.compile(r"'*[=+\-@\t\r]")
_PLAIN_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

Cells = list[str]


class Fault(NamedTuple):
    """What is wrong in one cell; ``column`` is empty where the whole row or file is at fault."""

    row: int
    column: str
    message: str

    def __str__(self) -> str:
        """Return the sentence with its place, "Row 4, price: Enter a price."."""
        if self.column:
            place = _("Row %(row)d, %(column)s", row=self.row, column=self.column)
        else:
            place = _("Row %(row)d", row=self.row)
        return f"{place}: {self.message}"


class FaultyTable(Refusal):
    """A file that cannot be taken. ``errors`` lists every fault found, in file order."""

    def __init__(self, errors: Sequence[Fault], filename: str = "") -> None:
        """Keep ``errors``; the sentence lists the first :data:`SHOWN` and counts the rest."""
        self.errors = sorted(errors, key=lambda fault: fault.row)
        self.filename = filename
        super().__init__("\n".join(self._lines()))

    @property
    def shown(self) -> list[Fault]:
        """The faults to list."""
        return self.errors[:SHOWN]

    @property
    def more(self) -> int:
        """How many faults there are beyond those to list."""
        return max(0, len(self.errors) - SHOWN)

    def _lines(self) -> Iterator[str]:
        prefix = f"{self.filename}: " if self.filename else ""
        for fault in self.shown:
            yield f"{prefix}{fault}"
        if self.more:
            yield ngettext("… and %(num)d more fault.", "… and %(num)d more faults.", self.more)


class FaultyFiles(Refusal):
    """Files brought together that cannot be taken; ``files`` has the faults of each."""

    def __init__(self, files: Sequence[FaultyTable]) -> None:
        """Keep ``files``; the sentence is theirs, one after another."""
        super().__init__("\n".join(str(faulty) for faulty in files))
        self.files = list(files)


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number in the file, and its cells by column (trimmed; absent ones empty)."""

    number: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        """Return the cell in ``column``, "" where the file has no such column."""
        return self.cells.get(column, "")


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a file. ``columns`` were found; ``ignored`` are headings nobody asked for."""

    columns: frozenset[str]
    rows: list[Row]
    ignored: list[str] = field(default_factory=list)


def read_table(
    content: bytes, filename: str, required: Sequence[str], optional: Sequence[str] = ()
) -> Table:
    """Return the rows of a CSV file (comma, semicolon or tab; UTF-8; any line end) or XLSX sheet.

    Headings may be in any order and case. Rows without any text are skipped, but counted.
    A workbook's first sheet is read.

    Raises:
        FaultyTable: not readable, a required column missing or doubled, a cell that is a
            formula or holds control characters, a row longer than its heading.
    """
    try:
        return _read(content, required, {*required, *optional})
    except FaultyTable as faulty:
        raise FaultyTable(faulty.errors, filename) from faulty


def _read(content: bytes, required: Sequence[str], known: set[str]) -> Table:
    faults: list[Fault] = []
    if content.startswith(b"PK\x03\x04"):
        records = _workbook_records(content, faults)
    else:
        records = _text_records(content, known)
    header = [heading.strip().casefold() for heading in next(records, [])]
    faults += _header_faults(header, required, known)
    if any(fault.row == 1 for fault in faults):
        raise FaultyTable(faults)
    rows = list(_rows(header, records, known, faults))
    if faults:
        raise FaultyTable(faults)
    if not rows:
        raise FaultyTable([Fault(2, "", _("The file has a heading but no rows."))])
    ignored = [heading for heading in header if heading and heading not in known]
    return Table(frozenset(known.intersection(header)), rows, ignored)


def write_csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a CSV text whose cells no spreadsheet runs as formulas.

    A cell that would start a formula gets an apostrophe in front, which :func:`read_table`
    takes off again; plain numbers stay as they are. None is written as an empty cell.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([_inert(cell) for cell in row])
    return buffer.getvalue()


def _inert(cell: object) -> str:
    text = "" if cell is None else str(cell)
    if _LIVE.match(text) and not _PLAIN_NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def _as_typed(cell: str) -> str:
    """Return the trimmed cell without the apostrophe that :func:`write_csv` puts in front."""
    stripped = cell.strip()
    marked = stripped.startswith("'") and _LIVE.match(stripped)
    return stripped[1:].strip() if marked else stripped


def _header_faults(header: Cells, required: Sequence[str], known: set[str]) -> Iterator[Fault]:
    if not any(header):
        yield Fault(1, "", _("The file is empty. Its first row names the columns."))
        return
    for column in required:
        if column not in header:
            yield Fault(1, column, _("This column is missing."))
    for column in sorted(known):
        if header.count(column) > 1:
            yield Fault(1, column, _("This column is there more than once."))


def _rows(
    header: Cells, records: Iterator[Cells], known: set[str], faults: list[Fault]
) -> Iterator[Row]:
    taken = 0
    for number, record in enumerate(records, start=2):
        if not any(cell.strip() for cell in record):
            continue
        taken += 1
        if taken > MAXIMUM_ROWS:
            message = _("The file has more than %(count)d rows. Split it.", count=MAXIMUM_ROWS)
            faults.append(Fault(number, "", message))
            return
        if any(cell.strip() for cell in record[len(header) :]):
            faults.append(Fault(number, "", _("This row has more cells than the heading.")))
        cells = {name: _as_typed(cell) for name, cell in zip(header, record, strict=False)}
        wanted = {name: cell for name, cell in cells.items() if name in known}
        faults += [
            Fault(number, name, _("This cell holds characters that cannot be kept. Retype it."))
            for name, cell in wanted.items()
            if _CONTROL.search(cell)
        ]
        yield Row(number, wanted)


def _text_records(content: bytes, known: set[str]) -> Iterator[Cells]:
    text = _decode(content)
    first = next(iter(io.StringIO(text, newline="")), "")

    def fit(delimiter: str) -> int:
        names = (name.strip(' "\r\n').casefold() for name in first.split(delimiter))
        return len(known.intersection(names))

    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=max(_DELIMITERS, key=fit), strict=True
    )
    number = 0
    while True:
        number += 1
        try:
            record = next(reader, None)
        except csv.Error as error:
            message = _("From here on the file cannot be read: check the quotation marks.")
            raise FaultyTable([Fault(number, "", message)]) from error
        if record is None:
            return
        yield record


def _decode(content: bytes) -> str:
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise FaultyTable([Fault(1, "", _("Save the old Excel file as XLSX or CSV."))])
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
        message = _("This is not UTF-8 text. Save the file as CSV UTF-8 or XLSX.")
        raise FaultyTable([Fault(row, "", message)]) from error


def _workbook_records(content: bytes, faults: list[Fault]) -> Iterator[Cells]:
    """Yield the first sheet's rows as text, adding a fault for each formula or error cell."""
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    header: Cells = []
    broken = (InvalidFileException, KeyError, ValueError, TypeError, EOFError, OSError)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(part.file_size for part in archive.infolist()) > MAXIMUM_UNPACKED:
                raise FaultyTable([Fault(1, "", _("The workbook is too large. Split it."))])
        with warnings.catch_warnings(action="ignore"):
            book = load_workbook(io.BytesIO(content), read_only=True)
            for number, cells in enumerate(book.worksheets[0].iter_rows(), start=1):
                record = [_cell_text(cell.value) for cell in cells]
                header = header or [text.strip().casefold() for text in record]
                for name, cell in zip(header, cells, strict=False):
                    if message := _cell_fault(cell.data_type):
                        faults.append(Fault(number, name, message))
                yield record
    except (*broken, zipfile.BadZipFile, zlib.error, ParseError, IndexError) as error:
        message = _("The workbook cannot be read. Save it again as XLSX or CSV.")
        raise FaultyTable([Fault(1, "", message)]) from error


def _cell_fault(data_type: str) -> str | None:
    if data_type == "f":
        return str(_("This cell is a formula. Paste its value instead."))
    if data_type == "e":
        return str(_("This cell shows an error. Enter its value."))
    return None


def _cell_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    return str(value)
