"""Words of counts: how one stands, and why what was counted differs."""

from __future__ import annotations

import enum


class CountStatus(enum.StrEnum):
    """How a count stands."""

    OPEN = "open"
    POSTED = "posted"
    CANCELLED = "cancelled"
    UNDONE = "undone"


class DifferenceCause(enum.StrEnum):
    """Why what was counted differs from what was recorded."""

    MISSED_ENTRY = "missed_entry"
    MISCOUNTED = "miscounted"
    FOUND = "found"
    EXPIRED = "expired"
    LOST = "lost"
    NOT_SAID = "not_said"
    """Programs may leave the cause out; pages ask for one."""


class ItemClass(enum.StrEnum):
    """How much an item is worth among all: A the first 80 %, B up to 95 %, C the rest."""

    A = "a"
    B = "b"
    C = "c"


class Uncounted(enum.StrEnum):
    """What becomes of lines that nobody touched."""

    LEAVE = "leave"
    ZERO = "zero"
