"""Decisions on protocols: which days one names."""

from __future__ import annotations

from supply.sentences import say

LAST_DAY = 3_650
"""The latest session day and the longest maintenance interval taken, in days."""


class InvalidDaysError(ValueError):
    """Words that name no session days; the message says what to write."""


def session_days(text: str) -> tuple[int, ...]:
    """Return the days that "0 14 28" names, counted from the first session.

    Raises:
        InvalidDaysError: no days or other words, a day named twice or out of order.
    """
    words = text.replace(",", " ").split()
    if not words or not all(word.isascii() and word.isdigit() for word in words):
        raise InvalidDaysError(say("Name the days with spaces between, such as 0 14 28."))
    days = tuple(int(word[:9]) for word in words)
    if list(days) != sorted(set(days)) or days[-1] > LAST_DAY:
        raise InvalidDaysError(
            say("Name each day once, from the first to the last, up to day %(last)s.",
                last=LAST_DAY)
        )  # fmt: skip
    return days
