"""What both pages of an order show of a change: the one that waits, or the way to propose one."""

from __future__ import annotations

import secrets

from flask import render_template

from supply.accounts.rules import Right
from supply.amending.backorders import following
from supply.amending.services import open_change
from supply.amending.wording import what_changes
from supply.answering.answering import packs_wanted
from supply.ordering import panels
from supply.ordering.models import PurchaseOrder
from supply.ordering.terms import OPEN_STAGES, Side, Stage
from supply.web import access


@panels.on_order_page
def for_clinic(order: PurchaseOrder) -> str:
    """Return what the clinic sees."""
    return _panel(order, Side.CLINIC, OPEN_STAGES) if access.can(Right.ORDER) else ""


@panels.on_supplier_page
def for_supplier(order: PurchaseOrder) -> str:
    """Return what the supplier sees."""
    return _panel(order, Side.SUPPLIER, (Stage.ACKNOWLEDGED,)) if access.can(Right.FULFIL) else ""


@panels.on_supplier_page
def backorders(order: PurchaseOrder) -> str:
    """Return what the supplier sees of packs that follow later: their days, to be moved."""
    rows = [(line, packs) for line in order.lines if (packs := following(line))]
    if not rows or order.stage is not Stage.ACKNOWLEDGED or not access.can(Right.FULFIL):
        return ""
    return render_template(
        "amending/backorders.html", order=order, rows=rows, key=secrets.token_hex(16)
    )


def _panel(order: PurchaseOrder, side: Side, stages: tuple[Stage, ...]) -> str:
    change = open_change(order.id) if order.placed_at else None
    may_propose = order.stage in stages and any(line.to_ship for line in order.lines)
    if change is None and not may_propose:
        return ""
    names = {str(line.id): (line.name, line.packs - line.cancelled) for line in order.lines}
    return render_template(
        "amending/panel.html",
        order=order,
        change=change,
        said=what_changes(
            change.day.isoformat() if change.day else None,
            [[*names.get(one, ("", 0)), packs] for one, packs in change.packs.items()],
        )
        if change
        else "",
        own=change is not None and change.side is side,
        at_once=side is Side.CLINIC and order.stage is Stage.PLACED,
        at={"clinic_code": order.clinic.code, "order_id": order.id}
        if side is Side.CLINIC
        else {"supplier_code": order.supplier.code, "order_id": order.id},
        side=side.value,
        seen={f"seen_{line}": packs for line, packs in packs_wanted(order).items()},
        timezone=order.clinic.timezone if side is Side.CLINIC else order.supplier.timezone,
        key=secrets.token_hex(16),
    )
