"""Adverse events of sessions."""

from __future__ import annotations

import datetime as dt
from typing import Any

from marshmallow import Schema, fields

from supply.accounts.access import NotFoundHereError
from supply.accounts.rules import Right
from supply.adverse.events import Noticed, record_event, shared_lots
from supply.adverse.terms import LONGEST_KIND, LONGEST_NOTE, Severity
from supply.api.base import auth, writes
from supply.api.base.blueprints import api_blueprint
from supply.api.base.fields import LARGEST_ID, Input, Moment, Text, one_of
from supply.diary.queries import session_with_id
from supply.treatments.models import TreatmentSession

blueprint = api_blueprint("events", "Adverse events")


class EventSchema(Input):
    """What was noticed after a session. Never a name."""

    kind = Text(LONGEST_KIND, required=True)
    severity = Text(required=True, validate=one_of(Severity))
    noticed_at = Moment(required=True)
    note = Text(LONGEST_NOTE, blank=True)


class SharedLotSchema(Schema):
    """A lot of the session that other sessions with an event had, too."""

    sku = fields.String(required=True)
    lot = fields.String(required=True)
    events = fields.Integer(required=True)


class RecordedEventSchema(Schema):
    """The event, and the lots that it shares with others."""

    event = fields.Integer(required=True)
    shared_lots = fields.List(fields.Nested(SharedLotSchema), required=True)


def _of_session(*, session_id: int, **rest: Any) -> dict[str, Any]:
    """Hand a view the session, if the caller may write an event of it down."""
    session = session_with_id(session_id)
    if session is None:
        raise NotFoundHereError(str(session_id))
    auth.clinic(session.clinic.code, Right.TRACE)
    return {"session": session, **rest}


@blueprint.route(f"/sessions/<int(max={LARGEST_ID}):session_id>/events", methods=["POST"])
@blueprint.response(201, RecordedEventSchema)
@blueprint.writes
@auth.handing(_of_session)
@blueprint.arguments(EventSchema)
def record(body: dict[str, Any], session: TreatmentSession) -> dict[str, Any]:
    """Write an adverse event down, with the lots that the session gave.

    It is never changed. ``shared_lots`` are those of its lots that two or more sessions with an
    event have in common.
    """
    session_id = session.id

    def work(now: dt.datetime) -> dict[str, Any]:
        found = session_with_id(session_id)
        if found is None:
            raise NotFoundHereError(str(session_id))
        noticed = Noticed(
            body["kind"], Severity(body["severity"]), body["noticed_at"], body.get("note", "")
        )
        event = record_event(found, noticed, actor=auth.actor(), now=now)
        shared = shared_lots(found.clinic.practice_id, event.id)
        return {"event": event.id, "shared_lots": [lot.as_json() for lot in shared]}

    return writes.once(work)
