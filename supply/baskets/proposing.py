"""An order that a supplier writes for a clinic, phoned in: a draft until the clinic places it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from supply.accounts.models import Clinic, Practice, Supplier
from supply.actor import Actor
from supply.baskets.drafts import BasketLine, create_draft
from supply.catalogue.skus import products_named
from supply.db import db
from supply.ordering import mail
from supply.ordering.events import note
from supply.ordering.models import PurchaseOrder
from supply.ordering.terms import EventKind
from supply.refusals import InvalidInput

LATEST = 50
"""Orders written for clinics that the desk lists."""


def served_clinics(supplier: Supplier) -> Sequence[Clinic]:
    """Return the clinics of practices that have placed an order with ``supplier``, by name.

    Nobody else's are known to it: a supplier learns of a clinic by its first order.
    """
    practices = (
        sa.select(Clinic.practice_id)
        .join(PurchaseOrder, PurchaseOrder.clinic_id == Clinic.id)
        .where(PurchaseOrder.supplier_id == supplier.id, PurchaseOrder.placed_at.is_not(None))
    )
    return db.session.scalars(
        sa.select(Clinic)
        .join(Practice, Practice.id == Clinic.practice_id)
        .where(Clinic.practice_id.in_(practices))
        .options(joinedload(Clinic.practice))
        .order_by(Practice.name, Clinic.name, Clinic.id)
    ).all()


def propose(
    supplier: Supplier,
    clinic_code: str,
    packs: Mapping[str, int],
    *,
    said: str = "",
    actor: Actor,
    now: dt.datetime,
) -> PurchaseOrder:
    """Write an order for a clinic that ``supplier`` serves: ``packs`` by SKU, and what was said.

    Nothing binds: the clinic changes, places or discards it like a draft of its own, and gets a
    mail. Prices are the clinic's as ever, when it places it.

    Raises:
        InvalidInput: not one of its clinics, nothing ordered, unknown products, packs out of
            range or below the minimum order; by ``clinic`` or ``lines.<n>.<sku or packs>``.
        Withdrawn: products no longer sold.
    """
    clinic = next((one for one in served_clinics(supplier) if one.code == clinic_code), None)
    if clinic is None:
        raise InvalidInput(("clinic", _("Choose a clinic that has ordered from you before.")))
    lines = [
        BasketLine(product_id, count) for product_id, count in _products(supplier, packs).items()
    ]
    order = create_draft(clinic, supplier, lines, actor=actor, now=now)
    order.proposed_at = now
    db.session.flush()
    written = note(order, EventKind.PROPOSED, said.strip(), actor=actor, now=now)
    mail.ask_to_place(order, written, said.strip(), now)
    return order


def proposed(supplier: Supplier) -> Sequence[PurchaseOrder]:
    """Return the last orders ``supplier`` wrote for clinics, the newest first."""
    return db.session.scalars(
        sa.select(PurchaseOrder)
        .where(PurchaseOrder.supplier_id == supplier.id, PurchaseOrder.proposed_at.is_not(None))
        .options(joinedload(PurchaseOrder.clinic).joinedload(Clinic.practice))
        .order_by(PurchaseOrder.id.desc())
        .limit(LATEST)
    ).all()


def _products(supplier: Supplier, packs: Mapping[str, int]) -> dict[int, int]:
    """Return packs by product id; refuse what the supplier does not sell."""
    known = products_named(supplier.id, packs)
    faults: list[tuple[str, str]] = []
    wanted: dict[int, int] = {}
    for number, (sku, count) in enumerate(packs.items()):
        product = known.get(sku)
        if product is None:
            fault = _("You do not sell a product with the SKU “%(sku)s”.", sku=sku)
            faults.append((f"lines.{number}.sku", fault))
        elif product.id in wanted:
            faults.append((f"lines.{number}.sku", _("%(sku)s is named twice.", sku=product.sku)))
        else:
            wanted[product.id] = count
    if faults:
        raise InvalidInput(*faults)
    return wanted
