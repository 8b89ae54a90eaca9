"""The stand-in's own time."""

from __future__ import annotations

import datetime as dt
import time


class StandinClock:
    """Runs with the machine's time, or stands still; either way it can be moved on."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self._still: float | None = None

    def now(self) -> int:
        """Return the seconds since 1970."""
        return int(time.time() + self._ahead if self._still is None else self._still)

    def stand_at(self, instant: dt.datetime) -> None:
        """Stand still at ``instant``, which knows its time zone."""
        self._still = instant.timestamp()

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        if self._still is None:
            self._ahead += seconds
        else:
            self._still += seconds
