"""A supplier's own stock, where it keeps it here."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from supply import clock
from supply.api.base.blueprints import api_blueprint
from supply.api.base.paging import PAGE, CursorSchema, NextSchema, cursor_after, id_cursor
from supply.api.supplying import suppliers_here
from supply.depot.queries import LotThere, ProductThere, kept_by

blueprint = api_blueprint("supplier-stock", "The supplier's own stock")


class DepotLotSchema(Schema):
    """A lot that is there. ``singles`` are containers beside whole packs."""

    lot = fields.String(required=True)
    expiry = fields.Date(required=True, allow_none=True)
    packs = fields.Integer(required=True)
    singles = fields.Integer(required=True)
    shelf_life = fields.String(
        required=True, metadata={"description": "fine, short (below what is promised) or expired."}
    )
    on_hold = fields.Boolean(required=True)
    locations = fields.List(fields.String(), required=True)


class DepotProductSchema(Schema):
    """A product once taken in. ``free`` packs may leave today and are promised to nobody."""

    supplier = fields.String(required=True)
    sku = fields.String(required=True)
    name = fields.String(required=True)
    on_hand = fields.Integer(required=True)
    promised = fields.Integer(required=True)
    free = fields.Integer(required=True)
    lots = fields.List(fields.Nested(DepotLotSchema), required=True)


class DepotSchema(NextSchema):
    """Products, those listed first in the catalogue first."""

    products = fields.List(fields.Nested(DepotProductSchema), required=True)


@blueprint.route("/supplier/stock")
@blueprint.response(200, DepotSchema)
@blueprint.arguments(CursorSchema, location="query")
def own_stock(query: dict[str, Any]) -> dict[str, Any]:
    """List what the caller's supplier keeps here, in packs; empty where it keeps none."""
    now = clock.now()
    after = id_cursor(query.get("cursor")) or 0
    ids = [supplier.id for supplier in suppliers_here()]
    found = kept_by(ids, now, after=after, limit=PAGE + 1)
    following = cursor_after(found[PAGE - 1].product.id) if len(found) > PAGE else None
    return {"products": [_product(one) for one in found[:PAGE]], "next": following}


def _product(one: ProductThere) -> dict[str, Any]:
    return {
        "supplier": one.product.supplier.code,
        "sku": one.product.sku,
        "name": one.product.name,
        "on_hand": one.on_hand.packs,
        "promised": one.promised,
        "free": one.free,
        "lots": [_lot(lot) for lot in one.lots],
    }


def _lot(lot: LotThere) -> dict[str, Any]:
    return {
        "lot": lot.number,
        "expiry": lot.expiry,
        "packs": lot.counted.packs,
        "singles": lot.counted.loose,
        "shelf_life": lot.life.value,
        "on_hold": lot.is_held,
        "locations": lot.places,
    }
