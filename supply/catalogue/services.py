"""Writing the catalogue: importing a file, changing a product, starting and ending prices."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from supply import text
from supply.actor import Actor
from supply.catalogue.importing.products import (
    ImportRefused,
    ImportSummary,
    import_catalogue,
    read_catalogue,
)
from supply.catalogue.importing.reading import MAXIMUM_DAYS, MAXIMUM_PACK
from supply.catalogue.models import Product
from supply.catalogue.recording import record
from supply.catalogue.successors import fault_of, links_of, name_successor, successor_of
from supply.catalogue.terms import Availability
from supply.db import db
from supply.refusals import InvalidInput
from supply.vat.terms import TaxClass

__all__ = [
    "ImportRefused",
    "ImportSummary",
    "ProductTerms",
    "change_terms",
    "import_catalogue",
    "read_catalogue",
    "reinstate",
    "withdraw",
]


@dataclass(frozen=True, slots=True)
class ProductTerms:
    """What a supplier may change on a product at any time; None is no promise."""

    name: str
    lead_time_days: int | None
    minimum_order_packs: int
    minimum_remaining_days: int | None
    tax_class: TaxClass = TaxClass.STANDARD
    availability: Availability = Availability.AVAILABLE
    expected_on: dt.date | None = None
    successor: str = ""
    """The SKU of what replaces it; "" for nothing."""


def change_terms(product: Product, terms: ProductTerms, *, actor: Actor, now: dt.datetime) -> None:
    """Give the product other terms; orders already placed keep theirs.

    Raises:
        InvalidInput: naming each field that cannot be.
    """
    successor, wrong = _successor(product, terms.successor)
    faults = [*_term_faults(terms), *wrong]
    if faults:
        raise InvalidInput(*faults)
    before = _terms(product)
    product.name = terms.name
    product.lead_time_days = terms.lead_time_days
    product.minimum_order_packs = terms.minimum_order_packs
    product.minimum_remaining_days = terms.minimum_remaining_days
    product.tax_class = terms.tax_class
    product.availability = terms.availability
    product.expected_on = terms.expected_on
    name_successor(product, successor)
    if before != _terms(product):
        record(product, "product.changed", actor, now, before=before, after=_terms(product))


def withdraw(product: Product, *, actor: Actor, now: dt.datetime) -> None:
    """Take the product out of the catalogue; orders and shelves keep what they have."""
    if product.withdrawn_at is None:
        product.withdrawn_at = now
        db.session.flush()
        record(product, "product.withdrawn", actor, now)


def reinstate(product: Product, *, actor: Actor, now: dt.datetime) -> None:
    """Offer a withdrawn product again."""
    if product.withdrawn_at is not None:
        product.withdrawn_at = None
        db.session.flush()
        record(product, "product.reinstated", actor, now)


def _term_faults(terms: ProductTerms) -> list[tuple[str, str]]:
    faults = []
    if not terms.name.strip() or len(terms.name) > 300:
        faults.append(("name", _("Give it a name of at most 300 characters.")))
    days = _("Enter a whole number from %(least)d to %(most)d.", least=0, most=MAXIMUM_DAYS)
    for field in ("lead_time_days", "minimum_remaining_days"):
        value = getattr(terms, field)
        if value is not None and not 0 <= value <= MAXIMUM_DAYS:
            faults.append((field, days))
    if not 1 <= terms.minimum_order_packs <= MAXIMUM_PACK:
        packs = _("Enter a whole number from %(least)d to %(most)d.", least=1, most=MAXIMUM_PACK)
        faults.append(("minimum_order_packs", packs))
    if terms.expected_on and terms.availability is Availability.AVAILABLE:
        faults.append(("expected_on", _("Leave the day empty for what is available.")))
    return faults


def _successor(product: Product, said: str) -> tuple[Product | None, list[tuple[str, str]]]:
    """Return the product that ``said`` names as the successor, and what is wrong with it."""
    sku = text.code(said)
    if not sku:
        return None, []
    found = db.session.scalar(
        sa.select(Product).where(
            Product.supplier_id == product.supplier_id, Product.sku_key == text.fold(sku)
        )
    )
    fault = fault_of(product.sku, found.sku if found else None, links_of(product.supplier_id))
    return found, [("successor", fault)] if fault else []


def _terms(product: Product) -> dict[str, Any]:
    return {
        "name": product.name,
        "lead_time_days": product.lead_time_days,
        "minimum_order_packs": product.minimum_order_packs,
        "minimum_remaining_days": product.minimum_remaining_days,
        "tax_class": product.tax_class.value,
        "availability": product.availability.value,
        "expected_on": product.expected_on.isoformat() if product.expected_on else None,
        "successor": successor.sku if (successor := successor_of(product.id)) else None,
    }
