"""The diary: what is booked, from a practice's own diary too, and what becomes of it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from marshmallow import Schema, ValidationError, fields

from supply import clock
from supply.accounts.access import NotFoundHereError
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.api.base import auth, writes
from supply.api.base.blueprints import api_blueprint
from supply.api.base.fields import LARGEST_ID, Day, Flag, Input, Objects, Text, Whole, one_of
from supply.api.base.paging import PAGE, CursorSchema, NextSchema, cursor_after, id_cursor
from supply.api.base.schemas import NothingSchema, SomeLines
from supply.clock import local_date
from supply.db import db
from supply.diary import bookings, steps
from supply.diary.allergic import warnings_of
from supply.diary.bookings import Booking
from supply.diary.earmarks import ReadyLine
from supply.diary.queries import Asked, session_with_id, sessions_of_clinic
from supply.diary.readiness import Readiness
from supply.quantity import as_text
from supply.replenishment.helping import Help, day_with_help
from supply.replenishment.wording import helping
from supply.treatments.models import TreatmentSession
from supply.treatments.references import LONGEST_REFERENCE
from supply.treatments.terms import MOST_AREAS, SessionStatus
from supply.treatments.warnings import SessionWarning

blueprint = api_blueprint("diary", "Diary")

SESSION = f"/sessions/<int(max={LARGEST_ID}):session_id>"

WORDS = {
    "booked": SessionStatus.PLANNED,
    "recorded": SessionStatus.RECORDED,
    "cancelled": SessionStatus.CANCELLED,
    "no_show": SessionStatus.NO_SHOW,
}
_SAID = {status: word for word, status in WORDS.items()}
_OF_A_DIARY = ("booked", "cancelled", "no_show")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)


def _is_time(text: str) -> None:
    if not _TIME.fullmatch(text):
        raise ValidationError(str(_l("Send a time as HH:MM.")))


class SessionsQuery(CursorSchema):
    """Which sessions: ``from`` a day ``to`` a day, both with it."""

    status = Text(validate=one_of(WORDS))
    patient_ref = Text(LONGEST_REFERENCE)
    first = Day(data_key="from")
    last = Day(data_key="to")


class DiarySessionSchema(Schema):
    """A session; ``date`` is the day it happened on, else the day it is booked for."""

    session = fields.Integer(required=True)
    status = fields.String(required=True, metadata={"enum": list(WORDS)})
    formulation = fields.String(required=True)
    patient_ref = fields.String(required=True)
    date = fields.String(required=True)
    time = fields.String(required=True, allow_none=True)
    """On the clinic's clock, where one is known."""
    areas = fields.Integer(required=True)
    course = fields.Integer(required=True, allow_none=True)
    practitioner = fields.String(required=True, allow_none=True)
    external_id = fields.String(required=True, allow_none=True)


class SessionsSchema(NextSchema):
    """Sessions, in the order they were booked or recorded."""

    sessions = fields.List(fields.Nested(DiarySessionSchema), required=True)


class BookingSchema(Input):
    """A booking as the diary has it now; what is not said stays as it was."""

    external_id = Text(200, required=True)
    patient_ref = Text(LONGEST_REFERENCE, required=True)
    formulation = Text(required=True)
    date = Day(required=True)
    time = Text(5, validate=_is_time)
    areas = Whole(1, MOST_AREAS)
    practitioner = Text(120, blank=True)
    status = Text(validate=one_of(_OF_A_DIARY))


class BookingsSchema(Input):
    """What a diary has, or what changed in it."""

    bookings = Objects(BookingSchema, many=True, required=True, validate=SomeLines())


class CountsSchema(Schema):
    """What became of the bookings."""

    created = fields.Integer(required=True)
    changed = fields.Integer(required=True)
    unchanged = fields.Integer(required=True)


class MoveSchema(Input):
    """Another day; one on which the clinic is closed only if ``though_closed``."""

    date = Day(required=True)
    though_closed = Flag()


class ReasonSchema(Input):
    """Why, if anybody said."""

    reason = Text(steps.LONGEST_REASON, blank=True)


class SessionStepSchema(Schema):
    """Where a session stands after a step."""

    session = fields.Integer(required=True)
    status = fields.String(required=True, metadata={"enum": list(WORDS)})
    date = fields.String(required=True)


@blueprint.route("/clinics/<clinic_code>/sessions")
@blueprint.response(200, SessionsSchema)
@auth.at_clinic(Right.VIEW)
@blueprint.arguments(SessionsQuery, location="query")
def sessions(query: dict[str, Any], clinic: Clinic) -> dict[str, Any]:
    """List the clinic's sessions: booked, recorded, cancelled, not come to."""
    asked = Asked(
        query.get("first"),
        query.get("last"),
        WORDS[query["status"]] if "status" in query else None,
        query.get("patient_ref"),
    )
    after = id_cursor(query.get("cursor"))
    found = sessions_of_clinic(clinic, asked, after=after, limit=PAGE + 1)
    following = cursor_after(found[PAGE - 1].id) if len(found) > PAGE else None
    return {"sessions": [_session(clinic, one) for one in found[:PAGE]], "next": following}


def _session(clinic: Clinic, session: TreatmentSession) -> dict[str, Any]:
    by = session.practitioner or (session.recorded_by.name if session.recorded_by else None)
    return {
        "session": session.id,
        "status": _SAID[session.status],
        "formulation": session.formulation.code,
        "patient_ref": session.patient_reference,
        "date": _day(clinic, session),
        "time": session.planned_at.strftime("%H:%M") if session.planned_at else None,
        "areas": session.areas,
        "course": session.course_id,
        "practitioner": by,
        "external_id": session.external_id,
    }


def _day(clinic: Clinic, session: TreatmentSession) -> str | None:
    if session.occurred_at is not None:
        return local_date(session.occurred_at, clinic.timezone).isoformat()
    return session.planned_on.isoformat() if session.planned_on else None


@blueprint.route("/clinics/<clinic_code>/bookings", methods=["POST"])
@blueprint.response(200, CountsSchema)
@blueprint.writes
@auth.at_clinic(Right.RECORD)
@blueprint.arguments(BookingsSchema)
def book(body: dict[str, Any], clinic: Clinic) -> dict[str, Any]:
    """Take in bookings from the practice's own diary, by its own ids: all of them, or none.

    A new one is the session that a course planned for the same patient reference and formulation
    within three days, where there is one. A recorded session is not touched.
    """
    wanted = [
        Booking(
            external_id=one["external_id"],
            patient_reference=one["patient_ref"],
            formulation=one["formulation"],
            day=one["date"],
            status=WORDS[one.get("status", "booked")],
            time=dt.time.fromisoformat(one["time"]) if "time" in one else None,
            practitioner=one.get("practitioner"),
            areas=one.get("areas"),
        )
        for one in body["bookings"]
    ]

    def work(now: dt.datetime) -> dict[str, Any]:
        counts = bookings.take_in(clinic, wanted, actor=auth.actor(), now=now)
        return {
            "created": counts.created,
            "changed": counts.changed,
            "unchanged": counts.unchanged,
        }

    return writes.once(work)


class ReadyQuery(Input):
    """The day; today where none is said."""

    date = Day()


class EarmarkSchema(Schema):
    """How much of a lot a session will use up."""

    lot = fields.String(required=True)
    quantity = fields.String(required=True)


class ReadyLineSchema(Schema):
    """What a session takes of an item, in whole containers where one serves one patient."""

    sku = fields.String(required=True)
    needed = fields.String(required=True)
    lots = fields.List(fields.Nested(EarmarkSchema), required=True)
    short = fields.String(required=True)
    optional = fields.Boolean(required=True)
    advice = fields.String(required=True, allow_none=True)
    """In words: that its patient is allergic to it, what helps where it is short."""


class ReadySessionSchema(Schema):
    """A booked session; it is ready where nothing is short but what is optional."""

    session = fields.Integer(required=True)
    patient_ref = fields.String(required=True)
    formulation = fields.String(required=True)
    time = fields.String(required=True, allow_none=True)
    practitioner = fields.String(required=True, allow_none=True)
    ready = fields.Boolean(required=True)
    lines = fields.List(fields.Nested(ReadyLineSchema), required=True)


class ReadinessSchema(Schema):
    """The sessions booked for a day, in order."""

    date = fields.String(required=True)
    sessions = fields.List(fields.Nested(ReadySessionSchema), required=True)


@blueprint.route("/clinics/<clinic_code>/readiness")
@blueprint.response(200, ReadinessSchema)
@auth.at_clinic(Right.VIEW)
@blueprint.arguments(ReadyQuery, location="query")
def ready(query: dict[str, Any], clinic: Clinic) -> dict[str, Any]:
    """Say by lot whether the sessions booked for a day can be given, and what helps if not.

    All that is booked before them takes its share first; what orders bring is not counted.
    """
    now = clock.now()
    day = query.get("date") or local_date(now, clinic.timezone)
    found, ways = day_with_help(clinic, day, now=now)
    warned = warnings_of(clinic, found)
    return {"date": day.isoformat(), "sessions": [_ready(one, ways, warned) for one in found]}


def _ready(
    one: Readiness,
    ways: Mapping[tuple[int, int], Help],
    warned: Mapping[int, Sequence[SessionWarning]],
) -> dict[str, Any]:
    session = one.session
    warnings = warned.get(session.session_id, ())
    return {
        "session": session.session_id,
        "patient_ref": session.patient_reference,
        "formulation": session.formulation,
        "time": session.time.strftime("%H:%M") if session.time else None,
        "practitioner": session.practitioner or None,
        "ready": one.ready,
        "lines": [
            _line(line, ways.get((session.session_id, line.item.id)), warnings)
            for line in one.lines
        ],
    }


def _line(line: ReadyLine, way: Help | None, warnings: Sequence[SessionWarning]) -> dict[str, Any]:
    said = [warning.message for warning in warnings if line.item.code in warning.skus]
    if way is not None:
        said.append(helping(way))
    return {
        "sku": line.item.code,
        "needed": as_text(line.needed),
        "lots": [{"lot": lot.lot_number, "quantity": as_text(lot.quantity)} for lot in line.lots],
        "short": as_text(line.short),
        "optional": line.optional,
        "advice": " ".join(said) or None,
    }


def _handing_session(*, session_id: int, **rest: Any) -> dict[str, Any]:
    """Hand a view the session, if the caller may record at its clinic."""
    session = session_with_id(session_id)
    if session is None:
        raise NotFoundHereError
    auth.clinic(session.clinic.code, Right.RECORD)
    return {"session": session, **rest}


of_session = auth.handing(_handing_session)


@blueprint.route(f"{SESSION}/move", methods=["POST"])
@blueprint.response(200, SessionStepSchema)
@blueprint.writes
@of_session
@blueprint.arguments(MoveSchema)
def move(body: dict[str, Any], session: TreatmentSession) -> dict[str, Any]:
    """Book a session for another day; the others of its course stay as they are."""

    def step(now: dt.datetime) -> None:
        steps.move_session(
            session.clinic,
            session.id,
            body["date"],
            with_later=False,
            though_closed=body.get("though_closed", False),
            actor=auth.actor(),
            now=now,
        )

    return _after(session, step)


@blueprint.route(f"{SESSION}/cancel", methods=["POST"])
@blueprint.response(200, SessionStepSchema)
@blueprint.writes
@of_session
@blueprint.arguments(ReasonSchema)
def cancel(body: dict[str, Any], session: TreatmentSession) -> dict[str, Any]:
    """Cancel a booked session."""
    reason = body.get("reason", "")
    return _after(
        session,
        lambda now: steps.cancel_session(
            session.clinic, session.id, reason, actor=auth.actor(), now=now
        ),
    )


@blueprint.route(f"{SESSION}/no-show", methods=["POST"])
@blueprint.response(200, SessionStepSchema)
@blueprint.writes
@of_session
@blueprint.arguments(NothingSchema)
def no_show(_body: dict[str, Any], session: TreatmentSession) -> dict[str, Any]:
    """Say that the patient did not come to a booked session."""
    return _after(
        session,
        lambda now: steps.mark_no_show(session.clinic, session.id, actor=auth.actor(), now=now),
    )


def _after(session: TreatmentSession, step: Callable[[dt.datetime], object]) -> dict[str, Any]:
    """Take a step with a session once, and say where it stands then."""
    clinic, session_id = session.clinic, session.id

    def work(now: dt.datetime) -> dict[str, Any]:
        step(now)
        there = db.session.get_one(TreatmentSession, session_id)
        return {
            "session": session_id,
            "status": _SAID[there.status],
            "date": _day(clinic, there),
        }

    return writes.once(work)
