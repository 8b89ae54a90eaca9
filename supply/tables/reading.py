"""Tables people bring: a heading, and rows below it, every cell as it is shown.

Reading is strict and complete: every fault is collected with the row a spreadsheet shows and
its column, so that a file is mended in one go.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, islice
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from supply import text
from supply.tables import cells, numbers, sandbox, shown, wording
from supply.tables.faults import Fault, FaultyTable, stop_at_many
from supply.tables.kinds import Kind, Misleading
from supply.tables.parsing.sheet import column_of
from supply.tables.parsing.troubles import Unreadable

_LOOKED_AT = 20
"""First rows in which the heading is looked for: titles may stand above it."""

_RANGE = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7}):\$?([A-Z]{1,3})\$?(\d{1,7})", re.ASCII)

_LONGEST_FILENAME = 200


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
    """The rows of a file. ``columns`` were found; ``ignored`` are headings nobody asked for.

    ``notes`` are sentences on what was read, and what was not.
    """

    columns: frozenset[str]
    rows: list[Row]
    ignored: list[str] = field(default_factory=list)
    filename: str = ""
    notes: list[str] = field(default_factory=list)


def read_table(
    content: bytes,
    filename: str,
    required: Sequence[str],
    optional: Sequence[str] = (),
    kinds: Mapping[str, Kind] | None = None,
) -> Table:
    """Return the rows of a CSV file (any delimiter, UTF-8 or UTF-16) or the first visible sheet.

    Headings may be in any order and case, below a title; rows without any text are skipped,
    but counted. ``kinds`` says what a column holds, text where it does not say. Call it outside
    a transaction: a large file takes seconds.

    Raises:
        FaultyTable: not readable or too large; a required column missing or doubled; a row
            that is hidden or longer than its heading; a cell that is a formula, an error,
            merged, holds control characters, or shows something else than it holds.
    """
    filename = _printable(filename)
    reader = _Reader(required, {*required, *optional}, kinds or {}, filename)
    try:
        with sandbox.read(content, reader.known) as parts:
            table = reader.read(parts)
    except Unreadable as unreadable:
        fault = Fault(unreadable.row, "", wording.sentence(unreadable.trouble))
        raise FaultyTable([fault], filename) from unreadable
    if reader.faults:
        raise FaultyTable(reader.faults, filename)
    return table


@dataclass(frozen=True)
class _Heading:
    """Where the heading stands, its names in order, and the columns that are asked for."""

    number: int
    names: list[str]
    wanted: dict[int, str]

    @cached_property
    def unnamed(self) -> list[int]:
        """Columns between others that have no name."""
        return [place for place, name in enumerate(self.names) if not name]


class _Reader:
    """Turns the parts of a file into rows, keeping every fault on the way."""

    def __init__(
        self, required: Sequence[str], known: set[str], kinds: Mapping[str, Kind], filename: str
    ) -> None:
        self.faults: list[Fault] = []
        self._filename = filename
        self._required = required
        self.known = known
        self._kinds = kinds
        self._from_1904 = False

    def read(self, parts: Iterator[Any]) -> Table:
        head: dict[str, Any] = next(parts, {})
        self._from_1904 = head.get("from_1904", False)
        first = list(islice(parts, _LOOKED_AT))
        heading = self._heading([part for part in first if isinstance(part, list)], head)
        if self.faults:
            return Table(frozenset(), [], filename=self._filename)
        rows: list[Row] = []
        typed: list[tuple[Row, str]] = []
        tail: dict[str, Any] = {}
        for part in chain(first, parts):
            if isinstance(part, dict):
                tail = part
            elif part[0] > heading.number and _says_something(part[1], heading):
                rows.append(self._row(part, heading, typed))
                stop_at_many(self.faults, self._filename)
        self._check_hidden_columns(tail.get("hidden_columns", ()), heading)
        self._check_merged(tail.get("merged", ()), heading, [row.number for row in rows])
        self._restyle(typed, head.get("delimiter"))
        if not rows:
            message = _("The file has a heading but no rows.")
            self.faults.append(Fault(heading.number + 1, "", message))
        ignored = [name for name in heading.names if name and name not in self.known]
        return Table(
            columns=frozenset(heading.wanted.values()),
            rows=rows,
            ignored=ignored,
            filename=self._filename,
            notes=[*_notes(head), *_notes_of_columns(ignored)],
        )

    def _heading(self, first: Sequence[list[Any]], head: Mapping[str, Any]) -> _Heading:
        """Return the first row that names all that is needed, else the first one, with faults."""
        headings = [(number, [_name(cell) for cell in cells]) for number, cells, _h in first]
        whole = (one for one in headings if all(name in one[1] for name in self._required))
        number, names = next(whole, next(iter(headings), (1, [])))
        if not any(names):
            message = _("The file is empty. Its first row names the columns.")
            self.faults.append(Fault(1, "", message))
        else:
            self.faults += self._heading_faults(number, names)
            if self.faults and head.get("unread"):
                self.faults.append(_other_sheets(number, head))
        wanted = {place: name for place, name in enumerate(names) if name in self.known}
        return _Heading(number, names, wanted)

    def _heading_faults(self, number: int, names: Sequence[str]) -> Iterator[Fault]:
        for column in self._required:
            if column not in names:
                yield Fault(number, column, _("This column is missing."))
        for column in sorted(self.known):
            if names.count(column) > 1:
                yield Fault(number, column, _("This column is there more than once."))

    def _row(self, part: list[Any], heading: _Heading, typed: list[tuple[Row, str]]) -> Row:
        number, found, hidden = part
        if hidden:
            message = _("This row is hidden. Show it (take filters off), or delete it.")
            self.faults.append(Fault(number, "", message))
        self._check_unnamed(number, found, heading)
        row = Row(number, {})
        for place, name in heading.wanted.items():
            cell = found[place] if place < len(found) else ""
            kind = self._kinds.get(name, Kind.TEXT)
            row.cells[name] = self._cell(number, name, kind, cell)
            if kind in (Kind.NUMBER, Kind.MONEY) and isinstance(cell, str) and cell:
                typed.append((row, name))
        return row

    def _check_unnamed(
        self, number: int, found: Sequence[str | list[str]], heading: _Heading
    ) -> None:
        """Refuse what stands in a column without a name, for nobody can say what it means.

        A formula there is somebody's sum.
        """
        if any(_is_typed(cell) for cell in found[len(heading.names) :]):
            self.faults.append(Fault(number, "", _("This row has more cells than the heading.")))
        if any(place < len(found) and _is_typed(found[place]) for place in heading.unnamed):
            message = _("This row has a cell in a column without a heading. Name it, or empty it.")
            self.faults.append(Fault(number, "", message))

    def _cell(self, number: int, name: str, kind: Kind, cell: str | list[str]) -> str:
        if cell == "" or _is_bare(cell) or (kind is Kind.TEXT and _is_plain(cell)):
            return str(cell)
        try:
            if isinstance(cell, str):
                return cells.text_of(kind, cell)
            return shown.text_of(kind, cell, from_1904=self._from_1904)
        except Misleading as misleading:
            self.faults.append(Fault(number, name, str(misleading)))
            return ""

    def _restyle(self, typed: Sequence[tuple[Row, str]], delimiter: str | None) -> None:
        """Write numbers that are text in one style, once the whole file has told which."""
        priced = {name for name, kind in self._kinds.items() if kind is Kind.MONEY}
        figures = [numbers.parted(row[name]) if name in priced else (row[name], "")
                   for row, name in typed]  # fmt: skip
        style = numbers.style_of((figure for figure, _words in figures), delimiter)
        for (row, name), (figure, words) in zip(typed, figures, strict=True):
            try:
                row.cells[name] = f"{numbers.plain_number(figure, style)} {words}".strip()
            except Misleading as misleading:
                self.faults.append(Fault(row.number, name, str(misleading)))
                stop_at_many(self.faults, self._filename)

    def _check_hidden_columns(self, hidden: Iterable[Sequence[int]], heading: _Heading) -> None:
        spans = [(first, last) for first, last in hidden]
        for place, name in heading.wanted.items():
            if any(first <= place <= last for first, last in spans):
                message = _("This column is hidden. Show it, or delete it.")
                self.faults.append(Fault(heading.number, name, message))

    def _check_merged(self, merged: Iterable[str], heading: _Heading, rows: list[int]) -> None:
        """Refuse cells that share one value on the screen: only the first of them holds it."""
        for area in merged:
            match = _RANGE.fullmatch(area)
            if match is None:
                continue
            columns = range(column_of(match[1]), column_of(match[3]) + 1)
            names = [name for place, name in heading.wanted.items() if place in columns]
            touched = bisect_left(rows, int(match[2]))
            if names and touched < len(rows) and rows[touched] <= int(match[4]):
                message = _("This cell is merged with others. Unmerge them and fill each.")
                self.faults.append(Fault(rows[touched], names[0], message))
                stop_at_many(self.faults, self._filename)


def _is_bare(cell: str | list[str]) -> bool:
    """Return whether a cell is letters and digits alone, which are what they seem."""
    return isinstance(cell, str) and cell.isascii() and cell.isalnum()


def _is_plain(cell: str | list[str]) -> bool:
    """Return whether a cell is what it seems without a second look: most are."""
    return (
        isinstance(cell, str)
        and cell.isascii()
        and cell.isprintable()
        and cell[0] not in "='# "
        and cell[-1] != " "
    )


def _name(cell: str | list[str]) -> str:
    """Return a heading as it is compared: "Minimum order packs: *" is minimum_order_packs."""
    shown_text = cell if isinstance(cell, str) else cell[1]
    bare = text.fold(shown_text).lstrip("'").strip('":* ')
    return re.sub(r"[\s\-]+", "_", bare)


def _says_something(found: Sequence[str | list[str]], heading: _Heading) -> bool:
    """Return whether a row is one of the table: a sum below it, in another column, is not."""
    end = len(heading.names)
    return any(
        (place in heading.wanted or place >= end) and _is_filled(cell)
        for place, cell in enumerate(found)
    )


def _is_typed(cell: str | list[str]) -> bool:
    return bool(cell.strip()) if isinstance(cell, str) else cell[0] != "f"


def _is_filled(cell: str | list[str]) -> bool:
    return bool(cell.strip()) if isinstance(cell, str) else True


def _printable(filename: str) -> str:
    """Return the name of a file as it can be shown and kept."""
    shown_name = "".join(sign if sign.isprintable() else "\ufffd" for sign in filename)
    return shown_name[:_LONGEST_FILENAME]


def _other_sheets(number: int, head: Mapping[str, Any]) -> Fault:
    message = _(
        "The sheet “%(sheet)s” was read, for it is the first that is shown. If the table is on"
        " another one, move that to the front.",
        sheet=head["sheet"],
    )
    return Fault(number, "", message)


def _notes_of_columns(ignored: Sequence[str]) -> Iterator[str]:
    if ignored:
        yield ngettext(
            "This column was not read: %(names)s.",
            "These columns were not read: %(names)s.",
            len(ignored),
            names=", ".join(name[:60] for name in ignored[:20]),
        )


def _notes(head: Mapping[str, Any]) -> Iterator[str]:
    unread = head.get("unread", ())
    if unread:
        yield ngettext(
            "The sheet “%(sheet)s” was read; there is one more, which was not: %(others)s.",
            "The sheet “%(sheet)s” was read; there are %(num)d more, which were not: %(others)s.",
            len(unread),
            sheet=head["sheet"],
            others=", ".join(unread[:5]),
        )
