"""Bookings from a practice's own diary, the list of sessions, and what becomes of a booked one."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from supply.accounts.models import Clinic
from supply.audit.models import AuditRow
from supply.db import db, transaction
from supply.diary.bookings import Booking, take_in
from supply.diary.courses import plan_course
from supply.formulations.models import Formulation
from supply.idempotency import once
from supply.treatments.models import Protocol, ProtocolDay, TreatmentSession
from tests.api.bodies import refused, session
from tests.api.calls import Api, Cast, rows
from tests.factories import FORMULATION, NOW, TODAY, World

PATH = "/clinics/riga/bookings"
TOMORROW = "2026-06-16"


def booking(**changes: Any) -> dict[str, Any]:
    """Return a booking of tomorrow; ``...`` leaves a field out."""
    said = {
        "external_id": "D-1",
        "patient_ref": "P-1",
        "formulation": FORMULATION,
        "date": TOMORROW,
    } | changes
    return {name: value for name, value in said.items() if value is not ...}


def sent(api: Api, *bookings: dict[str, Any]) -> tuple[int, int, int]:
    """Send ``bookings``; return how many were created, changed and left."""
    answer = api.post(PATH, {"bookings": list(bookings)})
    assert answer.status_code == 200, answer.get_json()
    said = answer.get_json()
    return said["created"], said["changed"], said["unchanged"]


def listed(api: Api, query: str = "") -> list[tuple[str, str, str, str]]:
    """Return (external id, status, patient reference, date) of the sessions listed."""
    answer = api.get(f"/clinics/riga/sessions{query}").get_json()
    assert answer["next"] is None
    return [
        (one["external_id"], one["status"], one["patient_ref"], one["date"])
        for one in answer["sessions"]
    ]


def ids() -> list[int]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(TreatmentSession.id).order_by(TreatmentSession.id)))


def test_a_diary_says_what_is_booked_and_what_changed(owner: Api) -> None:
    first = booking(time="10:30", practitioner="Dr. Ilze", areas=2)
    other = booking(external_id="D-2", patient_ref="P 2")
    assert sent(owner, first, other) == (2, 0, 0)
    assert sent(owner, first, other) == (0, 0, 2)
    [one, two] = owner.get("/clinics/riga/sessions").get_json()["sessions"]
    assert one == {
        "session": one["session"],
        "status": "booked",
        "formulation": FORMULATION,
        "patient_ref": "P-1",
        "date": TOMORROW,
        "time": "10:30",
        "areas": 2,
        "course": None,
        "practitioner": "Dr. Ilze",
        "external_id": "D-1",
    }
    assert (two["time"], two["areas"], two["practitioner"]) == (None, 1, None)
    # What is not said stays; what is said differently changes.
    assert sent(owner, booking(date="2026-06-18"), other) == (0, 1, 1)
    assert sent(owner, booking(date="2026-06-18", status="cancelled"), other) == (0, 1, 1)
    [one, two] = owner.get("/clinics/riga/sessions").get_json()["sessions"]
    assert (one["date"], one["time"], one["areas"], one["status"]) == (
        "2026-06-18",
        "10:30",
        2,
        "cancelled",
    )
    assert sent(owner, booking(date="2026-06-18"), other) == (0, 1, 1)
    assert listed(owner, "?status=booked") == [
        ("D-1", "booked", "P-1", "2026-06-18"),
        ("D-2", "booked", "P 2", TOMORROW),
    ]
    actions = db.session.execute(
        sa.select(AuditRow.action, AuditRow.before, AuditRow.after)
        .where(AuditRow.subject_type == "treatment_session")
        .order_by(AuditRow.id)
    ).all()
    assert [row.action for row in actions] == ["session.booked"] * 2 + ["session.rebooked"] * 3
    assert actions[2].before == {"planned_on": TOMORROW}
    assert actions[2].after == {"external_id": "D-1", "planned_on": "2026-06-18"}


def test_a_new_booking_that_is_cancelled_already_is_nothing(owner: Api) -> None:
    assert sent(owner, booking(status="cancelled"), booking(external_id="2", status="no_show")) == (
        0,
        0,
        2,
    )
    assert ids() == []


def test_what_is_not_taken_names_each_booking_and_takes_none(owner: Api) -> None:
    good = booking(external_id="D-9")
    cases = {
        "bookings.1.formulation": [good, booking(formulation="NONE")],
        "bookings.1.external_id": [good, booking(external_id="D-9")],
        "bookings.1.patient_ref": [good, booking(patient_ref="x" * 81)],
        "bookings.1.date": [good, booking(date="16.06.2026")],
        "bookings.1.time": [good, booking(time="9:30")],
        "bookings.1.areas": [good, booking(areas=0)],
        "bookings.1.status": [good, booking(status="recorded")],
        "bookings": [],
    }
    for field, bookings in cases.items():
        refused(owner, PATH, [{"bookings": bookings}], field)
    refused(owner, PATH, [{"bookings": [booking(date=...)]}], "bookings.0.date")


def test_codes_and_references_are_known_however_they_are_written(owner: Api) -> None:
    assert sent(owner, booking(formulation=FORMULATION.lower(), patient_ref=" p-1 ")) == (1, 0, 0)
    assert sent(owner, booking()) == (0, 0, 1)


def test_a_recorded_session_is_not_touched(owner: Api) -> None:
    assert sent(owner, booking(date="2026-06-15")) == (1, 0, 0)
    [session_id] = ids()
    assert (
        owner.post("/clinics/riga/sessions", session(planned_session=session_id)).status_code == 201
    )
    assert sent(owner, booking(date="2026-06-20", status="cancelled")) == (0, 0, 1)
    assert listed(owner) == [("D-1", "recorded", "P-1", "2026-06-15")]


@pytest.fixture
def course(owner: Api, cast: Cast) -> list[int]:
    """A weekly course of P-1 planned here: 15, 22 and 29 June."""
    world = cast.world
    with transaction():
        formulation_id = db.session.scalars(sa.select(Formulation.id)).one()
        protocol = Protocol(
            practice_id=world.practice.id,
            code="HAIR",
            name="Hair",
            formulation_id=formulation_id,
            days=[ProtocolDay(day=day) for day in (0, 7, 14)],
        )
        db.session.add(protocol)
        db.session.flush()
        plan_course(world.clinic, protocol, "P-1", TODAY, actor=world.actor(), now=NOW)
    return ids()


def test_a_course_booked_in_the_diary_too_is_not_needed_twice(
    owner: Api, course: list[int]
) -> None:
    weekly = [
        booking(external_id=f"D-{day}", date=f"2026-06-{day}", patient_ref="p-1")
        for day in (15, 23, 28)
    ]
    assert sent(owner, *weekly) == (0, 3, 0)
    assert ids() == course
    # Booked a fourth time, and more than half a week away from any: sessions of their own.
    assert sent(owner, *weekly, booking(date="2026-06-28"), booking(external_id="far")) == (2, 0, 3)
    assert listed(owner, "?patient_ref=P-1&from=2026-06-20&to=2026-06-25") == [
        ("D-23", "booked", "p-1", "2026-06-23")
    ]
    # One that becomes another patient's is no longer of the course.
    assert sent(owner, weekly[2] | {"patient_ref": "P-7"}) == (0, 1, 0)
    db.session.rollback()
    third = db.session.get_one(TreatmentSession, course[2])
    assert (third.patient_reference, third.course_id, third.number) == ("P-7", None, None)


def test_a_session_is_moved_cancelled_and_not_come_to(owner: Api, world: World) -> None:
    with transaction():
        db.session.get_one(Clinic, world.clinic.id).opening_days = 0b0111111
    assert sent(owner, *(booking(external_id=str(n), date="2026-06-15") for n in range(3))) == (
        3,
        0,
        0,
    )
    one, two, three = ids()
    moved = owner.post(f"/sessions/{one}/move", {"date": "2026-06-17"})
    assert (moved.status_code, moved.get_json()) == (
        200,
        {"session": one, "status": "booked", "date": "2026-06-17"},
    )
    past = owner.post(f"/sessions/{one}/move", {"date": "2026-06-14"})
    assert (past.status_code, past.get_json()["detail"]) == (
        409,
        "This day has gone by. Choose one from today on.",
    )
    closed = owner.post(f"/sessions/{one}/move", {"date": "2026-06-21"})
    assert closed.status_code == 409
    assert closed.get_json()["detail"] == (
        "The clinic is closed on Sunday 21 Jun. Its next open day is Monday 22 Jun."
    )
    though = {"date": "2026-06-21", "though_closed": True}
    assert owner.post(f"/sessions/{one}/move", though).get_json()["date"] == "2026-06-21"
    early = owner.post(f"/sessions/{one}/no-show", {})
    assert (early.status_code, early.get_json()["detail"]) == (
        409,
        "This session is on Sunday 21 Jun: cancel or move it.",
    )
    gone = owner.post(f"/sessions/{two}/cancel", {"reason": "ill"})
    assert gone.get_json() == {"session": two, "status": "cancelled", "date": "2026-06-15"}
    absent = owner.post(f"/sessions/{three}/no-show", {})
    assert absent.get_json() == {"session": three, "status": "no_show", "date": "2026-06-15"}
    for session_id in (two, three):
        for step, body in (("move", though), ("cancel", {}), ("no-show", {})):
            again = owner.post(f"/sessions/{session_id}/{step}", body)
            assert (again.status_code, again.get_json()["detail"]) == (
                409,
                "This session is no longer booked.",
            )
    assert owner.post("/sessions/999/cancel", {}).status_code == 404


def test_the_list_goes_on_where_it_stopped(owner: Api) -> None:
    for start in (0, 100):
        sent(owner, *(booking(external_id=f"{start + n}") for n in range(100)))
    sent(owner, booking(external_id="last"))
    seen: list[str] = []
    query, page = "", {}
    for _page in range(3):
        page = owner.get(f"/clinics/riga/sessions?to={TOMORROW}{query}").get_json()
        seen += [one["external_id"] for one in page["sessions"]]
        query = f"&cursor={page['next']}"
    assert seen == [*map(str, range(200)), "last"]
    assert page["next"] is None
    assert owner.get("/clinics/riga/sessions?to=2026-06-15").get_json()["sessions"] == []


def test_twins_make_a_booking_once(app: Flask, world: World, owner: Api) -> None:
    actor, answers = world.actor(), []
    clinic_id = world.clinic.id
    db.session.rollback()
    barrier = threading.Barrier(4)

    def run() -> None:
        with app.app_context():
            clinic = db.session.get_one(Clinic, clinic_id)
            barrier.wait()

            def work() -> dict[str, Any]:
                wanted = [Booking(f"D-{n}", "P-1", FORMULATION, TODAY) for n in range(5)]
                counts = take_in(clinic, wanted, actor=actor, now=NOW)
                return {"counts": (counts.created, counts.changed, counts.unchanged)}

            answers.append(once(actor, None, {}, work, NOW)["counts"])
            db.session.remove()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [(0, 0, 5)] * 3 + [(5, 0, 0)]
    assert rows()["treatment_session"] == 5
    assert {one.planned_on for one in db.session.scalars(sa.select(TreatmentSession))} == {
        dt.date(2026, 6, 15)
    }
