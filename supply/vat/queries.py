"""Reading rates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import sqlalchemy as sa

from supply.db import db
from supply.vat.models import VatRate
from supply.vat.terms import TaxClass

Rates = Mapping[str, Mapping[TaxClass, int]]
"""By country, what it takes on a class of products, in basis points."""


def rates_in(country: str | None, on: dt.date) -> Mapping[TaxClass, int]:
    """Return the rates in force in a country on a day, in basis points; {} where none is known."""
    return rates_of([country], on).get(country or "", {})


def rates_of(countries: Iterable[str | None], on: dt.date) -> Rates:
    """Return the rates in force on a day in these countries; at most one query."""
    asked = sorted({country for country in countries if country})
    found: dict[str, dict[TaxClass, int]] = {}
    if asked:
        for row in db.session.execute(_rates_of(), {"countries": asked, "on": on}):
            found.setdefault(row.country, {})[row.tax_class] = row.basis_points
    return found


@cache
def _rates_of() -> sa.Select[*tuple[Any, ...]]:
    """Of each country and class the row in force comes last."""
    return (
        sa.select(VatRate.country, VatRate.tax_class, VatRate.basis_points)
        .where(
            VatRate.country.in_(sa.bindparam("countries", expanding=True)),
            VatRate.valid_from <= sa.bindparam("on"),
        )
        .order_by(VatRate.valid_from, VatRate.id)
    )
