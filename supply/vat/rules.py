"""How a sale of goods is taxed, and what that comes to: pure decisions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from supply.countries import EU
from supply.vat.terms import TaxCategory, TaxClass

WHOLE: Final = 10_000
"""A rate of 100 %, in basis points."""

_SAME_TERRITORY: Final = {"MC": "FR", "IM": "GB"}
"""Countries that are another's for VAT (Directive 2006/112/EC, art. 7)."""


@dataclass(frozen=True, slots=True)
class Trader:
    """A side of a sale: where it is established, and its VAT number if it has one."""

    country: str | None = None
    vat_number: str | None = None


@dataclass(frozen=True, slots=True)
class TaxTerms:
    """How a line is taxed: its category and its rate in basis points (21 % is 2100)."""

    category: TaxCategory
    basis_points: int = 0


@dataclass(frozen=True, slots=True)
class Taxed:
    """A line's net sum in minor units, with how it is taxed."""

    net_minor: int
    terms: TaxTerms


@dataclass(frozen=True, slots=True)
class Share:
    """What all lines of one category and rate come to, in minor units."""

    terms: TaxTerms
    net_minor: int
    vat_minor: int


def tax_terms(
    seller: Trader,
    buyer: Trader,
    destination: str | None,
    tax_class: TaxClass,
    rates: Mapping[TaxClass, int],
) -> TaxTerms:
    """Return how goods sent from the seller's country to ``destination`` are taxed.

    ``rates`` are those of the seller's country on the day, in basis points. By Council Directive
    2006/112/EC: goods are supplied where their transport begins (art. 32); who is not registered
    charges no tax (art. 203 makes whoever enters VAT on an invoice owe it); exempt goods stay so
    (art. 132); goods sent to a buyer with a number of another member state are exempt as an
    intra-Community supply (art. 138), and without such a number taxed as at home; goods sent out
    of the territory are exports (art. 146). Outside the Union exports are free of tax as well
    (United Kingdom: VAT Act 1994 s. 30(6); Switzerland: MWSTG art. 23; Norway: mval. § 6-21).
    A destination that nobody knows is taken to be the seller's own country.
    """
    home = _territory(seller.country)
    if not (home and seller.vat_number and rates.get(TaxClass.STANDARD) is not None):
        return TaxTerms(TaxCategory.NOT_SUBJECT)
    to = _territory(destination) or home
    if to != home and not (home in EU and to in EU):
        return TaxTerms(TaxCategory.EXPORT)
    if tax_class is TaxClass.EXEMPT:
        return TaxTerms(TaxCategory.EXEMPT)
    if to != home and registered_in(buyer) in EU - {home}:
        return TaxTerms(TaxCategory.INTRA_EU)
    rate = rates.get(tax_class, rates[TaxClass.STANDARD])
    return TaxTerms(TaxCategory.STANDARD if rate else TaxCategory.ZERO, rate)


def registered_in(trader: Trader) -> str | None:
    """Return the country that gave a trader its VAT number; None without one."""
    if not trader.vat_number:
        return None
    prefix = trader.vat_number[:2]
    return "GR" if prefix == "EL" else prefix


def shares(lines: Iterable[Taxed]) -> list[Share]:
    """Return VAT by category and rate: rate × sum of net sums, rounded half up (EN 16931, BT-117).

    In the order of the categories' codes, the highest rate first.
    """
    sums: dict[TaxTerms, int] = {}
    for line in lines:
        sums[line.terms] = sums.get(line.terms, 0) + line.net_minor
    found = [Share(terms, net, vat_on(net, terms.basis_points)) for terms, net in sums.items()]
    return sorted(found, key=lambda one: (one.terms.category.value, -one.terms.basis_points))


def vat_on(net_minor: int, basis_points: int) -> int:
    """Return the tax on a net sum, not below zero, in minor units: half a unit rounds up."""
    return (2 * net_minor * basis_points + WHOLE) // (2 * WHOLE)


def _territory(country: str | None) -> str | None:
    return _SAME_TERRITORY.get(country, country) if country else None
