"""What happens when: a queue of instants, run in order until history ends."""

from __future__ import annotations

import datetime as dt
import heapq
from collections.abc import Callable
from itertools import count
from zoneinfo import ZoneInfo

Deed = Callable[[dt.datetime], None]
"""Something that happens; it is told the instant at which it does."""


class Agenda:
    """Deeds by instant. What lies after the end never happens: it is still to come."""

    def __init__(self, ends: dt.datetime) -> None:
        """Begin with nothing to do; ``ends`` is where history stops."""
        self.ends = ends
        self._queue: list[tuple[dt.datetime, int, Deed]] = []
        self._numbers = count()

    def at(self, instant: dt.datetime, deed: Deed) -> None:
        """Have ``deed`` happen at ``instant``; of several, the one asked for first goes first."""
        if instant <= self.ends:
            heapq.heappush(self._queue, (instant, next(self._numbers), deed))

    def run(self) -> None:
        """Let everything happen, in order, what deeds themselves put on the agenda included."""
        while self._queue:
            instant, _number, deed = heapq.heappop(self._queue)
            deed(instant)


def wall(day: dt.date, hour: int, minute: int, timezone: str) -> dt.datetime:
    """Return the instant at which clocks in ``timezone`` show that time on ``day``."""
    shown = dt.datetime.combine(day, dt.time(hour, minute), ZoneInfo(timezone))
    return shown.astimezone(dt.UTC)
