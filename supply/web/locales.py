"""Which language and formats a page is written in."""

from __future__ import annotations

from babel import Locale
from flask import Flask, g, has_request_context, request
from flask_babel import get_babel
from flask_login import current_user


def install(app: Flask) -> None:
    """Let Flask-Babel ask here for the locale of a request."""
    get_babel(app).locale_selector = chosen_locale


def chosen_locale() -> str | None:
    """Return the person's locale, else the clinic's, else the browser's; None is the default."""
    if not has_request_context():
        return None
    if current_user.is_authenticated:
        return str(current_user.locale)
    place = g.get("clinic")
    if place is not None:
        return str(place.locale)
    wanted = [*(best.replace("-", "_") for best in request.accept_languages.values())]
    found = Locale.negotiate(wanted, ("en", "en_GB", "en_US"))
    return str(found) if found else None
