"""What a clinic is offered, as its catalogue page finds it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from marshmallow import Schema, fields

from supply import clock
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.api.base import auth
from supply.api.base.blueprints import api_blueprint
from supply.api.base.fields import Amount, Input, Several, Text
from supply.api.base.paging import PAGE, NextSchema, cursor_after, read_cursor
from supply.api.base.schemas import MoneySchema
from supply.catalogue import offers, wording
from supply.catalogue.finding.counting import Place
from supply.catalogue.finding.values import FACETS
from supply.catalogue.offers import Offer
from supply.catalogue.search import LONGEST, FacetValue, Search, chosen_of, search_products
from supply.catalogue.terms import Availability
from supply.money import precision
from supply.quantity import ZERO
from supply.refusals import InvalidInput

blueprint = api_blueprint("catalogue", "Catalogue")


def _values(described: str) -> Several:
    return Several(Text(LONGEST, blank=True), metadata={"description": described})


class CatalogueQuery(Input):
    """What is looked for; a facet may be named several times, and a product has one of its values.

    Empty values ask for nothing.
    """

    q = Text(LONGEST, blank=True, control=True)
    """Words in any order, or a scanned code."""
    concern = _values("A treatment concern, such as hair_loss.")
    category = _values("A category, such as needle.")
    ingredient = _values("An ingredient by its name.")
    strength = _values("An ingredient and its strength, as one text.")
    gauge = _values("A needle's gauge: 30 or 30G.")
    length = _values("A needle's length in millimetres.")
    storage = _values("cold, ambient, either or frozen.")
    prescription = _values("yes or no.")
    supplier = _values("A supplier's code.")
    stock = _values("here: what the clinic has any of.")
    cursor = Text(400, blank=True)


class AvailabilitySchema(Schema):
    """Whether the supplier has it, and when it expects to have it again, as far as it says."""

    status = fields.Enum(Availability, by_value=True, required=True)
    expected_on = fields.Date(required=True, allow_none=True)


class OfferSchema(Schema):
    """A product as it is offered to the clinic; prices are of a pack and of a base unit.

    Without a price in the clinic's currency both are null.
    """

    product = fields.Integer(required=True)
    sku = fields.String(required=True)
    supplier = fields.String(required=True)
    name = fields.String(required=True)
    pack = fields.String(required=True)
    price = fields.Nested(MoneySchema, required=True, allow_none=True)
    unit_price = fields.Nested(MoneySchema, required=True, allow_none=True)
    lead_time_days = fields.Integer(required=True)
    available = Amount(required=True)
    on_hand = Amount(required=True)
    availability = fields.Nested(AvailabilitySchema, required=True)


class FacetSchema(Schema):
    """A value of a facet, and how many products choosing it would leave."""

    value = fields.String(required=True)
    count = fields.Integer(required=True)


class CatalogueSchema(NextSchema):
    """A page of what matches: by name, or with words the best found first."""

    products = fields.List(fields.Nested(OfferSchema), required=True)
    facets = fields.Dict(
        keys=fields.String(), values=fields.List(fields.Nested(FacetSchema)), required=True
    )
    total = fields.Integer(required=True)
    correction = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        metadata={"description": "Only where a word was corrected: what `was` typed, and `now`."},
    )


@blueprint.route("/clinics/<clinic_code>/catalogue")
@blueprint.response(200, CatalogueSchema)
@auth.at_clinic(Right.VIEW)
@blueprint.arguments(CatalogueQuery, location="query")
def catalogue(query: dict[str, Any], clinic: Clinic) -> dict[str, Any]:
    """List what the clinic is offered and what matches, with what each facet would leave."""
    now = clock.now()
    today = clock.local_date(now, clinic.timezone)
    found = search_products(
        Search(query.get("q", ""), _chosen(query)),
        clinic,
        today=today,
        after=_place(query.get("cursor")),
        limit=PAGE,
    )
    prices = offers.prices_of(clinic, found.products, today)
    answer = {
        "products": [
            _offer(offer) for offer in offers.offers(clinic, found.products, prices, now, today)
        ],
        "facets": _facets(found.facets),
        "total": found.total,
        "next": cursor_after(json.dumps(found.last)) if found.last else None,
    }
    if found.correction:
        answer["correction"] = {"was": found.correction.was, "now": found.correction.now}
    return answer


def _chosen(query: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return the values chosen of each facet; refuse what is no value of it."""
    said = {facet: [text for text in query.get(facet, ()) if text] for facet in FACETS}
    chosen = chosen_of(said)
    faults = [
        (facet, _("This facet has no such value."))
        for facet, texts in said.items()
        if any(not chosen_of({facet: [text]}) for text in texts)
    ]
    if faults:
        raise InvalidInput(*faults)
    return chosen


def _place(cursor: str | None) -> Place | None:
    """Return the place after which the page begins; raises as :func:`read_cursor`."""
    kept = read_cursor(cursor or None)
    if kept is None:
        return None
    by, product_id = json.loads(kept)
    return by, product_id


def _facets(found: Mapping[str, Sequence[FacetValue]]) -> dict[str, list[dict[str, Any]]]:
    """Return the facets; ingredients and strengths as they are spelled."""
    spelled = ("ingredient", "strength")
    return {
        facet: [
            {"value": one.label if facet in spelled else one.value, "count": one.count}
            for one in values
        ]
        for facet, values in found.items()
    }


def _offer(offer: Offer) -> dict[str, Any]:
    product, there, price = offer.product, offer.on_hand, offer.price
    each = offer.unit_price
    return {
        "product": product.id,
        "sku": product.sku,
        "supplier": product.supplier.code,
        "name": product.name,
        "pack": wording.pack(product),
        "price": price.as_json() if price else None,
        "unit_price": (
            {"amount": _fine(each, price.currency), "currency": price.currency}
            if price and each is not None
            else None
        ),
        "lead_time_days": offer.lead_time_days,
        "available": there.available if there else ZERO,
        "on_hand": there.on_hand if there else ZERO,
        "availability": {"status": product.availability, "expected_on": product.expected_on},
    }


def _fine(each: Decimal, currency: str) -> str:
    """Return the price of a base unit with as many decimals as tell it, four at most."""
    least = precision(currency)
    whole, _point, decimals = f"{each:.{max(4, least)}f}".partition(".")
    told = decimals.rstrip("0").ljust(least, "0")
    return f"{whole}.{told}" if told else whole
