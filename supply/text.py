"""Text as it is kept: what people cannot see is taken off where text comes in.

From the loosest to the strictest: :func:`seen` for whatever a page or a program sends,
:func:`clean` for names and sentences, :func:`code` for what is typed to mean one thing (SKUs,
lots, codes of places), and :func:`fold`, which is never shown: two codes with the same fold
are the same to a person.
"""

from __future__ import annotations

import re
import unicodedata

_INVISIBLE = dict.fromkeys(
    [
        0x00AD,  # soft hyphen
        0x034F,  # combining grapheme joiner
        0x061C,  # Arabic letter mark
        0x180E,  # Mongolian vowel separator
        0x200B,  # zero width space
        0x200E,  # left-to-right mark
        0x200F,  # right-to-left mark
        *range(0x202A, 0x202F),  # embeddings and overrides
        *range(0x2060, 0x2065),  # word joiner, invisible operators
        *range(0x2066, 0x2070),  # isolates
        0xFEFF,  # byte order mark
        *range(0xFFF9, 0xFFFC),  # interlinear annotations
    ]
)
"""Marks that stand for nothing a reader sees, in any script."""

_JOINERS = re.compile("[\u200c\u200d]")
"""Joiners shape Persian, Indic scripts and emoji: part of a name, never of a code."""

MOST_MARKS = 30
"""Accents that may stand on one letter; putting many more in order takes forever."""


_MARKS = "".join(chr(code) for code in range(0x300, 0x1E950) if unicodedata.combining(chr(code)))
_STACK = re.compile(f"([{_MARKS}]{{{MOST_MARKS}}})[{_MARKS}]+")

_SPACES = re.compile(r"[\t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
"""Also what word processors put between the lines of one paragraph."""

MOST_DIGITS = 18
"""Digits of the largest id or number that any row may hold."""

_RUNS = re.compile(r"\s+")
_STRAY_JOINER = re.compile("(?<![^\x00-\x7f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\x7f])")


def seen(text: str) -> str:
    """Return ``text`` composed (NFC), without the marks that nobody sees.

    Tabs and the many kinds of space become plain ones, every line end ``\\n``; a letter keeps
    its first :data:`MOST_MARKS` accents. Control characters stay, for :func:`has_control` to
    refuse: they are a sign of something lost.
    """
    if text.isascii() and text.isprintable():
        return text
    plain = _LINE_ENDS.sub("\n", text)
    plain = _SPACES.sub(" ", plain).translate(_INVISIBLE)
    plain = _STRAY_JOINER.sub("", plain)
    if has_stack(plain):
        plain = _STACK.sub(r"\1", plain)
    return unicodedata.normalize("NFC", plain)


def clean(text: str) -> str:
    """Return ``text`` as :func:`seen`, without outer space."""
    return seen(text).strip()


def code(text: str) -> str:
    """Return ``text`` as a code: :func:`clean`, on one line, in plain width, single spaces."""
    plain = _JOINERS.sub("", clean(text))
    if not plain.isascii():
        plain = unicodedata.normalize("NFC", "".join(map(_plain_width, plain)))
    return _RUNS.sub(" ", plain).strip()


def fold(text: str) -> str:
    """Return what ``text`` is compared by where case and width make no difference."""
    folded = unicodedata.normalize("NFKC", code(text)).casefold()
    return unicodedata.normalize("NFKC", folded)


def search_key(text: str) -> str:
    """Return what ``text`` is searched by: :func:`fold` without accents ("hyaluronsaure").

    Letters that do not come apart are spelled as people type them (ß ss, ø o, ł l, æ ae).
    """
    folded = fold(text)
    if folded.isascii():
        return folded
    apart = unicodedata.normalize("NFKD", folded)
    bare = "".join(sign for sign in apart if not _is_accent(sign))
    return unicodedata.normalize("NFC", bare.translate(_SPELLED))


def whole(text: str) -> int | None:
    """Return the whole number that ``text`` is, from 0 up; None for anything else.

    None too for one of more digits than any row's id: Python itself refuses to read the longest.
    """
    stripped = text.strip()
    digits = stripped.isascii() and stripped.isdecimal() and len(stripped) <= MOST_DIGITS
    return int(stripped) if digits else None


def has_control(text: str) -> bool:
    """Return whether ``text`` has a character that no person typed: controls, lost letters."""
    if text.isascii() and text.isprintable():
        return False
    return any(
        sign == "\ufffd" or (unicodedata.category(sign) in ("Cc", "Cs") and sign not in "\n\r\t")
        for sign in text
    )


def has_stack(text: str) -> bool:
    """Return whether more than :data:`MOST_MARKS` accents stand on one letter of ``text``."""
    if len(text) <= MOST_MARKS or text.isascii() or unicodedata.is_normalized("NFC", text):
        return False  # what is in order already costs nothing
    return _STACK.search(text) is not None


_SPELLED = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"}
)


def _is_accent(sign: str) -> bool:
    """Return whether ``sign`` is an accent of Latin, Greek or Cyrillic; others are letters."""
    return "\u0300" <= sign <= "\u036f"


def _plain_width(sign: str) -> str:
    wide = unicodedata.decomposition(sign).startswith(("<wide>", "<narrow>"))
    return unicodedata.normalize("NFKC", sign) if wide else sign


def short_name(name: str) -> str:
    """Return a name up to its first comma, those in brackets apart: "Biotin 5 mg/ml"."""
    deep = 0
    for place, sign in enumerate(name):
        deep += (sign in "([") - (sign in ")]")
        if sign == "," and deep <= 0:
            return name[:place]
    return name
