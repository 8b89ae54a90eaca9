"""Paper of the desk: what to pick for several orders, and labels for a shipment's boxes."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response, render_template, request
from flask_login import login_required

from supply import clock
from supply.accounts.access import NotFoundHereError
from supply.accounts.models import Supplier
from supply.accounts.rules import Right
from supply.catalogue import wording
from supply.depot.filling import store_for
from supply.desk import labels, pick_paper, picking
from supply.desk.routes import blueprint
from supply.documents.answers import download
from supply.ordering import queries as order_queries
from supply.ordering.models import PurchaseOrder
from supply.shipping import parcels
from supply.web import access

MOST_ORDERS = 100
"""Orders on one pick list: nobody carries more in one round."""

PDF = "application/pdf"


@blueprint.get("/s/<supplier_code>/orders/pick")
@login_required
def pick_list(supplier_code: str) -> str:
    """Show what is to be picked for the orders named, made for print."""
    supplier = access.supplier(supplier_code, Right.FULFIL)
    orders = _orders(supplier)
    return render_template(
        "desk/pick_list.html",
        supplier=supplier,
        orders=orders,
        aisles=_aisles(supplier, orders),
        words=wording,
    )


def _aisles(supplier: Supplier, orders: Sequence[PurchaseOrder]) -> list[picking.Aisle]:
    today = access.today()
    aisles = picking.pick_list(orders, today)
    lines = [line for order in orders for line in order.lines if line.to_ship]
    picking.name_lots(aisles, store_for(supplier, lines, clock.now()), today)
    return aisles


@blueprint.get("/s/<supplier_code>/orders/pick.pdf")
@login_required
def pick_paper_pdf(supplier_code: str) -> Response:
    """Download the same as a PDF."""
    supplier = access.supplier(supplier_code, Right.FULFIL)
    orders = _orders(supplier)
    aisles = _aisles(supplier, orders)
    return download(pick_paper.pdf(supplier, orders, aisles), PDF, "pick-list.pdf")


@blueprint.get("/s/<supplier_code>/shipments/<int:shipment_id>/labels.pdf")
@login_required
def box_labels(supplier_code: str, shipment_id: int) -> Response:
    """Download a label for each of a shipment's boxes, with its code as a barcode."""
    supplier = access.supplier(supplier_code, Right.FULFIL)
    shipment = parcels.shipment_of_supplier(supplier, shipment_id)
    boxes = min(max(request.args.get("boxes", 1, type=int), 1), labels.MOST_BOXES)
    return download(labels.pdf(shipment, boxes), PDF, f"{shipment.code}-labels.pdf")


def _orders(supplier: Supplier) -> Sequence[PurchaseOrder]:
    """Return the orders named, in their order; raises NotFoundHereError for another's."""
    ids = list(dict.fromkeys(request.args.getlist("order", type=int)))[:MOST_ORDERS]
    found = {order.id: order for order in order_queries.orders_of_supplier(supplier, ids)}
    if len(found) != len(ids):
        raise NotFoundHereError
    return [found[order_id] for order_id in ids]
