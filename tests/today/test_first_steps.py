"""The first steps of a practice: done by what is there, out of sight if asked, never another's."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from supply.accounts import services as accounts
from supply.accounts.models import Practice
from supply.accounts.terms import Role
from supply.actor import SYSTEM
from supply.audit.models import AuditRow
from supply.db import db, transaction
from supply.today.first_steps import STEPS, first_steps
from tests.factories import BIOTIN, NOW, World, make_formulation, make_person, stock
from tests.support.people import AsPerson
from tests.support.queries import recorded_statements

START = "/p/derma/start"


def _done(practice: Practice) -> list[str]:
    found = [step.name for step in first_steps(practice) if step.done]
    db.session.rollback()
    return found


def _listed(client: FlaskClient, address: str = "/c/riga/today") -> list[str]:
    page = client.get(address).get_data(as_text=True)
    steps = page.partition('id="first-steps"')[2].partition("</section>")[0]
    return re.findall(r'work-title"><a href="[^"]+">([^<]+)</a>', steps)


def test_each_step_is_done_by_what_is_there(world: World) -> None:
    bare = accounts.create_practice(name="Bare", code="bare", actor=SYSTEM, now=NOW)
    db.session.commit()
    assert _done(bare) == ["catalogue"], "the suppliers of all sell to it already"
    assert _done(world.practice) == ["clinic", "people", "catalogue"]
    stock(world, BIOTIN, "10")
    assert _done(world.practice) == ["clinic", "people", "catalogue", "stock"]
    make_formulation(world, [(BIOTIN, "1")])
    assert _done(world.practice) == ["clinic", "people", "catalogue", "stock", "formulation"]
    assert _done(bare) == ["catalogue"]


def test_the_steps_are_one_statement(world: World) -> None:
    practice = world.practice
    db.session.refresh(practice)
    with recorded_statements(db.engine) as statements:
        first_steps(practice)
    assert len(statements) == 1


def test_today_lists_them_for_those_who_set_up(world: World, as_person: AsPerson) -> None:
    names = [str(step.title) for step in STEPS]
    assert _listed(as_person("owner@example.org")) == names
    assert _listed(as_person("manager@example.org")) == names[2:]
    assert _listed(as_person("practitioner@example.org")) == []
    assert _listed(as_person("viewer@example.org")) == []


def test_they_are_put_out_of_sight_for_all_and_brought_back(
    world: World, as_person: AsPerson
) -> None:
    owner, manager = as_person("owner@example.org"), as_person("manager@example.org")
    assert manager.post(START).status_code == 302
    assert _listed(owner) == _listed(manager) == []
    assert "It is out of sight on Today." in owner.get("/p/derma/settings").text
    manager.post(START)
    assert owner.post(START, data={"again": "yes"}).status_code == 302
    assert len(_listed(owner)) == len(STEPS)
    kept = db.session.scalars(
        sa.select(AuditRow.after).where(AuditRow.action == "practice.first_steps")
    ).all()
    assert kept == [{"hidden": True}, {"hidden": False}]


@pytest.mark.parametrize(
    ("who", "status"),
    [("owner@example.org", 200), ("viewer@example.org", 403), ("outsider@example.com", 404)],
)
def test_who_sees_and_hides_them(world: World, as_person: AsPerson, who: str, status: int) -> None:
    client = as_person(who)
    assert client.get(START).status_code == status
    if status != 200:
        assert client.post(START).status_code == status
        db.session.refresh(world.practice)
        assert world.practice.first_steps_hidden_at is None


def test_without_a_clinic_one_begins_there(app: Flask, world: World, as_person: AsPerson) -> None:
    with transaction():
        bare = accounts.create_practice(name="Bare", code="bare", actor=SYSTEM, now=NOW)
        make_person("bare@example.org", Role.OWNER, bare)
        make_person("bare-viewer@example.org", Role.VIEWER, bare)
    owner = as_person("bare@example.org")
    assert owner.get("/").headers["Location"] == "/p/bare/start"
    page = owner.get("/p/bare/start").text
    assert "Welcome to Bare." in page
    assert page.count("Add the clinic first.") == 3
    assert "There is no clinic yet" in as_person("bare-viewer@example.org").get("/").text
