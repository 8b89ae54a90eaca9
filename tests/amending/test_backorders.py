"""A supplier moves the day of packs that follow later: at once, and the clinic is told."""

import datetime as dt
import re
from functools import partial
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from supply import clock
from supply.amending.backorders import move_backorders
from supply.answering import answering
from supply.answering.answers import LineAnswer
from supply.db import transaction
from supply.ordering.refusals import WrongStage
from supply.receiving import receiving
from supply.receiving.receiving import ReceiveLine
from supply.refusals import InvalidInput
from supply.shipping.ship_lines import ShipLine
from tests.ordering.world import NOW, TODAY, World, events, mails, order_of, placed
from tests.shipping.parcels import GOOD_DAY, sent
from tests.support.people import sign_in
from tests.support.racing import all_at_once

FIRST, LATER_ON = TODAY + dt.timedelta(days=9), TODAY + dt.timedelta(days=20)


def put_off(world: World) -> tuple[int, dict[str, int]]:
    """Return an order of 3 biotin, of which 2 follow on a day, and 2 gloves; its lines by SKU."""
    order_id = placed(world, (world.biotin, 3), (world.gloves, 2))
    lines = {line.sku: line.id for line in order_of(order_id).lines}
    with transaction():
        said = {lines["BIO-5"]: LineAnswer(confirm=1, until=FIRST)}
        answering.acknowledge(order_id, said, actor=world.seller_acts, now=NOW)
    return order_id, lines


def move(world: World, order_id: int, days: Any, **more: Any) -> None:
    with transaction():
        move_backorders(order_id, days, actor=world.seller_acts, now=NOW, **more)


def test_the_day_moves_at_once_and_the_clinic_is_told_once(world: World) -> None:
    order_id, lines = put_off(world)
    before = len(mails())
    move(world, order_id, {lines["BIO-5"]: LATER_ON})
    assert [line.promised_on for line in order_of(order_id).lines] == [LATER_ON, None]
    assert events(order_id)[-1] == ("backorder_moved", "")
    told = mails()[before:]
    assert [mail.to_address for mail in told] == ["olga@example.org", "mia@example.org"]
    assert "Dermal GmbH has moved the day on which packs of order" in told[0].text
    assert "2 packs of Biotin 5 ml follow on 12 Dec 2026 (before: 1 Dec 2026)" in told[0].text
    assert "12 Dec 2026" in told[0].html
    with pytest.raises(InvalidInput, match="Nothing is changed"):
        move(world, order_id, {lines["BIO-5"]: LATER_ON})
    move(world, order_id, {lines["BIO-5"]: None})
    assert order_of(order_id).lines[0].promised_on is None
    assert "the day is not known (before: 12 Dec 2026)" in mails()[-1].text


def test_what_cannot_be_moved(world: World) -> None:
    order_id, lines = put_off(world)
    biotin, gloves = lines["BIO-5"], lines["GLO-M"]
    before = len(mails()), events(order_id)
    days = {biotin: TODAY - dt.timedelta(days=1), gloves: LATER_ON, 0: LATER_ON}
    with pytest.raises(InvalidInput) as refused:
        move(world, order_id, days)
    assert dict(refused.value.errors) == {
        f"until_{biotin}": "Biotin 5 ml: give a day for the rest that is not past.",
        f"until_{gloves}": "Gloves M: nothing of it is left to follow.",
        "until_0": "This line is not on the order.",
    }
    with pytest.raises(InvalidInput, match="moved to 1 Dec 2026 meanwhile"):
        move(world, order_id, {biotin: LATER_ON}, seen={biotin: TODAY})
    assert (len(mails()), events(order_id)) == before
    unanswered = placed(world, (world.biotin, 3))
    with pytest.raises(WrongStage):
        move(world, unanswered, {order_of(unanswered).lines[0].id: LATER_ON})


@pytest.mark.race
def test_of_two_who_move_it_at_once_one_does(app: Flask, world: World) -> None:
    order_id, lines = put_off(world)
    before = len(mails())
    days, seen = {lines["BIO-5"]: LATER_ON}, {lines["BIO-5"]: FIRST}
    step = partial(move_backorders, order_id, days, seen=seen, actor=world.seller_acts, now=NOW)
    results = all_at_once(app, [step] * 3)
    assert sum(isinstance(one, InvalidInput) for one in results) == 2
    assert len(mails()) - before == 2


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_page_moves_it(
    client: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    order_id, lines = put_off(world)
    page, url = f"/s/dermal/orders/{order_id}", f"/s/dermal/orders/{order_id}/backorders"
    sign_in(client, "sam@example.org")
    shown = client.get(page).text
    assert "2 packs of Biotin 5 ml follow on" in shown
    sent = dict(re.findall(r'name="((?:was|until)_\d+)" value="([^"]*)"', shown))
    until = f"until_{lines['BIO-5']}"
    assert sent == {f"was_{lines['BIO-5']}": FIRST.isoformat(), until: FIRST.isoformat()}
    before = len(mails())
    wrong = client.post(url, data=sent | {until: "soon"}, follow_redirects=True)
    assert "Write the day as year-month-day" in wrong.text
    good = sent | {until: LATER_ON.isoformat(), "form_key": "a"}
    for _ in range(2):
        assert client.post(url, data=good).location == page
    assert len(mails()) - before == 2
    shown = client.get(page).text
    assert "Moved, and the clinic is told." in shown
    assert "Biotin 5 ml follows on 12 Dec 2026, not on 1 Dec 2026." in shown
    sign_in(client, "mia@example.org")
    assert "Follows on another day" in client.get(f"/c/mitte/orders/{order_id}").text
    assert client.post(url, data=good).status_code == 404


def test_pages_say_the_day_of_what_follows_once_the_rest_is_there(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id, _lines = put_off(world)
    order = order_of(order_id)
    assert order.due_on == order.expected_on != FIRST
    parcel = ShipLine("A", GOOD_DAY, 1, sku="BIO-5"), ShipLine("G", GOOD_DAY, 2, sku="GLO-M")
    shipment_id = sent(world, order_id, *parcel)
    counted = [ReceiveLine("BIO-5", "A", 1), ReceiveLine("GLO-M", "G", 2)]
    with transaction():
        receiving.receive_shipment(shipment_id, counted, actor=world.manager_acts, now=NOW)
    assert order_of(order_id).due_on == FIRST
    monkeypatch.setattr(clock, "now", lambda: NOW)
    client = app.test_client()
    sign_in(client, world.manager.email)
    for page in ("today", "receive", "orders", f"orders/{order_id}"):
        text = re.sub(r"\s+", " ", client.get(f"/c/mitte/{page}").text)
        assert "in 9 days, 1 Dec" in text, page
