"""What is wanted for what is wrong, in words."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from supply.receiving.terms import ClaimWish

WISHES = {
    ClaimWish.CREDIT: _l("Credit"),
    ClaimWish.REFUND: _l("Refund"),
    ClaimWish.RESEND: _l("Send again"),
}


def wishes() -> list[tuple[str, str]]:
    """Return the choices a clinic has."""
    return [(wish.value, str(text)) for wish, text in WISHES.items()]
