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

PHONE_LINE = 20
LINE_HEIGHT = 30
FRAME_EDGES = 260
"""Letters of a mail's line on a phone; pixels of a line, with its share of the space between rows;
and pixels of what stands around the lines: margins, the name on top, the button."""

_UNPRINTABLE = re.compile(r"[\s\x00-\x1f\x7f]+")


def wait_after(attempts: int) -> dt.timedelta:
    """Return how long to wait after the ``attempts``-th failed attempt (the first is 1)."""
    return BACK_OFF[min(max(attempts, 1), len(BACK_OFF)) - 1]


def one_line(text: str, limit: int) -> str:
    """Return ``text`` fit for a header: one line, no control characters, at most ``limit`` long."""
    line = _UNPRINTABLE.sub(" ", text).strip()
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def frame_height(text: str) -> int:
    """Return pixels in which a mail that says ``text`` fits whole, on the narrowest phone too.

    For browsers without scripts; with them the page measures the mail itself.
    """
    lines = sum(1 + len(line) // PHONE_LINE for line in text.splitlines())
    return FRAME_EDGES + lines * LINE_HEIGHT
