"""Reading baskets: what is in them, and what a draft would cost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa

from supply.accounts.models import Clinic, Supplier
from supply.baskets.charges import draft_charges
from supply.baskets.pricing import current_prices, current_taxes
from supply.clock import local_date
from supply.db import db
from supply.money import Money
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.ordering.queries import with_lines
from supply.ordering.terms import Stage
from supply.vat.rules import Taxed, shares


def packs_in_basket(clinic: Clinic, product_id: int) -> int:
    """Return how many packs of a product the clinic's basket has."""
    packs = (
        sa.select(OrderLine.packs)
        .join(PurchaseOrder, PurchaseOrder.id == OrderLine.order_id)
        .where(
            PurchaseOrder.clinic_id == clinic.id,
            PurchaseOrder.basket,
            PurchaseOrder.stage == Stage.DRAFT,
            OrderLine.product_id == product_id,
        )
    )
    return db.session.scalar(packs) or 0


def baskets(clinic: Clinic) -> Sequence[PurchaseOrder]:
    """Return the clinic's baskets with something in them, by supplier."""
    query = (
        sa.select(PurchaseOrder)
        .join(Supplier, Supplier.id == PurchaseOrder.supplier_id)
        .where(
            PurchaseOrder.clinic_id == clinic.id,
            PurchaseOrder.basket,
            PurchaseOrder.stage == Stage.DRAFT,
            PurchaseOrder.lines.any(),
        )
        .options(*with_lines())
        .order_by(Supplier.name, PurchaseOrder.id)
    )
    return db.session.scalars(query).all()


def basket_lines(clinic: Clinic) -> int:
    """Return how many lines the clinic's baskets have together."""
    counted = (
        sa.select(sa.func.count(OrderLine.id))
        .join(PurchaseOrder, PurchaseOrder.id == OrderLine.order_id)
        .where(
            PurchaseOrder.clinic_id == clinic.id,
            PurchaseOrder.basket,
            PurchaseOrder.stage == Stage.DRAFT,
        )
    )
    return db.session.scalar(counted) or 0


def draft_totals(order: PurchaseOrder, now: dt.datetime) -> tuple[Money, Money] | tuple[None, None]:
    """Return what a draft would cost if placed now with carriage, net and with VAT.

    None without a price.
    """
    goods, whole = _draft_goods(order, now)
    if not whole:
        return None, None
    today = local_date(now, order.clinic.timezone)
    lines = [*goods, draft_charges(order, goods, today).carriage]
    net = sum(line.net_minor for line in lines)
    vat = sum(share.vat_minor for share in shares(lines))
    return Money(net, order.currency), Money(net + vat, order.currency)


def draft_carriage(order: PurchaseOrder, now: dt.datetime) -> Money:
    """Return what sending a draft would cost if it were placed now, by what has a price."""
    goods, _whole = _draft_goods(order, now)
    found = draft_charges(order, goods, local_date(now, order.clinic.timezone))
    return Money(found.carriage.net_minor, order.currency)


def _draft_goods(order: PurchaseOrder, now: dt.datetime) -> tuple[list[Taxed], bool]:
    """Return a draft's lines that have a price as they would be taxed now, and whether all have."""
    today = local_date(now, order.clinic.timezone)
    prices, taxes = current_prices(order, today), current_taxes(order, today)
    goods = [
        Taxed(price * line.packs, taxes[line.id])
        for line in order.lines
        if (price := prices[line.id]) is not None
    ]
    return goods, len(goods) == len(order.lines)
