"""Walking through the XML of a workbook's part without building it up."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from xml.parsers import expat

from . import limits
from .troubles import Trouble, Unreadable

_CHUNK = 256 * 1024

Start = Callable[[str, Mapping[str, str]], None]
End = Callable[[str], None]
Text = Callable[[str], None]


class _LocalNames(dict[str, str]):
    """Names without their namespace, each found out once."""

    def __missing__(self, tag: str) -> str:
        name = self[tag] = tag.rpartition(" ")[2]
        return name


LOCAL = _LocalNames()


class Depth:
    """How far elements stand within one another, among those nobody asks for."""

    def __init__(self) -> None:
        """Start at the top."""
        self._depth = 0

    def enter(self) -> None:
        """Go one deeper; raises Unreadable where no workbook goes."""
        self._depth += 1
        if self._depth > limits.MAXIMUM_DEPTH:
            raise Unreadable(Trouble.BROKEN_WORKBOOK)

    def leave(self) -> None:
        """Come back."""
        self._depth -= 1


def part_name(name: str) -> str:
    """Return the name of a part as it is compared: case and the slash make no difference."""
    return name.replace("\\", "/").lower()


def find_part(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo | None:
    """Return the directory entry of a part, or None."""
    wanted = part_name(name)
    return next((i for i in archive.infolist() if part_name(i.filename) == wanted), None)


def open_part(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    """Return the directory entry of a part that may be unpacked.

    Raises:
        KeyError: there is no such part.
        Unreadable: it unpacks to too much.
    """
    entry = find_part(archive, name)
    if entry is None:
        raise KeyError(name)
    ratio = entry.file_size / max(1, entry.compress_size)
    if entry.file_size > limits.MAXIMUM_PART:
        raise Unreadable(Trouble.TOO_LARGE)
    if entry.file_size > limits.LARGE_PART and ratio > limits.MAXIMUM_RATIO:
        raise Unreadable(Trouble.TOO_LARGE)
    return entry


def walk(archive: zipfile.ZipFile, name: str, start: Start, end: End, text: Text) -> None:
    """Call back for each element and text of a part; ``LOCAL[tag]`` is a tag's own name.

    The callbacks are expat's own, for a sheet calls them millions of times.

    Raises:
        KeyError: there is no such part.
        Unreadable: no XML, a document type (which could name entities), too large.
    """
    entry = open_part(archive, name)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.buffer_size = 1 << 16

    def refuse(*_declared: object) -> None:
        raise Unreadable(Trouble.BROKEN_WORKBOOK)

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    left = limits.MAXIMUM_SIGNS + limits.MAXIMUM_SIGNS_A_BYTE * entry.compress_size
    try:
        with archive.open(entry) as part:
            while chunk := part.read(_CHUNK):
                tags = chunk.count(b"<")
                left -= tags
                # No tag in so much: one text or tag longer than any cell or style.
                if left < 0 or (len(chunk) == _CHUNK and not tags):
                    raise Unreadable(Trouble.TOO_LARGE)
                parser.Parse(chunk, False)
            parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise Unreadable(Trouble.BROKEN_WORKBOOK) from error


def nothing(_what: str) -> None:
    """Take no notice of an end or a text."""
