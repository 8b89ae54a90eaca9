"""Planning courses."""

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
from supply.api.base.fields import Day, Input, Several, Text
from supply.db import db
from supply.diary import courses
from supply.refusals import InvalidInput
from supply.treatments.models import Protocol

blueprint = api_blueprint("courses", "Courses")


class CourseSchema(Input):
    """A protocol for a patient reference, from a day on."""

    protocol = Text(required=True)
    patient_ref = Text(required=True)
    start = Day(required=True)
    allergens = Several(Text(60))


class PlannedSessionSchema(Schema):
    """A session that is booked; ``session`` is what recording it calls ``planned_session``.

    ``meant_for`` is the protocol's day where the clinic is closed on it: then ``date`` is the
    next open one.
    """

    session = fields.Integer(required=True)
    number = fields.Integer(required=True)
    date = fields.String(required=True)
    planned_on = fields.String(required=True)
    meant_for = fields.String(required=True, allow_none=True)
    formulation = fields.String(required=True)
    status = fields.String(required=True)


class PlannedCourseSchema(Schema):
    """A course and its sessions."""

    course = fields.Integer(required=True)
    protocol = fields.String(required=True)
    patient_ref = fields.String(required=True)
    sessions = fields.List(fields.Nested(PlannedSessionSchema), required=True)


@blueprint.route("/clinics/<clinic_code>/courses", methods=["POST"])
@blueprint.response(201, PlannedCourseSchema)
@blueprint.writes
@auth.at_clinic(Right.RECORD)
@blueprint.arguments(CourseSchema)
def plan(body: dict[str, Any], clinic: Clinic) -> dict[str, Any]:
    """Plan a course: a session for each of the protocol's days."""

    def work(now: dt.datetime) -> dict[str, Any]:
        protocol = _protocol(clinic, body["protocol"])
        course = courses.plan_course(
            clinic,
            protocol,
            body["patient_ref"],
            body["start"],
            body.get("allergens", ()),
            actor=auth.actor(),
            now=now,
        )
        meant = courses.shifted(course, clinic)
        return {
            "course": course.id,
            "protocol": protocol.code,
            "patient_ref": course.patient_reference,
            "sessions": [
                {
                    "session": session.id,
                    "number": session.number,
                    "date": session.planned_on.isoformat() if session.planned_on else None,
                    "planned_on": session.planned_on.isoformat() if session.planned_on else None,
                    "meant_for": _text(meant.get(session.number or 0)),
                    "formulation": protocol.formulation.code,
                    "status": session.status.value,
                }
                for session in courses.sessions_of(course)
            ],
        }

    return writes.once(work)


def _text(day: dt.date | None) -> str | None:
    return day.isoformat() if day else None


def _protocol(clinic: Clinic, code: str) -> Protocol:
    found = db.session.scalar(
        sa.select(Protocol).where(
            Protocol.practice_id == clinic.practice_id,
            Protocol.code == code,
            Protocol.archived_at.is_(None),
        )
    )
    if found is None:
        raise InvalidInput(("protocol", _("This practice has no such protocol.")))
    return found
