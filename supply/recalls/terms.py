"""Words of recalls."""

from __future__ import annotations

import enum

LONGEST_TEXT = 4000
LONGEST_NAME = 200
MOST_LOTS = 200
MOST_PRODUCTS = 50
RECALL_SOURCE = "recall"
"""What entries that return or destroy recalled stock name as their source."""


class RecallClass(enum.StrEnum):
    """How much harm what is recalled may do."""

    SERIOUS = "I"
    MODERATE = "II"
    SLIGHT = "III"


class RecallStatus(enum.StrEnum):
    """Whether anything is left to do about a recall."""

    OPEN = "open"
    CLOSED = "closed"


class RecallAnswer(enum.StrEnum):
    """What a practice answers to a recall: it never had any, has none left, or has some."""

    NONE_HERE = "none_here"
    NONE_LEFT = "none_left"
    FOUND = "found"

    @property
    def says_none(self) -> bool:
        """Whether there is nothing now, so that what turns up later asks anew."""
        return self is not RecallAnswer.FOUND


class Outcome(enum.StrEnum):
    """What became of recalled stock."""

    RETURNED = "returned"
    DESTROYED = "destroyed"


class Telling(enum.StrEnum):
    """Why somebody was told of a recall."""

    DECLARED = "declared"
    FOUND_LATER = "found_later"
    REMINDER = "reminder"
    WITHDRAWN = "withdrawn"
