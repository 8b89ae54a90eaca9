"""Roles that must have a second step: who is held, who may go on, and nobody locked out."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from supply.accounts.factors.demands import change_demand
from supply.accounts.factors.rules import GRACE
from supply.accounts.memberships import Change, change_membership, members_of
from supply.accounts.models import Practice
from supply.accounts.queries import person_with_email, practice_with_code, supplier_with_code
from supply.accounts.services import add_membership, issue_token
from supply.accounts.terms import Role
from supply.actor import SYSTEM
from supply.audit.models import AuditRow
from supply.db import db, transaction
from supply.outbox.models import Mail
from tests.accounts.factors.conftest import (
    CODES,
    KEY,
    Phone,
    SetUp,
    actions,
    give_code,
    give_password,
    is_in,
    mails,
)
from tests.support.cast import Cast
from tests.support.people import PASSWORD
from tests.support.time import Clock

DEMAND = "/p/alba/settings/people/second-step"


def _demand(client: FlaskClient, *roles: str) -> int:
    return client.post(DEMAND, data={"roles": list(roles), "save": "y"}).status_code


@pytest.fixture
def owner(app: Flask, cast: Cast, set_up: SetUp) -> FlaskClient:
    """The owner, who has a second step, at their browser."""
    client = app.test_client()
    set_up(client, cast.owner)
    return client


def _member(email: str) -> int:
    place: Practice | None = practice_with_code("alba")
    assert place is not None
    return next(m.id for m in members_of(place) if m.person.email == email)


def test_whoever_asks_it_of_others_has_it(app: Flask, cast: Cast) -> None:
    client = app.test_client()
    give_password(client, cast.owner)
    answer = client.post(DEMAND, data={"roles": ["viewer"]})
    assert answer.status_code == 400
    assert "Set up your own second step first, under Account." in answer.text
    place = practice_with_code("alba")
    assert place is not None
    assert place.second_step_roles == frozenset()
    assert actions()[-1] == "person.signed_in"


def test_a_colleague_and_an_outsider_ask_it_of_nobody(
    app: Flask, cast: Cast, owner: FlaskClient
) -> None:
    for email, status in ((cast.colleague, 403), (cast.outsider, 404)):
        client = app.test_client()
        give_password(client, email)
        path = f"/p/alba/settings/people/{_member(cast.owner)}/second-step"
        for address in (DEMAND, path):
            assert client.get(address).status_code == status
            assert client.post(address, data={"own_password": PASSWORD}).status_code == status
    assert is_in(owner)


def test_who_signs_in_is_led_to_set_it_up_and_nowhere_else(
    app: Flask, cast: Cast, owner: FlaskClient, told: Clock
) -> None:
    assert _demand(owner, "viewer", "owner") == 302
    row = db.session.scalars(sa.select(AuditRow).order_by(AuditRow.id.desc())).first()
    assert row is not None
    assert (row.action, row.before, row.after) == (
        "second_step.demanded", {"roles": []}, {"roles": ["owner", "viewer"]}
    )  # fmt: skip
    assert mails(cast.colleague) == ["Alba asks you for a second step at sign-in."]
    [text] = db.session.scalars(sa.select(Mail.text).where(Mail.to_address == cast.colleague))
    assert "Set it up:\nhttps://supply.example/account/second-step\n" in text
    assert "Alba asks" not in " ".join(mails(cast.owner))
    client = app.test_client()
    assert give_password(client, cast.colleague, next="/c/a1/today").status_code == 302
    for path in ("/", "/c/a1/today", "/account", "/account/mails", "/p/alba/settings"):
        answer = client.get(path)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/account/second-step"), path
    assert client.post("/account", data={"name": "Vic"}).headers["Location"] == (
        "/account/second-step"
    )
    part = client.get("/c/a1/today", headers={"HX-Request": "true"})
    assert (part.status_code, part.headers["HX-Refresh"]) == (401, "true")
    page = client.get("/account/second-step?next=/c/a1/today").text
    assert "Alba asks you for a second step besides your password." in page
    assert "Main" not in page.split("<main")[0]
    [key] = KEY.findall(client.get("/account/second-step/app").text)
    phone = Phone(key.replace(" ", ""), told, [])
    done = client.post("/account/second-step/app", data={"code": phone.code})
    assert len(CODES.findall(done.text)) == 10
    assert 'href="/c/a1/today"' in done.text
    assert client.get("/c/a1/today").status_code == 200


def test_who_is_held_may_leave(app: Flask, cast: Cast, owner: FlaskClient) -> None:
    _demand(owner, "viewer")
    client = app.test_client()
    give_password(client, cast.colleague)
    assert client.post("/sign-out").headers["Location"] == "/sign-in"
    assert client.get("/account/second-step").headers["Location"].startswith("/sign-in")
    assert actions()[-1] == "person.signed_out"


def test_who_was_signed_in_goes_on_for_some_days(
    app: Flask, cast: Cast, owner: FlaskClient, told: Clock
) -> None:
    client = app.test_client()
    give_password(client, cast.colleague, remember="y")
    told.forward(seconds=1)
    _demand(owner, "viewer")
    assert is_in(client)
    assert "Alba asks you for it." in client.get("/account/second-step").text
    told.forward(days=GRACE.days - 1)
    assert is_in(client)
    told.forward(days=1)
    assert client.get("/account").headers["Location"].startswith("/account/second-step")


def test_a_role_that_comes_later_gives_its_own_days_and_nobody_else_more(
    app: Flask, cast: Cast, owner: FlaskClient, told: Clock
) -> None:
    """Who is given a role that is asked is told, and goes on for seven days from then."""
    viewer, given = app.test_client(), app.test_client()
    give_password(viewer, cast.colleague, remember="y")
    with transaction():
        alba, other = practice_with_code("alba"), person_with_email(cast.outsider)
        assert alba is not None
        assert other is not None
        place = add_membership(
            other, role=Role.STOCK_MANAGER, place=alba, actor=SYSTEM, now=told.now
        )
    told.forward(seconds=1)
    _demand(owner, "viewer")
    told.forward(days=GRACE.days - 1)
    assert is_in(viewer)
    told.forward(days=1)
    give_password(given, cast.outsider, remember="y")
    assert is_in(given)
    told.forward(seconds=1)
    with transaction():
        change_membership(place, alba, Change(Role.VIEWER), actor=SYSTEM, now=told.now)
        asked, one = {Role.VIEWER, Role.PRACTITIONER}, person_with_email(cast.owner)
        assert one is not None
        change_demand(alba, asked, person=one, actor=SYSTEM, now=told.now)
    assert mails(cast.outsider) == ["Alba asks you for a second step at sign-in."]
    assert is_in(given)
    assert viewer.get("/account").headers["Location"].startswith("/account/second-step")
    told.forward(days=GRACE.days - 1)
    assert is_in(given)
    told.forward(days=1)
    assert given.get("/account").headers["Location"].startswith("/account/second-step")
    with transaction():
        change_membership(place, alba, Change(Role.STOCK_MANAGER), actor=SYSTEM, now=told.now)
    assert is_in(given)


def test_one_of_two_practices_asks(app: Flask, cast: Cast, owner: FlaskClient, told: Clock) -> None:
    """The account is one: what one place asks holds for all of it. A token is asked nothing."""
    with transaction():
        person, alba = person_with_email(cast.outsider), practice_with_code("alba")
        assert person is not None
        assert alba is not None
        add_membership(person, role=Role.VIEWER, place=alba, actor=SYSTEM, now=told.now)
        token = issue_token(person, actor=SYSTEM, now=told.now)
    _demand(owner, "viewer")
    client = app.test_client()
    give_password(client, cast.outsider)
    assert client.get("/c/o1/today").headers["Location"].startswith("/account/second-step")
    bearer = {"Authorization": f"Bearer {token}"}
    assert app.test_client().get("/api/v1/clinics", headers=bearer).status_code == 200


def test_the_last_one_is_kept_where_it_is_asked(app: Flask, cast: Cast, owner: FlaskClient) -> None:
    _demand(owner, "owner")
    page = owner.get("/account/second-step").text
    path = page.split('href="/account/second-step/apps/')[1].split('"')[0]
    refused = owner.post(f"/account/second-step/apps/{path}")
    assert refused.status_code == 400
    assert "Alba asks you for a second step." in refused.text
    assert _demand(owner) == 302
    assert owner.post(f"/account/second-step/apps/{path}").status_code == 302


def test_an_owner_resets_a_colleagues(
    app: Flask, cast: Cast, owner: FlaskClient, set_up: SetUp
) -> None:
    client = app.test_client()
    set_up(client, cast.colleague)
    member = _member(cast.colleague)
    assert "Two steps" in owner.get("/p/alba/settings/people").text
    path = f"/p/alba/settings/people/{member}/second-step"
    assert path in owner.get(f"/p/alba/settings/people/{member}").text
    assert owner.post(path, data={"own_password": "wrong horse"}).status_code == 400
    assert is_in(client)
    assert owner.post(path, data={"own_password": PASSWORD}).status_code == 302
    assert not is_in(client)
    assert "factor.reset" in actions()
    assert mails(cast.colleague)[-1] == "Olga reset the second step of your account."
    assert give_password(client, cast.colleague).headers["Location"] == "/"
    own = f"/p/alba/settings/people/{_member(cast.owner)}/second-step"
    refused = owner.post(own, data={"own_password": PASSWORD})
    assert refused.status_code == 400
    assert "Change your own second step under Account." in refused.text
    assert owner.get(path).status_code == 404


def test_nobody_resets_what_opens_another_place_too(
    app: Flask, cast: Cast, owner: FlaskClient, set_up: SetUp, told: Clock
) -> None:
    with transaction():
        person, alba = person_with_email(cast.outsider), practice_with_code("alba")
        assert person is not None
        assert alba is not None
        add_membership(person, role=Role.VIEWER, place=alba, actor=SYSTEM, now=told.now)
    client = app.test_client()
    phone = set_up(client, cast.outsider)
    path = f"/p/alba/settings/people/{_member(cast.outsider)}/second-step"
    refused = owner.post(path, data={"own_password": PASSWORD})
    assert refused.status_code == 400
    assert "is a member elsewhere too" in refused.text
    give_password(client, cast.outsider)
    assert give_code(client, phone.code).status_code == 302


def test_a_supplier_asks_its_people_too(app: Flask, cast: Cast, set_up: SetUp) -> None:
    admin, packer = app.test_client(), app.test_client()
    set_up(admin, cast.admin)
    path = "/s/acme/people/second-step"
    assert admin.post(path, data={"roles": ["owner"]}).status_code == 400
    assert admin.post(path, data={"roles": ["fulfiller"]}).status_code == 302
    acme = supplier_with_code("acme")
    assert acme is not None
    assert acme.second_step_roles == {Role.FULFILLER}
    assert "Second step missing" in admin.get("/s/acme/people").text
    give_password(packer, cast.packer)
    assert packer.get("/s/acme/orders").headers["Location"].startswith("/account/second-step")
