"""Reading iCalendar data: which events a calendar has from one day to another.

Run as a program of its own, bounded in time and memory, it answers in JSON: a small file can
describe more events than there are seconds. It knows nothing of the rest of the product.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import resource
import sys
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

MOST_OCCURRENCES = 10_000
MOST_SECONDS = 20
MOST_BYTES = 768 * 1024 * 1024
LONGEST_TITLE = 500

_FOLD = re.compile(rb"\r?\n[ \t]")

OFTEN = ("SECONDLY", "MINUTELY", "HOURLY")
"""How often no clinic sees a patient; a rule of that kind is passed over."""

NEEDED = {"UID", "DTSTART", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "STATUS", "SEQUENCE"}
"""What of an event has to be readable."""

TOO_LARGE = 3
"""How the program ends where there is too much; whatever else it ends with is no calendar."""


def occurrences(
    content: bytes, first: dt.date, last: dt.date, timezone: str
) -> tuple[list[dict[str, Any]], bool]:
    """Return the events from ``first`` to ``last``, both with it, each repetition by itself.

    Returns with them whether all could be read: of what could not nobody knows that it is gone.

    Days and times are those of ``timezone``, in which times without a zone are taken. An event is
    known by a hash of its UID and, where it repeats, of the time that it was first meant for.

    Raises:
        ValueError: it is no calendar.
        OverflowError: it has more than :data:`MOST_OCCURRENCES`.
    """
    import icalendar
    import recurring_ical_events

    # Some programs fold inside a letter: lines are put together before letters are read.
    content = _FOLD.sub(b"", content)
    calendar = icalendar.Calendar.from_ical(content)
    if not isinstance(calendar, icalendar.Calendar):
        raise TypeError("no calendar")
    events = calendar.walk("VEVENT")
    whole = len(events) == content.upper().count(b"BEGIN:VEVENT")
    whole = whole and all(_is_sound(event) for event in events)
    _drop_what_is_odd(calendar)
    repeating = _repeating(calendar)
    zone = ZoneInfo(timezone)
    start, end = (
        dt.datetime.combine(day, at, zone) for day, at in ((first, dt.time()), (last, dt.time.max))
    )
    try:
        read = recurring_ical_events.of(calendar, components=["VEVENT"]).between(start, end)
    except Exception:  # noqa: BLE001 - what is wrong with one event has many names
        whole = False
        query = recurring_ical_events.of(calendar, skip_bad_series=True, components=["VEVENT"])
        read = query.between(start, end)
    if len(read) > MOST_OCCURRENCES:
        raise OverflowError("too many events")
    said = [_said(event, zone, repeating) for event in read]
    return [one for one in said if first.isoformat() <= one["day"] <= last.isoformat()], whole


def _is_sound(event: Any) -> bool:
    """Return whether all is there by which an event is known, and can be read."""
    unread = {str(name).upper() for name, _why in event.errors if name}
    return "UID" in event and "DTSTART" in event and not unread & NEEDED


def _drop_what_is_odd(calendar: Any) -> None:
    """Leave out what cannot be read, and what repeats more often than any clinic sees patients."""
    calendar.subcomponents = [
        part
        for part in calendar.subcomponents
        if part.name != "VEVENT" or (_is_sound(part) and not _too_often(part))
    ]


def _repeating(calendar: Any) -> set[str]:
    """Return the UIDs of events that repeat: what is read gives every event a recurrence."""
    return {
        str(event.get("UID", ""))
        for event in calendar.walk("VEVENT")
        if any(name in event for name in ("RRULE", "RDATE", "RECURRENCE-ID"))
    }


def _too_often(event: Any) -> bool:
    rules = event.get("RRULE") or []
    rules = rules if isinstance(rules, list) else [rules]
    return any(
        str(one).upper() in OFTEN or name.upper() in ("BYHOUR", "BYMINUTE", "BYSECOND")
        for rule in rules
        for name, said in rule.items()
        for one in (said if isinstance(said, list) else [said])
    )


def _said(event: Any, zone: ZoneInfo, repeating: set[str]) -> dict[str, Any]:
    day, time = _local(event.start, zone)
    meant = event.get("RECURRENCE-ID")
    named = str(event.get("UID", ""))
    if meant is not None and named in repeating:
        # One change of all that follows is said once: each of them is known by when it is.
        onward = "RANGE" in meant.params
        named += f"\n{_instant(event.start if onward else meant.dt, zone)}"
    return {
        "key": sha256(named.encode()).hexdigest()[:40],
        "sequence": int(event.get("SEQUENCE") or 0),
        "cancelled": str(event.get("STATUS") or "").upper() == "CANCELLED",
        "day": day.isoformat(),
        "time": time.isoformat("minutes") if time else None,
        "title": str(event.get("SUMMARY") or "")[:LONGEST_TITLE],
    }


def _local(start: dt.date, zone: ZoneInfo) -> tuple[dt.date, dt.time | None]:
    if not isinstance(start, dt.datetime):
        return start, None
    local = start.astimezone(zone) if start.tzinfo else start
    return local.date(), local.time().replace(second=0, microsecond=0)


def _instant(meant: dt.date, zone: ZoneInfo) -> str:
    if not isinstance(meant, dt.datetime):
        return meant.isoformat()
    return (meant if meant.tzinfo else meant.replace(tzinfo=zone)).astimezone(dt.UTC).isoformat()


def main() -> None:
    """Read a calendar from the input; write its events to the output."""
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    first, last, timezone = sys.argv[1:]
    days = dt.date.fromisoformat(first), dt.date.fromisoformat(last)
    try:
        found, whole = occurrences(sys.stdin.buffer.read(), *days, timezone)
    except (OverflowError, MemoryError):
        sys.exit(TOO_LARGE)
    sys.stdout.write(json.dumps({"events": found, "whole": whole}))


if __name__ == "__main__":
    main()
