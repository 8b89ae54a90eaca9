"""What both pages of an order, and the supplier's desk, show of returns."""

from __future__ import annotations

import secrets

from flask import render_template

from supply import clock
from supply.accounts.models import Supplier
from supply.accounts.rules import Right
from supply.desk.panels import on_desk
from supply.ordering.models import PurchaseOrder
from supply.ordering.panels import on_order_page, on_supplier_page
from supply.ordering.terms import Side
from supply.returning import queries, wording
from supply.web import access


@on_order_page
def for_clinic(order: PurchaseOrder) -> str:
    """Return what the clinic sees: its returns, and the way to ask for one."""
    may = access.can(Right.STOCK)
    may_ask = may and any(line.received for line in order.lines)
    return _panel(order, Side.CLINIC, may=may, may_ask=may_ask)


@on_supplier_page
def for_supplier(order: PurchaseOrder) -> str:
    """Return what the supplier sees."""
    return _panel(order, Side.SUPPLIER, may=access.can(Right.FULFIL), may_ask=False)


def _panel(order: PurchaseOrder, side: Side, *, may: bool, may_ask: bool) -> str:
    found = queries.returns_of(order.id) if order.placed_at else []
    if not found and not may_ask:
        return ""
    now = clock.now()
    clinic = side is Side.CLINIC
    return render_template(
        "returning/panel.html",
        order=order,
        returns=[(one, queries.standing(one, now)) for one in found],
        words=wording,
        may=may,
        may_ask=may_ask,
        clinic_side=clinic,
        answers=not clinic or not order.supplier.uses_supply,
        at={"clinic_code": order.clinic.code} if clinic else {"supplier_code": order.supplier.code},
        timezone=order.clinic.timezone if clinic else order.supplier.timezone,
        key=secrets.token_hex(16),
    )


@on_desk
def at_desk(supplier: Supplier) -> str:
    """Show the open returns to a supplier; nothing where there is none."""
    rows = queries.open_returns(supplier, clock.now())
    if not rows:
        return ""
    return render_template("returning/desk.html", supplier=supplier, rows=rows, words=wording)
