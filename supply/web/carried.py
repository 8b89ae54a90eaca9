"""A file that is looked at first: the page of its preview carries it, to be taken in then."""

from __future__ import annotations

import base64
import binascii
from typing import Final

from flask import request
from wtforms import FileField

CARRIED_BYTES: Final = 300_000
"""A file up to this size goes with the preview's form; a larger one is chosen again."""


def chosen_or_carried(field: FileField, name: str) -> tuple[bytes | None, str]:
    """Return a file and what it is called: as chosen, or as the preview carried it.

    ``name`` is for one without a name; without a file there is None.
    """
    chosen = field.data
    if chosen:
        return chosen.read(), chosen.filename or name
    try:
        carried = base64.b64decode(request.form.get("carried", ""), validate=True)
    except binascii.Error:
        carried = b""
    return carried or None, request.form.get("filename", name)[:200]


def to_carry(content: bytes) -> str | None:
    """Return a file as the preview's form carries it; None where it is too large for that."""
    return base64.b64encode(content).decode() if len(content) <= CARRIED_BYTES else None
