"""Putting lots on hold and releasing them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask_babel import gettext as _
from marshmallow import Schema, fields

from supply import clock
from supply.accounts.access import (
    ForbiddenError,
    NotFoundHereError,
    clinics_of,
    has_right,
    membership_reaching,
)
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.api.base import auth, spots, writes
from supply.api.base.blueprints import api_blueprint
from supply.api.base.fields import LARGEST_ID, Input, QuantityText, Text
from supply.db import db
from supply.handling import holding
from supply.inventory.models import Hold, Lot

blueprint = api_blueprint("holds", "Lots on hold")


class HoldSchema(Input):
    """A lot, or the part of it in one location, or a quantity of that; and why it is held."""

    sku = Text(required=True)
    lot = Text(required=True)
    location = Text()
    quantity = QuantityText()
    reason = Text(500, required=True)
    stands_at = Text(200)


class HeldSchema(Schema):
    """The hold."""

    hold = fields.Integer(required=True)


class ReleaseSchema(Input):
    """Why a hold is released."""

    reason = Text(500, required=True)


@blueprint.route("/clinics/<clinic_code>/holds", methods=["POST"])
@blueprint.response(201, HeldSchema)
@blueprint.writes
@auth.at_clinic(Right.STOCK)
@blueprint.arguments(HoldSchema)
def hold(body: dict[str, Any], clinic: Clinic) -> dict[str, Any]:
    """Put a lot on hold: everywhere in the clinic, in one location, or a quantity there.

    A quantity keeps back as many sealed containers as it takes. What is held is not drawn until
    it is released.
    """

    def work(now: dt.datetime) -> dict[str, Any]:
        lot = spots.lot_of(clinic, body["sku"], body["lot"])
        name = body.get("location")
        held = holding.hold(
            clinic,
            lot.id,
            location_id=None if name is None else spots.place_of(clinic, name),
            quantity=body.get("quantity"),
            reason=body["reason"],
            stands_at=body.get("stands_at", ""),
            actor=auth.actor(),
            now=now,
        )
        return {"hold": held.id}

    return writes.once(work)


def _clinic_of(held: Hold) -> Clinic | None:
    """Return the clinic of a hold; of one on a whole practice the first that the caller reaches."""
    if held.clinic_id is not None:
        return db.session.get(Clinic, held.clinic_id)
    lot = db.session.get_one(Lot, held.lot_id)
    mine = clinics_of(auth.person())
    return next((clinic for clinic in mine if clinic.practice_id == lot.practice_id), None)


def _mine_to_release(hold_id: int) -> dict[str, Any]:
    """Hand on a hold and its clinic if the caller keeps the stock there.

    Raises:
        NotFoundHereError: no such hold, or another's.
        ForbiddenError: a colleague's, and the caller keeps no stock.
    """
    held = db.session.get(Hold, hold_id)
    clinic = _clinic_of(held) if held else None
    membership = membership_reaching(auth.person(), clinic) if clinic else None
    if clinic is None or membership is None:
        raise NotFoundHereError(str(hold_id))
    if not has_right(membership, Right.STOCK, clock.local_date(clock.now(), clinic.timezone)):
        raise ForbiddenError(_("Your role here does not include this."))
    return {"clinic": clinic, "hold_id": hold_id}


@blueprint.route(f"/holds/<int(max={LARGEST_ID}):hold_id>/release", methods=["POST"])
@blueprint.response(200, HeldSchema)
@blueprint.writes
@auth.handing(_mine_to_release)
@blueprint.arguments(ReleaseSchema)
def release(body: dict[str, Any], clinic: Clinic, hold_id: int) -> dict[str, Any]:
    """Release a hold, once; the reason is kept with it."""

    def work(now: dt.datetime) -> dict[str, Any]:
        why = body["reason"]
        holding.release_hold(clinic, hold_id, reason=why, actor=auth.actor(), now=now)
        return {"hold": hold_id}

    return writes.once(work)
