"""When a mail that failed is tried again; what a header may hold."""

from __future__ import annotations

import datetime as dt
import re

BACK_OFF = (
    dt.timedelta(minutes=1),
    dt.timedelta(minutes=5),
    dt.timedelta(minutes=30),
    dt.timedelta(hours=2),
    dt.timedelta(hours=6),
    dt.timedelta(hours=24),
)
"""How long to wait after the first failure, the second, …; the last holds from then on."""

LEASE = dt.timedelta(minutes=10)
"""How long a claimed mail is left to whoever claimed it before others take it for crashed."""

_UNPRINTABLE = re.compile(r"[\s\x00-\x1f\x7f]+")


def wait_after(attempts: int) -> dt.timedelta:
    """Return how long to wait after the ``attempts``-th failed attempt (the first is 1)."""
    return BACK_OFF[min(max(attempts, 1), len(BACK_OFF)) - 1]


def one_line(text: str, limit: int) -> str:
    """Return ``text`` fit for a header: one line, no control characters, at most ``limit`` long."""
    line = _UNPRINTABLE.sub(" ", text).strip()
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"
