"""What names, codes, addresses and zones must look like before they are kept.

Each check returns the value as it is kept, or raises `InvalidInput` naming the field.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from zoneinfo import available_timezones

from babel import Locale, UnknownLocaleError
from flask_babel import gettext as _

from supply import addresses
from supply.accounts import passwords
from supply.addresses import AddressError
from supply.money import is_currency
from supply.refusals import InvalidInput

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")


def name(value: str) -> str:
    """Return the name without the spaces around it; one to 200 characters."""
    kept = " ".join(value.split())
    if not kept:
        raise InvalidInput(("name", _("Enter a name.")))
    if len(kept) > 200:
        raise InvalidInput(("name", _("Shorten the name to 200 characters.")))
    return kept


def code(value: str) -> str:
    """Return a code that can stand in an address: letters, digits, - and _, at most 40."""
    kept = value.strip()
    if not CODE.fullmatch(kept):
        message = _("Use up to 40 letters, digits, hyphens or underscores, without spaces.")
        raise InvalidInput(("code", message))
    return kept


def code_from(text: str) -> str:
    """Return a code made from a name: "Clinica São João" gives "clinica-sao-joao"."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:30].strip("-") or "practice"


def email(value: str) -> str:
    """Return the address in the one form in which addresses are kept (see `supply.addresses`)."""
    try:
        return addresses.kept(value)
    except AddressError as error:
        raise InvalidInput(("email", str(error.sentence))) from None


def password(value: str) -> str:
    """Return a password long enough to keep guesses out."""
    if len(value) < passwords.SHORTEST:
        message = _("Use at least %(number)s characters.", number=passwords.SHORTEST)
        raise InvalidInput(("password", message))
    if len(value) > passwords.LONGEST:
        message = _("Use at most %(number)s characters.", number=passwords.LONGEST)
        raise InvalidInput(("password", message))
    return value


def currency(value: str) -> str:
    """Return the ISO 4217 code in capitals."""
    kept = value.strip().upper()
    if not is_currency(kept):
        message = _("%(code)s is not a currency. Use a code such as EUR.", code=value)
        raise InvalidInput(("currency", message))
    return kept


def timezone(value: str) -> str:
    """Return the IANA name of a zone."""
    if value not in _zones():
        message = _("%(name)s is not a time zone. Use a name such as Europe/Rome.", name=value)
        raise InvalidInput(("timezone", message))
    return value


def locale(value: str) -> str:
    """Return a locale as Babel writes it: "en-gb" gives "en_GB"."""
    try:
        return str(Locale.parse(value.strip(), sep="-" if "-" in value else "_"))
    except (ValueError, UnknownLocaleError):
        message = _("%(code)s is not a language. Use a code such as en or fr.", code=value)
        raise InvalidInput(("locale", message)) from None


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
