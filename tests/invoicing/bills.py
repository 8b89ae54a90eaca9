"""Invoices for these tests."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from supply.accounts.models import Practice, Supplier
from supply.actor import SYSTEM
from supply.db import db, transaction
from supply.invoicing.models import Invoice
from supply.vat.registration import Registration, register
from tests.ordering.world import NOW


def issued() -> list[tuple[str, str, str, int, int]]:
    """Return (number, kind, reason, net, VAT) of every document, in the order of issue."""
    return [
        (one.number, one.kind.value, one.reason.value, one.net_minor, one.vat_minor)
        for one in documents()
    ]


def documents() -> list[Invoice]:
    """Return every document, in the order of issue, as the database has it."""
    db.session.rollback()
    return list(db.session.scalars(sa.select(Invoice).order_by(Invoice.id)))


def packs_billed() -> list[list[tuple[str, int]]]:
    """Return (SKU, packs) of the lines of every document."""
    return [[(line.sku, line.packs) for line in one.lines] for one in documents()]


def say(model: type[Supplier] | type[Practice], code: str, country: str, number: str) -> None:
    """Register a supplier or practice elsewhere, committed."""
    with transaction():
        place: Any = db.session.scalars(sa.select(model).where(model.code == code)).one()
        register(place, Registration(country, number, True), actor=SYSTEM, now=NOW)
