"""What is wanted for what is wrong, in words."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from supply.receiving.terms import Arrived, ClaimWish

WISHES = {
    ClaimWish.CREDIT: _l("Credit"),
    ClaimWish.REFUND: _l("Refund"),
    ClaimWish.RESEND: _l("Send again"),
}


ARRIVED = {
    Arrived.WELL: _l("As it should"),
    Arrived.DAMAGED: _l("Damaged: goes on hold"),
    Arrived.WARM: _l("Warm: goes on hold"),
}


def ways_to_arrive() -> list[tuple[str, str]]:
    """Return the ways in which goods may have come."""
    return [(arrived.value, str(text)) for arrived, text in ARRIVED.items()]


def wishes() -> list[tuple[str, str]]:
    """Return the choices a clinic has."""
    return [(wish.value, str(text)) for wish, text in WISHES.items()]
