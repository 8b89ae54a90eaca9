"""What is entered after a recall of what was before it: held on arrival, and the figures right."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa

from supply.counting.beginning import begin
from supply.counting.posting import post
from supply.counting.saying import Counted, say
from supply.db import db, transaction
from supply.handling.actions import waste
from supply.inventory.models import Balance, Hold, Lot
from supply.inventory.taking_in import Incoming, take_in
from supply.inventory.terms import EntryKind, WasteCause
from supply.inventory.verification import verify
from supply.recalls import queries
from supply.recalls.models import Recall, RecallPractice
from tests.factories import AMPOULE, NOW, World, item, stock
from tests.support.recalling import declared

D = Decimal
HOUR = dt.timedelta(hours=1)
SOON = NOW + HOUR


def became(recall_id: int) -> list[tuple[str, D, D, D, D]]:
    """Return by lot what was received, wasted, is on hand, and is still to be accounted for."""
    db.session.rollback()
    rows = queries.stock_of(db.session.get_one(Recall, recall_id))
    return [(row.number, row.received, row.wasted, row.on_hand, row.unaccounted) for row in rows]


def held() -> list[str]:
    """Return the lots that a hold in force holds."""
    db.session.rollback()
    found = sa.select(Lot.number).join(Hold, Hold.lot_id == Lot.id)
    return sorted(db.session.scalars(found.where(Hold.released_at.is_(None))))


def test_receipt_and_waste_dated_before_the_recall(world: World) -> None:
    recall_id = declared(world)
    assert not db.session.get_one(Recall, recall_id).is_open, "nobody has any"
    with transaction():
        line = Incoming(item(world, AMPOULE), "tx-1", dt.date(2027, 1, 31), D(20))
        taken = take_in(
            world.clinic, [line], kind=EntryKind.RECEIPT, occurred_at=NOW - 10 * HOUR,
            actor=world.actor(), now=NOW,
        )  # fmt: skip
    (lot,) = taken.lots
    assert (held(), db.session.get_one(Recall, recall_id).is_open) == (["tx-1"], True)
    row = db.session.scalars(sa.select(RecallPractice)).one()
    assert (row.practice_id, row.reached_at) == (world.practice.id, NOW)
    place = db.session.scalars(sa.select(Balance.location_id).where(Balance.lot_id == lot.id)).one()
    with transaction():
        waste(
            world.clinic, (place, lot.id, None), D(5), cause=WasteCause.DAMAGED,
            actor=world.actor(), now=SOON, occurred_at=NOW - HOUR,
        )  # fmt: skip
    assert (became(recall_id), verify()) == ([("tx-1", D(20), D(5), D(15), D(15))], [])


def test_a_count_finds_more_and_less_of_it(world: World) -> None:
    """Lines counted on a telephone that was offline when the recall came are posted after it."""
    stock(world, AMPOULE, "20", lot="TX-1")
    stock(world, AMPOULE, "5", lot="TX-2")
    actor, before = world.actor(), NOW - dt.timedelta(minutes=20)
    with transaction():
        count_id = begin(world.clinic, actor=actor, now=before).id
    recall_id = declared(world)
    with transaction():
        lines = [
            Counted(AMPOULE, "TX-1", "Cupboard", D(10), at=before),
            Counted(AMPOULE, "TX-2", "Cupboard", D(5), at=before),
        ]
        say(count_id, lines, actor=actor, now=SOON)
        post(count_id, actor=actor, now=SOON)
    assert became(recall_id) == [("TX-1", D(20), D(10), D(10), D(10))]
    assert held() == ["TX-1"]
