"""Goods that come without a shipment."""

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa

from supply.answering import progress
from supply.claims.models import Claim
from supply.db import db, transaction
from supply.inventory.models import Hold
from supply.inventory.reversal import reverse
from supply.ordering.models import PurchaseOrder
from supply.receiving import goods_in
from supply.receiving.goods_in import GoodsLine
from supply.receiving.models import Receipt, ReceiptLine
from supply.receiving.terms import Arrived, ClaimKind
from supply.refusals import InvalidInput
from supply.shipping.refusals import NotOnItsWay
from supply.shipping.ship_lines import ShipLine
from tests.ordering.world import (
    LATER,
    TODAY,
    World,
    counters,
    draft,
    events,
    mails,
    on_shelves,
    order_of,
    placed,
)
from tests.shipping.parcels import GOOD_DAY, costs_brought, count, sent


def take(world: World, *lines: GoodsLine, order_id: int | None = None) -> int:
    """Receive ``lines``, committed; return the entry."""
    with transaction():
        order = db.session.get_one(PurchaseOrder, order_id) if order_id else None
        answer = goods_in.receive_goods(
            world.clinic, lines, order=order, actor=world.manager_acts, now=LATER
        )
    entry: int = answer["entry"]
    return entry


def refused(world: World, *lines: GoodsLine, order_id: int | None = None) -> list[tuple[str, str]]:
    """Return the faults that ``lines`` are refused with; nothing may have changed."""
    before = (on_shelves(world.clinic), count(Receipt))
    with pytest.raises(InvalidInput) as caught:
        take(world, *lines, order_id=order_id)
    assert (on_shelves(world.clinic), count(Receipt)) == before
    return caught.value.errors


def test_goods_are_taken_in_by_packs_or_by_quantity(world: World) -> None:
    take(
        world,
        GoodsLine("BIO-5", "A", GOOD_DAY, packs=2),
        GoodsLine("BIO-5", "B", None, quantity=Decimal("15.000"), location="Fridge 2–8 °C"),
    )

    assert on_shelves(world.clinic) == {"A": 100, "B": 15}
    receipt = db.session.scalars(sa.select(Receipt)).one()
    assert (receipt.order_id, receipt.shipment_id, receipt.currency) == (None, None, "EUR")
    assert [(row.packs, row.cost_minor) for row in receipt.lines] == [(2, None), (None, None)]


def test_what_cannot_be_taken_in_is_named_by_row(world: World) -> None:
    assert refused(
        world, GoodsLine("NO-SUCH", "A", None, packs=1), GoodsLine("BIO-5", "A", None, packs=1)
    ) == [("lines.0.sku", "Row 1: No item or product has the code NO-SUCH.")]
    assert refused(world, GoodsLine("BIO-5", "A", None, packs=1, location="Attic")) == [
        ("lines.0.location", "Row 1: This clinic has no such location.")
    ]
    assert refused(world) == [("lines", "Say what arrived.")]
    for line, message in [
        (GoodsLine("BIO-5", "A", None), "Give either packs or a quantity."),
        (
            GoodsLine("BIO-5", "A", None, packs=1, quantity=Decimal(5)),
            "Give either packs or a quantity.",
        ),
        (GoodsLine("BIO-5", "A", None, packs=0), "Enter whole packs from 1 to 10000."),
        (GoodsLine("BIO-5", "A", None, packs=10**12), "Enter whole packs from 1 to 10000."),
        (GoodsLine("BIO-5", "A", None, quantity=Decimal("NaN")), "Enter a number."),
        (GoodsLine("BIO-5", "A", None, quantity=Decimal("0.0001")), "Use at most three decimals."),
        (
            GoodsLine("GLO-M", "A", None, quantity=Decimal("0.5")),
            "This item is counted in whole pieces.",
        ),
    ]:
        assert refused(world, line) == [("lines.0.quantity", f"Row 1: {message}")]


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (GoodsLine("BIO-5", " ", None, packs=1), "lines.0.lot"),
        (GoodsLine("BIO-5", "A", None, quantity=Decimal(7)), "lines.0.quantity"),
        (GoodsLine("BIO-5", "A", TODAY - dt.timedelta(days=1), packs=1), "lines.0.expiry"),
    ],
)
def test_the_ledger_names_the_row_too(world: World, line: GoodsLine, field: str) -> None:
    assert [name for name, _ in refused(world, line)] == [field]


def test_an_expired_lot_is_taken_with_a_reason(world: World) -> None:
    yesterday = TODAY - dt.timedelta(days=1)
    take(world, GoodsLine("BIO-5", "A", yesterday, packs=1, reason="For training"))

    assert on_shelves(world.clinic) == {"A": 50}


def test_an_order_by_mail_is_received_without_a_shipment(world: World) -> None:
    order_id = placed(world, (world.caffeine, 3))
    take(world, GoodsLine("CAF-2", "A", GOOD_DAY, packs=1), order_id=order_id)
    assert counters(order_id) == {"CAF-2": (3, 1, 1, 0)}
    assert order_of(order_id).status == "partly_shipped"
    take(world, GoodsLine("CAF-2", "B", GOOD_DAY, quantity=Decimal(100)), order_id=order_id)

    assert counters(order_id) == {"CAF-2": (3, 3, 3, 0)}
    assert order_of(order_id).status == "closed"
    assert events(order_id) == [("placed", ""), ("received", ""), ("received", "")]
    assert on_shelves(world.clinic) == {"A": 50, "B": 100}
    assert costs_brought() == [("A", Decimal(50), 4500), ("B", Decimal(100), 9000)]
    frozen = db.session.scalars(sa.select(ReceiptLine.cost_minor).order_by(ReceiptLine.id)).all()
    assert frozen == [4500, 9000]


def test_what_arrived_damaged_or_warm_is_held_and_claimed_where_it_can_be(world: World) -> None:
    warm = GoodsLine("BIO-5", "W", GOOD_DAY, packs=1, arrived=Arrived.WARM)
    take(world, warm, GoodsLine("BIO-5", "A", GOOD_DAY, packs=1))
    holds = sa.select(Hold.reason, Hold.quantity).order_by(Hold.id)
    assert list(db.session.execute(holds)) == [("Arrived warm.", Decimal(50))]
    assert count(Claim) == 0, "nobody to claim from"

    order_id = placed(world, (world.caffeine, 3))
    broken = GoodsLine("CAF-2", "B", GOOD_DAY, packs=1, arrived=Arrived.DAMAGED)
    take(world, broken, GoodsLine("CAF-2", "C", GOOD_DAY, packs=2), order_id=order_id)
    assert counters(order_id) == {"CAF-2": (3, 3, 3, 0)}
    claim = db.session.scalars(sa.select(Claim)).one()
    assert (claim.kind, claim.packs, claim.note) == (ClaimKind.DAMAGED, 1, "Arrived damaged.")
    assert claim.hold is not None
    assert (claim.hold.reason, claim.hold.quantity) == ("Arrived damaged.", Decimal(50))
    soon = GoodsLine("CAF-2", "D", TODAY + dt.timedelta(days=3), packs=1, arrived=Arrived.WARM)
    again = placed(world, (world.caffeine, 1))
    with transaction():
        world.caffeine.minimum_remaining_days = 90
    take(world, soon, order_id=again)
    (note,) = db.session.scalars(sa.select(Claim.note).where(Claim.order_id == again))
    assert note == "Arrived warm. Below the promised 90 days."


def test_no_more_is_received_than_was_ordered(world: World) -> None:
    order_id = placed(world, (world.caffeine, 3))

    assert refused(
        world,
        GoodsLine("CAF-2", "A", GOOD_DAY, packs=2),
        GoodsLine("CAF-2", "B", GOOD_DAY, packs=2),
        order_id=order_id,
    ) == [("lines.1.packs", "Row 2: Only 1 pack is still to come.")]
    assert refused(
        world, GoodsLine("CAF-2", "A", GOOD_DAY, quantity=Decimal(5)), order_id=order_id
    ) == [("lines.0.packs", "Row 1: This product comes in whole packs only.")]
    assert refused(world, GoodsLine("BIO-5", "A", GOOD_DAY, packs=1), order_id=order_id) == [
        ("lines.0.sku", "Row 1: BIO-5 is not on this order.")
    ]


def test_packs_in_a_shipment_are_received_with_it(world: World) -> None:
    order_id = placed(world, (world.biotin, 3))
    sent(world, order_id, ShipLine("A", GOOD_DAY, 3, sku="BIO-5"))

    assert refused(world, GoodsLine("BIO-5", "A", GOOD_DAY, packs=1), order_id=order_id) == [
        (
            "lines.0.packs",
            "Row 1: These packs are in a shipment on its way: receive the shipment instead.",
        )
    ]


def test_a_short_dated_lot_of_an_order_is_held_and_claimed(world: World) -> None:
    order_id = placed(world, (world.biotin, 2))
    soon = TODAY + dt.timedelta(days=179)
    take(
        world,
        GoodsLine("BIO-5", "A", soon, packs=1),
        GoodsLine("BIO-5", "B", soon + dt.timedelta(days=1), packs=1),
        order_id=order_id,
    )

    hold = db.session.scalars(sa.select(Hold)).one()
    claim = db.session.scalars(sa.select(Claim)).one()
    assert (hold.quantity, hold.reason) == (Decimal(50), "Below the promised 180 days.")
    assert (claim.hold_id, claim.order_id) == (hold.id, order_id)
    assert mails()[-1].to_address == "sam@example.org"


def test_undoing_it_reopens_the_order(world: World) -> None:
    order_id = placed(world, (world.caffeine, 3))
    entry = take(world, GoodsLine("CAF-2", "A", GOOD_DAY, packs=3), order_id=order_id)
    with transaction():
        reverse(entry, reason="Wrong order", actor=world.manager_acts, now=LATER)

    assert counters(order_id) == {"CAF-2": (3, 0, 0, 0)}
    assert (order_of(order_id).stage, order_of(order_id).status) == ("placed", "placed")
    assert on_shelves(world.clinic) == {}


def test_undoing_goods_by_hand_touches_no_order(world: World) -> None:
    entry = take(world, GoodsLine("BIO-5", "A", GOOD_DAY, packs=1))
    with transaction():
        reverse(entry, reason="Typed twice", actor=world.manager_acts, now=LATER)

    assert on_shelves(world.clinic) == {}


def test_only_open_orders_are_received(world: World) -> None:
    order_id = draft(world, (world.caffeine, 3))
    with pytest.raises(NotOnItsWay):
        take(world, GoodsLine("CAF-2", "A", GOOD_DAY, packs=1), order_id=order_id)
    with transaction():
        progress.cancel_rest(order_id, actor=world.manager_acts, now=LATER)
    with pytest.raises(NotOnItsWay):
        take(world, GoodsLine("CAF-2", "A", GOOD_DAY, packs=1), order_id=order_id)
