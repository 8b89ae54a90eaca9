"""Words of parcels: their codes, and how packs arrive."""

from __future__ import annotations

import enum

PREFIX = "SH"
"""What a shipment's code begins with."""

CODE_LENGTH = 8
"""Letters and digits of a shipment's code after its "SH-"."""


class Condition(enum.StrEnum):
    """How packs arrived."""

    GOOD = "good"
    DAMAGED = "damaged"
    MISSING = "missing"
