"""VAT numbers: in which form they are kept, and whether one can be a country's."""

from __future__ import annotations

import re

from eu_vat_rates_data import get_rate

from supply.sentences import Sentence, say

_NOISE = re.compile(r"[\s.\-/]")
_ANY = re.compile(r"[A-Z0-9]{2,15}")
_GREEK = "EL"
LONGEST = 20


class InvalidVatNumberError(ValueError):
    """A VAT number that cannot be; the message says what is wrong with it."""

    def __init__(self, sentence: Sentence) -> None:
        """Keep the sentence that is shown."""
        super().__init__(sentence)
        self.sentence = sentence


def kept(text: str, country: str) -> str:
    """Return a VAT number as it is kept: in capitals, without spaces, its country's letters first.

    It may be typed with or without them, and with the dots and hyphens that people write. The form
    alone is checked, not whether the number was given to anybody. Greek numbers begin with EL.

    Raises:
        InvalidVatNumberError: another country's, or not of the form that its numbers have.
    """
    number = _NOISE.sub("", text).upper()
    prefix = country
    if country == "GR":
        prefix, number = _GREEK, re.sub("^GR", _GREEK, number)
    bare = number.removeprefix(prefix)
    known = get_rate(country)
    pattern = known["pattern"] if known else ""
    if not _fits(pattern, prefix, number, bare):
        raise InvalidVatNumberError(_fault(number, prefix, known["format"] if known else ""))
    return prefix + bare


def _fits(pattern: str, prefix: str, number: str, bare: str) -> bool:
    if not pattern:
        return _ANY.fullmatch(bare) is not None
    return any(re.fullmatch(pattern, form) for form in (prefix + bare, number, bare))


def _fault(number: str, prefix: str, form: str) -> Sentence:
    if number[:2].isalpha() and not number.startswith(prefix) and number[2:].isdecimal():
        return say(
            "This is a number of %(other)s: choose that country, or enter one that begins"
            " with %(prefix)s.",
            other=number[:2],
            prefix=prefix,
        )
    if form:
        return say(
            "This cannot be a VAT number of the country. Its numbers are: %(form)s.", form=form
        )
    return say("Enter the VAT number with letters and digits only.")
