"""What became of stock between two moments, and what of it nobody can explain."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from marshmallow import Schema, fields

from supply import clock
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.api.base import auth
from supply.api.base.blueprints import api_blueprint
from supply.api.base.fields import Amount, DayOrMoment, Input
from supply.api.base.schemas import MoneySchema
from supply.losses.between import ItemLoss, losses_between
from supply.losses.period import period_of
from supply.money import Money
from supply.refusals import InvalidInput

blueprint = api_blueprint("losses", "Losses")


class LossesQuery(Input):
    """Between which days or instants, both with it; a quarter of a year up to now, unless said."""

    first = DayOrMoment(data_key="from")
    last = DayOrMoment(data_key="to")


class LossSchema(Schema):
    """An item between the two, in its base unit.

    opening + received + transferred - used - wasted - unexplained = closing. *transferred* is
    above zero where more came from sister clinics than went to them. *unexplained* is what counts
    and corrections missed, below zero where they found more; *value* is what that cost, null
    where no cost is known.
    """

    sku = fields.String(required=True)
    opening = Amount(required=True)
    received = Amount(required=True)
    transferred = Amount(required=True)
    used = Amount(required=True)
    wasted = Amount(required=True)
    closing = Amount(required=True)
    unexplained = Amount(required=True)
    value = fields.Nested(MoneySchema, required=True, allow_none=True)


class LossesSchema(Schema):
    """Each item that was there or moved, by its code."""

    losses = fields.List(fields.Nested(LossSchema), required=True)


@blueprint.route("/clinics/<clinic_code>/losses")
@auth.at_clinic(Right.VIEW)
@blueprint.arguments(LossesQuery, location="query")
@blueprint.response(200, LossesSchema)
def losses(query: Mapping[str, Any], clinic: Clinic) -> dict[str, Any]:
    """Say of each item what came, went and is unexplained; an undone entry counts for nothing."""
    period = period_of(query.get("first"), query.get("last"), clinic.timezone, clock.now())
    if period.since >= period.until:
        raise InvalidInput(("from", _("The first day lies after the last.")))
    return {"losses": [_row(one, clinic.currency) for one in losses_between(clinic, period)]}


def _row(one: ItemLoss, currency: str) -> dict[str, Any]:
    loss, value = one.loss, one.loss.value
    figures: dict[str, Decimal] = {
        name: getattr(loss, name)
        for name in (
            "opening", "received", "transferred", "used", "wasted", "closing", "unexplained"
        )
    }  # fmt: skip
    money = None if value is None else Money(value, currency).as_json()
    return {"sku": one.item.code, **figures, "value": money}
