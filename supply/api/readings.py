"""Temperatures of a location: what a logger or a program has read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from flask import request
from flask_babel import gettext as _
from marshmallow import Schema, ValidationError, fields

from supply import clock
from supply.accounts.access import NotFoundHereError
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.api.base import auth, writes
from supply.api.base.blueprints import api_blueprint
from supply.api.base.fields import Celsius, Input, Moment, Objects
from supply.api.base.parsing import sent_file
from supply.coldchain import wording
from supply.coldchain.intake import look, take_file
from supply.coldchain.readings import Brought, Taken, take_in
from supply.coldchain.rules import Point
from supply.coldchain.terms import Source
from supply.coldchain.wording import degrees
from supply.db import db
from supply.items.models import Location
from supply.items.terms import LocationKind
from supply.refusals import InvalidInput
from supply.tables import FaultyTable
from supply.text import fold

blueprint = api_blueprint("readings", "Temperatures")

MOST_READINGS = 20_000

Work = Callable[[dt.datetime], Taken]


class ReadingSchema(Input):
    """A temperature at an instant."""

    at = Moment(required=True)
    celsius = Celsius(required=True)


def _some(readings: Sequence[Any]) -> None:
    if not 1 <= len(readings) <= MOST_READINGS:
        raise ValidationError(_("Send from 1 to %(most)d readings.", most=MOST_READINGS))


class ReadingsSchema(Input):
    """Readings of one location."""

    readings = Objects(ReadingSchema, many=True, required=True, validate=_some)


class GapSchema(Schema):
    """A time longer than twice the usual interval without a reading: unknown."""

    start = Moment(required=True, data_key="from")
    end = Moment(required=True, data_key="to")


class ExcursionSchema(Schema):
    """A time out of range that was too long; ``to`` is null while it goes on."""

    excursion = fields.Integer(required=True)
    start = Moment(required=True, data_key="from")
    end = Moment(required=True, allow_none=True, data_key="to")
    side = fields.String(required=True, metadata={"enum": ["warm", "cold"]})
    low = fields.String(required=True)
    high = fields.String(required=True)
    minutes = fields.Integer(required=True)


class TakenSchema(Schema):
    """How many readings were new, and what the time that they span shows."""

    accepted = fields.Integer(required=True)
    repeated = fields.Integer(required=True)
    gaps = fields.List(fields.Nested(GapSchema), required=True)
    excursions = fields.List(fields.Nested(ExcursionSchema), required=True)


BODY = {
    "required": True,
    "content": {
        "application/json": {"schema": ReadingsSchema},
        "text/csv": {"schema": {"type": "string", "description": "A logger's file, of any make."}},
    },
}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FILES = ("text/csv", "text/plain", "text/tab-separated-values", "application/octet-stream", XLSX)


@blueprint.route(
    "/clinics/<clinic_code>/locations/<path:name>/readings", methods=["POST"], merge_slashes=False
)
@blueprint.response(200, TakenSchema)
@blueprint.doc(requestBody=BODY)
@blueprint.writes
@auth.at_clinic(Right.WASTE)
def take(clinic: Clinic, name: str) -> dict[str, Any]:
    """Take temperatures in; what is known already counts as repeated.

    A file is read as files with its heading were confirmed; times without an offset are on the
    clinic's clock. One row at fault refuses all of it, and so does what the file does not tell.
    """
    location = _location(clinic, name)
    work = _of_file(clinic, location) if request.mimetype in FILES else _of_json(location)
    return _as_moments(writes.once(lambda now: answer(work(now))))


def _of_json(location: Location) -> Work:
    body = blueprint.ARGUMENTS_PARSER.parse(ReadingsSchema(), request, location="json")
    points = [Point(one["at"], one["celsius"]) for one in body["readings"]]
    brought = Brought(Source.PROGRAM, points)
    return lambda now: take_in(location, brought, actor=auth.actor(), now=now)


def _of_file(clinic: Clinic, location: Location) -> Work:
    try:
        file = look(clinic, sent_file(request), "readings.csv", {}, clock.now())
    except FaultyTable as faulty:
        raise InvalidInput(*((f"rows.{one.row}", str(one)) for one in faulty.shown)) from faulty
    if file.questions:
        raise InvalidInput(*((one.value, str(wording.UNSURE[one])) for one in file.questions))
    return lambda now: take_file(location, file, source=Source.PROGRAM, actor=auth.actor(), now=now)


def _location(clinic: Clinic, name: str) -> Location:
    """Return a location by its name; raises NotFoundHereError where there is none of it."""
    found = db.session.scalar(
        sa.select(Location).where(
            Location.clinic_id == clinic.id,
            Location.kind == LocationKind.SHELF,
            Location.name_key == fold(name),
        )
    )
    if found is None:
        raise NotFoundHereError(name)
    return found


def answer(taken: Taken) -> dict[str, Any]:
    """Return the answer as it is kept, for repeats: as JSON."""
    return {
        "accepted": taken.accepted,
        "repeated": taken.repeated,
        "gaps": [{"start": g.start.isoformat(), "end": g.end.isoformat()} for g in taken.gaps],
        "excursions": [
            {
                "excursion": one.id,
                "start": one.began_at.isoformat(),
                "end": one.ended_at.isoformat() if one.ended_at else None,
                "side": one.side.value,
                "low": f"{degrees(one.low):.2f}",
                "high": f"{degrees(one.high):.2f}",
                "minutes": one.minutes,
            }
            for one in taken.excursions
        ],
    }


def _as_moments(kept: dict[str, Any]) -> dict[str, Any]:
    """Return a kept answer with its instants as such."""
    spans = ("gaps", "excursions")
    return {**kept, **{name: [_span(one) for one in kept[name]] for name in spans}}


def _span(kept: dict[str, Any]) -> dict[str, Any]:
    ends = {name: dt.datetime.fromisoformat(kept[name]) for name in ("start", "end") if kept[name]}
    return {**kept, **ends}
