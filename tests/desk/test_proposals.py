"""Orders that a supplier writes for a clinic: nothing binds until the clinic places them."""

import re

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from supply import clock
from supply.accounts.models import Membership
from supply.accounts.terms import Role
from supply.answering import answering, progress
from supply.baskets import drafts, placing, proposing
from supply.db import db, transaction
from supply.ordering import queries
from supply.ordering.models import PurchaseOrder
from supply.ordering.outstanding import outstanding
from supply.ordering.queries import Show
from supply.ordering.refusals import WrongStage
from supply.refusals import InvalidInput
from tests.ordering.world import LATER, World, draft, events, mails, make_product, order_of, placed
from tests.support.people import sign_in
from tests.support.time import Clock


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def written(world: World) -> int:
    """Return the id of an order the supplier wrote for a clinic it serves, committed."""
    placed(world, (world.biotin, 1))
    with transaction():
        order = proposing.propose(
            world.supplier,
            "mitte",
            {" bio-5": 3, "GLO - M": 2},
            said=" As on the phone ",
            actor=world.seller_acts,
            now=LATER,
        )
    return order.id


def test_a_written_order_waits_for_the_clinic_and_binds_nobody(world: World) -> None:
    order_id = written(world)
    order = order_of(order_id)
    assert (order.stage, order.placed_at, order.basket) == ("draft", None, False)
    assert events(order_id) == [("proposed", "As on the phone")]
    assert [mail.to_address for mail in mails()[1:]] == ["olga@example.org", "mia@example.org"]
    assert {mail.kind for mail in mails()[1:]} == {"approval"}
    assert "Nothing is ordered until you place it" in mails()[-1].text
    shown = queries.clinic_orders(world.clinic, Show.APPROVAL).orders
    assert [one.id for one in shown] == [order_id]
    gloves = order.lines[1].item_id
    coming = outstanding(world.clinic.id).get(gloves)
    assert coming is None or (int(coming.on_order), coming.in_basket) == (0, 0)
    with pytest.raises(WrongStage), transaction():
        answering.acknowledge(order_id, actor=world.seller_acts, now=LATER)

    changed = {order.lines[0].id: 1}
    with transaction():
        drafts.set_packs(order_id, changed, actor=world.manager_acts, now=LATER)
        placing.place(order_id, actor=world.manager_acts, now=LATER)
    assert order_of(order_id).stage == "placed"
    assert [line.packs for line in order_of(order_id).lines] == [1, 2]
    assert queries.clinic_orders(world.clinic, Show.APPROVAL).orders == []


def test_the_clinic_may_refuse_and_the_supplier_hears_why(world: World) -> None:
    order_id = written(world)
    with transaction():
        actor = world.manager_acts
        progress.cancel_rest(order_id, reason="Not asked for", actor=actor, now=LATER)
    assert order_of(order_id).stage == "cancelled"
    assert mails()[-1].to_address == "sam@example.org"
    assert "The reason given: Not asked for" in mails()[-1].text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_only_clinics_it_serves_and_products_it_sells(world: World) -> None:
    draft(world, (world.biotin, 1))
    assert proposing.served_clinics(world.supplier) == []
    placed(world, (world.biotin, 1))
    assert [one.code for one in proposing.served_clinics(world.supplier)] == ["mitte"]
    assert proposing.served_clinics(world.postal) == []
    orders = db.session.scalar(sa.select(sa.func.count(PurchaseOrder.id)))
    for clinic, packs, field in (
        ("nowhere", {"BIO-5": 1}, "clinic"),
        ("mitte", {}, "lines"),
        ("mitte", {"CAF-2": 1}, "lines.0.sku"),
        ("mitte", {"BIO-5": 0}, "lines.0.packs"),
        ("mitte", {"GLO-M": 1}, "lines.0.packs"),
    ):
        with pytest.raises(InvalidInput) as refused, transaction():
            proposing.propose(world.supplier, clinic, packs, actor=world.seller_acts, now=LATER)
        assert refused.value.errors[0][0] == field
    assert db.session.scalar(sa.select(sa.func.count(PurchaseOrder.id))) == orders


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_it_is_written_on_a_page_and_placed_on_another(client: FlaskClient, world: World) -> None:
    placed(world, (world.biotin, 1))
    sign_in(client, "sam@example.org")
    address = "/s/dermal/orders/write"
    data = {"clinic": "mitte", "sku_0": "GLO-M", "packs_0": "1", "sku_2": "BIO-5", "packs_2": "x"}
    refused = client.post(address, data=data)
    assert refused.status_code == 400
    assert "BIO-5: enter whole packs" in refused.text
    refused = client.post(address, data=data | {"packs_2": "2"})
    assert "The minimum order is 2 packs." in refused.text
    good = data | {"packs_0": "2", "packs_2": "2", "form_key": "once"}
    for _click in range(2):
        assert client.post(address, data=good).location == address
    page = client.get(address).text
    assert page.count("Waits for the clinic") == 1

    order_id = db.session.scalars(sa.select(sa.func.max(PurchaseOrder.id))).one()
    assert client.get(f"/s/dermal/orders/{order_id}").status_code == 404
    sign_in(client, "mia@example.org")
    assert "Dermal GmbH wrote this order for you." in client.get(f"/c/mitte/orders/{order_id}").text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_it_waits_on_today_for_those_who_order(client: FlaskClient, world: World) -> None:
    order_id = written(world)
    for email in ("mia@example.org", "olga@example.org"):
        sign_in(client, email)
        page = words(client.get("/c/mitte/today").text)
        assert "1 order to approve" in page
        assert "Today , 1 waiting" in page
        assert "Awaiting approval 1 €91.13 to Dermal GmbH 2 products for Mitte" in page
        assert "written by the supplier" in page
        assert f'href="/c/mitte/orders/{order_id}"' in client.get("/c/mitte/today").text
    sign_in(client, "vera@example.org")
    assert "to approve" not in client.get("/c/mitte/today").text
    with transaction():
        placing.place(order_id, actor=world.manager_acts, now=LATER)
    sign_in(client, "mia@example.org")
    page = words(client.get("/c/mitte/today").text)
    assert "Awaiting approval" not in page
    assert "Today , 1 waiting" not in page


def link_to(email: str) -> str:
    """Return the path of the newest link to decide in a mail to somebody."""
    mail = [one for one in mails() if one.to_address == email][-1]
    found = re.search(r"https?://[^/]+(/decide/\S+)", mail.text)
    assert found
    assert found.group(1) in mail.html
    return found.group(1)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that requests read, an hour after the order was written."""
    here = Clock(LATER)
    monkeypatch.setattr(clock, "now", lambda: here.now)
    return here


def test_it_is_placed_from_the_mail_once(client: FlaskClient, world: World, told: Clock) -> None:
    order_id = written(world)
    mine, owners = link_to("mia@example.org"), link_to("olga@example.org")
    page = client.get(mine).text
    assert "Dermal GmbH wrote this order for Mitte. Nothing is ordered until you place it." in page
    assert "Place the order" in page
    (total,) = re.findall(r'name="total" value="(\d+)"', page)
    order = order_of(order_id)
    assert (order.stage, total) == ("draft", "9113")

    with transaction():
        changed = {order.lines[0].id: 4}
        drafts.set_packs(order_id, changed, actor=world.owner_acts, now=LATER)
    stale = client.post(mine, data={"do": "approve", "total": total})
    assert stale.status_code == 409
    assert "It is not as this page showed it any more: look at it again." in stale.text
    assert order_of(order_id).stage == "draft"

    (total,) = re.findall(r'name="total" value="(\d+)"', stale.text)
    assert client.post(mine, data={"do": "approve", "total": total}).location == mine
    order = order_of(order_id)
    assert (order.stage, order.placed_by_id) == ("placed", world.manager.id)
    for link in (mine, owners):
        assert "Place the order" not in client.get(link).text
        assert client.post(link, data={"do": "approve", "total": total}).status_code == 409
    assert [kind for kind, _text in events(order_id)] == ["proposed", "placed"]


def test_over_a_limit_an_owner_is_asked_and_who_may_not_order_decides_nothing(
    client: FlaskClient, world: World, told: Clock
) -> None:
    with transaction():
        member = db.session.query(Membership).filter_by(person_id=world.manager.id).one()
        member.order_limit_minor = 5_000
    order_id = written(world)
    mine = link_to("mia@example.org")
    assert "It is over your limit" in client.get(mine).text
    client.post(mine, data={"do": "approve", "total": "9113"})
    assert order_of(order_id).stage == "awaiting_approval"
    asked = link_to("olga@example.org")
    assert client.post(mine, data={"do": "approve", "total": "9113"}).status_code == 409
    with transaction():
        owner = db.session.query(Membership).filter_by(person_id=world.owner.id).one()
        owner.role = Role.STOCK_MANAGER
    assert client.post(asked, data={"do": "approve"}).status_code == 404
    with transaction():
        owner = db.session.query(Membership).filter_by(person_id=world.owner.id).one()
        owner.role = Role.OWNER
    assert client.post(asked, data={"do": "approve"}).status_code == 302
    assert order_of(order_id).stage == "placed"

    second = written(world)
    mine = link_to("mia@example.org")
    with transaction():
        member = db.session.query(Membership).filter_by(person_id=world.manager.id).one()
        member.role = Role.VIEWER
    assert client.get(mine).status_code == 404
    owners = link_to("olga@example.org")
    assert client.post(owners, data={"do": "send_back", "reason": "Not asked for"}).location
    assert order_of(second).stage == "cancelled"
    assert "The reason given: Not asked for" in mails()[-1].text


def test_a_product_named_twice_in_other_letters_is_refused(world: World) -> None:
    placed(world, (world.biotin, 1))
    with transaction():
        make_product(world.supplier, "X 1", "With a space")
        make_product(world.supplier, "X1", "Without")
    twice = {"BIO-5": 3, "bio 5": 1, "bio-5": 2, "x 1": 1, "X1": 1}
    with pytest.raises(InvalidInput) as refused, transaction():
        proposing.propose(world.supplier, "mitte", twice, actor=world.seller_acts, now=LATER)
    assert refused.value.errors == [
        ("lines.1.sku", "You do not sell a product with the SKU “bio 5”."),
        ("lines.2.sku", "BIO-5 is named twice."),
    ]
