"""CSV and its cousins: any delimiter, any line end, the encodings spreadsheets write."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from itertools import islice
from typing import Any

from . import limits
from .budget import Budget
from .troubles import Trouble, Unreadable

_OTHER_TEXT = (
    "<?xml", "<html", "<!doctype", "<!--", "<table", "<workbook", "<meta", "<head", "<body",
    "<style", "<div", "mime-version:", '{"', "[{", "%!ps",
)  # fmt: skip
"""How web pages, XML and other texts begin that people save as tables."""

DELIMITERS = (",", ";", "\t", "|")

_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?[^\S\r\n]*(?:\r\n|\r|\n|$)', re.IGNORECASE)
_LOOKED_AT = 20
"""First lines in which the delimiter is looked for: titles may stand above the heading."""


def read(content: bytes, names: AbstractSet[str], emit: Callable[[Any], None]) -> None:
    """Emit a head, the rows of a text file with anything in them, and a tail.

    Rows are numbered as a spreadsheet shows them: a quoted line end begins no new row, and a
    ``sep=`` line is none.

    Raises:
        Unreadable: not UTF-8 or UTF-16 text, a quotation mark without its twin, too much.
    """
    text = _decode(content).lstrip("\ufeff")
    _check_is_table(text)
    delimiter = None
    if line := _SEPARATOR_LINE.match(text):
        delimiter = line[1]
        text = text[line.end() :]
    if not delimiter or delimiter in '"\r\n':
        delimiter = _delimiter_of(text, names)
    emit({"delimiter": delimiter})
    _read_rows(text, delimiter, Budget(len(content)), emit)
    emit({})


def _check_is_table(text: str) -> None:
    """Refuse text that is something else by its beginning."""
    start = text[:1000].lstrip().lower()
    if start.startswith(_OTHER_TEXT) or "\0" in start.partition("\n")[0]:
        raise Unreadable(Trouble.OTHER_DOCUMENT)


def _read_rows(text: str, delimiter: str, budget: Budget, emit: Callable[[Any], None]) -> None:
    csv.field_size_limit(limits.MAXIMUM_CELL + 1)
    lines = io.StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)
    number = lines_before = 0
    while True:
        number += 1
        try:
            record = next(reader, None)
        except csv.Error as error:
            long = "field larger" in str(error)
            trouble = Trouble.TOO_LONG_CELL if long else Trouble.QUOTES
            raise Unreadable(trouble, number) from error
        if record is None:
            return
        if number > limits.LAST_ROW:
            raise Unreadable(Trouble.TOO_MANY_ROWS, number)
        if len(record) > limits.LAST_COLUMN:
            raise Unreadable(Trouble.TOO_MANY_COLUMNS, number)
        if reader.line_num - lines_before > 1 and _holds_rows(record, delimiter):
            raise Unreadable(Trouble.ROWS_IN_A_CELL, number)
        lines_before = reader.line_num
        while record and not record[-1].strip():
            record.pop()
        if record:
            budget.take_row(number, len(record))
            for cell in record:
                budget.take_text(number, cell)
            emit([number, record, False])


def _holds_rows(record: list[str], delimiter: str) -> bool:
    """Return whether a cell has swallowed rows, from one stray quotation mark to the next.

    What lies between two such marks has a row's delimiters for each of its line ends.
    """
    cut = len(record) - 1
    ends = [len(cell.splitlines()) - 1 for cell in record]
    return cut > 1 and any(
        end > 0 and cell.count(delimiter) == end * cut
        for cell, end in zip(record, ends, strict=True)
    )


def _delimiter_of(text: str, names: AbstractSet[str]) -> str:
    """Return the delimiter that cuts one of the first lines into the most of ``names``."""
    lines = [
        re.sub(r"[ \-]+", "_", line.casefold().strip().replace('"', ""))
        for line in islice(io.StringIO(text[:100_000], newline=None), _LOOKED_AT)
    ]

    def fit(delimiter: str) -> int:
        return max(
            (len(names & {cell.strip("_*:") for cell in line.split(delimiter)}) for line in lines),
            default=0,
        )

    return max(DELIMITERS, key=fit)


def _decode(content: bytes) -> str:
    encoding = _encoding_of(content)
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
        raise Unreadable(Trouble.NOT_UTF_8, row) from error
    return text


def _encoding_of(content: bytes) -> str:
    if content[:4] in (b"\xff\xfe\0\0", b"\0\0\xfe\xff"):
        return "utf-32"
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    start = content[:400]
    # Text of a Western language in UTF-16 has a NUL in every other byte.
    if len(start) >= 4 and start[1::2].count(0) > len(start) // 3:
        return "utf-16-le"
    if len(start) >= 4 and start[0::2].count(0) > len(start) // 3:
        return "utf-16-be"
    return "utf-8"
