"""What a calendar says, and what is kept of it: never a name."""

from __future__ import annotations

import datetime as dt

import pytest

from supply.calendars import parsing, reading
from supply.calendars.reading import Occurrence, Rule, Sifted
from supply.calendars.refusals import FeedError
from supply.calendars.terms import ReferenceMark, Trouble
from tests.calendars.events import calendar, event

FIRST, LAST = dt.date(2026, 6, 15), dt.date(2026, 10, 13)
RIGA = "Europe/Riga"


def found(*events: str) -> list[tuple[str, str | None, str, bool, int]]:
    """Return (day, time, title, cancelled, sequence) of each event, in order of time."""
    read = reading.read(calendar(*events), FIRST, LAST, RIGA).events
    return sorted(
        (
            str(o.day),
            o.time.isoformat("minutes") if o.time else None,
            o.title,
            o.cancelled,
            o.sequence,
        )
        for o in read
    )


def keys(*events: str) -> list[str]:
    return [one.key for one in reading.read(calendar(*events), FIRST, LAST, RIGA).events]


def test_times_are_the_clinics_whatever_zone_they_are_written_in() -> None:
    assert found(
        event("utc", ":20260616T060000Z", "Z"),
        event("paris", ";TZID=Europe/Paris:20260617T090000", "Paris"),
        event("floating", ":20260618T090000", "floating"),
        event("allday", ";VALUE=DATE:20260619", "all day"),
        event("late", ":20260619T220000Z", "past midnight there"),
        event("gone", ":20260620T060000Z", "off", "STATUS:CANCELLED", "SEQUENCE:4"),
        event("before", ":20260614T200000Z", "yesterday"),
        event("after", ":20261014T060000Z", "too far"),
    ) == [
        ("2026-06-16", "09:00", "Z", False, 0),
        ("2026-06-17", "10:00", "Paris", False, 0),
        ("2026-06-18", "09:00", "floating", False, 0),
        ("2026-06-19", None, "all day", False, 0),
        ("2026-06-20", "01:00", "past midnight there", False, 0),
        ("2026-06-20", "09:00", "off", True, 4),
    ]


def test_repetitions_are_events_of_their_own_over_a_change_of_the_clock() -> None:
    """One was moved and one left out; ten o'clock stays ten o'clock when summer time ends."""
    series = event(
        "s", ";TZID=Europe/Riga:20261005T100000", "weekly", "RRULE:FREQ=WEEKLY;COUNT=5",
        "EXDATE;TZID=Europe/Riga:20261019T100000",
    )  # fmt: skip
    moved = event(
        "s", ";TZID=Europe/Riga:20261013T113000", "moved", "SEQUENCE:1",
        "RECURRENCE-ID;TZID=Europe/Riga:20261012T100000",
    )  # fmt: skip
    first, last = dt.date(2026, 10, 1), dt.date(2026, 11, 30)
    read = reading.read(calendar(series, moved), first, last, RIGA).events
    assert [(str(one.day), str(one.time), one.title) for one in read] == [
        ("2026-10-05", "10:00:00", "weekly"),
        ("2026-10-13", "11:30:00", "moved"),
        ("2026-10-26", "10:00:00", "weekly"),
        ("2026-11-02", "10:00:00", "weekly"),
    ]
    assert len({one.key for one in read}) == 4
    plain = {one.key for one in reading.read(calendar(series), first, last, RIGA).events}
    assert read[1].key in plain


def test_one_change_of_all_that_follows_leaves_each_of_them() -> None:
    series = event("s", ";TZID=Europe/Riga:20260706T100000", "weekly", "RRULE:FREQ=WEEKLY;COUNT=4")
    later = event(
        "s", ";TZID=Europe/Riga:20260713T120000", "later",
        "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Riga:20260713T100000",
    )  # fmt: skip
    assert [(day, time) for day, time, *_more in found(series, later)] == [
        ("2026-07-06", "10:00"),
        ("2026-07-13", "12:00"),
        ("2026-07-20", "12:00"),
        ("2026-07-27", "12:00"),
    ]
    assert len(set(keys(series, later))) == 4


def test_an_event_is_known_by_its_uid_whenever_it_is() -> None:
    assert keys(event("a", ":20260616T060000Z")) == keys(event("a", ":20260801T060000Z", "x"))
    assert keys(event("a", ":20260616T060000Z")) != keys(event("b", ":20260616T060000Z"))
    assert "a@x" not in keys(event("a@x", ":20260616T060000Z"))[0]


def test_a_line_folded_inside_a_letter_is_put_together() -> None:
    whole = calendar(event("f", ":20260616T060000Z", "Hālurons #A-1"))
    folded = whole.replace("ā".encode(), b"\xc4\r\n \x81")
    [read] = reading.read(folded, FIRST, LAST, RIGA).events
    assert read.title == "Hālurons #A-1"


def test_long_lines_are_unfolded_and_odd_characters_kept() -> None:
    folded = "SUMMARY:Mezoterapija 💉 ma\r\n tu augšanai #A-1"
    one = event("f", ":20260616T060000Z").replace("SUMMARY:", folded)
    assert found(one)[0][2] == "Mezoterapija 💉 matu augšanai #A-1"


@pytest.mark.parametrize(
    ("content", "trouble"),
    [
        (b"<html>sign in</html>", Trouble.NO_CALENDAR),
        (calendar(event("a", ":20260616T060000Z"))[:-20], Trouble.NO_CALENDAR),
        (calendar(), Trouble.EMPTY),
    ],
)
def test_what_is_no_whole_calendar_is_refused(content: bytes, trouble: Trouble) -> None:
    with pytest.raises(FeedError) as refused:
        reading.read(content, FIRST, LAST, RIGA)
    assert refused.value.trouble is trouble


@pytest.mark.parametrize(
    "odd",
    [
        event("x", ":nonsense"),
        event("x", ":20260616T060000Z", "x", "RRULE:FREQ=NEVER"),
        event("x", ":20260616T060000Z").replace("UID:x\r\n", ""),
        "BEGIN:VEVENT\r\nUID:x\r\nDTSTART:nonsense\r\nEND:VTODO",
    ],
)
def test_an_event_that_cannot_be_read_takes_no_other_with_it(odd: str) -> None:
    read = reading.read(calendar(odd, event("a", ":20260617T060000Z", "sound")), FIRST, LAST, RIGA)
    assert "sound" in [one.title for one in read.events]
    assert not read.whole


def test_rules_that_repeat_without_end_cost_little(monkeypatch: pytest.MonkeyPatch) -> None:
    often = event("s", ":20260616T060000Z", "x", "RRULE:FREQ=SECONDLY")
    hours = event("h", ":20260616T060000Z", "x", "RRULE:FREQ=DAILY;BYSECOND=1,2,3")
    assert found(often, hours, event("a", ":20260616T060000Z", "sound")) == [
        ("2026-06-16", "09:00", "sound", False, 0)
    ]
    monkeypatch.setattr(parsing, "MOST_OCCURRENCES", 3)
    daily = event("d", ":20260616T060000Z", "x", "RRULE:FREQ=DAILY")
    with pytest.raises(OverflowError):
        parsing.occurrences(calendar(daily), FIRST, LAST, RIGA)


@pytest.mark.parametrize(
    ("mark", "title", "reference"),
    [
        (ReferenceMark.HASH, "Biorev #A-102 Anna", "A-102"),
        (ReferenceMark.HASH, "Biorev #first #17", "17"),
        (ReferenceMark.HASH, "Biorev A-102", None),
        (ReferenceMark.SQUARE, "[ P/4.2 ] Anna Kalniņa", "P/4.2"),
        (ReferenceMark.SQUARE, "[Anna Kalniņa 2]", None),
        (ReferenceMark.ROUND, "Hair (Anna) (0042)", "0042"),
        (ReferenceMark.ROUND, "Hair (Anna)", None),
    ],
)
def test_a_reference_is_marked_and_has_a_figure(
    mark: ReferenceMark, title: str, reference: str | None
) -> None:
    assert reading.reference_in(title, mark) == reference


def test_the_first_rule_that_fits_says_what_is_given() -> None:
    day = dt.date(2026, 6, 16)
    rules = [Rule("Haar", 7), Rule("hair", 8), Rule("loss", 9)]
    titles = {"a": "HAIR loss #1", "b": "nothing #2", "c": "A HAAR day"}
    read = [Occurrence(key, 1, False, day, None, title) for key, title in titles.items()]
    read.append(Occurrence("a", 2, True, day, None, "hair #1"))
    read.append(Occurrence("a", 0, False, day, None, "old"))
    assert reading.sift(read, rules, ReferenceMark.HASH) == {
        "a": Sifted("a", 2, True, day, None, 8, "1"),
        "b": Sifted("b", 1, False, day, None, None, "2"),
        "c": Sifted("c", 1, False, day, None, 7, None),
    }
