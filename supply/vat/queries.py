"""Reading rates."""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Any

import sqlalchemy as sa

from supply.db import db
from supply.vat.models import VatRate
from supply.vat.terms import TaxClass


def rates_in(country: str | None, on: dt.date) -> dict[TaxClass, int]:
    """Return the rates in force in a country on a day, in basis points; {} where none is known."""
    if country is None:
        return {}
    rows = db.session.execute(_rates_in(), {"country": country, "on": on})
    return {row.tax_class: row.basis_points for row in rows}  # the newest comes last


@cache
def _rates_in() -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(VatRate.tax_class, VatRate.basis_points)
        .where(VatRate.country == sa.bindparam("country"), VatRate.valid_from <= sa.bindparam("on"))
        .order_by(VatRate.valid_from)
    )
