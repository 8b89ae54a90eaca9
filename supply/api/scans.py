"""Reading what a scanner typed."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
from marshmallow import Schema, fields

from supply import clock
from supply.api.base import auth
from supply.api.base.blueprints import api_blueprint
from supply.api.base.fields import Day, Input, Text
from supply.catalogue.barcodes import scan
from supply.catalogue.models import Product, ProductGtin
from supply.catalogue.offered import offered_to
from supply.db import db
from supply.items.models import Item, ItemGtin, ItemProduct
from supply.text import fold

blueprint = api_blueprint("scans", "Scans")

LONGEST_SCAN = 1_000


class ScanSchema(Input):
    """What the scanner sent, GS as ``\\u001d``."""

    text = Text(LONGEST_SCAN, control=True, required=True)


class ScanProblemSchema(Schema):
    """Something to look at."""

    code = fields.String(required=True)
    message = fields.String(required=True)


class ScannedSchema(Schema):
    """What a code says; parts it does not name are null."""

    gtin = fields.String(required=True, allow_none=True)
    sku = fields.String(required=True, allow_none=True)
    lot = fields.String(required=True, allow_none=True)
    expiry = Day(required=True, allow_none=True)
    serial = fields.String(required=True, allow_none=True)
    count = fields.Integer(required=True, allow_none=True)
    problems = fields.List(fields.Nested(ScanProblemSchema), required=True)


@blueprint.route("/scan", methods=["POST"])
@blueprint.response(200, ScannedSchema)
@blueprint.arguments(ScanSchema)
def read(body: dict[str, Any]) -> dict[str, Any]:
    """Read a code. ``sku`` is the caller's own: a practice's item code, a supplier's SKU."""
    found = scan(body["text"], today=clock.now().date())
    answer = asdict(found)
    return {**answer, "sku": _own(found.item) if found.item else _sku(found.gtin)}


def _own(code: str) -> str | None:
    """Return the code of an item as the caller's practice has it, from a label of our own."""
    practices = [m.practice_id for m in auth.person().memberships if m.practice_id is not None]
    return db.session.scalar(
        sa.select(Item.code)
        .where(Item.practice_id.in_(practices), Item.code_key == fold(code))
        .order_by(Item.id)
        .limit(1)
    )


def _sku(gtin: str | None) -> str | None:
    """Return what the caller calls the product of ``gtin``; what is stocked comes first."""
    if gtin is None:
        return None
    memberships = auth.person().memberships
    practices = [m.practice_id for m in memberships if m.practice_id is not None]
    suppliers = [m.supplier_id for m in memberships if m.supplier_id is not None]
    stocked = (
        sa.select(Item.code)
        .join(ItemProduct, ItemProduct.item_id == Item.id)
        .join(ProductGtin, ProductGtin.product_id == ItemProduct.product_id)
        .where(ProductGtin.gtin == gtin, Item.practice_id.in_(practices))
        .order_by(ItemProduct.preferred.desc(), Item.id)
        .limit(1)
    )
    if practices and (code := db.session.scalar(stocked)):
        return code
    linked = (
        sa.select(Item.code)
        .join(ItemGtin, ItemGtin.item_id == Item.id)
        .where(ItemGtin.gtin == gtin, ItemGtin.practice_id.in_(practices))
        .order_by(Item.id)
        .limit(1)
    )
    if practices and (code := db.session.scalar(linked)):
        return code
    sold = (
        sa.select(Product.sku)
        .join(ProductGtin, ProductGtin.product_id == Product.id)
        .where(ProductGtin.gtin == gtin, offered_to(*practices))
        .order_by(Product.withdrawn_at.is_not(None), Product.id)
        .limit(1)
    )
    if not practices:
        sold = sold.where(Product.supplier_id.in_(suppliers))
    return db.session.scalar(sold)
