"""What scanners and keyboards make of a code before it reaches us, and the code as it was printed.

A sign that says what kind of bar code it was, separators in words, wide letters, dashes of a word
processor: all that stands for something is put back. What cannot be is said: keys of another
country's keyboard, several codes in one.
"""

from __future__ import annotations

import re

from supply.catalogue.rules import GTIN_LENGTHS, is_gtin
from supply.text import clean

SEPARATOR = "\x1d"
"""GS, which scanners send for FNC1: the end of a field of variable length."""

_KIND = r"\][A-Za-z][0-9A-Za-z]"
_SYMBOLOGY = re.compile(rf"{_KIND}|[CcDdQqEeJj]\d(?=[\x1d\xe8]?0[12]\d{{14}})")
"""What a scanner says of the kind of code, such as "]d2"; some keyboards swallow the bracket."""

_NEXT_CODE = re.compile(rf"{_KIND}(?=\x1d?\(?01\)?\d{{14}})")
"""The same within a code: a second one follows."""

_WRITTEN_SEPARATOR = re.compile(
    r"<(?:GS|FNC1|F8|0x1d|029|Group Separator)>|\{(?:GS|FNC1|F8)\}|\[(?:GS|FNC1|F8)\]"
    r"|\((?:GS|FNC1)\)|\\x1d|\\u001d|\\035|~d?029|~1d"
    r"|\^\]|\u241d|&#29;|&#x1d;|%1d",
    re.IGNORECASE,
)
"""How scanners, and programs between them and us, write GS."""

_PLAIN = str.maketrans(
    {chr(wide): chr(wide - 0xFEE0) for wide in range(0xFF01, 0xFF5F)}
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-")
    | dict.fromkeys("\u2018\u2019", "'")
    | dict.fromkeys("\u201c\u201d", '"')
    | {"\u2014": "--", "\u2026": "..."}
)
"""Signs that keyboards of the Far East and word processors write for others; codes have none."""

_GERMAN_KEYS = re.compile(
    r"\+[cdqej]\d\x1d?(?:0[012]|1[0-7]|21)\d|\)\d\d=\d|https?[^:A-Za-z0-9]", re.IGNORECASE
)
_FRENCH_KEYS = re.compile(r"(?:[$*\]][a-z][&é\"'(§è!çà_-])?[&é\"'(§è!çà_-]{10,}", re.IGNORECASE)
_KEYS_FOR_DIGITS = re.compile(
    r".{0,3}?(?:[+ěščřžýáíéľťôä]{10,}|(?=[90]*[ąčęėįšųū])[ąčęėįšųū90]{10,}|ö1[\dö]{14})",
    re.IGNORECASE,
)
"""What stands where we have digits: in Czech and Slovak, in Lithuanian; in Hungarian only the 0."""

_KEY_FOR_BRACKET = re.compile(
    r"(?:[^\x00-\x7f]{1,2}|[^\x00-\x7f`^$*]?[`^$*])[^\W\d_]?\d\x1d?0[12]\d{14}|\][^\x00-\x7f]\d\x1d?0[12]\d{14}"
)
"""A letter with an accent, or only the accent, where "]" should be; or another alphabet."""

_GS1_ENVELOPE = re.compile(r"\[\)>\x1e?05\x1d")
_HIBC_IN_STARS = re.compile(r"\*(\+.+)\*")
_BARE_LINK = re.compile(r"[\w-]+(?:\.[\w-]+)+/(?:\S+/)?01/\d{8,14}(?!\d)")
_FNC1_AS_LETTER = re.compile(r"\xe80[012]\d{14}")
"""Some scanners send the number 232 of FNC1 as the letter è."""


def normalised(text: str) -> str:
    """Return a code without what was put around it, GS between its fields however it was sent."""
    code = clean(text).translate(_PLAIN)
    if not code.casefold().startswith("http"):
        code = _WRITTEN_SEPARATOR.sub(SEPARATOR, code)
    code = code.lstrip(SEPARATOR)
    if prefix := _SYMBOLOGY.match(code):
        code = code[prefix.end() :]
    code = _GS1_ENVELOPE.sub("", _NEXT_CODE.sub(SEPARATOR, code)).rstrip("\x1e\x04")
    if in_stars := _HIBC_IN_STARS.fullmatch(code):
        code = in_stars[1]
    if _FNC1_AS_LETTER.match(code):
        code = code.replace("\xe8", SEPARATOR)
    if _BARE_LINK.match(code):
        code = f"https://{code}"
    return code.strip(SEPARATOR)


def with_written_separators(text: str | None) -> str | None:
    """Return a code with GS as words, for fields that keep no control characters."""
    return text.replace(SEPARATOR, "<GS>") if text else text


def by_another_keyboard(code: str) -> bool:
    """Return whether the scanner presses the keys of another country's keyboard."""
    kinds = (_GERMAN_KEYS, _FRENCH_KEYS, _KEYS_FOR_DIGITS, _KEY_FOR_BRACKET)
    return any(kind.match(code) for kind in kinds)


def are_gtins(code: str) -> bool:
    """Return whether bare GTINs came as one. A GS1 code may look like that by chance."""
    parts = code.split()
    if len(parts) > 1:
        return all(is_gtin(part) for part in parts)
    if not (code.isascii() and code.isdigit()) or code.startswith(("00", "01", "02")):
        return False
    return any(_are_all(code, size) for size in GTIN_LENGTHS)


def _are_all(digits: str, size: int) -> bool:
    many, rest = divmod(len(digits), size)
    return (
        many > 1
        and not rest
        and all(is_gtin(digits[at : at + size]) for at in range(0, len(digits), size))
    )


def upc_e_in_full(digits: str) -> str | None:
    """Return the UPC-A that eight digits of a UPC-E stand for, None where they are none."""
    if len(digits) != 8 or digits[0] not in "01":
        return None
    one, rest, last, check = digits[0], digits[1:6], digits[6], digits[7]
    if last in "012":
        maker = f"{rest[:2]}{last}0000{rest[2:]}"
    elif last == "3":
        maker = f"{rest[:3]}00000{rest[3:]}"
    elif last == "4":
        maker = f"{rest[:4]}00000{rest[4]}"
    else:
        maker = f"{rest}0000{last}"
    full = f"{one}{maker}{check}"
    return full if is_gtin(full) else None
