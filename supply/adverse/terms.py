"""Words of adverse events."""

from __future__ import annotations

import enum

LONGEST_KIND = 80
LONGEST_NOTE = 2000


class Severity(enum.StrEnum):
    """How bad an adverse event is."""

    MILD = "mild"
    MODERATE = "moderate"
    SEVERE = "severe"
