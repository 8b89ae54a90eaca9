"""A recall of what is claimed, returned, or on its way back: its holds and figures stay right."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa

from supply.claims import claiming
from supply.claims.terms import ClaimOutcome, Goods
from supply.db import db, transaction
from supply.inventory.models import Hold
from supply.inventory.reversal import reverse
from supply.inventory.verification import verify
from supply.recalls import queries, work
from supply.recalls.accounting import Accounted, account
from supply.recalls.answering import acknowledge
from supply.recalls.declaring import Named, Notice, declare
from supply.recalls.models import Recall
from supply.recalls.spreading import spread
from supply.recalls.terms import Outcome, RecallClass
from supply.receiving.models import ReceiptLine
from supply.returning.terms import Fate
from tests.ordering.world import LATER, World
from tests.returning.cases import (
    asked,
    authorised,
    back,
    claimed,
    gone,
    on_its_way,
    received,
    sealed,
    settled,
    undone,
)

D = Decimal
AFTER = LATER + dt.timedelta(minutes=5)


def recalled(world: World) -> int:
    """Recall lot A1 of biotin, and return the recall; the practice has answered."""
    notice = Notice(
        products=[Named(sku="BIO-5")],
        lots=["a1"],
        recall_class=RecallClass.MODERATE,
        reason="Particles",
        action="Return it",
    )
    with transaction():
        recall_id = declare(world.supplier, notice, actor=world.seller_acts, now=LATER)[0].id
    spread(recall_id, LATER)
    with transaction():
        acknowledge(recall_id, world.practice.id, actor=world.manager_acts, now=LATER)
    return recall_id


def became(recall_id: int) -> tuple[int, ...]:
    """Return what was received, wasted, is on hand, was returned, and destroyed of the lot."""
    db.session.rollback()
    (row,) = queries.stock_of(db.session.get_one(Recall, recall_id))
    assert row.received == row.wasted + row.on_hand + row.returned + row.destroyed
    said = row.received, row.wasted, row.on_hand, row.returned, row.destroyed
    return tuple(map(int, said))


def is_open(recall_id: int) -> bool:
    """Return whether the recall is open, once the job has looked after it."""
    work.run(AFTER)
    return db.session.get_one(Recall, recall_id, populate_existing=True).is_open


def holds() -> list[tuple[str, D | None]]:
    """Return the holds in force, by source, with how much they hold; None is all of the lot."""
    db.session.rollback()
    rows = db.session.scalars(sa.select(Hold).where(Hold.released_at.is_(None)).order_by(Hold.id))
    return [(row.source.value, row.quantity) for row in rows]


@pytest.mark.parametrize(
    ("goods", "figures", "left"),
    [
        (Goods.RELEASED, (150, 0, 150, 0, 0), True),
        (Goods.RETURNED, (150, 0, 50, 100, 0), True),
        (Goods.WASTED, (150, 100, 50, 0, 0), True),
    ],
)
def test_what_a_claim_holds_is_recalled_and_then_parted_with(
    world: World, goods: Goods, figures: tuple[int, ...], left: bool
) -> None:
    order_id = received(world, A1=3)
    claim_id = claimed(world, order_id, 2, "A1", None)
    recall_id = recalled(world)
    assert holds() == [("receipt", D(100)), ("recall", None)]
    with transaction():
        claiming.settle_claim(claim_id, ClaimOutcome.CREDIT, actor=world.seller_acts, now=LATER)
    with transaction():
        _claim, entry = claiming.part_with_goods(
            claim_id, goods, actor=world.manager_acts, now=LATER
        )
    assert holds() == [("recall", None)], "the recall holds on, whatever the claim does"
    assert became(recall_id) == figures
    assert is_open(recall_id) is left
    if entry is not None:
        with transaction():
            reverse(entry, reason="", actor=world.manager_acts, now=LATER)
        assert holds() == [("receipt", D(100)), ("recall", None)]
        assert became(recall_id) == (150, 0, 150, 0, 0)
    assert verify() == []


def test_a_recall_takes_along_what_a_claim_holds(world: World) -> None:
    order_id = received(world, A1=3)
    claim_id = claimed(world, order_id, 2, "A1", ClaimOutcome.CREDIT)
    recall_id = recalled(world)
    lot_id = db.session.scalars(sa.select(ReceiptLine.lot_id)).one()
    assert lot_id is not None
    with transaction():
        said = Accounted(lot_id, D(150), Outcome.DESTROYED)
        account(world.clinic, recall_id, said, actor=world.manager_acts, now=LATER)
    assert became(recall_id) == (150, 0, 0, 0, 150)
    assert not is_open(recall_id)
    with transaction():
        _claim, entry = claiming.part_with_goods(
            claim_id, Goods.RETURNED, actor=world.manager_acts, now=LATER
        )
    assert entry is None, "nothing of it is left to go back"
    assert became(recall_id) == (150, 0, 0, 0, 150)
    assert verify() == []


def test_what_went_back_before_the_recall_counts_as_returned(world: World) -> None:
    order_id = received(world, A1=3)
    return_id = on_its_way(world, order_id, A1=2)
    recall_id = recalled(world)
    assert became(recall_id) == (150, 0, 50, 100, 0)
    settled(world, return_id)
    assert became(recall_id) == (150, 0, 50, 100, 0)
    assert is_open(recall_id)


def test_an_authorised_return_is_how_it_goes_back_and_what_is_refused_is_held_again(
    world: World,
) -> None:
    order_id = received(world, A1=3)
    return_id = asked(world, order_id, A1=3)
    authorised(world, return_id)
    recall_id = recalled(world)
    gone(world, return_id)
    assert sealed(world, "A1") == 0
    assert became(recall_id) == (150, 0, 0, 150, 0)
    assert not is_open(recall_id)
    settled(world, return_id, accepted=1, why="Opened boxes", fate=Fate.COME_BACK)
    entry = back(world, return_id)
    assert became(recall_id) == (150, 0, 100, 50, 0), "what came back was received once"
    assert holds() == [("recall", None), ("receipt", D(100))]
    assert db.session.get_one(Recall, recall_id).is_open, "at once"
    undone(world, entry)
    assert became(recall_id) == (150, 0, 0, 150, 0)
    assert not is_open(recall_id)


def test_a_return_that_was_sent_and_undone_is_on_hold_again(world: World) -> None:
    order_id = received(world, A1=3)
    return_id = asked(world, order_id, A1=3)
    authorised(world, return_id)
    entry = gone(world, return_id)
    recall_id = recalled(world)
    assert (became(recall_id), is_open(recall_id)) == ((150, 0, 0, 150, 0), False)
    undone(world, entry)
    assert (became(recall_id), is_open(recall_id)) == ((150, 0, 150, 0, 0), True)
    assert holds() == [("recall", None)]
