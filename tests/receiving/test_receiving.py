"""Parcels arrive, once."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest
import sqlalchemy as sa

from supply.answering import progress
from supply.claims.models import Claim
from supply.claims.refusals import ShippedSince
from supply.db import db, transaction
from supply.inventory import queries as stock
from supply.inventory.models import Entry, Hold, Lot
from supply.inventory.reversal import reverse
from supply.inventory.terms import HoldSource
from supply.inventory.verification import verify
from supply.items.models import Item
from supply.ordering import queries as orders
from supply.receiving import receiving
from supply.receiving.models import Receipt
from supply.receiving.receiving import ReceiveLine
from supply.receiving.refusals import AlreadyReceived
from supply.refusals import InvalidInput
from supply.shipping.ship_lines import ShipLine
from supply.shipping.terms import Condition
from tests.ordering.world import (
    LATER,
    NOW,
    World,
    counters,
    events,
    mails,
    on_shelves,
    order_of,
    placed,
)
from tests.shipping.parcels import (
    GOOD_DAY,
    contents,
    costs_brought,
    count,
    five_on_their_way,
    parcel,
    sent,
)


def receive(
    world: World, shipment_id: int, *lines: ReceiveLine, now: dt.datetime = LATER, reason: str = ""
) -> int | None:
    """Receive ``lines``, or all as sent, committed; return the entry."""
    with transaction():
        answer = receiving.receive_shipment(
            shipment_id, lines or None, reason=reason, actor=world.manager_acts, now=now
        )
    entry: int | None = answer["entry"]
    return entry


def available(world: World) -> dict[str, Decimal]:
    """Return what is available by item code."""
    db.session.rollback()
    codes = {item.id: item.code for item in db.session.scalars(sa.select(Item))}
    levels = stock.levels([world.clinic.id], None, now=LATER)
    return {codes[item_id]: level.available for (_, item_id), level in levels.items()}


def test_a_parcel_taken_as_sent_becomes_stock(world: World) -> None:
    order_id, shipment_id = five_on_their_way(world)
    entry_id = receive(world, shipment_id)

    assert entry_id is not None
    assert on_shelves(world.clinic) == {"a-1": 100, "B2": 150}
    assert contents(shipment_id) == [("a-1", 2, 2, 0, 0), ("B2", 3, 3, 0, 0)]
    assert parcel(shipment_id).received_at == LATER
    order = order_of(order_id)
    assert (order.stage, order.status, order.ended_at) == ("closed", "closed", LATER)
    assert counters(order_id) == {"BIO-5": (5, 5, 5, 0)}
    assert orders.on_order([world.clinic.id], None) == {}
    assert events(order_id)[-1] == ("received", parcel(shipment_id).code)
    assert verify() == []


def test_the_receipt_freezes_cost_and_currency(world: World) -> None:
    order_id, shipment_id = five_on_their_way(world)
    entry_id = receive(world, shipment_id)

    receipt = db.session.scalars(sa.select(Receipt)).one()
    assert (receipt.entry_id, receipt.order_id, receipt.shipment_id) == (
        entry_id,
        order_id,
        shipment_id,
    )
    assert (receipt.currency, receipt.rate_millionths) == ("EUR", 1_000_000)
    assert [(row.packs, row.quantity, row.cost_minor) for row in receipt.lines] == [
        (2, Decimal(100), 5010),
        (3, Decimal(150), 7515),
    ]
    lots = db.session.scalars(sa.select(Lot).order_by(Lot.id)).all()
    assert [(lot.number, lot.expiry) for lot in lots] == [("a-1", GOOD_DAY), ("B2", GOOD_DAY)]
    assert costs_brought() == [("a-1", Decimal(100), 5010), ("B2", Decimal(150), 7515)]
    assert [lot.product_id for lot in lots] == [world.biotin.id, world.biotin.id]
    entry = db.session.get_one(Entry, entry_id)
    assert (entry.source_type, entry.source_id) == ("receipt", receipt.id)


def test_the_same_words_again_get_the_first_answer(world: World) -> None:
    order_id, shipment_id = five_on_their_way(world)
    first = receive(world, shipment_id)
    letters = len(mails())

    assert receive(world, shipment_id) == first
    all_good = [ReceiveLine("BIO-5", "A-1", 2), ReceiveLine("BIO-5", "b2", 3)]
    assert receive(world, shipment_id, *all_good) == first
    assert on_shelves(world.clinic) == {"a-1": 100, "B2": 150}
    assert counters(order_id) == {"BIO-5": (5, 5, 5, 0)}
    assert (count(Receipt), count(Entry), len(mails())) == (1, 1, letters)


@pytest.mark.parametrize(
    "lines",
    [
        (ReceiveLine("BIO-5", "A-1", 2), ReceiveLine("BIO-5", "B2", 3, Condition.DAMAGED)),
        (ReceiveLine("BIO-5", "B2", 1),),
        (ReceiveLine("BIO-5", "B2", 1, Condition.MISSING),),
        (ReceiveLine("NONE-1", "B2", 1),),
        (ReceiveLine("BIO-5", "A-1", 2), ReceiveLine("BIO-5", "B2", 4)),
    ],
)
def test_other_words_of_a_received_parcel_name_who_received_it(
    world: World, lines: tuple[ReceiveLine, ...]
) -> None:
    order_id, shipment_id = five_on_their_way(world)
    first = receive(world, shipment_id)
    letters = len(mails())
    with pytest.raises(AlreadyReceived) as refused:
        receive(world, shipment_id, *lines)

    assert str(refused.value) == (
        f"Mia received shipment {parcel(shipment_id).code}, 22 Nov 2026, 11:00. What you say of it"
        " is not recorded: if packs are damaged, wrong or missing, claim them on the order."
    )
    assert (refused.value.entry, refused.value.at) == (first, LATER)
    assert counters(order_id) == {"BIO-5": (5, 5, 5, 0)}
    assert (count(Receipt), count(Claim), count(Hold), len(mails())) == (1, 0, 0, letters)


def test_taking_it_as_sent_after_a_damage_report_is_told_so(world: World) -> None:
    _, shipment_id = five_on_their_way(world)
    damaged = ReceiveLine("BIO-5", "B2", 3, Condition.DAMAGED, "Crushed")
    receive(world, shipment_id, ReceiveLine("BIO-5", "A-1", 2), damaged)
    with pytest.raises(AlreadyReceived):
        receive(world, shipment_id)

    assert (count(Receipt), count(Claim)) == (1, 1)


def test_a_part_said_again_gets_its_answer_and_what_no_longer_fits_does_not(world: World) -> None:
    _, shipment_id = five_on_their_way(world)
    part = ReceiveLine("BIO-5", "B2", 2)
    first = receive(world, shipment_id, part)

    assert receive(world, shipment_id, part) == first
    with pytest.raises(AlreadyReceived):
        receive(world, shipment_id, ReceiveLine("BIO-5", "B2", 3))
    assert contents(shipment_id) == [("a-1", 2, 0, 0, 0), ("B2", 3, 2, 0, 0)]


def test_what_was_seen_before_somebody_received_some_is_not_taken(world: World) -> None:
    _, shipment_id = five_on_their_way(world)
    seen = {line.id: line.unaccounted for line in parcel(shipment_id).lines}
    receive(world, shipment_id, ReceiveLine("BIO-5", "B2", 1))
    with pytest.raises(AlreadyReceived), transaction():
        receiving.receive_shipment(
            shipment_id,
            [ReceiveLine("BIO-5", "A-1", 2)],
            seen=seen,
            actor=world.owner_acts,
            now=LATER,
        )

    assert contents(shipment_id) == [("a-1", 2, 0, 0, 0), ("B2", 3, 1, 0, 0)]


def test_another_reason_for_the_same_damage_is_not_lost(world: World) -> None:
    _, shipment_id = five_on_their_way(world)
    lines = [
        ReceiveLine("BIO-5", "A-1", 2),
        ReceiveLine("BIO-5", "B2", 3, Condition.DAMAGED, "Wet"),
    ]
    first = receive(world, shipment_id, *lines)

    assert receive(world, shipment_id, *lines) == first
    with pytest.raises(AlreadyReceived):
        receive(world, shipment_id, lines[0], replace(lines[1], reason="Melted"))


def test_a_parcel_is_received_in_parts(world: World) -> None:
    order_id, shipment_id = five_on_their_way(world)
    first = receive(
        world, shipment_id, ReceiveLine("BIO-5", "A-1", 2), ReceiveLine("BIO-5", "B2", 1)
    )
    assert contents(shipment_id) == [("a-1", 2, 2, 0, 0), ("B2", 3, 1, 0, 0)]
    assert parcel(shipment_id).received_at is None
    assert order_of(order_id).status == "shipped"
    second = receive(world, shipment_id)

    assert second != first
    assert on_shelves(world.clinic) == {"a-1": 100, "B2": 150}
    assert order_of(order_id).status == "closed"
    assert receive(world, shipment_id) == first


def test_damaged_packs_are_held_and_claimed(world: World) -> None:
    order_id, shipment_id = five_on_their_way(world)
    receive(
        world,
        shipment_id,
        ReceiveLine("BIO-5", "A-1", 2),
        ReceiveLine("BIO-5", "B2", 2),
        ReceiveLine("BIO-5", "B2", 1, Condition.DAMAGED, "Two vials broken"),
    )

    assert on_shelves(world.clinic) == {"a-1": 100, "B2": 150}
    assert available(world) == {"BIO-5": 200}
    hold = db.session.scalars(sa.select(Hold)).one()
    assert (hold.quantity, hold.reason, hold.source) == (
        Decimal(50),
        "Two vials broken",
        HoldSource.RECEIPT,
    )
    claim = db.session.scalars(sa.select(Claim)).one()
    assert (claim.order_id, claim.hold_id, claim.kind, claim.packs, claim.wish) == (
        order_id,
        hold.id,
        "damaged",
        1,
        "credit",
    )
    assert counters(order_id) == {"BIO-5": (5, 5, 5, 0)}
    assert order_of(order_id).status == "closed"
    mail = mails()[-1]
    assert (mail.to_address, mail.subject) == (
        "sam@example.org",
        f"Mitte reports a problem with 1 line of order {order_of(order_id).number}",
    )
    assert "1 pack  Biotin 5 ml (BIO-5), lot B2: Damaged. Two vials broken" in mail.text
    assert events(order_id)[-1] == ("claimed", "Two vials broken")


def test_missing_packs_bring_no_stock_and_may_be_sent_again(world: World) -> None:
    order_id, shipment_id = five_on_their_way(world)
    receive(
        world,
        shipment_id,
        ReceiveLine("BIO-5", "A-1", 2),
        ReceiveLine("BIO-5", "B2", 2),
        ReceiveLine("BIO-5", "B2", 1, Condition.MISSING),
    )

    assert on_shelves(world.clinic) == {"a-1": 100, "B2": 100}
    assert contents(shipment_id) == [("a-1", 2, 2, 0, 0), ("B2", 3, 2, 0, 1)]
    assert parcel(shipment_id).received_at == LATER
    assert counters(order_id) == {"BIO-5": (5, 4, 4, 0)}
    assert order_of(order_id).status == "partly_shipped"
    claim = db.session.scalars(sa.select(Claim)).one()
    assert (claim.hold_id, claim.wish, claim.note) == (None, "resend", "Not in the parcel.")

    receive(world, sent(world, order_id, ShipLine("C", GOOD_DAY, 1, sku="BIO-5")))
    assert order_of(order_id).status == "closed"
    assert on_shelves(world.clinic) == {"a-1": 100, "B2": 100, "C": 50}


def test_missing_packs_may_be_cancelled_instead(world: World) -> None:
    order_id, shipment_id = five_on_their_way(world)
    receive(
        world,
        shipment_id,
        ReceiveLine("BIO-5", "A-1", 2),
        ReceiveLine("BIO-5", "B2", 3, Condition.MISSING),
    )
    with transaction():
        progress.cancel_rest(order_id, actor=world.manager_acts, now=LATER)

    assert counters(order_id) == {"BIO-5": (5, 2, 2, 3)}
    assert order_of(order_id).stage == "closed"


def test_a_parcel_that_never_came_makes_no_entry(world: World) -> None:
    order_id, shipment_id = five_on_their_way(world)
    entry = receive(
        world,
        shipment_id,
        ReceiveLine("BIO-5", "A-1", 2, Condition.MISSING),
        ReceiveLine("BIO-5", "B2", 3, Condition.MISSING),
    )

    assert entry is None
    assert count(Entry) == 0
    assert counters(order_id) == {"BIO-5": (5, 0, 0, 0)}
    assert order_of(order_id).status == "acknowledged"
    with pytest.raises(AlreadyReceived):
        receive(world, shipment_id)


def test_what_was_not_sent_is_refused_by_row(world: World) -> None:
    _, shipment_id = five_on_their_way(world)

    with pytest.raises(InvalidInput) as refused:
        receive(
            world,
            shipment_id,
            ReceiveLine("BIO-5", "Z9", 1),
            ReceiveLine("BIO-5", "A-1", 3),
            ReceiveLine("GLO-M", "A1", 1),
            ReceiveLine("BIO-5", "A1", 1),
        )
    assert refused.value.errors == [
        ("lines.0.lot", "Row 1: this lot is not in the shipment."),
        ("lines.1.packs", "Row 2: only 2 packs are left to receive."),
        ("lines.2.lot", "Row 3: this lot is not in the shipment."),
        ("lines.3.lot", "Row 4: this lot is not in the shipment. Is A-1 meant?"),
    ]
    with pytest.raises(InvalidInput) as refused:
        receive(world, shipment_id, ReceiveLine("BIO-5", "A-1", 0))
    assert refused.value.errors == [("lines.0.packs", "Enter whole packs from 1 to 10000.")]
    assert on_shelves(world.clinic) == {}
    assert contents(shipment_id) == [("a-1", 2, 0, 0, 0), ("B2", 3, 0, 0, 0)]


def test_an_expired_lot_needs_a_reason(world: World) -> None:
    order_id = placed(world, (world.gloves, 2))
    soon = NOW.date() + dt.timedelta(days=2)
    shipment_id = sent(world, order_id, ShipLine("G", soon, 2, sku="GLO-M"))
    late = NOW + dt.timedelta(days=4)

    with pytest.raises(InvalidInput) as refused:
        receive(world, shipment_id, now=late)
    assert [text for _, text in refused.value.errors] == [
        "This lot has expired. Give a reason to take it in."
    ]
    assert on_shelves(world.clinic) == {}

    receive(world, shipment_id, now=late, reason="For training")
    assert on_shelves(world.clinic) == {"G": 200}


def test_undoing_a_receipt_reopens_shipment_and_order(world: World) -> None:
    order_id, shipment_id = five_on_their_way(world)
    entry_id = receive(
        world,
        shipment_id,
        ReceiveLine("BIO-5", "A-1", 2),
        ReceiveLine("BIO-5", "B2", 2),
        ReceiveLine("BIO-5", "B2", 1, Condition.DAMAGED),
    )
    assert entry_id is not None
    with transaction():
        reverse(entry_id, reason="Wrong box", actor=world.manager_acts, now=LATER)

    assert on_shelves(world.clinic) == {}
    assert contents(shipment_id) == [("a-1", 2, 0, 0, 0), ("B2", 3, 0, 0, 0)]
    assert parcel(shipment_id).received_at is None
    assert counters(order_id) == {"BIO-5": (5, 5, 0, 0)}
    order = order_of(order_id)
    assert (order.stage, order.status, order.ended_at) == ("acknowledged", "shipped", None)
    assert events(order_id)[-2:] == [
        ("receipt_undone", parcel(shipment_id).code),
        ("claim_withdrawn", ""),
    ]
    assert db.session.scalars(sa.select(Hold.released_at)).all() == [LATER]
    assert db.session.scalars(sa.select(Claim.settled_at)).all() == [LATER]

    again = receive(world, shipment_id)
    assert again != entry_id
    assert receive(world, shipment_id) == again
    assert on_shelves(world.clinic) == {"a-1": 100, "B2": 150}
    assert verify() == []


def test_a_receipt_is_not_undone_once_its_missing_packs_were_sent_again(world: World) -> None:
    order_id, shipment_id = five_on_their_way(world)
    entry_id = receive(
        world,
        shipment_id,
        ReceiveLine("BIO-5", "A-1", 2),
        ReceiveLine("BIO-5", "B2", 3, Condition.MISSING),
    )
    sent(world, order_id, ShipLine("C", GOOD_DAY, 3, sku="BIO-5"))

    assert entry_id is not None
    with pytest.raises(ShippedSince), transaction():
        reverse(entry_id, reason="Wrong box", actor=world.manager_acts, now=LATER)
    assert on_shelves(world.clinic) == {"a-1": 100}
    assert counters(order_id) == {"BIO-5": (5, 5, 2, 0)}
