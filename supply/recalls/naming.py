"""Lots as a notice names them: one on a line, with "LOT" before them, as ranges."""

from __future__ import annotations

import re
from collections.abc import Iterator

from supply.text import code

_BETWEEN = re.compile(r"[\n\r\t,;]+")
_BULLET = re.compile(r"^[•‣▪·*]\s*")
_CALLED = re.compile(
    r"^(?:(?:lots?|batch(?:es)?)\b\s*(?:(?:no|nr|number)\b\.?)?\s*(?:[:#]\s*|\s+|$)|\(10\)\s*)",
    re.IGNORECASE,
)
_TO = re.compile(
    r"^(?:from\s+)?(?P<first>.*?\S)"
    r"(?:(?P<apart>\s+(?:-|to|through|until)\s+|\s*(?:\.{2,}|…)\s*)|\s*[–—]\s*)"
    r"(?P<last>\S.*)$",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"^(?P<before>.*?)(?P<number>[0-9]+)(?P<after>[^0-9]*)$")


def listed(typed: str) -> list[str]:
    """Return what was typed or pasted as a list, one by one: lines, commas, cells of a table."""
    return [one.strip() for one in _BETWEEN.split(typed) if one.strip()]


def lots_in(typed: str, most: int) -> list[str]:
    """Return the lot numbers in ``typed``; a range of at most ``most`` is spelled out.

    One that cannot be spelled out stays as it is: see :func:`is_range`.
    """
    return [lot for one in listed(typed) for lot in _spelled_out(_bare(code(one)), most)]


def _bare(typed: str) -> str:
    """Return a lot number without a bullet or the word for it before it."""
    return _CALLED.sub("", _BULLET.sub("", typed), count=1).strip() or typed


def is_range(lot: str) -> bool:
    """Return whether ``lot`` is written as several: "TX-1 to TX-9", "TX-1 - TX-9", "TX1…TX9"."""
    found = _TO.match(lot)
    return found is not None and (bool(found["apart"]) or bool(list(_steps(lot, 10_000))))


def _spelled_out(lot: str, most: int) -> list[str]:
    return list(_steps(lot, most)) or [lot]


def _steps(lot: str, most: int) -> Iterator[str]:
    """Yield the lots from the first to the last of a range; none if it is none, or too long."""
    found = _TO.match(lot)
    first = _COUNTED.match(found["first"]) if found else None
    last = _COUNTED.match(found["last"]) if found else None
    if first is None or last is None or not _belong(first, last):
        return
    start, end = int(first["number"]), int(last["number"])
    if not start < end < start + most:
        return
    width = len(first["number"])
    for number in range(start, end + 1):
        yield f"{first['before']}{number:0{width}d}{first['after']}"


def _belong(first: re.Match[str], last: re.Match[str]) -> bool:
    """Return whether two lots differ in their number alone; the last may be its number only."""
    same = first["before"].casefold() == last["before"].casefold() or not last["before"]
    padded = first["number"].startswith("0") and len(first["number"]) != len(last["number"])
    return same and first["after"].casefold() == last["after"].casefold() and not padded
