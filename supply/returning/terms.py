"""Words of returns."""

from __future__ import annotations

import enum


class ReturnReason(enum.StrEnum):
    """Why a clinic wants to send packs back."""

    NOT_NEEDED = "not_needed"
    SHORT_DATED = "short_dated"
    RECALLED = "recalled"
    WRONG = "wrong"


class ReturnState(enum.StrEnum):
    """Where a return stands."""

    ASKED = "asked"
    AUTHORISED = "authorised"
    REFUSED = "refused"
    """The supplier does not want the packs back."""
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    """Authorised, and not sent by the last day. Never written: it follows from that day."""
    SENT = "sent"
    SETTLED = "settled"
    """Received, and at least one pack accepted: credited, or refunded to the card."""
    TURNED_DOWN = "turned_down"
    """Received, and no pack accepted."""


class Step(enum.StrEnum):
    """What is done with a return."""

    AUTHORISE = "authorise"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    LAPSE = "lapse"
    SEND = "send"
    UNDO_SENDING = "undo_sending"
    SETTLE = "settle"
    TURN_DOWN = "turn_down"


class Notice(enum.StrEnum):
    """Of what a clinic is told that has not sent an authorised return."""

    NEAR = "near"
    """The last day is near."""
    LAPSED = "lapsed"
    """It has gone by."""


class CarriageBy(enum.StrEnum):
    """Who pays for sending the packs back."""

    CLINIC = "clinic"
    SUPPLIER = "supplier"


class Fate(enum.StrEnum):
    """What becomes of packs that the supplier received and does not accept."""

    COME_BACK = "come_back"
    DESTROYED = "destroyed"


OPEN = (ReturnState.ASKED, ReturnState.AUTHORISED, ReturnState.SENT)
"""States that ask for another step, unless the last day to send has gone by."""
