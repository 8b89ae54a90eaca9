"""Words of replenishment."""

from __future__ import annotations

import enum


class Method(enum.StrEnum):
    """How need is judged."""

    FIXED = "fixed"
    PROJECTED = "projected"
