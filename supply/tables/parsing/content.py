"""What a file is by its bytes; its name says nothing reliable."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Any

from . import limits, text_file, workbook
from .troubles import Trouble, Unreadable
from .xml import part_name

Part = dict[str, Any] | list[Any]
"""A head or tail (dict), or a row ``[number, cells, hidden]``."""

Emit = Callable[[Part], None]

_OLE = b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_DOCUMENTS = (b"%PDF", b"{\\rtf", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x7fELF", b"MZ\x90",
              b"SQLite format")  # fmt: skip
_PACKED = (b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")


def read(content: bytes, names: AbstractSet[str], emit: Emit) -> None:
    """Emit a head, then each row with anything in it, then a tail.

    ``names`` are headings that may be there: they tell what parts the cells of a text.

    Raises:
        Unreadable: no table that can be read; or more than the limits allow.
    """
    if len(content) > limits.MAXIMUM_BYTES:
        raise Unreadable(Trouble.TOO_LARGE)
    if content.startswith(_OLE):
        raise Unreadable(Trouble.PASSWORD if _ENCRYPTED in content else Trouble.OLD_EXCEL)
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        _read_archive(content, emit)
        return
    if content.startswith(_DOCUMENTS):
        raise Unreadable(Trouble.OTHER_DOCUMENT)
    if content.startswith(_PACKED):
        raise Unreadable(Trouble.ARCHIVE)
    text_file.read(content, names, emit)


def _read_archive(content: bytes, emit: Emit) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_kind(archive)
            workbook.read(archive, len(content), emit)
    except (
        zipfile.BadZipFile,
        zlib.error,
        KeyError,
        IndexError,
        ValueError,
        EOFError,
        OSError,
        NotImplementedError,  # a compression nobody uses
        RuntimeError,  # an encrypted part
        OverflowError,
        RecursionError,
    ) as error:
        raise Unreadable(Trouble.BROKEN_WORKBOOK) from error


def _check_kind(archive: zipfile.ZipFile) -> None:
    names = [part_name(name) for name in archive.namelist()]
    if len(names) > limits.MAXIMUM_ENTRIES:
        raise Unreadable(Trouble.TOO_LARGE)
    if len(set(names)) != len(names):
        raise Unreadable(Trouble.BROKEN_WORKBOOK)  # which of two is meant, nobody can say
    if "xl/workbook.bin" in names:
        raise Unreadable(Trouble.BINARY_WORKBOOK)
    if "mimetype" in names or "meta-inf/manifest.xml" in names:
        raise Unreadable(Trouble.OPEN_DOCUMENT)
    if any(name.endswith(".iwa") for name in names):
        raise Unreadable(Trouble.NUMBERS)
    if "[content_types].xml" not in names:
        raise Unreadable(Trouble.ARCHIVE)
    if not any(name.startswith("xl/") for name in names):
        raise Unreadable(Trouble.OTHER_DOCUMENT)
