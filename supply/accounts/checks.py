"""What names, codes, addresses and zones must look like before they are kept.

Each check returns the value as it is kept, or raises `InvalidInput` naming the field.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from babel import Locale, UnknownLocaleError
from flask_babel import gettext as _

from supply import addresses, clock, text
from supply.accounts import passwords
from supply.addresses import AddressError
from supply.money import is_currency
from supply.refusals import InvalidInput

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")


def name(value: str) -> str:
    """Return the name without the spaces around it; one to 200 characters."""
    kept = " ".join(text.clean(value).split())
    if not kept:
        raise InvalidInput(("name", _("Enter a name.")))
    if len(kept) > 200:
        raise InvalidInput(("name", _("Shorten the name to 200 characters.")))
    return kept


def code(value: str) -> str:
    """Return a code that can stand in an address: letters, digits, - and _, at most 40."""
    kept = text.code(value)
    if not CODE.fullmatch(kept):
        message = _("Use up to 40 letters, digits, hyphens or underscores, without spaces.")
        raise InvalidInput(("code", message))
    return kept


def code_from(name: str) -> str:
    """Return a code made from a name: "Clinica São João" gives "clinica-sao-joao"."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:30].strip("-") or "practice"


def email(value: str) -> str:
    """Return the address in the one form in which addresses are kept (see `supply.addresses`)."""
    try:
        return addresses.kept(value)
    except AddressError as error:
        raise InvalidInput(("email", str(error.sentence))) from None


def password(value: str, about: Collection[str] = ()) -> str:
    """Return a password that keeps guesses out, as it is hashed.

    ``about`` are texts anyone may know of the person: name, e-mail, practice. What else it is
    made of is nobody's business: rules for that make people choose worse ones.
    """
    kept = passwords.normalised(value[: passwords.LONGEST_TYPED + 1])
    fault = _fault(kept, about)
    if fault is not None:
        raise InvalidInput(("password", fault))
    return kept


def _fault(kept: str, about: Collection[str]) -> str | None:
    if len(kept) < passwords.SHORTEST:
        return str(_("Use at least %(number)s characters.", number=passwords.SHORTEST))
    if len(kept) > passwords.LONGEST:
        return str(_("Use at most %(number)s characters.", number=passwords.LONGEST))
    if passwords.is_own_words(kept, about):
        return str(_("This is too near to your name, e-mail or practice. Add other words."))
    if passwords.is_common(kept):
        return str(_("This one is tried first by anyone who guesses. Use a few words instead."))
    return None


def currency(value: str) -> str:
    """Return the ISO 4217 code in capitals."""
    kept = value.strip().upper()
    if not is_currency(kept):
        message = _("%(code)s is not a currency. Use a code such as EUR.", code=value)
        raise InvalidInput(("currency", message))
    return kept


def timezone(value: str) -> str:
    """Return the IANA name of a zone."""
    if not clock.is_zone(value):
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
