"""Courses: sessions planned from a protocol, moved, cancelled, and what they will need."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa

from supply.audit.models import AuditRow
from supply.db import db, transaction
from supply.diary import courses, steps
from supply.diary.rules import slots
from supply.formulations.models import Formulation
from supply.items.models import ClinicItem
from supply.refusals import InvalidInput, Refusal
from supply.treatments.allergies import known_of
from supply.treatments.models import Course, Protocol, ProtocolDay, TreatmentSession
from supply.treatments.queries import bookings
from supply.treatments.terms import SessionStatus
from tests.factories import AMPOULE, BIOTIN, NEEDLE, NOW, TODAY, VIAL, World, item, stock
from tests.support.people import AsPerson
from tests.treatments.conftest import everything


@pytest.fixture
def protocol(world: World, formulation: Formulation) -> Protocol:
    """Days 0, 7 and 21."""
    with transaction():
        made = Protocol(
            practice_id=world.practice.id,
            code="HAIR",
            name="Hair course",
            formulation_id=formulation.id,
            days=[ProtocolDay(day=day) for day in (0, 7, 21)],
        )
        db.session.add(made)
    return made


@pytest.fixture
def course(world: World, protocol: Protocol) -> Course:
    """A course of P-5 from today."""
    with transaction():
        return courses.plan_course(
            world.clinic, protocol, " P-5 ", TODAY, ["fish", "fish"], actor=world.actor(), now=NOW
        )


def _sessions() -> list[tuple[int | None, dt.date | None, SessionStatus]]:
    db.session.rollback()
    rows = db.session.scalars(sa.select(TreatmentSession).order_by(TreatmentSession.number))
    return [(row.number, row.planned_on, row.status) for row in rows]


def _day(days: int) -> dt.date:
    return TODAY + dt.timedelta(days=days)


def test_a_session_for_each_day(world: World, course: Course) -> None:
    assert (course.patient_reference, course.starts_on) == ("P-5", TODAY)
    known = known_of(world.practice.id, course.patient_reference)
    assert [row.allergen for row in known] == ["fish"]
    assert _sessions() == [
        (1, _day(0), SessionStatus.PLANNED),
        (2, _day(7), SessionStatus.PLANNED),
        (3, _day(21), SessionStatus.PLANNED),
    ]
    audited = db.session.scalars(
        sa.select(AuditRow).where(AuditRow.action == "course.planned")
    ).one()
    assert audited.after is not None
    assert audited.after["sessions"] == ["2026-06-15", "2026-06-22", "2026-07-06"]


def test_a_protocol_of_elsewhere_and_no_reference_are_refused(
    world: World, protocol: Protocol
) -> None:
    before = everything()
    for clinic, reference in ((world.other_clinic, "P-1"), (world.clinic, " ")):
        with pytest.raises(InvalidInput), transaction():
            courses.plan_course(clinic, protocol, reference, TODAY, actor=world.actor(), now=NOW)
    assert everything() == before


def test_moving_one_moves_the_later_ones_as_far(world: World, course: Course) -> None:
    second = courses.sessions_of(course)[1].id
    with transaction():
        moved = steps.move_session(
            world.clinic, second, _day(9), with_later=True, actor=world.actor(), now=NOW
        )
    assert [move.session_id for move in moved] == [second, second + 1]
    assert [day for _, day, _ in _sessions()] == [_day(0), _day(9), _day(23)]
    with transaction():
        steps.move_session(
            world.clinic, second, _day(8), with_later=False, actor=world.actor(), now=NOW
        )
    assert [day for _, day, _ in _sessions()] == [_day(0), _day(8), _day(23)]
    actions = db.session.scalars(
        sa.select(AuditRow.subject_id).where(AuditRow.action == "session.moved")
    ).all()
    assert actions == [second, second + 1, second]


def test_a_cancelled_session_is_not_moved_nor_cancelled_again(world: World, course: Course) -> None:
    first = courses.sessions_of(course)[0].id
    with transaction():
        steps.cancel_session(world.clinic, first, actor=world.actor(), now=NOW)
    assert [status for _, _, status in _sessions()] == [
        SessionStatus.CANCELLED,
        SessionStatus.PLANNED,
        SessionStatus.PLANNED,
    ]
    before = everything()
    with pytest.raises(Refusal, match="no longer booked"), transaction():
        steps.cancel_session(world.clinic, first, actor=world.actor(), now=NOW)
    with pytest.raises(Refusal, match="no longer booked"), transaction():
        steps.move_session(
            world.clinic, first, _day(3), with_later=True, actor=world.actor(), now=NOW
        )
    with pytest.raises(Refusal, match="no longer booked"), transaction():
        steps.cancel_session(world.sister, first + 1, actor=world.actor(), now=NOW)
    assert everything() == before


def test_what_booked_sessions_need(world: World, course: Course) -> None:
    ids = [session.id for session in courses.sessions_of(course)]
    ampoule, vial, needle = (item(world, code).id for code in (AMPOULE, VIAL, NEEDLE))
    assert bookings(world.clinic.id, _day(1), _day(7)).needs == [
        (ids[1], _day(7), ampoule, Decimal(5)),
        (ids[1], _day(7), vial, Decimal(3)),
        (ids[1], _day(7), needle, Decimal(2)),
    ]
    with transaction():
        db.session.add(ClinicItem(clinic_id=world.clinic.id, item_id=needle, tracked=False))
        steps.cancel_session(world.clinic, ids[2], actor=world.actor(), now=NOW)
    needs = bookings(world.clinic.id, _day(0), _day(30)).needs
    assert [(need[0], need[2]) for need in needs] == [
        (ids[0], ampoule),
        (ids[0], vial),
        (ids[1], ampoule),
        (ids[1], vial),
    ]
    assert bookings(world.sister.id, _day(0), _day(30)).needs == []


def test_the_pages(world: World, protocol: Protocol, as_person: AsPerson) -> None:
    stock(world, BIOTIN, "1")
    client = as_person(world.practitioner)
    assert "Hair course: days 0, 7, 21</option>" in client.get("/c/riga/courses/new").text
    data = {"protocol": str(protocol.id), "patient_ref": "P-8", "form_key": "k"}
    assert client.post("/c/riga/courses/new", data=data | {"starts_on": ""}).status_code == 400
    data |= {"starts_on": "2026-06-20", "planned_at": "9.30", "practitioner": " Dr Ozola "}
    planned = client.post("/c/riga/courses/new", data=data)
    assert planned.status_code == 302
    assert client.post("/c/riga/courses/new", data=data).location == planned.location
    page = client.get(planned.location)
    assert "0 of 3 sessions given." in page.text
    made = db.session.scalars(sa.select(TreatmentSession)).all()
    assert [(one.planned_at, one.practitioner) for one in made] == [
        (dt.time(9, 30), "Dr Ozola")
    ] * 3
    first = db.session.scalars(sa.select(sa.func.min(TreatmentSession.id))).one()
    move = f"{planned.location}/sessions/{first}/move"
    bad = client.post(move, data={"planned_on": "soon", "form_key": "m0"})
    assert bad.status_code == 400
    moved = client.post(
        move, data={"planned_on": "2026-06-21", "with_later": "y", "form_key": "m1"}
    )
    assert moved.location == planned.location
    assert [day for _, day, _ in _sessions()] == [_day(6), _day(13), _day(27)]
    cancel = f"{planned.location}/sessions/{first}/cancel"
    assert client.post(cancel).location == planned.location
    assert "no longer booked" in client.post(cancel, follow_redirects=True).text
    assert _sessions()[0][2] is SessionStatus.CANCELLED


def test_who_may_plan(
    world: World, protocol: Protocol, course: Course, as_person: AsPerson
) -> None:
    session = courses.sessions_of(course)[0].id
    data = {
        "protocol": str(protocol.id),
        "patient_ref": "P-8",
        "starts_on": "2026-06-20",
        "planned_on": "2026-06-20",
    }
    page = f"/c/riga/courses/{course.id}"
    posts = (
        "/c/riga/courses/new",
        f"{page}/sessions/{session}/move",
        f"{page}/sessions/{session}/cancel",
    )
    before = everything()
    for person in (world.viewer, world.manager, world.lapsed):
        client = as_person(person)
        assert client.get(page).status_code == 200
        assert [client.post(url, data=data).status_code for url in posts] == [403, 403, 403]
    stranger = as_person(world.outsider)
    assert stranger.get(page).status_code == 404
    assert [stranger.post(url, data=data).status_code for url in posts] == [404, 404, 404]
    elsewhere = as_person(world.owner).post(f"{page}/sessions/999/cancel")
    assert elsewhere.status_code == 404
    assert everything() == before


def test_sessions_go_to_the_next_open_day(world: World, protocol: Protocol) -> None:
    with transaction():
        world.clinic.opening_days = 0b0001111  # Monday to Thursday; day 0 is a Friday.
        db.session.merge(world.clinic)
    with transaction():
        made = courses.plan_course(
            world.clinic, protocol, "P-6", _day(4), actor=world.actor(), now=NOW
        )
    planned = [day for _number, day, _status in _sessions()]
    assert planned == [_day(7), _day(14), _day(28)]
    assert courses.shifted(made, world.clinic) == {1: _day(4), 2: _day(11), 3: _day(25)}


def test_two_sessions_never_share_a_day() -> None:
    friday = _day(4)
    days = [friday + dt.timedelta(days=step) for step in (0, 1, 2, 3)]
    monday_to_friday = 0b0011111
    assert [slot.day for slot in slots(days, monday_to_friday)] == [
        friday,
        _day(7),
        _day(8),
        _day(9),
    ]
    assert [slot.day for slot in slots(days, 0b1111111)] == days


def test_moving_onto_a_closed_day_is_asked_about(
    world: World, course: Course, as_person: AsPerson
) -> None:
    with transaction():
        world.clinic.opening_days = 0b0011111
        db.session.merge(world.clinic)
    session_id = db.session.scalars(
        sa.select(TreatmentSession.id).order_by(TreatmentSession.number)
    ).first()
    client = as_person(world.practitioner)
    address = f"/c/riga/courses/{course.id}/sessions/{session_id}/move"
    saturday = {"planned_on": _day(5).isoformat(), "form_key": "m1"}
    refused = client.post(address, data=saturday)
    assert refused.status_code == 400
    assert "The clinic is closed on Saturday 20 Jun. Its next open day is Monday 22 Jun." in (
        refused.text
    )
    assert 'name="though_closed"' in refused.text
    assert _sessions()[0][1] == TODAY
    moved = client.post(
        address, data=saturday | {"form_key": "m2", "though_closed": "y", "with_later": "y"}
    )
    assert moved.status_code == 302
    assert [day for _number, day, _status in _sessions()] == [_day(5), _day(14), _day(28)]
