"""Orders over a limit decided on from the mail that asks, without signing in."""

import datetime as dt
import re

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from itsdangerous import URLSafeSerializer

from supply import clock
from supply.accounts.models import Membership
from supply.accounts.terms import Role
from supply.actor import Actor
from supply.answering import progress
from supply.approving.sending_back import send_back, take_back_sending
from supply.baskets import placing
from supply.db import db, transaction
from supply.money import Money
from supply.ordering.decision_links import LASTS
from tests.ordering.world import LATER, NOW, World, draft, events, mails, order_of
from tests.support.people import sign_in
from tests.support.time import Clock


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that requests read; it stands still until moved."""
    here = Clock(LATER)
    monkeypatch.setattr(clock, "now", lambda: here.now)
    return here


@pytest.fixture
def order_id(world: World, told: Clock) -> int:
    """An order that a stock manager asks an owner to approve."""
    return asked(world)


def asked(world: World) -> int:
    found = draft(world, (world.caffeine, 3))
    with transaction():
        limit = Money(100, "EUR")
        placing.place(found, limit=limit, actor=world.manager_acts, now=NOW)
    return found


def link(place: int = 0) -> str:
    """Return the path of the link in a mail that asks, the first unless told."""
    links = [re.search(r"https?://[^/]+(/decide/\S+)", mail.text) for mail in mails()]
    return [found.group(1) for found in links if found][place]


def test_the_mail_leads_to_a_page_that_approves(
    client: FlaskClient, world: World, order_id: int
) -> None:
    (mail,) = mails()
    assert mail.to_address == world.owner.email
    assert link() in mail.html
    assert f"/c/mitte/orders/{order_id}" in mail.text
    assert client.get(link()).status_code == 200
    page = client.get(link())
    assert page.status_code == 200
    assert "asks you to approve an order of" in page.text
    assert "Caffeine 2 ml" in page.text
    assert page.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert page.headers["Cache-Control"] == "no-store"
    assert client.head(link()).status_code == 200
    assert order_of(order_id).stage == "awaiting_approval"

    answer = client.post(link(), data={"do": "approve"})
    assert (answer.status_code, answer.location) == (302, link())
    order = order_of(order_id)
    assert (order.stage, order.placed_by_id) == ("placed", world.manager.id)
    assert (order.events[-1].kind, order.events[-1].person_id) == ("approved", world.owner.id)
    assert [one.kind for one in mails()] == ["approval", "order"]
    after = client.get(link()).text
    assert "What happened last" in after
    assert "Approve the order" not in after


def test_where_a_second_step_is_asked_the_link_alone_decides_nothing(
    client: FlaskClient, world: World, order_id: int
) -> None:
    with transaction():
        practice = order_of(order_id).clinic.practice
        practice.second_step_roles = frozenset({Role.OWNER})
    page = client.get(link()).text
    assert "Sign in and decide" in page
    assert "Approve the order" not in page
    for what in ("approve", "send_back"):
        answer = client.post(link(), data={"do": what, "reason": "Half"})
        assert answer.status_code == 409
    assert order_of(order_id).stage == "awaiting_approval"


def test_it_is_sent_back_with_a_reason(client: FlaskClient, world: World, order_id: int) -> None:
    refused = client.post(link(), data={"do": "send_back", "reason": " "})
    assert refused.status_code == 400
    assert "Say why, so that it can be changed." in refused.text
    nothing = client.post(link(), data={"do": "dance"})
    assert nothing.status_code == 400
    assert order_of(order_id).stage == "awaiting_approval"
    assert client.post(link(), data={"do": "send_back", "reason": "Half"}).status_code == 302
    order = order_of(order_id)
    assert (order.stage, order.events[-1].text) == ("draft", "Half")
    assert mails()[-1].to_address == world.manager.email
    assert "Half" in client.get(link()).text


def test_it_decides_once(client: FlaskClient, world: World, order_id: int) -> None:
    client.post(link(), data={"do": "send_back", "reason": "Half"})
    said = len(events(order_id)), len(mails())
    for data in ({"do": "approve"}, {"do": "send_back", "reason": "Half"}):
        again = client.post(link(), data=data)
        assert again.status_code == 409
        assert "Nothing was changed" in again.text
    with transaction():
        take_back_sending(order_id, actor=Actor(world.owner.id), now=LATER)
    assert order_of(order_id).stage == "awaiting_approval"
    assert "Approve the order" not in client.get(link()).text
    assert client.post(link(), data={"do": "approve"}).status_code == 409
    assert (len(events(order_id)), len(mails())) == (said[0] + 1, said[1])

    with transaction():
        send_back(order_id, reason="Again", actor=Actor(world.owner.id), now=LATER)
    with transaction():
        limit = Money(100, "EUR")
        placing.place(order_id, limit=limit, actor=world.manager_acts, now=LATER)
    assert client.post(link(), data={"do": "approve"}).status_code == 409
    assert client.post(link(1), data={"do": "approve"}).status_code == 302
    assert order_of(order_id).stage == "placed"


def test_a_comment_leaves_it_open(client: FlaskClient, world: World, order_id: int) -> None:
    with transaction():
        progress.comment(order_id, text="Soon, please", actor=world.manager_acts, now=LATER)
    assert client.post(link(), data={"do": "approve"}).status_code == 302
    assert order_of(order_id).stage == "placed"


def test_it_ends(client: FlaskClient, world: World, order_id: int, told: Clock) -> None:
    told.now = NOW + LASTS - dt.timedelta(seconds=1)
    assert client.get(link()).status_code == 200
    told.now = NOW + LASTS
    assert "This link is too old" in client.get(link()).text
    assert client.post(link(), data={"do": "approve"}).status_code == 410
    assert order_of(order_id).stage == "awaiting_approval"


def test_who_is_no_owner_any_more_decides_nothing(
    client: FlaskClient, world: World, order_id: int
) -> None:
    of_owner = sa.update(Membership).where(Membership.person_id == world.owner.id)
    with transaction():
        db.session.execute(of_owner.values(role=Role.STOCK_MANAGER))
    assert client.get(link()).status_code == 404
    assert client.post(link(), data={"do": "approve"}).status_code == 404
    assert order_of(order_id).stage == "awaiting_approval"


def test_who_left_decides_nothing(client: FlaskClient, world: World, order_id: int) -> None:
    with transaction():
        db.session.merge(world.owner).disabled_at = LATER
    assert client.post(link(), data={"do": "approve"}).status_code == 404
    assert order_of(order_id).stage == "awaiting_approval"


def test_what_changed_since_is_said_and_it_stays_open(
    client: FlaskClient, world: World, order_id: int
) -> None:
    with transaction():
        for line in order_of(order_id).lines:
            line.product.withdrawn_at = LATER
    answer = client.post(link(), data={"do": "approve"})
    assert answer.status_code == 409
    assert "It cannot be approved" in answer.text
    assert "Approve the order" in answer.text
    assert order_of(order_id).stage == "awaiting_approval"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_we_did_not_sign_opens_nothing(
    client: FlaskClient, world: World, order_id: int
) -> None:
    secret = client.application.config["SECRET_KEY"]
    said = [order_id, 1, world.owner.id, 4e9]
    forged = [
        URLSafeSerializer(secret, salt="answer an order from its mail").dumps(said),
        URLSafeSerializer("another", salt="decide on an order from its mail").dumps(said),
        URLSafeSerializer(secret, salt="decide on an order from its mail").dumps(said[:3]),
        URLSafeSerializer(secret, salt="decide on an order from its mail").dumps("x"),
        link().removeprefix("/decide/")[:-3],
        "x",
    ]
    for token in forged:
        page = client.get(f"/decide/{token}")
        assert (page.status_code, "This link is not one of ours" in page.text) == (404, True)
        assert client.post(f"/decide/{token}", data={"do": "approve"}).status_code == 404
    assert order_of(order_id).stage == "awaiting_approval"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_colleague_sees_the_mail_without_its_key(
    client: FlaskClient, world: World, order_id: int
) -> None:
    (mail,) = mails()
    key = link().removeprefix("/decide/")
    with transaction():
        of_manager = sa.update(Membership).where(Membership.person_id == world.manager.id)
        db.session.execute(of_manager.values(role=Role.OWNER))
    for person, shown in ((world.owner, True), (world.manager, False)):
        reader = client.application.test_client()
        sign_in(reader, person.email)
        text = reader.get(f"/p/{world.clinic.practice.code}/mailbox/{mail.id}?as=text").text
        assert ("/decide/" in text, key in text) == (True, shown)
