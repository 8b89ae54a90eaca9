"""Words of formulations."""

from __future__ import annotations

import enum


class Per(enum.StrEnum):
    """What a line's quantity is for."""

    SESSION = "session"
    AREA = "area"
