"""The basket's page: what is said before the click, placing one supplier's order or all."""

import datetime as dt
import re
from collections.abc import Sequence

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from supply import clock
from supply.accounts.models import Clinic, Membership, Practice
from supply.baskets import drafts, placing
from supply.baskets.drafts import BasketLine
from supply.catalogue.models import Product
from supply.catalogue.terms import Availability
from supply.db import db, transaction
from supply.ordering.models import PurchaseOrder
from supply.outbox.models import Mail
from supply.web.filters import relative_date, short_date
from tests.ordering.world import NOW, World, draft, events, order_of
from tests.support.people import sign_in


@pytest.fixture
def two(world: World) -> Sequence[PurchaseOrder]:
    """A basket of three packs of biotin (€75.15) and one of caffeine from another (€45.00)."""
    with transaction():
        lines = [BasketLine(world.biotin.id, 3), BasketLine(world.caffeine.id, 1)]
        orders = drafts.add_to_basket(world.clinic, lines, actor=world.manager_acts, now=NOW)
        ids = [order.id for order in orders]
    return [order_of(one) for one in ids]


def limit(world: World, minor: int) -> None:
    with transaction():
        membership = db.session.query(Membership).filter_by(person_id=world.manager.id).one()
        membership.order_limit_minor = minor


def form(orders: Sequence[PurchaseOrder], **more: str) -> dict[str, object]:
    """Return what the basket's form sends."""
    packs = {f"packs_{line.id}": line.packs for order in orders for line in order.lines}
    return {"order": [order.id for order in orders], "form_key": "one", **packs, **more}


def stages(orders: Sequence[PurchaseOrder]) -> list[str]:
    return [order_of(one).stage.value for one in [order.id for order in orders]]


def test_all_are_placed_in_one_step_with_the_packs_typed(
    client: FlaskClient, world: World, two: Sequence[PurchaseOrder]
) -> None:
    typed = {f"packs_{two[0].lines[0].id}": "5"}
    data, ids = form(two, place="all") | typed, [order.id for order in two]
    sign_in(client, "mia@example.org")
    assert "Place all 2 orders" in client.get("/c/mitte/basket").text
    for _ in range(2):
        assert client.post("/c/mitte/basket/all", data=data).location == "/c/mitte/orders"

    assert [order_of(one).stage for one in ids] == ["placed", "placed"]
    assert [line.packs for one in ids for line in order_of(one).lines] == [5, 1]
    assert [events(one) for one in ids] == [[("placed", "")], [("placed", "")]]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Mail)) == 2
    page = client.get("/c/mitte/orders").text
    assert re.search(r"2 orders are placed: PO-[\w-]+, PO-[\w-]+\.", page)


def test_one_that_is_refused_stops_no_other(
    client: FlaskClient, world: World, two: Sequence[PurchaseOrder]
) -> None:
    first, wrong = two[0].id, f"packs_{two[0].lines[0].id}"
    data = form(two, place="all") | {wrong: "many"}
    sign_in(client, "mia@example.org")
    answer = client.post("/c/mitte/basket/all", data=data)

    assert answer.status_code == 400
    assert stages(two) == ["draft", "placed"]
    assert f'href="#{wrong}">Biotin 5 ml: Enter whole packs from 1 to 10000.' in answer.text
    assert 'value="many"' in answer.text
    assert re.search(r"Order PO-[\w-]+ is placed\.", answer.text)

    left = data | {wrong: "2", "order": [first]}
    again = client.post("/c/mitte/basket/all", data=left)
    assert again.location == f"/c/mitte/orders/{first}?placed=1"
    assert stages(two) == ["placed", "placed"]


def test_placing_one_keeps_what_was_typed_for_the_other_and_leads_on(
    client: FlaskClient, world: World, two: Sequence[PurchaseOrder]
) -> None:
    first, second = (order.id for order in two)
    data = form(two, place=str(first)) | {f"packs_{two[1].lines[0].id}": "4"}
    sign_in(client, "mia@example.org")
    answer = client.post("/c/mitte/basket/all", data=data)

    assert answer.location == f"/c/mitte/orders/{first}?placed=1"
    assert [order_of(one).stage for one in (first, second)] == ["placed", "draft"]
    assert order_of(second).lines[0].packs == 4
    page = client.get(answer.location).text
    assert "1 basket is still to be placed." in page
    assert f'href="/c/mitte/basket#basket-{second}"' in page
    assert "On to Post Pharma, €180.00" in page
    assert "still to be placed" not in client.get(f"/c/mitte/orders/{first}").text


def test_enter_in_a_field_places_nothing(
    client: FlaskClient, world: World, two: Sequence[PurchaseOrder]
) -> None:
    sign_in(client, "mia@example.org")
    page = client.get("/c/mitte/basket").text
    buttons = re.findall(r'<button[^>]*type="submit"[^>]*name="(\w+)"', page)
    assert buttons[0] == "do"

    data = form(two, do="save") | {f"packs_{two[0].lines[0].id}": "9"}
    assert client.post("/c/mitte/basket/all", data=data).location == "/c/mitte/basket"
    assert stages(two) == ["draft", "draft"]
    assert order_of(two[0].id).lines[0].packs == 9


def test_the_limit_is_said_before_the_click(
    client: FlaskClient, world: World, two: Sequence[PurchaseOrder]
) -> None:
    ids = [order.id for order in two]
    data = form(two, place="all")
    limit(world, 5_000)
    sign_in(client, "mia@example.org")
    page = client.get("/c/mitte/basket").text
    assert (
        "You may place orders of up to €50.00 each, net of VAT; an owner approves those above."
        in page
    )
    assert page.count("Over your limit of €50.00") == 1
    assert "Ask for approval" in page
    assert "Place with Dermal GmbH" not in page
    assert "Place with Post Pharma" in page

    client.post("/c/mitte/basket/all", data=data)
    assert [order_of(one).stage for one in ids] == ["awaiting_approval", "placed"]
    page = client.get("/c/mitte/orders").text
    assert re.search(r"Order PO-[\w-]+ waits for an owner&#39;s approval\.", page)

    sign_in(client, "olga@example.org")
    assert "limit" not in client.get("/c/mitte/basket").text.casefold()


def test_a_limit_in_another_currency_is_not_compared(
    client: FlaskClient, world: World, two: Sequence[PurchaseOrder]
) -> None:
    ids = [order.id for order in two]
    data = form(two, place="all")
    limit(world, 100_000)
    with transaction():
        db.session.get_one(Practice, world.practice.id).currency = "GBP"
    sign_in(client, "mia@example.org")
    page = client.get("/c/mitte/basket").text
    assert "Your limit of £1,000.00 is in another currency than this clinic's" in page
    assert page.count("In EUR, and your limit is £1,000.00") == 2
    assert "Place with" not in page

    client.post("/c/mitte/basket/all", data=data)
    assert [order_of(one).stage for one in ids] == ["awaiting_approval", "awaiting_approval"]


def test_who_may_not_order_places_nothing(
    client: FlaskClient, world: World, two: Sequence[PurchaseOrder]
) -> None:
    data, ids = form(two, place="all"), [order.id for order in two]
    for email, status in (("vera", 403), ("otto", 404), ("sam", 404)):
        sign_in(client, f"{email}@example.org")
        assert client.post("/c/mitte/basket/all", data=data).status_code == status
    sign_in(client, "mia@example.org")
    foreign = {**data, "order": [*ids, 99_999]}
    assert client.post("/c/mitte/basket/all", data=foreign).status_code == 404
    assert [order_of(one).stage for one in ids] == ["draft", "draft"]


def test_what_somebody_placed_meanwhile_is_told(
    client: FlaskClient, world: World, two: Sequence[PurchaseOrder]
) -> None:
    first = two[0].id
    data = form(two, place="all")
    with transaction():
        placing.place(first, actor=world.owner_acts, now=NOW)
    sign_in(client, "mia@example.org")
    answer = client.post("/c/mitte/basket/all", data=data)
    assert answer.status_code == 400
    assert stages(two) == ["placed", "placed"]
    assert "has been placed" in answer.text or "is placed" in answer.text
    assert events(first) == [("placed", "")]


def test_adding_says_how_many_packs(client: FlaskClient, world: World) -> None:
    sign_in(client, "mia@example.org")

    def added(product_id: int, packs: str, key: str) -> str:
        data = {"product_id": product_id, "packs": packs, "form_key": key}
        page = client.get(client.post("/c/mitte/basket", data=data).location).text
        found = re.search(r"<p[^>]*>([^<]*in the basket\.)</p>", page)
        return found[1] if found else page

    assert added(world.biotin.id, "1", "a") == "Biotin 5 ml: 1 pack is in the basket."
    assert added(world.biotin.id, "2", "b") == "Biotin 5 ml: 2 packs added, 3 in the basket."
    assert added(world.biotin.id, "2", "b") == "Biotin 5 ml: 2 packs added, 3 in the basket."
    assert added(world.gloves.id, "1", "c") == "Gloves M: 2 packs are in the basket."


def test_a_line_is_taken_off_once(
    client: FlaskClient, world: World, two: Sequence[PurchaseOrder]
) -> None:
    address = f"/c/mitte/basket/{two[0].id}/lines/{two[0].lines[0].id}/remove"
    sign_in(client, "mia@example.org")
    for _ in range(2):
        assert client.post(address, data={"form_key": "off"}).location == "/c/mitte/basket"
    assert "Biotin 5 ml is off the order." in client.get("/c/mitte/basket").text


def test_the_arrival_said_waits_for_what_its_supplier_expects_later(
    client: FlaskClient, world: World
) -> None:
    """Biotin takes 3 days, gloves the supplier's usual 5; who looks does so on a real day."""
    today = clock.local_date(clock.now(), world.clinic.timezone)
    again = today + dt.timedelta(days=16)
    with transaction():
        db.session.get_one(Clinic, world.clinic.id).opening_days = 0b1111111
        biotin = db.session.get_one(Product, world.biotin.id)
        biotin.availability, biotin.expected_on = Availability.UNAVAILABLE, again
        lines = [BasketLine(world.biotin.id, 3), BasketLine(world.gloves.id, 2)]
        (order,) = drafts.add_to_basket(world.clinic, lines, actor=world.manager_acts, now=NOW)
        order_id = order.id
    own = draft(world, (world.biotin, 1), (world.gloves, 2))
    arrives = relative_date(again + dt.timedelta(days=3), today)
    why = f"Biotin 5 ml makes it that late: its supplier expects more on {short_date(again)}."
    sign_in(client, "mia@example.org")
    for page in (client.get("/c/mitte/basket").text, client.get(f"/c/mitte/orders/{own}").text):
        assert f"Placed today, it should be here {arrives}." in page
        assert page.count("makes it that late") == 1
        assert why in page

    client.post("/c/mitte/basket/all", data=form([order_of(order_id)], place="all"))
    assert order_of(order_id).expected_on == again + dt.timedelta(days=3)
