"""Protocols and formulations written, changed, archived and brought back on their pages."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from supply.audit.models import AuditRow
from supply.db import db
from supply.formulations.models import Formulation
from supply.treatments.models import Protocol
from tests.factories import BIOTIN, World, make_formulation
from tests.support.people import AsPerson

PAGES = "/c/riga/protocols"
MANAGER = "manager@example.org"


@pytest.fixture
def hair(world: World) -> Formulation:
    return make_formulation(world, [(BIOTIN, "1")])


def _typed(hair: Formulation, **other: str) -> dict[str, Any]:
    typed = {"code": "HAIR-3", "name": "Hair course", "days": "0 14 28"}
    return {**typed, "formulation": str(hair.id), **other}


def _made(client: FlaskClient, hair: Formulation) -> Protocol:
    answer = client.post(f"{PAGES}/new", data=_typed(hair, maintenance_days="90"))
    assert answer.status_code == 302
    return db.session.scalars(sa.select(Protocol)).one()


def test_a_protocol_is_written_and_changed(
    world: World, hair: Formulation, as_person: AsPerson
) -> None:
    client = as_person(MANAGER)
    protocol = _made(client, hair)
    assert (protocol.code, protocol.name, protocol.concern) == (
        "HAIR-3",
        "Hair course",
        "hair_loss",
    )
    assert ([day.day for day in protocol.days], protocol.maintenance_days) == ([0, 14, 28], 90)
    changed = _typed(hair, name="Hair, short", days="0, 7", source="S30c:interval; our own")
    assert client.post(f"{PAGES}/{protocol.id}/edit", data=changed).status_code == 302
    db.session.refresh(protocol)
    assert ([day.day for day in protocol.days], protocol.maintenance_days) == ([0, 7], None)
    page = client.get(f"{PAGES}/{protocol.id}").text
    assert "over 7 days" in page
    assert "interval; our own" in page
    assert "S30c" not in page
    actions = db.session.scalars(sa.select(AuditRow.action).order_by(AuditRow.id)).all()
    assert [a for a in actions if a.startswith("protocol")] == [
        "protocol.created",
        "protocol.changed",
    ]


WRONG = [
    ({"code": " "}, "Enter a code."),
    ({"code": "two words"}, "Code: Use at most 80 letters, digits"),
    ({"code": "hair-3"}, "Code: You have a protocol with the code hair-3 already."),
    ({"name": ""}, "Enter a name."),
    ({"name": "x" * 201}, "Name: Use at most 200 characters."),
    ({"formulation": "0"}, "What is given: Choose what is given."),
    ({"formulation": "999"}, "What is given: Choose from the list."),
    ({"days": ""}, "Enter the session days, such as 0 14 28."),
    ({"days": "weekly"}, "Session days: Name the days with spaces between"),
    ({"days": "14 0"}, "Session days: Name each day once, from the first to the last"),
    ({"days": "0 -7"}, "Session days: Name the days with spaces between"),
    ({"days": "0 1000000000000"}, "Session days: Name each day once"),
    ({"maintenance_days": "0"}, "Then again every: Enter a whole number from 1 to 3650."),
    ({"sessions_minimum": "4"}, "Sessions at least: Enter no more than the days above: 3."),
]


def test_a_wrong_protocol_is_refused_by_field(
    world: World, hair: Formulation, as_person: AsPerson
) -> None:
    client = as_person(MANAGER)
    _made(client, hair)
    for typed, said in WRONG:
        answer = client.post(f"{PAGES}/new", data=_typed(hair, code="NEW-1") | typed)
        assert (answer.status_code, said in answer.text) == (400, True), typed
    assert [p.code for p in db.session.scalars(sa.select(Protocol))] == ["HAIR-3"]


def test_what_is_given_is_archived_after_what_gives_it(
    world: World, hair: Formulation, as_person: AsPerson
) -> None:
    client = as_person(MANAGER)
    protocol = _made(client, hair)
    recipe, course = f"/c/riga/formulations/{hair.id}", f"{PAGES}/{protocol.id}"
    client.post(f"{recipe}/archive")
    assert "Archive its protocols first: Hair course." in client.get(recipe).text
    for page in (course, recipe):
        client.post(f"{page}/archive")
    assert _archived(hair, protocol) == (True, True)
    assert "Hair course" not in client.get(PAGES).text
    assert "Hair course" in client.get(f"{PAGES}?show=archived").text
    assert "Hair-Test" in client.get("/c/riga/formulations?show=archived").text
    client.post(f"{course}/archive", data={"again": "yes"})
    assert _archived(hair, protocol) == (True, True), "what it gives comes first"
    for page in (recipe, course):
        client.post(f"{page}/archive", data={"again": "yes"})
    assert _archived(hair, protocol) == (False, False)


def _archived(hair: Formulation, protocol: Protocol) -> tuple[bool, bool]:
    db.session.refresh(hair)
    db.session.refresh(protocol)
    found = (hair.archived_at is not None, protocol.archived_at is not None)
    db.session.rollback()
    return found


def test_a_booked_formulation_stays(world: World, hair: Formulation, as_person: AsPerson) -> None:
    owner = as_person("owner@example.org")
    protocol = _made(owner, hair)
    planned = owner.post(
        "/c/riga/courses/new",
        data={"protocol": protocol.id, "patient_ref": "P-1", "starts_on": "2099-01-05"},
    )
    assert planned.status_code == 302
    owner.post(f"{PAGES}/{protocol.id}/archive")
    owner.post(f"/c/riga/formulations/{hair.id}/archive")
    assert "3 sessions are booked with it." in owner.get(f"/c/riga/formulations/{hair.id}").text
    assert _archived(hair, protocol) == (False, True)


def test_who_may(world: World, hair: Formulation, as_person: AsPerson) -> None:
    protocol = _made(as_person(MANAGER), hair)
    here = f"{PAGES}/{protocol.id}"
    for who, seen, status in (("viewer@example.org", 200, 403), ("outsider@example.com", 404, 404)):
        client = as_person(who)
        assert client.get(here).status_code == seen
        for address in (f"{PAGES}/new", f"{here}/edit"):
            assert client.get(address).status_code == status
            assert client.post(address, data=_typed(hair)).status_code == status
        for address in (f"{here}/archive", f"/c/riga/formulations/{hair.id}/archive"):
            assert client.post(address).status_code == status
    assert _archived(hair, protocol) == (False, False)
    foreign = as_person("outsider@example.com")
    assert foreign.get(f"/c/elsewhere-1/protocols/{protocol.id}").status_code == 404
    assert foreign.post(f"/c/elsewhere-1/protocols/{protocol.id}/archive").status_code == 404
