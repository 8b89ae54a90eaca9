"""What a column of a table holds."""

from __future__ import annotations

import enum


class Kind(enum.StrEnum):
    """What a column holds."""

    CODE = "code"
    """Typed to mean one thing, character by character: SKUs, lots, GTINs."""
    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    """A number that may have the sign or code of its currency beside it."""
    DATE = "date"
    MOMENT = "moment"
    """A day, and the time of day where one stands beside it."""
    TIME = "time"
    """A time of day, in hours and minutes."""
    FLAG = "flag"
    """Yes or no."""


class Misleading(ValueError):
    """A cell whose content is not what is meant; the message says what to do."""
