"""Steps from the diary: moved and moved back, cancelled, not come, booked again; by hand."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from supply.audit.models import AuditRow
from supply.db import db, transaction
from supply.diary.courses import plan_course
from supply.formulations.models import Formulation
from supply.treatments.models import Protocol, ProtocolDay, TreatmentSession
from tests.diary.pages import (
    book,
    booking,
    closed_at_weekends,
    session_id,
    sessions,
    toast,
    undo_form,
    words,
)
from tests.factories import NOW, TODAY, World
from tests.support.people import AsPerson

DIARY = "/c/riga/diary"
BOOK = f"{DIARY}/book"


@pytest.fixture
def client(world: World, as_person: AsPerson, formulation: Formulation) -> FlaskClient:
    closed_at_weekends(world)
    return as_person(world.practitioner)


def step(client: FlaskClient, patient: str, name: str, **fields: Any) -> str:
    """Take a step, be led back to the session, and return that page."""
    number = session_id(patient)
    answer = client.post(f"{DIARY}/sessions/{number}/{name}", data=fields)
    assert answer.status_code == 302, words(answer.text)
    assert answer.location.endswith(f"#session-{number}")
    return client.get(answer.location).text


def audited() -> list[tuple[str, Any, Any]]:
    rows = db.session.scalars(sa.select(AuditRow).order_by(AuditRow.id)).all()
    return [(row.action, row.before, row.after) for row in rows if "session." in row.action]


def course(world: World, formulation: Formulation) -> None:
    with transaction():
        protocol = Protocol(
            practice_id=world.practice.id,
            code="HAIR",
            name="Hair",
            formulation_id=formulation.id,
            days=[ProtocolDay(day=day) for day in (1, 8, 15)],
        )
        db.session.add(protocol)
        db.session.flush()
        plan_course(world.clinic, protocol, "P-5", TODAY, actor=world.actor(), now=NOW)


def test_moving_with_the_later_ones_and_back(
    world: World, client: FlaskClient, formulation: Formulation
) -> None:
    course(world, formulation)
    [first, second, third] = [row[1] for row in sessions()]
    assert (first, second, third) == ("2026-06-16", "2026-06-23", "2026-06-30")
    with transaction():
        at = sa.update(TreatmentSession).where(TreatmentSession.planned_on == TODAY.replace(day=16))
        db.session.execute(at.values(external_id="D-1"))
    number = session_id("P-5") - 2
    form = client.get(f"{DIARY}/sessions/{number}/move").text
    assert "2 later sessions are booked." in form
    wanted = {"planned_on": "2026-06-19", "planned_at": "9:30", "with_later": "y", "form_key": "a"}
    answer = client.post(f"{DIARY}/sessions/{number}/move", data=wanted)
    again = client.post(f"{DIARY}/sessions/{number}/move", data=wanted)
    assert answer.location == again.location == f"{DIARY}?week=2026-W25#session-{number}"
    moved = [("P-5", day, at, "planned") for day, at in (
        ("2026-06-19", "09:30"), ("2026-06-26", None), ("2026-07-03", None))]  # fmt: skip
    assert sessions() == moved
    page = client.get(answer.location).text
    assert toast(page) == "Moved to Friday 19 Jun, and 2 later sessions of the course with it."
    url, fields = undo_form(page)
    assert client.post(url, data=fields).status_code == 302
    assert [row[1:3] for row in sessions()] == [(d, None) for d in (first, second, third)]
    assert client.post(url, data=fields | {"form_key": "other"}).status_code == 302
    assert "has been changed since it was moved" in client.get(DIARY).text
    assert len(sessions()) == 3
    assert audited()[0] == (
        "session.moved",
        {"planned_on": "2026-06-16", "planned_at": None},
        {"planned_on": "2026-06-19", "planned_at": "09:30"},
    )
    assert len(audited()) == 6


def test_a_drag_keeps_the_time_and_a_closed_day_asks(world: World, client: FlaskClient) -> None:
    book(world, booking(1, 0, "09:30"))
    number = session_id("P-1")
    dragged = {"planned_on": "2026-06-20", "form_key": "k"}
    answer = client.post(f"{DIARY}/sessions/{number}/move", data=dragged)
    assert answer.status_code == 400
    assert "closed on Saturday 20 Jun. Its next open day is Monday 22 Jun." in words(answer.text)
    assert 'name="though_closed"' in answer.text
    assert 'value="09:30"' in answer.text
    assert sessions() == [("P-1", "2026-06-15", "09:30", "planned")]
    step(client, "P-1", "move", **dragged, though_closed="y")
    assert sessions() == [("P-1", "2026-06-20", "09:30", "planned")]
    page = client.post(f"{DIARY}/sessions/{number}/move", data={"planned_on": "2026-06-12"})
    assert page.status_code == 400
    assert "This day has gone by." in page.text
    page = client.post(
        f"{DIARY}/sessions/{number}/move", data={"planned_on": "x", "planned_at": "9"}
    )
    assert "Write the time as 09:30." in words(page.text)
    assert sessions() == [("P-1", "2026-06-20", "09:30", "planned")]


def test_cancelled_and_not_come_are_taken_back_from_the_toast(
    world: World, client: FlaskClient
) -> None:
    book(world, booking(1), booking(2, 1))
    page = step(client, "P-2", "cancel", form_key="c", shown="day")
    assert toast(page) == "Cancelled: P-2, Tue 16 Jun."
    assert "<h1>Tuesday 16 Jun 2026</h1>" in page
    assert [row[3] for row in sessions()] == ["planned", "cancelled"]
    url, fields = undo_form(page)
    back = client.post(url, data=fields).location
    assert back == f"{DIARY}?day=2026-06-16#session-{session_id('P-2')}"
    assert toast(client.get(back).text) == "Booked again: P-2, Tue 16 Jun."
    page = step(client, "P-1", "no-show")
    assert toast(page) == "Did not come: P-1, Mon 15 Jun."
    assert [row[3] for row in sessions()] == ["no_show", "planned"]
    page = step(client, "P-2", "no-show")
    assert toast(page) == "This session is on Tuesday 16 Jun: cancel or move it."
    assert [row[3] for row in sessions()] == ["no_show", "planned"]
    step(client, "P-1", "again")
    assert [row[3] for row in sessions()] == ["planned", "planned"]


@pytest.mark.parametrize("name", ["move", "move-back", "cancel", "no-show", "again"])
def test_a_colleague_without_the_right_and_an_outsider_change_nothing(
    world: World, client: FlaskClient, as_person: AsPerson, name: str
) -> None:
    book(world, booking(1))
    path = f"sessions/{session_id('P-1')}/{name}"
    before = sessions()
    fields = {"planned_on": "2026-06-17"}
    assert as_person(world.manager).post(f"{DIARY}/{path}", data=fields).status_code == 403
    assert as_person(world.outsider).post(f"{DIARY}/{path}", data=fields).status_code == 404
    elsewhere = f"/c/{world.sister.code}/diary/{path}"
    assert as_person(world.owner).post(elsewhere, data=fields).status_code == 404
    assert sessions() == before


def wanted(recipe: Formulation, /, **changes: str) -> dict[str, str]:
    return {
        "patient_ref": " P-8 ",
        "formulation": str(recipe.id),
        "planned_on": "2026-06-18",
        "planned_at": "14:00",
        "practitioner": "Dr Ozola",
        "areas": "2",
        "form_key": "k",
    } | changes


def test_a_session_is_booked_by_hand_once(
    world: World, client: FlaskClient, formulation: Formulation
) -> None:
    form = client.get(f"{BOOK}?day=2026-06-18").text
    assert 'value="2026-06-18"' in form
    assert "data-scan-target" in form
    answers = [client.post(BOOK, data=wanted(formulation)) for _each in range(2)]
    assert {answer.location for answer in answers} == {
        f"{DIARY}?week=2026-W25#session-{session_id('P-8')}"
    }
    assert sessions() == [("P-8", "2026-06-18", "14:00", "planned")]
    one = db.session.scalars(sa.select(TreatmentSession)).one()
    assert (one.practitioner, one.areas, one.reference_key) == ("Dr Ozola", 2, "p-8")
    assert audited() == [
        ("session.booked", None, {"planned_on": "2026-06-18", "patient_reference": "P-8"})
    ]
    url, fields = undo_form(client.get(DIARY).text)
    client.post(url, data=fields)
    assert sessions() == [("P-8", "2026-06-18", "14:00", "cancelled")]


def test_a_closed_day_and_a_twin_ask_before_they_are_booked(
    world: World, client: FlaskClient, formulation: Formulation
) -> None:
    answer = client.post(BOOK, data=wanted(formulation, planned_on="2026-06-20"))
    assert answer.status_code == 400
    assert "Its next open day is Monday 22 Jun." in words(answer.text)
    assert "P-8" in answer.text
    assert sessions() == []
    closed = wanted(formulation, planned_on="2026-06-20", though_closed="y", form_key="a")
    assert client.post(BOOK, data=closed).status_code == 302
    twin = wanted(formulation, planned_on="2026-06-22", patient_ref="p-8", form_key="b")
    answer = client.post(BOOK, data=twin)
    assert "The same is booked for this patient on Saturday 20 Jun already." in words(answer.text)
    assert f"/diary/sessions/{session_id('P-8')}/move" in answer.text
    assert client.post(BOOK, data=twin | {"once_more": "y"}).status_code == 302
    assert [row[1] for row in sessions()] == ["2026-06-20", "2026-06-22"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"patient_ref": ""}, "Enter the clinic's own reference of the patient, never a name."),
        ({"formulation": ""}, "Choose what is given."),
        ({"formulation": "999"}, "Choose from the list."),
        ({"planned_on": "2026-06-14"}, "This day has gone by. Record what was given under Use."),
        ({"planned_at": "25:00"}, "Time: Write the time as 09:30."),
        ({"areas": "0"}, "Enter a whole number from 1 to 100."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_booked(
    client: FlaskClient, formulation: Formulation, changes: dict[str, str], said: str
) -> None:
    answer = client.post(BOOK, data=wanted(formulation, **changes))
    assert answer.status_code == 400
    assert said in words(answer.text)
    assert "Dr Ozola" in answer.text
    assert sessions() == []


def test_only_who_may_give_a_session_books_one(
    world: World, client: FlaskClient, as_person: AsPerson, formulation: Formulation
) -> None:
    assert as_person(world.manager).post(BOOK, data=wanted(formulation)).status_code == 403
    assert as_person(world.outsider).post(BOOK, data=wanted(formulation)).status_code == 404
    names = client.get(BOOK).text.split('<datalist id="people">')[1].split("</datalist>")[0]
    assert world.practitioner.name in names
    assert world.manager.name not in names
    assert sessions() == []
