"""Words of the second step."""

from __future__ import annotations

import enum


class Proof(enum.StrEnum):
    """What someone proved who they are with, besides the password or instead of it."""

    APP = "app"
    PASSKEY = "passkey"
    RECOVERY_CODE = "recovery_code"
