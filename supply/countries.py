"""Countries by their ISO 3166 code, and which of them are one territory for VAT."""

from __future__ import annotations

from functools import cache
from typing import Final

from babel import Locale
from babel.core import get_global

EU: Final = frozenset(
    ["AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU",
     "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"]
)  # fmt: skip
"""The member states of the European Union."""

_NO_COUNTRIES: Final = frozenset(["EU", "EZ", "QO", "UN", "XA", "XB", "ZZ", "AC", "CP", "CQ", "DG",
                                  "EA", "IC", "TA", "CS"])  # fmt: skip
"""Codes that Unicode names and ISO 3166 gives to no country."""

_OUTSIDE_VAT: Final = {"Atlantic/Canary": "IC", "Africa/Ceuta": "EA"}
"""Zones of a member state in which its VAT law does not hold (Directive 2006/112/EC, art. 6)."""


def is_country(code: str) -> bool:
    """Return whether ``code`` is a country's ISO 3166 code, in capitals."""
    return code in names("en")


@cache
def names(locale: str) -> dict[str, str]:
    """Return the names of all countries in a language, by code."""
    found = Locale.parse(locale).territories
    return {
        code: str(name)
        for code, name in found.items()
        if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRIES
    }


def of_zone(timezone: str) -> str | None:
    """Return the country a time zone lies in; None where there is no country (UTC)."""
    territory = get_global("zone_territories").get(timezone)
    return None if territory in (None, "001", "ZZ") else str(territory)


def vat_territory_of_zone(timezone: str) -> str | None:
    """Return the country whose VAT law holds in a time zone; None where nobody can say."""
    return _OUTSIDE_VAT.get(timezone) or of_zone(timezone)
