"""A workbook (.xlsx, .xlsm, transitional or strict): which sheet is read, and what is in it."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from . import limits
from .budget import Budget, check_count
from .sheet import UNKNOWN, SheetReader
from .strings import shared_strings
from .troubles import Trouble, Unreadable
from .xml import LOCAL, find_part, nothing, walk

BUILT_IN = {
    0: "", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 5: "#,##0", 6: "#,##0",
    7: "#,##0.00", 8: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00",
    12: "# ?/?", 13: "# ??/??", 14: "yyyy-mm-dd", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy",
    18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss", 22: "yyyy-mm-dd h:mm",
    30: "m-d-yy", 31: "yyyy-mm-dd",
    37: "#,##0", 38: "#,##0", 39: "#,##0.00", 40: "#,##0.00", 41: "#,##0", 42: "#,##0",
    43: "#,##0.00", 44: "#,##0.00", 45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0",
    48: "##0.0E+0", 49: "@", 59: "0", 60: "0.00", 61: "#,##0", 62: "#,##0.00",
    71: "yyyy-mm-dd", 72: "d-mmm-yy",
} | dict.fromkeys((27, 28, 29, *range(32, 37), *range(50, 59)), "mmm-yy")  # fmt: skip
"""Formats that a workbook names by number alone. 27-36 and 50-58 are dates of East Asia, most
of them only parts of one. In 5-8, 42 and 44 the sign of money is the reader's own, and says
nothing of the price."""


@dataclass(frozen=True, slots=True)
class _Sheet:
    name: str
    part: str


@dataclass(slots=True)
class _Book:
    """What the workbook's own part says."""

    shown: list[_Sheet]
    from_1904: bool


def read(archive: zipfile.ZipFile, size: int, emit: Callable[[Any], None]) -> None:
    """Emit a head, the rows of the first visible sheet, and a tail, of a file of ``size`` bytes.

    Raises:
        Unreadable: no visible sheet, or more than the limits allow.
        KeyError, ValueError: parts or numbers that do not fit together.
    """
    path = _workbook_path(archive)
    relations = _relations(archive, path)
    book = _book(archive, path, {rid: target for rid, (_kind, target) in relations.items()})
    if not book.shown:
        raise Unreadable(Trouble.NO_SHEET)
    sheet = book.shown[0]
    by_kind = dict(relations.values())
    strings = by_kind.get("sharedStrings")
    styles = by_kind.get("styles")
    unread = [other.name for other in book.shown[1:]]
    emit({"sheet": sheet.name, "unread": unread, "from_1904": book.from_1904})
    reader = SheetReader(
        shared_strings(archive, strings) if strings else [],
        _formats(archive, styles) if styles else [""],
        Budget(size),
        emit,
    )
    reader.read(archive, sheet.part)
    emit({"hidden_columns": reader.hidden_columns, "merged": reader.merged})


def _workbook_path(archive: zipfile.ZipFile) -> str:
    if find_part(archive, "_rels/.rels"):
        for kind, target in _relations(archive, "").values():
            if kind == "officeDocument":
                return target
    return "xl/workbook.xml"


def _relations(archive: zipfile.ZipFile, path: str) -> dict[str, tuple[str, str]]:
    """Return what ``path`` refers to, by id: the kind and the part's name."""
    folder, name = posixpath.split(path)
    found: dict[str, tuple[str, str]] = {}

    def start(tag: str, attributes: Mapping[str, str]) -> None:
        tag = LOCAL[tag]
        if tag == "Relationship" and attributes.get("TargetMode") != "External":
            target = attributes["Target"].replace("\\", "/")
            whole = target.lstrip("/") if target.startswith("/") else f"{folder}/{target}"
            kind = attributes["Type"].rpartition("/")[2]
            found[attributes["Id"]] = (kind, posixpath.normpath(whole).lstrip("/"))
            check_count(len(found), limits.MAXIMUM_ENTRIES)

    walk(archive, posixpath.join(folder, "_rels", f"{name}.rels"), start, nothing, nothing)
    return found


def _book(archive: zipfile.ZipFile, path: str, targets: Mapping[str, str]) -> _Book:
    book = _Book([], from_1904=False)

    def start(tag: str, attributes: Mapping[str, str]) -> None:
        tag = LOCAL[tag]
        if tag == "workbookPr":
            book.from_1904 = attributes.get("date1904", "0").lower() in ("1", "true", "on")
        elif tag == "sheet":
            relation = next((v for n, v in attributes.items() if n.endswith(" id")), "")
            part = targets.get(relation, "")
            # A chart may be a sheet of its own; it has no cells.
            if "chartsheet" in part or "dialogsheet" in part or not part:
                return
            if attributes.get("state", "visible") == "visible":
                book.shown.append(_Sheet(attributes["name"][: limits.LONGEST_FORMAT], part))
                check_count(len(book.shown), limits.MAXIMUM_ENTRIES)

    walk(archive, path, start, nothing, nothing)
    return book


def _formats(archive: zipfile.ZipFile, name: str) -> list[str]:
    """Return the number format of each cell style, by its place."""
    own: dict[int, str] = {}
    styles: list[int] = []
    within: list[str] = []

    def start(tag: str, attributes: Mapping[str, str]) -> None:
        tag = LOCAL[tag]
        parent = within[-1] if within else ""
        within.append(tag)
        # Formats of conditions (dxf) number theirs apart.
        if tag == "numFmt" and parent == "numFmts":
            own[int(attributes["numFmtId"])] = _checked(attributes.get("formatCode", ""))
        elif tag == "xf" and parent == "cellXfs":
            styles.append(int(attributes.get("numFmtId", 0)))
            check_count(len(styles) + len(own), limits.MAXIMUM_STYLES)

    def end(_tag: str) -> None:
        within.pop()

    walk(archive, name, start, end, nothing)
    return [own[style] if style in own else BUILT_IN.get(style, UNKNOWN) for style in styles]


def _checked(form: str) -> str:
    if len(form) > limits.LONGEST_FORMAT:
        raise Unreadable(Trouble.BROKEN_WORKBOOK)
    return form
