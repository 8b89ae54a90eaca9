"""Pictures that people bring, painted anew by a program of its own (see ``repainting.py``)."""

from __future__ import annotations

import struct
from pathlib import Path
from threading import BoundedSemaphore

from flask_babel import gettext as _

from supply import programs
from supply.catalogue.attachments import limits
from supply.refusals import InvalidInput, Refusal

WEBP = "image/webp"

AT_ONCE = 2
"""Pictures painted at the same time by one server process."""

PATIENCE = 20.0
"""Seconds a picture waits for its turn before it is refused."""

LONGEST = 60.0
"""Seconds a picture may take on a busy machine."""

_PROGRAM = Path(__file__).with_name("repainting.py")
_TOO_LARGE = 3

_turns = BoundedSemaphore(AT_ONCE)


def repainted(content: bytes) -> bytes:
    """Return a JPEG, PNG or WebP as a WebP of its pixels alone, upright and at most so large.

    Raises:
        InvalidInput: damaged, or more pixels than a camera has.
        Refusal: others' pictures are being painted, and this one has waited long enough.
    """
    if not _turns.acquire(timeout=PATIENCE):
        raise Refusal(_("Other pictures are being read. Try again in a minute."))
    try:
        return _run(content)
    finally:
        _turns.release()


def _run(content: bytes) -> bytes:
    limited = [str(limits.MOST_PIXELS), str(limits.LONGEST_SIDE)]
    done = programs.run(_PROGRAM, limited, content, seconds=LONGEST)
    if done.code == 0 and done.output:
        return done.output
    if done.code == _TOO_LARGE or done.overrun:
        raise _too_large()
    message = _("This picture is damaged. Open it, save it anew as JPEG or PNG, and bring that.")
    raise InvalidInput(("file", message))


def _too_large() -> InvalidInput:
    message = _("This picture is too large. Bring one of at most 60 million pixels.")
    return InvalidInput(("file", message))


def size_of(webp: bytes) -> tuple[int, int]:
    """Return width and height of a WebP that we have painted."""
    form, body = webp[12:16], webp[20:]
    if form == b"VP8X":
        wide = int.from_bytes(body[4:7], "little")
        high = int.from_bytes(body[7:10], "little")
        return wide + 1, high + 1
    if form == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    wide, high = struct.unpack("<HH", body[6:10])
    return wide & 0x3FFF, high & 0x3FFF
