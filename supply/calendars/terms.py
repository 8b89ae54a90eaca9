"""Words of calendar feeds."""

from __future__ import annotations

import enum


class ReferenceMark(enum.StrEnum):
    """Where in a title the patient reference stands."""

    HASH = "hash"
    SQUARE = "square"
    ROUND = "round"


class Trouble(enum.StrEnum):
    """Why a feed could not be read."""

    ADDRESS = "address"
    """It leads to where no feed may be: no https, or an address inside a network."""
    AWAY = "away"
    """Nobody answers in time."""
    REFUSED = "refused"
    """It is answered, but not with a calendar: the address is no longer good."""
    TOO_LARGE = "too_large"
    NO_CALENDAR = "no_calendar"
    EMPTY = "empty"
    """It has no event at all, which looks more like a fault than like a free clinic."""
    OURS = "ours"
    """It was read, and something failed here."""


class EventState(enum.StrEnum):
    """What became of an event."""

    BOOKED = "booked"
    """A session stands for it, whatever has become of that since."""
    WAITING = "waiting"
    """Somebody has to say what is given, or to whom."""
    IGNORED = "ignored"
    GONE = "gone"
    """Cancelled, or no longer in the calendar."""
