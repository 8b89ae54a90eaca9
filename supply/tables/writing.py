"""Tables people take away: CSV that no spreadsheet runs."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

from supply.tables.cells import needs_mark

_PLAIN_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")


def write_csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a CSV text whose cells no spreadsheet runs as formulas.

    A cell that would start a formula, or that a spreadsheet would turn into a date or another
    number, gets an apostrophe in front, which reading takes off again; plain numbers stay as
    they are. None is written as an empty cell.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([_inert(cell) for cell in row])
    return buffer.getvalue()


def _inert(cell: object) -> str:
    text = "" if cell is None else str(cell)
    if needs_mark(text) and not _PLAIN_NUMBER.fullmatch(text):
        return f"'{text}"
    return text
