"""A workbook (.xlsx, .xlsm, transitional or strict): which sheet is read, and what is in it."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .sheet import SheetReader
from .strings import shared_strings
from .troubles import Trouble, Unreadable
from .xml import LOCAL, nothing, walk

BUILT_IN = {
    0: "", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00",
    12: "# ?/?", 13: "# ??/??", 14: "yyyy-mm-dd", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy",
    18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss", 22: "yyyy-mm-dd h:mm",
    37: "#,##0", 38: "#,##0", 39: "#,##0.00", 40: "#,##0.00", 41: "#,##0", 42: "#,##0",
    43: "#,##0.00", 44: "#,##0.00", 45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0",
    48: "##0.0E+0", 49: "@",
} | dict.fromkeys((*range(27, 37), *range(50, 59)), "yyyy-mm-dd")  # fmt: skip
"""Formats that a workbook names by number alone; 27–58 are dates of East Asia."""


@dataclass(frozen=True, slots=True)
class _Sheet:
    name: str
    part: str


@dataclass(slots=True)
class _Book:
    """What the workbook's own part says."""

    shown: list[_Sheet]
    from_1904: bool


def read(archive: zipfile.ZipFile, emit: Callable[[Any], None]) -> None:
    """Emit a head, the rows of the first visible sheet, and a tail.

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
        shared_strings(archive, strings) if strings in archive.NameToInfo else [],
        _formats(archive, styles) if styles in archive.NameToInfo else [],
        emit,
    )
    reader.read(archive, sheet.part)
    emit({"hidden_columns": reader.hidden_columns, "merged": reader.merged})


def _workbook_path(archive: zipfile.ZipFile) -> str:
    if "_rels/.rels" in archive.NameToInfo:
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
            target = attributes["Target"]
            whole = target.lstrip("/") if target.startswith("/") else f"{folder}/{target}"
            kind = attributes["Type"].rpartition("/")[2]
            found[attributes["Id"]] = (kind, posixpath.normpath(whole).lstrip("/"))

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
                book.shown.append(_Sheet(attributes["name"], part))

    walk(archive, path, start, nothing, nothing)
    return book


def _formats(archive: zipfile.ZipFile, name: str) -> list[str]:
    """Return the number format of each cell style, by its place."""
    own: dict[int, str] = {}
    styles: list[int] = []
    within = False

    def start(tag: str, attributes: Mapping[str, str]) -> None:
        nonlocal within
        tag = LOCAL[tag]
        if tag == "numFmt" and "numFmtId" in attributes:
            own[int(attributes["numFmtId"])] = attributes.get("formatCode", "")
        elif tag == "cellXfs":
            within = True
        elif tag == "xf" and within:
            styles.append(int(attributes.get("numFmtId", 0)))

    def end(tag: str) -> None:
        nonlocal within
        tag = LOCAL[tag]
        if tag == "cellXfs":
            within = False

    walk(archive, name, start, end, nothing)
    return [own[style] if style in own else BUILT_IN.get(style, "") for style in styles]
