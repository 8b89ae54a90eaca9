"""When standing orders are due: calendars without a clock."""

import datetime as dt
from itertools import islice

import pytest

from supply.standing.rules import Rhythm, last_due, next_due
from supply.standing.terms import Every


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def dates(rhythm: Rhythm, count: int = 5) -> list[str]:
    return [one.isoformat() for one in islice(rhythm.dates(), count)]


@pytest.mark.parametrize(
    ("rhythm", "due"),
    [
        (  # a Monday, from a Thursday on
            Rhythm(Every.WEEKS, 1, 0, day("2026-11-26")),
            ["2026-11-30", "2026-12-07", "2026-12-14", "2026-12-21", "2026-12-28"],
        ),
        (  # it begins on the very day, over the end of summer time
            Rhythm(Every.WEEKS, 2, 6, day("2026-10-11")),
            ["2026-10-11", "2026-10-25", "2026-11-08", "2026-11-22", "2026-12-06"],
        ),
        (  # months without a 31st, and a February of a leap year
            Rhythm(Every.MONTHS, 1, 31, day("2027-12-01")),
            ["2027-12-31", "2028-01-31", "2028-02-29", "2028-03-31", "2028-04-30"],
        ),
        (
            Rhythm(Every.MONTHS, 12, 29, day("2028-02-01")),
            ["2028-02-29", "2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29"],
        ),
        (  # its day has gone by in the month it begins
            Rhythm(Every.MONTHS, 3, 10, day("2026-11-26")),
            ["2026-12-10", "2027-03-10", "2027-06-10", "2027-09-10", "2027-12-10"],
        ),
        (Rhythm(Every.WEEKS, 1, 0, day("2026-11-26"), day("2026-12-07")),
         ["2026-11-30", "2026-12-07"]),
        (Rhythm(Every.WEEKS, 1, 0, day("2026-12-01"), day("2026-12-06")), []),
    ],
)  # fmt: skip
def test_dates_on_which_it_is_due(rhythm: Rhythm, due: list[str]) -> None:
    assert dates(rhythm) == due


def test_what_was_missed_is_made_up_for_once() -> None:
    weekly = Rhythm(Every.WEEKS, 1, 0, day("2026-11-02"))
    assert last_due(weekly, day("2026-11-02"), day("2026-11-29")) == day("2026-11-23")
    assert last_due(weekly, day("2026-11-23"), day("2026-11-23")) == day("2026-11-23")
    assert next_due(weekly, day("2026-11-23")) == day("2026-11-30")
    ended = Rhythm(Every.WEEKS, 1, 0, day("2026-11-02"), day("2026-11-10"))
    assert last_due(ended, day("2026-11-02"), day("2027-11-29")) == day("2026-11-09")
    assert next_due(ended, day("2026-11-09")) is None


def test_the_end_of_the_calendar_ends_it() -> None:
    assert next_due(Rhythm(Every.MONTHS, 52, 31, dt.date(9999, 1, 1)), dt.date.max) is None
    assert next_due(Rhythm(Every.WEEKS, 52, 0, dt.date(9999, 1, 1)), dt.date.max) is None
