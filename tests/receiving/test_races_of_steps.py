"""Two people take different steps with the same order at once: one wins, the other is told."""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from supply.amending import services as amending
from supply.amending.services import Wanted
from supply.answering import answering, progress
from supply.approving.sending_back import send_back
from supply.baskets import placing
from supply.claims import claiming
from supply.claims.claiming import NewClaim
from supply.db import db, transaction
from supply.idempotency import once
from supply.inventory.models import Entry
from supply.inventory.reversal import reverse
from supply.inventory.verification import verify
from supply.money import Money
from supply.ordering.terms import Side, Stage
from supply.receiving import receiving
from supply.receiving.models import Receipt
from supply.receiving.receiving import ReceiveLine
from supply.receiving.terms import ClaimKind, ClaimWish
from supply.refusals import Refusal
from supply.shipping import shipping
from supply.shipping.models import Shipment
from supply.shipping.ship_lines import ShipLine
from tests.ordering.world import (
    LATER,
    NOW,
    World,
    counters,
    draft,
    events,
    on_shelves,
    order_of,
    placed,
)
from tests.shipping.parcels import GOOD_DAY, count, five_on_their_way, sent

pytestmark = pytest.mark.race

Work = Callable[[], object]


def raced(app: Flask, world: World, works: dict[str, Work]) -> dict[str, object]:
    """Do all at the same time, each as pages do: again where two waited for each other's locks."""
    actor = world.owner_acts
    db.session.rollback()
    gate = threading.Barrier(len(works))
    answers: dict[str, object] = {}

    def one(name: str, work: Work) -> None:
        def told() -> dict[str, Any]:
            work()
            return {}

        with app.app_context():
            gate.wait()
            try:
                once(actor, None, {}, told, LATER)
                answers[name] = "done"
            except Refusal as refusal:
                answers[name] = refusal
            db.session.remove()
            if db.engine.dialect.name == "sqlite":
                db.engine.dispose()

    threads = [threading.Thread(target=one, args=each) for each in works.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert answers.keys() == works.keys()
    assert verify() == []
    return answers


def done(answers: dict[str, object]) -> set[str]:
    return {name for name, answer in answers.items() if answer == "done"}


def test_an_order_is_decided_on_once(app: Flask, world: World) -> None:
    order_id = draft(world, (world.biotin, 5))
    with transaction():
        limit = Money(1, "EUR")
        placing.place(order_id, limit=limit, actor=world.manager_acts, now=NOW)
    olga: Any = {"actor": world.owner_acts, "now": LATER}
    answers = raced(
        app,
        world,
        {
            "approved": partial(placing.approve, order_id, **olga),
            "sent_back": partial(send_back, order_id, reason="No", **olga),
            "cancelled": partial(progress.cancel_rest, order_id, reason="No", **olga),
        },
    )
    # What is approved first, or sent back, may still be cancelled after it.
    won = done(answers)
    assert won in ({"approved"}, {"sent_back"}, {"cancelled"}) or won in (
        {"approved", "cancelled"}, {"sent_back", "cancelled"}
    )  # fmt: skip
    assert [kind for kind, _text in events(order_id) if kind in answers] == sorted(
        won, key=["approved", "sent_back", "cancelled"].index
    )


def test_a_placed_order_is_answered_once(app: Flask, world: World) -> None:
    order_id = placed(world, (world.biotin, 5))
    line_id = order_of(order_id).lines[0].id
    sam: Any = {"actor": world.seller_acts, "now": LATER}
    mia: Any = {"actor": world.manager_acts, "now": LATER}
    box = ShipLine("A", GOOD_DAY, 3, sku="BIO-5")
    answers = raced(
        app,
        world,
        {
            "acknowledged": partial(answering.acknowledge, order_id, seen={line_id: 5}, **sam),
            "declined": partial(answering.decline, order_id, reason="None left", **sam),
            "cancelled": partial(progress.cancel_rest, order_id, **mia),
            "changed": partial(
                amending.propose, order_id, Wanted(packs={line_id: 4}), side=Side.CLINIC, **mia
            ),
            "shipped": partial(shipping.ship, order_id, [box], **sam),
        },
    )
    won = done(answers)
    ordered, shipped, received, cancelled = counters(order_id)["BIO-5"]
    assert (ordered, shipped, received) == (5, 3 if "shipped" in won else 0, 0)
    assert not {"acknowledged", "declined"} <= won
    assert not {"declined", "shipped"} <= won
    if won & {"declined", "cancelled"}:
        assert cancelled == 5 - shipped
    order = order_of(order_id)
    assert (order.ended_at is not None) == (cancelled == 5)
    assert order.lines[0].to_ship == 5 - shipped - cancelled


def test_a_parcel_is_received_or_taken_back(app: Flask, world: World) -> None:
    order_id, shipment_id = five_on_their_way(world)
    sam: Any = {"actor": world.seller_acts, "now": LATER}
    mia: Any = {"actor": world.manager_acts, "now": LATER}
    answers = raced(
        app,
        world,
        {
            "received": partial(receiving.receive_shipment, shipment_id, None, **mia),
            "back": partial(shipping.take_back, shipment_id, **sam),
            "cancelled": partial(progress.cancel_rest, order_id, side=Side.CLINIC, **mia),
        },
    )
    won = done(answers)
    assert len(won & {"received", "back"}) == 1
    if "received" in won:
        assert counters(order_id)["BIO-5"] == (5, 5, 5, 0)
        assert sum(on_shelves(world.clinic).values()) == 250
    else:
        assert counters(order_id)["BIO-5"] == (5, 0, 0, 5 if "cancelled" in won else 0)
        assert (count(Receipt), count(Shipment)) == (0, 0)


def test_a_receipt_is_undone_while_others_work_on_the_order(app: Flask, world: World) -> None:
    order_id = placed(world, (world.biotin, 9))
    first = sent(world, order_id, ShipLine("A", GOOD_DAY, 4, sku="BIO-5"))
    second = sent(world, order_id, ShipLine("A", GOOD_DAY, 2, sku="BIO-5"))
    sam: Any = {"actor": world.seller_acts, "now": LATER}
    mia: Any = {"actor": world.manager_acts, "now": LATER}
    with transaction():
        receiving.receive_shipment(first, None, actor=world.manager_acts, now=NOW)
    entry_id = db.session.scalars(sa.select(Entry.id)).one()
    claim = NewClaim("BIO-5", 4, ClaimKind.DAMAGED, ClaimWish.CREDIT, lot="A")
    box = ShipLine("A", GOOD_DAY, 3, sku="BIO-5")
    answers = raced(
        app,
        world,
        {
            "undone": partial(reverse, entry_id, reason="", **mia),
            "undone twice": partial(reverse, entry_id, reason="", **mia),
            "received": partial(
                receiving.receive_shipment, second, [ReceiveLine("BIO-5", "A", 2)], **mia
            ),
            "claimed": partial(claiming.raise_claim, order_id, claim, **mia),
            "shipped": partial(shipping.ship, order_id, [box], **sam),
        },
    )
    won = done(answers)
    assert {"received", "shipped"} <= won
    assert len(won & {"undone", "undone twice"}) == 1
    assert counters(order_id)["BIO-5"] == (9, 9, 2, 0)
    assert on_shelves(world.clinic) == {"A": 100}
    assert order_of(order_id).stage is Stage.ACKNOWLEDGED
