"""Words of transfers: how they stand, what happened to them, and their codes."""

from __future__ import annotations

import enum

SOURCE = "transfer"
"""What ledger entries of a transfer name as their source."""

PREFIX = "TR"
"""What a transfer's code begins with."""

CODE_LENGTH = 8
"""Letters and digits of a transfer's code after its "TR-"."""

OVERDUE_DAYS = 3
"""Days in transit after which a transfer is late."""


class TransferStatus(enum.StrEnum):
    """How a transfer stands."""

    IN_TRANSIT = "in_transit"
    DONE = "done"
    TAKEN_BACK = "taken_back"


class TransferEventKind(enum.StrEnum):
    """What happened to a transfer."""

    MOVED = "moved"
    SENT = "sent"
    RECEIVED = "received"
    WRITTEN_OFF = "written_off"
    TAKEN_BACK = "taken_back"
    UNDONE = "undone"
