"""Words of standing orders."""

from __future__ import annotations

import enum


class Every(enum.StrEnum):
    """What a standing order's rhythm is counted in."""

    WEEKS = "weeks"
    MONTHS = "months"


class Outcome(enum.StrEnum):
    """What came of a day on which a standing order was due."""

    ORDERED = "ordered"
    """Every supplier has its order, or an owner was asked first."""
    PARTLY = "partly"
    """Some of it is in the basket, for a person to place."""
    BASKET = "basket"
    """All of it is in the basket."""
    NOTHING = "nothing"
    """Nothing of its template is sold any more."""
    SKIPPED = "skipped"
    """Somebody said to leave this one out."""
