"""The cells of one sheet, in the order they stand in it."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from . import limits
from .budget import Budget, check_count
from .strings import unescape
from .troubles import Trouble, Unreadable
from .xml import LOCAL, Depth, walk

Cell = str | list[str]
"""Text; or ``[kind, value, number format]`` of a number "n", boolean "b", error "e", date "d",
formula "f", or "t", a text whose format may print something else."""

UNKNOWN = "[unknown]0"
"""A format that nobody knows: what a number looks like in it cannot be said."""

_DIGITS = "0123456789"
_FALSE = ("0", "false", "off")
_ZERO = ("0", "0.0")


class SheetReader:
    """Gathers the rows of a sheet. Sizes that the sheet states of itself are not believed."""

    def __init__(
        self,
        strings: Sequence[str],
        formats: Sequence[str],
        budget: Budget,
        emit: Callable[[Any], None],
    ) -> None:
        """Emit the rows of cells whose texts are ``strings`` and whose styles have ``formats``."""
        self._emit = emit
        self.hidden_columns: list[tuple[int, int]] = []
        self.merged: list[str] = []
        self._strings = strings
        self._formats = formats
        self._dresses = {form for form in formats if _may_dress(form)}
        self._budget = budget
        self._row = 0
        self._number = ""
        self._hidden = False
        self._cells: list[Cell] = []
        self._column = 0
        self._next = 0
        self._kind = ""
        self._format = ""
        self._pieces: list[str] = []
        self._listening = False
        self._formula = False
        self._hints = 0
        self._depth = Depth()
        self._columns = _Columns()

    def read(self, archive: zipfile.ZipFile, name: str) -> None:
        """Read the whole part ``name``."""
        walk(archive, name, self._start, self._end, self._text)

    def _start(self, tag: str, attributes: Mapping[str, str]) -> None:
        tag = LOCAL[tag]
        if tag == "c":
            self._start_cell(attributes)
        elif tag in ("v", "t"):
            self._listening = not self._hints
        elif tag == "f":
            self._formula = True
        elif tag == "row":
            self._start_row(attributes)
        elif tag != "is":
            self._start_other(tag, attributes)

    def _start_other(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._depth.enter()
        if tag == "rPh":
            self._hints += 1
        elif tag == "col" and _is_hidden(attributes, "width"):
            self.hidden_columns.append((int(attributes["min"]) - 1, int(attributes["max"]) - 1))
            check_count(len(self.hidden_columns), limits.LAST_COLUMN)
        elif tag == "mergeCell" and "ref" in attributes:
            self.merged.append(attributes["ref"])
            check_count(len(self.merged), limits.MAXIMUM_MERGES)

    def _text(self, piece: str) -> None:
        if self._listening:
            self._pieces.append(piece)

    def _end(self, tag: str) -> None:
        tag = LOCAL[tag]
        if tag == "c":
            self._end_cell()
        elif tag in ("v", "t"):
            self._listening = False
        elif tag == "row":
            self._end_row()
        elif tag not in ("is", "f"):
            self._depth.leave()
            self._hints -= tag == "rPh"

    def _start_row(self, attributes: Mapping[str, str]) -> None:
        number = int(attributes.get("r", self._row + 1))
        if number <= self._row or number > limits.LAST_ROW:
            raise Unreadable(Trouble.BROKEN_WORKBOOK, self._row + 1)
        self._row = number
        self._number = str(number)
        self._hidden = _is_hidden(attributes, "ht")
        self._cells = []
        self._next = 0

    def _start_cell(self, attributes: Mapping[str, str]) -> None:
        reference = attributes.get("r")
        self._column = self._place(reference) if reference else self._next
        if self._column < self._next:
            raise Unreadable(Trouble.BROKEN_WORKBOOK, self._row)
        self._next = self._column + 1
        self._kind = attributes.get("t", "n")
        style = int(attributes.get("s", 0))
        self._format = self._formats[style] if 0 <= style < len(self._formats) else UNKNOWN
        self._pieces.clear()
        self._formula = False

    def _place(self, reference: str) -> int:
        letters = reference.rstrip(_DIGITS)
        if reference[len(letters) :] != self._number:
            raise Unreadable(Trouble.BROKEN_WORKBOOK, self._row)
        return self._columns[letters]

    def _end_cell(self) -> None:
        raw = "".join(self._pieces)
        if not raw and not self._formula:
            return
        if self._column >= limits.MAXIMUM_COLUMNS:
            raise Unreadable(Trouble.TOO_MANY_COLUMNS, self._row)
        if self._column > len(self._cells):
            self._cells += [""] * (self._column - len(self._cells))
        self._cells.append(self._cell(raw))

    def _cell(self, raw: str) -> Cell:
        if self._formula:
            self._budget.take_text(self._row, raw)
            return ["f", raw, ""]
        if self._kind in ("s", "str", "inlineStr"):
            text = self._shared(raw) if self._kind == "s" else unescape(raw)
            self._budget.take_text(self._row, text)
            return ["t", text, self._format] if self._format in self._dresses else text
        self._budget.take_text(self._row, raw)
        return [self._kind, raw, self._format]

    def _shared(self, raw: str) -> str:
        at = int(raw)
        if at < 0:
            raise Unreadable(Trouble.BROKEN_WORKBOOK, self._row)
        return self._strings[at]

    def _end_row(self) -> None:
        if any(cell if isinstance(cell, list) else cell.strip() for cell in self._cells):
            self._budget.take_row(self._row, len(self._cells))
            self._emit([self._row, self._cells, self._hidden])


class _Columns(dict[str, int]):
    """Columns by their letters, each found out once."""

    def __missing__(self, letters: str) -> int:
        if not 0 < len(letters) <= 3:
            raise Unreadable(Trouble.BROKEN_WORKBOOK)
        column = self[letters] = column_of(letters)
        return column


def column_of(reference: str) -> int:
    """Return the column of a cell reference from 0: "A7" is 0, "AB1" is 27."""
    column = 0
    for sign in reference:
        if not "A" <= sign <= "Z":
            break
        column = column * 26 + ord(sign) - 64
        if column > limits.LAST_ROW:
            raise Unreadable(Trouble.BROKEN_WORKBOOK)
    return column - 1


def _may_dress(form: str) -> bool:
    """Return whether a number format may show a text otherwise than it is."""
    return form != "@" and ("@" in form or form.count(";") >= 3)


def _is_hidden(attributes: Mapping[str, str], size: str) -> bool:
    said = attributes.get("hidden", "0").lower() not in _FALSE
    return said or attributes.get(size) in _ZERO
