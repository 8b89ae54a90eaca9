"""Limits on the texts that several calls take."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email

from tests.support.stripe_standin.errors import Refused

METADATA_KEYS: Final = 50
METADATA_KEY: Final = 40
METADATA_VALUE: Final = 500


def kept_metadata(metadata: Any, param: str) -> dict[str, str]:
    """Return the metadata an object keeps.

    Raises:
        Refused: too many keys, or a key or value too long.
    """
    given: dict[str, str] = metadata or {}
    if len(given) > METADATA_KEYS:
        message = f"Metadata can have up to {METADATA_KEYS} keys, but you passed in {len(given)}."
        raise Refused(message, param=param)
    for key, value in given.items():
        _check_length("Metadata keys", key, METADATA_KEY, param)
        _check_length("Metadata values", value, METADATA_VALUE, f"{param}[{key}]")
    return {key: value for key, value in given.items() if value}


def _check_length(what: str, text: str, longest: int, param: str) -> None:
    if len(text) > longest:
        raise Refused(
            f"{what} can have up to {longest} characters, but you passed in a value that is "
            f"{len(text)} characters. Invalid value: {text}",
            param=param,
        )


def check_longest(text: str | None, longest: int, param: str) -> None:
    """Refuse a text of more than ``longest`` characters."""
    if text is not None and len(text) > longest:
        message = f"Invalid string: must be at most {longest} characters"
        raise Refused(message, code="parameter_invalid_string", param=param)


def check_email(address: str | None, param: str) -> None:
    """Refuse what is no mail address."""
    if address is None:
        return
    try:
        validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise Refused(
            f"Invalid email address: {address}", code="email_invalid", param=param
        ) from None


def check_url(url: str | None, param: str) -> None:
    """Refuse an address without its scheme and host."""
    if url is None:
        return
    if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).netloc:
        message = "Invalid URL: An explicit scheme (such as https) must be provided."
        raise Refused(message, code="url_invalid", param=param)


def names(text: str) -> frozenset[str]:
    """Return the names that stand in ``text`` with spaces between."""
    return frozenset(text.split())
