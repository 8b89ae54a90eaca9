"""Rates of VAT, as rows with dates."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from supply.db import Base, Identified, word
from supply.vat.rules import WHOLE
from supply.vat.terms import TaxClass


class VatRate(Identified, Base):
    """What a country takes on a class of products from a day on, until the next row of both."""

    __tablename__ = "vat_rate"
    __table_args__ = (
        sa.UniqueConstraint("country", "tax_class", "valid_from"),
        sa.CheckConstraint(f"basis_points >= 0 AND basis_points < {WHOLE}", name="basis_points"),
    )

    country: Mapped[str] = mapped_column(sa.String(2))
    tax_class: Mapped[TaxClass] = mapped_column(word(TaxClass))
    valid_from: Mapped[dt.date]
    basis_points: Mapped[int]
