"""Templates of a clinic: what it orders again and again, and its basket filled from one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields

from supply import clock
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.api.base import auth, writes
from supply.api.base.blueprints import api_blueprint
from supply.api.base.fields import LARGEST_ID
from supply.api.base.paging import PAGE, CursorSchema, NextSchema, cursor_after, id_cursor
from supply.api.base.schemas import NothingSchema
from supply.api.orders import OrderSummarySchema, summary
from supply.baskets import contents
from supply.catalogue.models import Product
from supply.catalogue.successors import replacements
from supply.filling import templates
from supply.filling.again import Gone, sold_of
from supply.filling.models import OrderTemplate
from supply.filling.services import fill_basket

blueprint = api_blueprint("templates", "Templates")

TEMPLATE = f"/clinics/<clinic_code>/templates/<int(max={LARGEST_ID}):template_id>"


class ReplacementAnswer(Schema):
    """What replaces a product that is no longer sold; it is ordered only if somebody asks."""

    sku = fields.String(required=True)
    name = fields.String(required=True)


class TemplateLineSchema(Schema):
    """Packs of a product, by its supplier's SKU."""

    supplier = fields.String(required=True)
    sku = fields.String(required=True)
    name = fields.String(required=True)
    packs = fields.Integer(required=True)
    sold = fields.Boolean(required=True)
    """Whether its supplier sells it still."""
    replaced_by = fields.Nested(ReplacementAnswer, required=True, allow_none=True)


class TemplateSchema(Schema):
    """A list of what is ordered again and again."""

    template = fields.Integer(required=True)
    name = fields.String(required=True)
    lines = fields.List(fields.Nested(TemplateLineSchema), required=True)


class TemplatesSchema(NextSchema):
    """Templates, the oldest first."""

    templates = fields.List(fields.Nested(TemplateSchema), required=True)


class FilledSchema(Schema):
    """What came into the basket, what was left out, and the baskets as they are now."""

    lines = fields.Integer(required=True)
    packs = fields.Integer(required=True)
    """How many more there are than before."""
    left_out = fields.List(fields.Nested(TemplateLineSchema), required=True)
    baskets = fields.List(fields.Nested(OrderSummarySchema), required=True)


@blueprint.route("/clinics/<clinic_code>/templates")
@blueprint.response(200, TemplatesSchema)
@auth.at_clinic(Right.ORDER)
@blueprint.arguments(CursorSchema, location="query")
def listed(query: dict[str, Any], clinic: Clinic) -> dict[str, Any]:
    """List the clinic's templates, and what replaces what is no longer sold."""
    after = id_cursor(query.get("cursor")) or 0
    found = templates.templates_after(clinic, after, PAGE + 1)
    shown = found[:PAGE]
    instead = replacements(line.product for one in shown for line in one.lines)
    following = cursor_after(shown[-1].id) if len(found) > PAGE else None
    return {"templates": [_template(one, instead) for one in shown], "next": following}


@blueprint.route(f"{TEMPLATE}/fill", methods=["POST"])
@blueprint.response(200, FilledSchema)
@blueprint.writes
@auth.at_clinic(Right.ORDER)
@blueprint.arguments(NothingSchema)
def fill(_body: dict[str, Any], clinic: Clinic, template_id: int) -> dict[str, Any]:
    """Put a template's lines into the clinic's baskets, one for each supplier.

    What is no longer sold is left out and named, with what replaces it; where nothing is sold any
    more the call is a 409.
    """
    found = templates.template_of(clinic, template_id)
    wanted = sold_of((line.product, line.packs) for line in found.lines)

    def work(now: dt.datetime) -> dict[str, Any]:
        done = fill_basket(clinic, wanted.lines, actor=auth.actor(), now=now)
        return {
            "lines": done.lines,
            "packs": done.packs,
            "left_out": [_gone(one) for one in wanted.gone],
            "baskets": [summary(order, clock.now()) for order in contents.baskets(clinic)],
        }

    return writes.once(work)


def _template(found: OrderTemplate, instead: Mapping[int, Product]) -> dict[str, Any]:
    lines = [_line(one.product, one.packs, instead.get(one.product_id)) for one in found.lines]
    return {"template": found.id, "name": found.name, "lines": lines}


def _gone(gone: Gone) -> dict[str, Any]:
    return _line(gone.product, gone.packs, gone.instead)


def _line(product: Product, packs: int, instead: Product | None) -> dict[str, Any]:
    return {
        "supplier": product.supplier.code,
        "sku": product.sku,
        "name": product.name,
        "packs": packs,
        "sold": product.withdrawn_at is None,
        "replaced_by": {"sku": instead.sku, "name": instead.name} if instead else None,
    }
