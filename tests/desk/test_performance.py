"""Fill rate and on time in full: what counts, on both databases."""

import datetime as dt
from decimal import Decimal

import pytest
from flask.testing import FlaskClient

from supply.accounts.models import Clinic, Supplier
from supply.answering import answering, progress, substituting
from supply.answering.answers import LineAnswer, Replacement
from supply.db import db, transaction
from supply.desk import performance
from supply.desk.performance import Score, first_of_month, share
from supply.inventory.reversal import reverse
from supply.ordering.models import PurchaseOrder
from supply.receiving import receiving
from supply.receiving.receiving import ReceiveLine
from supply.shipping.ship_lines import ShipLine
from supply.shipping.terms import Condition
from tests.ordering.world import LATER, World, make_product, order_of, placed
from tests.shipping.parcels import GOOD_DAY, sent
from tests.support.people import sign_in

DUE = dt.date(2026, 11, 24)
TODAY = dt.date(2026, 12, 20)
IN_TIME = dt.datetime(2026, 11, 24, 22, 30, tzinfo=dt.UTC)
"""Half past eleven in the evening at the clinic, in Berlin."""
LATE = dt.datetime(2026, 11, 24, 23, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("day", "back", "first"),
    [
        (dt.date(2026, 12, 20), 0, dt.date(2026, 12, 1)),
        (dt.date(2026, 2, 28), 2, dt.date(2025, 12, 1)),
        (dt.date(2026, 12, 1), -1, dt.date(2027, 1, 1)),
    ],
)
def test_months_are_counted(day: dt.date, back: int, first: dt.date) -> None:
    assert first_of_month(day, back) == first


def test_a_share_of_nothing_is_none() -> None:
    assert (share(2, 3), share(0, 0), share(3, 3)) == (Decimal("66.7"), None, Decimal(100))


def due(world: World, packs: int = 4) -> int:
    """Return an order that is due on ``DUE``."""
    order_id = placed(world, (world.biotin, packs))
    with transaction():
        db.session.get_one(PurchaseOrder, order_id).expected_on = DUE
    return order_id


def arrive(world: World, order_id: int, packs: int, at: dt.datetime, damaged: int = 0) -> int:
    """Send packs of an order and receive them at an instant; return the ledger's entry."""
    shipment_id = sent(world, order_id, ShipLine("A", GOOD_DAY, packs, sku="BIO-5"))
    lines = [ReceiveLine("BIO-5", "A", packs - damaged)]
    if damaged:
        lines.append(ReceiveLine("BIO-5", "A", damaged, Condition.DAMAGED, "Crushed"))
    with transaction():
        answer = receiving.receive_shipment(shipment_id, lines, actor=world.manager_acts, now=at)
    return int(answer["entry"])


def score(place: Supplier | Clinic, world: World) -> Score:
    """Return the score of the month in which all here is due."""
    db.session.rollback()
    (november,) = [
        one
        for one in performance.scores(place, TODAY)[world.supplier.id]
        if one.month == dt.date(2026, 11, 1)
    ]
    return november


def test_what_counts_as_in_time_and_in_full(world: World) -> None:
    with transaction():
        make_product(world.supplier, "BIO-10", "Biotin 10 ml")
    arrive(world, due(world), 4, IN_TIME)
    arrive(world, due(world), 4, LATE)
    arrive(world, due(world), 4, IN_TIME, damaged=1)
    arrive(world, due(world), 3, IN_TIME)
    undone = arrive(world, due(world), 4, IN_TIME)
    with transaction():
        reverse(undone, reason="A slip", actor=world.manager_acts, now=LATE)
    less = due(world)
    arrive(world, less, 3, IN_TIME)
    refused, swapped, declined = due(world), due(world), due(world)
    actor, line = world.manager_acts, order_of(swapped).lines[0].id
    with transaction():
        progress.cancel_rest(less, actor=actor, now=IN_TIME)
        progress.cancel_rest(refused, actor=actor, now=LATER)
        answering.decline(declined, reason="Gone", actor=world.seller_acts, now=LATER)
        other = {line: LineAnswer(substitute=Replacement("BIO-10", 4))}
        answering.acknowledge(swapped, other, actor=world.seller_acts, now=LATER)
    offer = order_of(swapped).lines[0].offers[0].id
    with transaction():
        substituting.answer_substitute(swapped, offer, accept=True, actor=actor, now=LATER)

    # In time and in full: the first, and the one of which the clinic took one pack off. Refused by
    # the clinic: not due at all.
    expected = Score(dt.date(2026, 11, 1), 8, 2, 31, 4 + 3 + 3 + 3)
    assert score(world.supplier, world) == expected
    assert score(world.clinic, world) == expected
    month = dt.date(2026, 11, 1)
    lines, more = performance.due_lines(world.supplier, month, TODAY)
    assert (len(lines), more) == (8, None)
    assert sum(one.wanted for one in lines) == 31
    assert sum(min(one.in_time, one.wanted) for one in lines) == 13
    missed, _more = performance.due_lines(world.supplier, month, TODAY, missed=True)
    assert len(missed) == 6


def test_what_is_not_due_yet_does_not_count(world: World) -> None:
    due(world)
    assert performance.scores(world.supplier, DUE) == {}
    found = performance.scores(world.supplier, DUE + dt.timedelta(days=1))[world.supplier.id]
    assert (found[0].lines, found[0].on_time_in_full) == (1, Decimal(0))
    assert performance.scores(world.postal, TODAY) == {}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_each_side_sees_its_numbers_and_their_rows(
    client: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("supply.clock.now", lambda: dt.datetime(2026, 12, 20, tzinfo=dt.UTC))
    arrive(world, due(world), 4, IN_TIME)
    number = order_of(due(world)).number
    sign_in(client, "sam@example.org")
    page = client.get("/s/dermal/performance?month=2026-11").text
    assert "1 of 2" in page
    assert "50 %" in page
    assert number in client.get("/s/dermal/performance?month=2026-11&only=missed").text
    sign_in(client, "vera@example.org")
    page = client.get("/c/mitte/orders/suppliers?supplier=dermal&month=2026-11").text
    assert "Dermal GmbH" in page
    assert number in page
    sign_in(client, "otto@example.org")
    for address in ("/s/dermal/performance", "/c/mitte/orders/suppliers"):
        assert client.get(address).status_code == 404
