"""A checked file travels back with its form, so that taking it needs no second choosing."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Mapping

from werkzeug.datastructures import FileStorage

LONGEST_KEPT = 400_000
"""Characters a form field may carry; larger files are chosen again."""

LARGEST_FILE = 16 * 1024 * 1024
"""Bytes a kept file may unpack to."""


def brought(chosen: FileStorage | None, form: Mapping[str, str]) -> tuple[str, bytes | None]:
    """Return the name and content of the file just chosen, or else of the one just checked."""
    if chosen:
        return chosen.filename or "", chosen.read()
    packed = form.get("kept", "")
    return form.get("filename", "")[:200], kept(packed) if packed else None


def keep(content: bytes) -> str:
    """Return ``content`` packed as text for a hidden field; "" where it would be too long."""
    packed = base64.b64encode(zlib.compress(content)).decode("ascii")
    return packed if len(packed) <= LONGEST_KEPT else ""


def kept(packed: str) -> bytes | None:
    """Return the content that :func:`keep` packed, or None for anything else."""
    unpacker = zlib.decompressobj()
    try:
        content = unpacker.decompress(base64.b64decode(packed, validate=True), LARGEST_FILE)
    except (zlib.error, binascii.Error, ValueError):
        return None
    return content if unpacker.eof else None
