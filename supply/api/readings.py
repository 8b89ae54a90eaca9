"""Temperatures of a location: what a logger or a program has read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from marshmallow import Schema, ValidationError, fields

from supply.accounts.access import NotFoundHereError
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.api.base import auth, writes
from supply.api.base.blueprints import api_blueprint
from supply.api.base.fields import Celsius, Input, Moment, Objects
from supply.coldchain.readings import Brought, Taken, take_in
from supply.coldchain.rules import Point
from supply.coldchain.terms import Source
from supply.coldchain.wording import degrees
from supply.db import db
from supply.items.models import Location
from supply.items.terms import LocationKind
from supply.text import fold

blueprint = api_blueprint("readings", "Temperatures")

MOST_READINGS = 20_000


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


@blueprint.route(
    "/clinics/<clinic_code>/locations/<path:name>/readings", methods=["POST"], merge_slashes=False
)
@blueprint.response(200, TakenSchema)
@blueprint.writes
@auth.at_clinic(Right.WASTE)
@blueprint.arguments(ReadingsSchema)
def take(body: dict[str, Any], clinic: Clinic, name: str) -> dict[str, Any]:
    """Take temperatures in; what is known already counts as repeated."""
    location = _location(clinic, name)
    points = [Point(one["at"], one["celsius"]) for one in body["readings"]]

    def work(now: dt.datetime) -> dict[str, Any]:
        brought = Brought(Source.PROGRAM, points)
        return answer(take_in(location, brought, actor=auth.actor(), now=now))

    return _as_moments(writes.once(work))


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
