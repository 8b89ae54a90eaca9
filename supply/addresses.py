"""E-mail addresses: the one place that says what an address is, and in which form it is kept.

An address is kept as it goes over the wire: lower case, its domain in ASCII (punycode), so that
what is kept can be looked up, compared and mailed without another thought.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final
from urllib.parse import unquote

import email_validator
from email_validator import EmailNotValidError, validate_email

from supply.sentences import Sentence, say

LONGEST: Final = 254
"""Characters of an address (RFC 5321)."""
LONGEST_LOCAL: Final = 64
"""Characters before the @."""

# Whether a mail server takes a name such as practice.local is for that server to say.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()

_INVISIBLE: Final = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
)
_SEVERAL: Final = re.compile(r"[,;]|@.*@", re.DOTALL)
_NAMED: Final = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]*)>")


class AddressError(ValueError):
    """The text is no address that can be written to; ``sentence`` says what to do."""

    def __init__(self, sentence: Sentence) -> None:
        """Keep the sentence, to be read in the language of the moment."""
        super().__init__(sentence)
        self.sentence: Final = sentence


def kept(text: str) -> str:
    """Return the address that ``text`` means, in the form in which it is kept.

    Taken as well: what surrounds an address that was copied (spaces, invisible marks, ``mailto:``,
    ``Name <address>``, a full stop at the end), full-width letters, and a domain in any script.
    Raises AddressError.
    """
    bare = _bare(text)
    if _SEVERAL.search(bare):
        raise AddressError(say("Enter one e-mail address only."))
    local, at, domain = bare.rpartition("@")
    if not (local and at and domain):
        raise AddressError(_example())
    if not local.isascii():
        raise AddressError(_not_plain(local))
    if local.startswith('"'):
        raise AddressError(say("Enter an e-mail address without quotation marks."))
    if len(local) > LONGEST_LOCAL or len(bare) > LONGEST:
        raise AddressError(_too_long())
    return _checked(local, domain)


def is_mailable(text: str) -> bool:
    """Return whether ``text`` means an address that can be written to."""
    try:
        kept(text)
    except AddressError:
        return False
    return True


def spellings(text: str) -> list[str]:
    """Return the forms under which what someone typed may have been kept, the likeliest first.

    For looking up only; never raises. What was kept before addresses had one form, or was put in
    past it, is still found.
    """
    typed = text.strip()
    found = [typed.lower(), typed] if typed.isprintable() else []
    try:
        canonical = kept(text)
    except AddressError:
        return list(dict.fromkeys(found))
    return list(dict.fromkeys([canonical, shown(canonical), *found]))


def counted_as(text: str) -> str:
    """Return what tries for the address someone typed are counted under, however it is written."""
    return next(iter(spellings(text)), "")


def shown(address: str) -> str:
    """Return a kept address as people write it, its domain in its own script."""
    try:
        return validate_email(
            address, check_deliverability=False, globally_deliverable=False
        ).normalized
    except EmailNotValidError:
        return address


def named(text: str) -> tuple[str, str]:
    """Return (name, kept address) of "Name <address>" or of an address alone.

    Raises AddressError.
    """
    found = _NAMED.fullmatch(text.strip())
    name = " ".join(found["name"].split()).strip('"') if found else ""
    return name, kept(found["address"] if found else text)


def _bare(text: str) -> str:
    """Return ``text`` without what commonly surrounds an address that was copied."""
    bare = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).strip()
    named_address = _NAMED.fullmatch(bare)
    if named_address and _names_no_other(named_address["name"], named_address["address"]):
        bare = named_address["address"].strip()
    if bare[:7].lower() == "mailto:":
        bare = unquote(bare[7:].partition("?")[0]).strip()
    return bare.removesuffix(".")


def _names_no_other(name: str, address: str) -> bool:
    """Return whether ``name`` is a name, or the address itself once more, and not another one."""
    return "@" not in name or name.strip(" \"'").lower() == address.strip().lower()


def _checked(local: str, domain: str) -> str:
    try:
        found = validate_email(
            f"{local}@{domain}",
            allow_smtputf8=False,
            check_deliverability=False,
            globally_deliverable=False,
        )
    except EmailNotValidError:
        raise AddressError(_example()) from None
    address = (found.ascii_email or "").lower()
    if not address or len(address) > LONGEST:
        raise AddressError(_too_long())
    return address


def _example() -> Sentence:
    return say("Enter an e-mail address, such as name@clinic.example.")


def _too_long() -> Sentence:
    return say("This e-mail address is too long to be one. Check it.")


def _not_plain(local: str) -> Sentence:
    letters = "".join(dict.fromkeys(letter for letter in local if not letter.isascii()))
    return say(
        "Mail to an address with %(letters)s before the @ does not arrive everywhere."
        " Ask for one with plain letters (a to z) there.",
        letters=letters,
    )
