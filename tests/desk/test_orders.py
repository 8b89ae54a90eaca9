"""The supplier's desk: what must leave, and several orders answered in one go."""

import datetime as dt
import re

import pytest
from flask.testing import FlaskClient

from supply.amending.services import Wanted, propose
from supply.answering import answering, progress
from supply.answering.answers import LineAnswer, Replacement
from supply.catalogue.models import Product
from supply.catalogue.terms import Storage
from supply.db import db, transaction
from supply.desk import queue
from supply.desk.queue import Show
from supply.ordering.models import PurchaseOrder
from supply.ordering.terms import Side
from supply.shipping.ship_lines import ShipLine
from tests.ordering.world import LATER, TODAY, World, events, make_product, order_of, placed
from tests.shipping.parcels import GOOD_DAY, sent
from tests.support.people import sign_in
from tests.support.queries import recorded_statements

DAY = dt.date(2126, 12, 24)


@pytest.fixture
def shipped(world: World) -> int:
    """An order of which all has left."""
    order_id = placed(world, (world.biotin, 2))
    sent(world, order_id, ShipLine("A", GOOD_DAY, 2, sku="BIO-5"))
    return order_id


def test_the_desk_acknowledges_many(client: FlaskClient, world: World) -> None:
    first, second = placed(world, (world.biotin, 1)), placed(world, (world.gloves, 2))
    sign_in(client, "sam@example.org")
    page = client.get("/s/dermal/orders").text
    assert "2 new orders to acknowledge." in page

    answer = client.post("/s/dermal/orders/acknowledge", data={"order": [first, second]})
    assert answer.location == "/s/dermal/orders"
    assert [order_of(one).stage for one in (first, second)] == ["acknowledged", "acknowledged"]
    assert "2 orders acknowledged." in client.get("/s/dermal/orders").text


def test_the_desk_acknowledges_all_it_showed(client: FlaskClient, world: World) -> None:
    first, second = placed(world, (world.biotin, 1)), placed(world, (world.gloves, 2))
    sign_in(client, "sam@example.org")
    page = client.get("/s/dermal/orders").text
    assert sorted(map(int, re.findall(r'name="shown" value="(\d+)"', page))) == [first, second]
    later = placed(world, (world.biotin, 4))

    client.post("/s/dermal/orders/acknowledge", data={"do": "all", "shown": [first, second]})
    stages = [order_of(one).stage for one in (first, second, later)]
    assert stages == ["acknowledged", "acknowledged", "placed"]


def test_what_a_clinic_changed_meanwhile_is_not_acknowledged_with_the_rest(
    client: FlaskClient, world: World
) -> None:
    first, second = placed(world, (world.biotin, 1)), placed(world, (world.gloves, 2))
    sign_in(client, "sam@example.org")
    page = client.get("/s/dermal/orders").text
    shown = dict(re.findall(r'name="(packs_\d+)" value="(\d+)"', page))
    assert shown == {f"packs_{first}": "1", f"packs_{second}": "2"}
    line_id, number = order_of(first).lines[0].id, order_of(first).number
    with transaction():
        wanted = Wanted(packs={line_id: 40})
        propose(first, wanted, side=Side.CLINIC, actor=world.manager_acts, now=LATER)

    client.post("/s/dermal/orders/acknowledge", data={"order": [first, second], **shown})
    assert [order_of(one).stage for one in (first, second)] == ["placed", "acknowledged"]
    said = client.get("/s/dermal/orders").text
    assert f"The clinic has changed order {number} since you opened it." in said
    assert "1 order acknowledged." in said


def test_what_has_left_is_on_a_list_of_its_own(
    client: FlaskClient, world: World, shipped: int
) -> None:
    waiting = placed(world, (world.biotin, 1))
    sign_in(client, "sam@example.org")

    def listed(show: str) -> list[int]:
        page = client.get(f"/s/dermal/orders?show={show}").text
        return [int(found) for found in re.findall(r'href="/s/dermal/orders/(\d+)"', page)]

    assert listed("open") == [waiting]
    assert listed("shipped") == [shipped]
    assert listed("ended") == []


def listed(world: World, show: Show) -> list[int]:
    """Return the ids of the orders that the desk shows."""
    db.session.rollback()
    return [row.order.id for row in queue.waiting(world.supplier, show, TODAY).orders]


def expect(order_id: int, days: int | None) -> None:
    """Have an order expected so many days from today, or on no day at all."""
    day = None if days is None else TODAY + dt.timedelta(days=days)
    with transaction():
        db.session.get_one(PurchaseOrder, order_id).expected_on = day


def test_what_is_promised_first_comes_first(world: World) -> None:
    with transaction():
        make_product(world.supplier, "BIO-10", "Biotin 10 ml")
        db.session.get_one(Product, world.gloves.id).storage = Storage.COLD
    goods = (world.biotin, world.biotin, world.biotin, world.biotin, world.gloves)
    never, soon, late, rest, cold = (placed(world, (product, 4)) for product in goods)
    for order_id, days in ((never, None), (soon, 3), (late, -2), (rest, -5), (cold, 1)):
        expect(order_id, days)
    (line,) = order_of(rest).lines
    with transaction():
        said = {line.id: LineAnswer(2, until=TODAY + dt.timedelta(days=2))}
        answering.acknowledge(rest, said, actor=world.seller_acts, now=LATER)
    assert listed(world, Show.OPEN) == [rest, late, cold, soon, never]
    sent(world, rest, ShipLine("A", GOOD_DAY, 2, sku="BIO-5"))

    assert listed(world, Show.OPEN) == [late, cold, rest, soon, never]
    assert (listed(world, Show.LATE), listed(world, Show.COLD)) == ([late], [cold])
    (line,) = order_of(soon).lines
    with transaction():
        other = {line.id: LineAnswer(substitute=Replacement("BIO-10", 4))}
        answering.acknowledge(soon, other, actor=world.seller_acts, now=LATER)
    assert listed(world, Show.OFFERED) == [soon]
    assert listed(world, Show.OPEN) == [late, cold, rest, never, soon]
    assert queue.counts(world.supplier, TODAY) == {
        Show.OPEN: 5,
        Show.NEW: 3,
        Show.LATE: 1,
        Show.OFFERED: 1,
        Show.COLD: 1,
    }


def test_pages_follow_on_each_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "PAGE", 2)
    ids = [placed(world, (world.biotin, 1)) for _ in range(5)]
    for order_id, days in zip(ids, (4, 4, 1, None, 2), strict=True):
        expect(order_id, days)
    found, after = [], None
    for _page in range(3):
        page = queue.waiting(world.supplier, Show.OPEN, TODAY, after)
        found += [row.order.id for row in page.orders]
        after = page.following
    assert (found, after) == ([ids[2], ids[4], ids[0], ids[1], ids[3]], None)
    nonsense = queue.waiting(world.supplier, Show.OPEN, TODAY, "x.y")
    assert [row.order.id for row in nonsense.orders] == [ids[2], ids[4]]


def test_one_that_cannot_be_stops_no_other(client: FlaskClient, world: World) -> None:
    first, second, third = (placed(world, (world.biotin, 1)) for _ in range(3))
    with transaction():
        progress.cancel_rest(second, actor=world.manager_acts, now=LATER)
    sign_in(client, "sam@example.org")
    data = {
        "order": [first, second, third],
        "ship_on": DAY.isoformat(),
        "do": "chosen",
        "form_key": "once",
    }
    for _click in range(2):
        answer = client.post("/s/dermal/orders/acknowledge", data=data)
        assert answer.location == "/s/dermal/orders"
        page = client.get("/s/dermal/orders").text
        assert "2 orders acknowledged." in page
        assert f"Order {order_of(second).number} is cancelled." in page
    stages = [(order_of(one).stage, order_of(one).ship_on) for one in (first, second, third)]
    assert stages == [("acknowledged", DAY), ("cancelled", None), ("acknowledged", DAY)]
    assert [kind for kind, _text in events(first)] == ["placed", "acknowledged"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_day_that_cannot_be_read_changes_nothing(client: FlaskClient, world: World) -> None:
    order_id = placed(world, (world.biotin, 1))
    sign_in(client, "sam@example.org")
    address = "/s/dermal/orders/acknowledge"
    for day, said in (
        ("soon", "enter the date as 2027-05-31."),
        ("2020-01-01", "Give a day to ship on that is not past."),
    ):
        answer = client.post(address, data={"order": [order_id], "ship_on": day})
        page = answer.text if answer.status_code == 400 else client.get("/s/dermal/orders").text
        assert said in page
        assert order_of(order_id).stage == "placed"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_desk_asks_as_much_of_many_orders_as_of_one(client: FlaskClient, world: World) -> None:
    placed(world, (world.biotin, 1))
    sign_in(client, "sam@example.org")
    counted = []
    for _round in range(2):
        client.get("/s/dermal/orders")
        with recorded_statements(db.engine) as statements:
            assert client.get("/s/dermal/orders").status_code == 200
        counted.append(len(statements))
        for _order in range(6):
            placed(world, (world.biotin, 1), (world.gloves, 2))
    assert counted[0] == counted[1]
