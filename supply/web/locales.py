"""Which language and formats a page is written in."""

from __future__ import annotations

from flask import Flask, g, has_request_context, request
from flask_babel import get_babel
from flask_login import current_user

from supply.accounts.reading import locale_of
from supply.languages import shown_locale, spoken


def install(app: Flask) -> None:
    """Let Flask-Babel ask here for the locale of a request."""
    get_babel(app).locale_selector = chosen_locale


def chosen_locale() -> str | None:
    """Return the person's locale, else the place's, else the browser's; None is the default.

    Always one that there are texts in: `lang` says what is read.
    """
    if not has_request_context():
        return None
    if not g.get("standing_alone") and current_user.is_authenticated:
        place = g.get("clinic") or g.get("practice") or g.get("supplier")
        return shown_locale(locale_of(current_user, place))
    wanted = request.accept_languages.values()
    return next((code for code in map(spoken, wanted) if code), None)
