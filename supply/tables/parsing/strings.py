"""Texts of a workbook: shared between cells, in runs of several fonts, with escapes."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping

from . import limits
from .budget import check_count
from .xml import LOCAL, walk

_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")


def unescape(text: str) -> str:
    """Return ``text`` with ``_x000D_`` and its like as the characters they stand for."""
    if "_x" not in text:
        return text
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)


def shared_strings(archive: zipfile.ZipFile, name: str) -> list[str]:
    """Return the texts that cells name by number, without the phonetic hints beside them."""
    strings: list[str] = []
    pieces: list[str] = []
    hints = 0
    within = False

    def start(tag: str, _attributes: Mapping[str, str]) -> None:
        nonlocal hints, within
        tag = LOCAL[tag]
        hints += tag == "rPh"
        within = tag == "t" and not hints

    def end(tag: str) -> None:
        nonlocal hints, within
        tag = LOCAL[tag]
        within = False
        if tag == "rPh":
            hints -= 1
        elif tag == "si":
            strings.append(unescape("".join(pieces)))
            pieces.clear()
            check_count(len(strings), limits.MAXIMUM_STRINGS)

    def text(piece: str) -> None:
        if within:
            pieces.append(piece)

    walk(archive, name, start, end, text)
    return strings
