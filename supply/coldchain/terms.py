"""Words of the cold chain."""

from __future__ import annotations

import enum


class Side(enum.StrEnum):
    """On which side of its range a location is."""

    WARM = "warm"
    COLD = "cold"


class Source(enum.StrEnum):
    """Where readings come from."""

    FILE = "file"
    PROGRAM = "program"
    PERSON = "person"


class State(enum.StrEnum):
    """How a location stands, as far as its readings tell."""

    IN_RANGE = "in_range"
    OUT = "out"
    UNKNOWN = "unknown"
    NEVER_READ = "never_read"
