"""Clinics that a token may see."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from supply.accounts.access import clinics_of, membership_reaching
from supply.accounts.models import Clinic
from supply.api.base import auth
from supply.api.base.blueprints import api_blueprint
from supply.api.base.paging import CursorSchema, NextSchema

blueprint = api_blueprint("clinics", "Clinics")


class ClinicSchema(Schema):
    """A clinic."""

    code = fields.String(required=True)
    name = fields.String(required=True)
    practice = fields.String(required=True)
    timezone = fields.String(required=True)
    currency = fields.String(required=True)
    role = fields.String(required=True)


class ClinicsSchema(NextSchema):
    """Clinics, by name."""

    clinics = fields.List(fields.Nested(ClinicSchema), required=True)


@blueprint.route("/clinics")
@blueprint.arguments(CursorSchema, location="query")
@blueprint.response(200, ClinicsSchema)
def clinics(_query: dict[str, Any]) -> dict[str, Any]:
    """List the clinics the token may see: all of them, for nobody works in very many."""
    return {"clinics": [_clinic(clinic) for clinic in clinics_of(auth.person())], "next": None}


def _clinic(clinic: Clinic) -> dict[str, Any]:
    membership = membership_reaching(auth.person(), clinic)
    return {
        "code": clinic.code,
        "name": clinic.name,
        "practice": clinic.practice.code,
        "timezone": clinic.timezone,
        "currency": clinic.currency,
        "role": membership.role.value if membership else "",
    }
