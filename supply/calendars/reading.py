"""Reading a calendar where it can do no harm, and keeping of it what Supply may know.

Titles are in memory here, between the program that reads them and the rules that turn them into
a formulation and a patient reference; nothing else of them goes any further.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from supply.calendars import parsing
from supply.calendars.refusals import FeedError
from supply.calendars.terms import ReferenceMark, Trouble
from supply.text import fold

MOST_SECONDS = 60
"""How long a calendar may be read for on a busy machine."""

_PROGRAM = Path(parsing.__file__)
_KEPT_ENVIRONMENT = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "PYTHONTZPATH")

_SHAPE = r"([^\W_](?:[\w./-]{0,38}[^\W_])?)"
"""A reference: letters, figures, and what joins them; a digit has to be among them."""

_MARKED = {
    ReferenceMark.HASH: re.compile(rf"#{_SHAPE}"),
    ReferenceMark.SQUARE: re.compile(rf"\[\s*{_SHAPE}\s*\]"),
    ReferenceMark.ROUND: re.compile(rf"\(\s*{_SHAPE}\s*\)"),
}


@dataclass(frozen=True, slots=True)
class Occurrence:
    """An event of a calendar; its ``title`` is never kept."""

    key: str
    sequence: int
    cancelled: bool
    day: dt.date
    time: dt.time | None
    title: str


@dataclass(frozen=True, slots=True)
class Contents:
    """The events of a calendar, and whether all of it could be read."""

    events: list[Occurrence]
    whole: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """What is given where a title has certain words in it."""

    words: str
    formulation_id: int


@dataclass(frozen=True, slots=True)
class Sifted:
    """What is kept of an event: when it is, and what rules have made of its title."""

    key: str
    sequence: int
    cancelled: bool
    day: dt.date
    time: dt.time | None
    formulation_id: int | None
    reference: str | None


def read(content: bytes, first: dt.date, last: dt.date, timezone: str) -> Contents:
    """Return the events of a calendar from ``first`` to ``last``, on the clinic's clock.

    Raises:
        FeedError: it is no calendar, has no event at all, or more than can be read.
    """
    begins = b"BEGIN:VCALENDAR" in content[:4096].upper()
    # One that was cut short would cancel what is in the rest.
    if not begins or not content.rstrip().upper().endswith(b"END:VCALENDAR"):
        raise FeedError(Trouble.NO_CALENDAR)
    if b"BEGIN:VEVENT" not in content.upper():
        raise FeedError(Trouble.EMPTY)
    found = json.loads(_run(content, (first.isoformat(), last.isoformat(), timezone)))
    return Contents([_occurrence(one) for one in found["events"]], found["whole"])


def _occurrence(said: dict[str, Any]) -> Occurrence:
    return Occurrence(
        said["key"],
        said["sequence"],
        said["cancelled"],
        dt.date.fromisoformat(said["day"]),
        dt.time.fromisoformat(said["time"]) if said["time"] else None,
        said["title"],
    )


def _run(content: bytes, arguments: Sequence[str]) -> bytes:
    """Read a calendar in a process of its own; return what it writes."""
    with subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-I", str(_PROGRAM), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ},
    ) as child:
        try:
            written, _errors = child.communicate(content, timeout=MOST_SECONDS)
        except subprocess.TimeoutExpired as late:
            child.kill()
            child.communicate()
            raise FeedError(Trouble.TOO_LARGE) from late
        except BaseException:
            child.kill()
            raise
    if child.returncode == parsing.TOO_LARGE or child.returncode < 0:
        raise FeedError(Trouble.TOO_LARGE)
    if child.returncode != 0:
        raise FeedError(Trouble.NO_CALENDAR)
    return written


def sift(
    found: Iterable[Occurrence], rules: Sequence[Rule], mark: ReferenceMark
) -> dict[str, Sifted]:
    """Return by key what is kept of events: of two with one key the later sequence.

    The first rule whose words a title contains says what is given, whatever case they are in.
    """
    worded = [(fold(rule.words), rule.formulation_id) for rule in rules]
    kept: dict[str, Sifted] = {}
    for one in found:
        there = kept.get(one.key)
        if there is None or one.sequence > there.sequence:
            kept[one.key] = Sifted(
                one.key,
                one.sequence,
                one.cancelled,
                one.day,
                one.time,
                _given(one.title, worded),
                reference_in(one.title, mark),
            )
    return kept


def _given(title: str, worded: Sequence[tuple[str, int]]) -> int | None:
    folded = fold(title)
    return next((given for words, given in worded if words in folded), None)


def reference_in(title: str, mark: ReferenceMark) -> str | None:
    """Return the patient reference in a title, where one is marked; a name is none.

    A reference has a digit: so what a receptionist writes in brackets, "(Anna)", is not kept.
    """
    for match in _MARKED[mark].finditer(title):
        if any(sign.isdigit() for sign in match[1]):
            return match[1]
    return None
