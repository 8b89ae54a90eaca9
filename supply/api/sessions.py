"""Recording sessions."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from marshmallow import Schema, fields

from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.api.base import auth, writes
from supply.api.base.blueprints import api_blueprint
from supply.api.base.fields import Input, Moment, Named, Objects, QuantityText, Several, Text, Whole
from supply.db import db
from supply.items.refusals import UnknownItemError
from supply.refusals import InvalidInput
from supply.treatments.models import TreatmentSession
from supply.treatments.recording import record_session
from supply.treatments.session_lines import SessionRequest
from supply.treatments.terms import MOST_AREAS

blueprint = api_blueprint("sessions", "Sessions")


class OverrideSchema(Input):
    """A warning, by its key, and why to go on in spite of it."""

    warning = Text(120, required=True)
    reason = Text(500, required=True)


class SessionSchema(Input):
    """What was given; everything not said is as the formulation says."""

    formulation = Text(required=True)
    patient_ref = Text(required=True)
    occurred_at = Moment()
    amounts = Named(keys=Text(), values=QuantityText(allow_none=True))
    lots = Named(keys=Text(), values=Text())
    planned_session = Whole()
    reasons = Named(keys=Text(), values=Text(500, blank=True))
    areas = Whole(1, MOST_AREAS)
    overrides = Several(Objects(OverrideSchema))


class DrawnSchema(Schema):
    """What of a lot went to the patient."""

    sku = fields.String(required=True)
    lot = fields.String(required=True)
    quantity = fields.String(required=True)


class WastedSchema(DrawnSchema):
    """What of a lot was lost with it, and why."""

    reason = fields.String(required=True)


class RecordedSchema(Schema):
    """A recorded session; drawn and wasted together left stock."""

    entry = fields.Integer(required=True)
    session = fields.Integer(required=True)
    drawn = fields.List(fields.Nested(DrawnSchema), required=True)
    wasted = fields.List(fields.Nested(WastedSchema), required=True)


@blueprint.route("/clinics/<clinic_code>/sessions", methods=["POST"])
@blueprint.response(201, RecordedSchema)
@blueprint.writes
@auth.at_clinic(Right.RECORD)
@blueprint.arguments(SessionSchema)
def record(body: dict[str, Any], clinic: Clinic) -> dict[str, Any]:
    """Record a session and draw what it used.

    Too little of anything refuses all of it. What the patient is known to be allergic to, and
    what must not be injected together, answers 409 with ``warnings`` until each is overridden
    with a reason, which is kept.
    """

    def work(now: dt.datetime) -> dict[str, Any]:
        _check_planned(clinic, body.get("planned_session"))
        try:
            done = record_session(clinic, _request(body), actor=auth.actor(), now=now)
        except UnknownItemError as error:
            raise InvalidInput((f"amounts.{error.code}", str(error))) from error
        return done.as_json()

    return writes.once(work)


def _request(body: dict[str, Any]) -> SessionRequest:
    return SessionRequest(
        formulation=body["formulation"],
        patient_reference=body["patient_ref"],
        occurred_at=body.get("occurred_at"),
        amounts=body.get("amounts", {}),
        lots=body.get("lots", {}),
        reasons=body.get("reasons", {}),
        overrides={one["warning"]: one["reason"] for one in body.get("overrides", ())},
        areas=body.get("areas", 1),
        planned_session=body.get("planned_session"),
    )


def _check_planned(clinic: Clinic, session_id: int | None) -> None:
    """Refuse a session that was never of this clinic; one no longer booked is a conflict."""
    if session_id is None:
        return
    known = sa.exists().where(
        TreatmentSession.id == session_id, TreatmentSession.clinic_id == clinic.id
    )
    if not db.session.scalar(sa.select(known)):
        raise InvalidInput(("planned_session", _("This clinic has no such session.")))
