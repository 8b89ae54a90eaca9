"""Who got a lot, and where the rest is; what a patient reference got."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from marshmallow import Schema, fields

from supply.accounts.access import ForbiddenError, clinics_of, clinics_to_trace_for
from supply.api.base import auth
from supply.api.base.blueprints import api_blueprint
from supply.api.base.fields import Input, Text
from supply.refusals import InvalidInput
from supply.reports.patient_trace import trace_patient
from supply.reports.trace import trace

blueprint = api_blueprint("traces", "Traces")


class TraceQuery(Input):
    """A lot number, and the product by a GTIN of any of its packs or by the item's code.

    Or a patient reference alone.
    """

    gtin = Text(14)
    sku = Text()
    lot = Text()
    patient_ref = Text()


class TracedLotSchema(Schema):
    """A lot that matched."""

    sku = fields.String(required=True)
    name = fields.String(required=True)
    lot = fields.String(required=True)
    expiry = fields.String(required=True, allow_none=True)
    unit = fields.String(required=True)


class TracedPlaceSchema(Schema):
    """What of it is in one place."""

    clinic = fields.String(required=True)
    location = fields.String(required=True)
    quantity = fields.String(required=True)


class TracedOverrideSchema(Schema):
    """A warning that the session was recorded in spite of, and why."""

    message = fields.String(required=True)
    reason = fields.String(required=True)


class GivenLotSchema(TracedLotSchema):
    """What of a lot the session gave."""

    quantity = fields.String(required=True)


class TracedSessionSchema(Schema):
    """A session that gave ``quantity`` of the lot; of a patient reference, the ``lots`` it gave."""

    clinic = fields.String(required=True)
    session = fields.Integer(required=True)
    patient_ref = fields.String(required=True)
    occurred_at = fields.String(required=True)
    quantity = fields.String()
    lots = fields.List(fields.Nested(GivenLotSchema))
    overrides = fields.List(fields.Nested(TracedOverrideSchema), required=True)


class TracedShipmentSchema(Schema):
    """A shipment it came in."""

    clinic = fields.String(required=True)
    shipment = fields.String(required=True)
    supplier = fields.String(required=True)
    sku = fields.String(required=True)
    packs = fields.Integer(required=True)
    shipped_at = fields.String(required=True)
    received_at = fields.String(required=True, allow_none=True)


class TraceSchema(Schema):
    """Everything known of a lot in the clinics the token may see."""

    lots = fields.List(fields.Nested(TracedLotSchema), required=True)
    on_hand = fields.List(fields.Nested(TracedPlaceSchema), required=True)
    sessions = fields.List(fields.Nested(TracedSessionSchema), required=True)
    shipments = fields.List(fields.Nested(TracedShipmentSchema), required=True)


@blueprint.route("/trace")
@blueprint.response(200, TraceSchema)
@blueprint.arguments(TraceQuery, location="query")
def read(query: dict[str, Any]) -> dict[str, Any]:
    """Say where a lot came from, where it is and who got it.

    With ``patient_ref``: the reference's sessions, each with its lots, and where those are.
    Owners, stock managers and practitioners ask that, each of the clinics they see; to them
    alone the sessions that got a lot are told.
    """
    clinics = clinics_of(auth.person())
    if not clinics:
        raise ForbiddenError(_("Your role here does not include this."))
    traced = set(clinics_to_trace_for(auth.person(), clinics))
    if "patient_ref" not in query:
        lot, gtin, sku = (query.get(name) for name in ("lot", "gtin", "sku"))
        return trace(clinics, lot=lot or "", gtin=gtin, sku=sku, traced=traced).as_json()
    if not traced:
        raise ForbiddenError(_("Your role here does not include this."))
    if beside := query.keys() & {"lot", "gtin", "sku"}:
        message = _("Ask for a lot, or for a patient reference.")
        raise InvalidInput(*((name, message) for name in sorted(beside)))
    asked = [clinic for clinic in clinics if clinic.id in traced]
    return trace_patient(asked, query["patient_ref"]).as_json()
