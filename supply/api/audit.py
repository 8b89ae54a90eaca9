"""Who did what, for those who answer for a practice or a supplier."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from marshmallow import Schema, fields

from supply.accounts.access import ForbiddenError
from supply.accounts.models import Person, Practice, Supplier
from supply.api.base import auth
from supply.api.base.blueprints import api_blueprint
from supply.api.base.fields import DayOrMoment, Text
from supply.api.base.paging import PAGE, CursorSchema, NextSchema, cursor_after, read_cursor
from supply.trail.queries import Asked, Seen, rows, whose
from supply.trail.reading import person_named, places_of, span

blueprint = api_blueprint("audit", "Audit")


class AuditQuery(CursorSchema):
    """Between which days or instants, both with it, and by whom (an e-mail address)."""

    first = DayOrMoment(data_key="from")
    last = DayOrMoment(data_key="to")
    person = Text()


class SubjectSchema(Schema):
    """What it was done to."""

    type = fields.String(required=True)
    id = fields.Integer(required=True, allow_none=True)


class AuditRowSchema(Schema):
    """One thing that was done. What another organisation's people do has no address."""

    at = fields.String(required=True)
    person = fields.String(required=True, allow_none=True)
    address = fields.String(required=True, allow_none=True)
    action = fields.String(required=True)
    subject = fields.Nested(SubjectSchema, required=True)
    before = fields.Raw(required=True, allow_none=True)
    after = fields.Raw(required=True, allow_none=True)


class AuditSchema(NextSchema):
    """What was done, the newest first."""

    rows = fields.List(fields.Nested(AuditRowSchema), required=True)


@blueprint.route("/audit")
@blueprint.arguments(AuditQuery, location="query")
@blueprint.response(200, AuditSchema)
def read(query: Mapping[str, Any]) -> dict[str, Any]:
    """List who did what, when, from where, in what the caller answers for."""
    places = _places(auth.person())
    of = whose(*places)
    since, until = span(query.get("first"), query.get("last"), places[0])
    named = query.get("person")
    asked = Asked(since=since, until=until, person_id=person_named(named, of) if named else None)
    found = rows(of, asked, _after(query.get("cursor")), PAGE + 1)
    page = found[:PAGE]
    more = len(found) > PAGE
    return {
        "rows": [_as_json(row) for row in page],
        "next": cursor_after(f"{page[-1].at.isoformat()} {page[-1].id}") if more else None,
    }


def _places(person: Person) -> list[Practice | Supplier]:
    found = places_of(person)
    if not found:
        raise ForbiddenError(_("Your role here does not include this."))
    return found


def _after(cursor: str | None) -> tuple[dt.datetime, int] | None:
    text = read_cursor(cursor)
    if text is None:
        return None
    at, _space, row_id = text.partition(" ")
    return dt.datetime.fromisoformat(at), int(row_id)


def _as_json(row: Seen) -> dict[str, Any]:
    return {
        "at": row.at.isoformat(),
        "person": row.email or row.person,
        "address": row.address,
        "action": row.action,
        "subject": {"type": row.subject_type, "id": row.subject_id},
        "before": row.before,
        "after": row.after,
    }
