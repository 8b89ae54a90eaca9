"""Orders answered from their mail, without an account."""

import datetime as dt
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeSerializer

from supply import clock
from supply.accounts.own_suppliers import SupplierFacts, add_supplier
from supply.actor import SYSTEM
from supply.answering import progress
from supply.db import transaction
from supply.ordering.answer_links import LASTS
from tests.ordering.world import (
    LATER,
    NOW,
    World,
    events,
    mails,
    make_product,
    order_of,
    placed,
)
from tests.support.people import sign_in
from tests.support.time import Clock

BY = {"by": "orders@post.example.org"}


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that requests read; it stands still until moved."""
    here = Clock(LATER)
    monkeypatch.setattr(clock, "now", lambda: here.now)
    return here


@pytest.fixture
def order_id(world: World, told: Clock) -> int:
    """An order placed with a supplier that nobody of works with Supply."""
    return placed(world, (world.caffeine, 3))


def link(place: int = 0) -> str:
    """Return the path of the link in a mail, the first unless told."""
    found = re.search(r"https?://[^/]+(/answer/\S+)", mails()[place].text)
    assert found is not None
    return found.group(1)


def last_facts(order_id: int) -> dict[str, object]:
    """Return what the timeline keeps of the last step."""
    order = order_of(order_id)
    return order.events[-1].facts or {}


def test_the_mail_leads_to_a_page_that_confirms_the_whole_order(
    client: FlaskClient, world: World, order_id: int
) -> None:
    (mail,) = mails()
    assert mail.to_address == "orders@post.example.org"
    assert link() in mail.html
    for _scanner in range(2):
        assert client.get(link()).status_code == 200
    page = client.get(link())
    assert "Caffeine 2 ml" in page.text
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert page.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert page.headers["Cache-Control"] == "no-store"
    assert client.head(link()).status_code == 200
    assert order_of(order_id).stage == "placed"

    answer = client.post(link(), data={"do": "confirm", "ship_on": "2026-12-10"})
    assert (answer.status_code, answer.location) == (302, link())
    order = order_of(order_id)
    assert (order.stage, order.ship_on) == ("acknowledged", dt.date(2026, 12, 10))
    assert [line.confirmed for line in order.lines] == [3]
    assert (order.events[-1].person_id, last_facts(order_id)["by"]) == (None, BY["by"])
    after = client.get(link()).text
    assert "What was answered" in after
    assert "orders@post.example.org, 22 Nov 2026" in after
    assert "Confirm the order" not in after
    sign_in(client, "mia@example.org")
    assert "orders@post.example.org, 22 Nov 2026" in client.get(f"/c/mitte/orders/{order_id}").text


def test_a_link_used_twice_changes_nothing_and_says_what_was_answered(
    client: FlaskClient, world: World, order_id: int
) -> None:
    client.post(link(), data={"do": "decline", "reason": "Sold out"})
    assert order_of(order_id).stage == "declined"
    told = len(events(order_id)), len(mails())

    for data in ({"do": "confirm"}, {"do": "decline", "reason": "Sold out"}):
        again = client.post(link(), data=data)
        assert again.status_code == 409
        assert "Nothing was changed" in again.text
        assert "Sold out" in again.text
    assert (len(events(order_id)), len(mails())) == told


def test_lines_are_answered_one_by_one(client: FlaskClient, world: World, order_id: int) -> None:
    with transaction():
        make_product(world.postal, "CAF-5", "Caffeine 5 ml", minor=4000)
    (line,) = (one.id for one in order_of(order_id).lines)
    data = {
        "do": "lines",
        f"confirm_{line}": "1",
        f"rest_{line}": "substitute",
        f"substitute_{line}": "CAF-9",
        f"substitute_packs_{line}": "2",
    }
    refused = client.post(link(), data=data)
    assert refused.status_code == 400
    assert "You do not sell a product with the SKU “CAF-9”." in refused.text
    assert 'value="CAF-9"' in refused.text
    assert order_of(order_id).stage == "placed"

    assert client.post(link(), data=data | {f"substitute_{line}": "CAF-5"}).status_code == 302
    (answered,) = order_of(order_id).lines
    assert (answered.confirmed, answered.offered) == (1, 2)
    assert mails()[-1].to_address == "mia@example.org"
    assert "Offered instead: 2 packs of Caffeine 5 ml at €40.00 each." in mails()[-1].text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
class TestRefused:
    """What a link does not open."""

    def test_nonsense_is_refused_by_name(
        self, client: FlaskClient, world: World, order_id: int
    ) -> None:
        for data, said in (
            ({}, "Choose how to answer."),
            ({"do": "sing"}, "Choose how to answer."),
            ({"do": "decline"}, "Say why: the other side reads it."),
            ({"do": "confirm", "ship_on": "soon"}, "enter the date as 2027-05-31."),
            ({"do": "confirm", "ship_on": "2026-11-01"}, "Give a day to ship on that is not past."),
        ):
            refused = client.post(link(), data=data)
            assert (refused.status_code, said in refused.text) == (400, True), data
        assert order_of(order_id).stage == "placed"

    def test_what_the_clinic_changed_meanwhile_is_shown_first(
        self, client: FlaskClient, world: World, order_id: int
    ) -> None:
        (line,) = (one.id for one in order_of(order_id).lines)
        assert f'name="seen_{line}" value="3"' in client.get(link()).text
        refused = client.post(link(), data={"do": "confirm", f"seen_{line}": "2"})
        assert refused.status_code == 409
        assert "The clinic has changed order" in refused.text
        assert "Confirm the order" in refused.text
        assert order_of(order_id).stage == "placed"
        assert client.post(link(), data={"do": "confirm", f"seen_{line}": "3"}).status_code == 302

    def test_a_forged_link_opens_nothing(
        self, app: Flask, client: FlaskClient, world: World, order_id: int
    ) -> None:
        other = placed(world, (world.biotin, 1))
        token = link().removeprefix("/answer/")
        secret = app.config["SECRET_KEY"]
        said = URLSafeSerializer(secret, salt="answer an order from its mail").loads(token)
        forged = (
            "x",
            token[:-1],
            token + "x",
            URLSafeSerializer(secret, salt="something else").dumps(said),
            URLSafeSerializer("another secret", salt="answer an order from its mail").dumps(said),
            URLSafeSerializer(secret, salt="answer an order from its mail").dumps([other]),
        )
        for one in forged:
            assert client.get(f"/answer/{one}").status_code == 404
            assert client.post(f"/answer/{one}", data={"do": "confirm"}).status_code == 404
        assert [order_of(one).stage for one in (order_id, other)] == ["placed", "placed"]

    def test_a_link_ends(
        self, client: FlaskClient, world: World, order_id: int, told: Clock
    ) -> None:
        path = link()
        told.now = NOW + LASTS - dt.timedelta(seconds=1)
        assert client.get(path).status_code == 200
        told.now = NOW + LASTS
        assert client.get(path).status_code == 410
        assert client.post(path, data={"do": "confirm"}).status_code == 410
        assert order_of(order_id).stage == "placed"

    def test_a_cancelled_order_says_so(
        self, client: FlaskClient, world: World, order_id: int
    ) -> None:
        with transaction():
            progress.cancel_rest(order_id, reason="Moved", actor=world.manager_acts, now=LATER)
        page = client.get(link())
        assert "What was left is cancelled" in page.text
        assert "Confirm the order" not in page.text
        assert client.post(link(), data={"do": "confirm"}).status_code == 409
        assert order_of(order_id).stage == "cancelled"

    def test_too_many_from_one_place_wait(
        self, client: FlaskClient, world: World, order_id: int, told: Clock
    ) -> None:
        for _try in range(120):
            client.get("/answer/guess")
        assert client.get(link()).status_code == 429
        assert client.post(link(), data={"do": "confirm"}).status_code == 429
        assert client.get(link(), environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 200
        told.now += dt.timedelta(minutes=15)
        assert client.get(link()).status_code == 200

    def test_the_page_shows_that_order_and_no_more(
        self, client: FlaskClient, world: World, order_id: int
    ) -> None:
        with transaction():
            progress.comment(order_id, text="For Mrs X", actor=world.manager_acts, now=LATER)
        page = client.get(link()).text
        for hidden in ("Mia", "mia@example.org", "Olga", "For Mrs X", "L-1"):
            assert hidden not in page

    def test_colleagues_of_the_clinic_read_the_mail_without_its_key(
        self, client: FlaskClient, world: World, order_id: int
    ) -> None:
        token = link()
        mail_id = mails()[0].id
        sign_in(client, "mia@example.org")
        for address in ("", "?as=text", "/html"):
            shown = client.get(f"/p/skin/mailbox/{mail_id}{address}")
            assert shown.status_code == 200
            assert token not in shown.text

    def test_who_works_with_supply_gets_a_link_of_their_own(
        self, client: FlaskClient, world: World, told: Clock
    ) -> None:
        order_id = placed(world, (world.biotin, 1))
        (mail,) = mails()
        assert mail.to_address == "sam@example.org"
        assert f"/s/dermal/orders/{order_id}" in mail.text
        client.post(link(), data={"do": "confirm"})
        assert last_facts(order_id)["by"] == "sam@example.org"


def test_a_practices_own_supplier_answers_too(
    app: Flask, client: FlaskClient, world: World, told: Clock
) -> None:
    with transaction():
        facts = SupplierFacts("Round the corner", "corner@example.org", "", "EUR", 3)
        own = add_supplier(world.practice, facts, actor=SYSTEM, now=NOW)
        wax = make_product(own, "WAX", "Wax")
    order_id = placed(world, (wax, 1))
    assert client.post(link(), data={"do": "confirm"}).status_code == 302
    assert order_of(order_id).stage == "acknowledged"
    assert last_facts(order_id)["by"] == "corner@example.org"
