"""Photos of codes, read by a program of its own (see ``decoding.py``); none is kept."""

from __future__ import annotations

import json
from pathlib import Path
from threading import BoundedSemaphore

from flask_babel import gettext as _

from supply import programs
from supply.refusals import InvalidInput, Refusal

LARGEST = 10 * 1024 * 1024
"""Bytes of a photo: a telephone's best has fewer."""

MOST_PIXELS = 60_000_000
MOST_CODES = 8
LONGEST_CODE = 1_000

AT_ONCE = 2
PATIENCE = 20.0
SECONDS = 60.0

_PROGRAM = Path(__file__).with_name("decoding.py")
_TOO_LARGE = 3
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")

_turns = BoundedSemaphore(AT_ONCE)


def codes_on(content: bytes) -> list[str]:
    """Return what the codes on a photo say, each once.

    Raises:
        InvalidInput: no photo, too large, damaged, or no code can be read on it.
        Refusal: others' photos are being read, and this one has waited long enough.
    """
    _check(content)
    if not _turns.acquire(timeout=PATIENCE):
        raise Refusal(_("Other pictures are being read. Try again in a minute."))
    try:
        done = programs.run(_PROGRAM, [str(MOST_PIXELS)], content, seconds=SECONDS)
    finally:
        _turns.release()
    if done.code == _TOO_LARGE or done.overrun:
        raise _no(_("This photo is too large. Take one with fewer pixels."))
    if done.code != 0:
        raise _no(_("This photo is damaged. Take another."))
    texts: list[str] = [text for text in json.loads(done.output) if len(text) <= LONGEST_CODE]
    if not texts:
        raise _no(
            _("No code can be read on this photo. Fill the picture with it, sharp and well lit.")
        )
    return texts[:MOST_CODES]


def _check(content: bytes) -> None:
    if not content:
        raise _no(_("Take or choose a photo of the code."))
    if len(content) > LARGEST:
        most = LARGEST // 1024**2
        raise _no(_("The photo is larger than %(most)d MB. Take a smaller one.", most=most))
    if not content.startswith(_PICTURES) and (content[:4], content[8:12]) != (b"RIFF", b"WEBP"):
        raise _no(_("Take the photo as JPEG, PNG or WebP."))


def _no(message: str) -> InvalidInput:
    return InvalidInput(("photo", message))
