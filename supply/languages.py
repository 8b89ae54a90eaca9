"""Which languages there are texts in; a locale without any is shown in English."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

from babel import Locale, UnknownLocaleError

from supply.config import TRANSLATIONS

ENGLISH = "en"


def shown_locale(code: str) -> str:
    """Return the locale ``code`` if there are texts in its language, else English.

    English words under another language's name would be read aloud with its sounds, and dated by
    its rules.
    """
    return spoken(code) or ENGLISH


def spoken(code: str, languages: Collection[str] | None = None) -> str | None:
    """Return the locale ``code``, as Babel writes it; None where there are no texts for it."""
    try:
        locale = Locale.parse(code.replace("-", "_"))
    except (ValueError, TypeError, UnknownLocaleError):
        return None
    known = available() if languages is None else languages
    return str(locale) if locale.language in known else None


@cache
def available() -> frozenset[str]:
    """Return the languages there are texts in; those of a checkout stay while it runs."""
    files = TRANSLATIONS.glob("*/LC_MESSAGES/messages.mo")
    return frozenset({ENGLISH, *(path.parent.parent.name for path in files)})
