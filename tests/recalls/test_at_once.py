"""Two people at once about one recall: each quantity goes once, and what is left agrees."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask

from supply.accounts.models import Clinic, Supplier
from supply.alerts.models import Alert
from supply.alerts.terms import AlertKind, AlertStatus
from supply.db import db, transaction
from supply.inventory.models import Balance, Hold
from supply.inventory.refusals import ShortageError
from supply.inventory.taking_in import Incoming, take_in
from supply.inventory.terms import EntryKind
from supply.inventory.verification import verify
from supply.items.models import Item
from supply.recalls import work
from supply.recalls.accounting import Accounted, account
from supply.recalls.answering import acknowledge
from supply.recalls.declaring import declare
from supply.recalls.models import Recall, RecallPractice
from supply.recalls.spreading import spread
from supply.recalls.terms import Outcome
from supply.recalls.withdrawing import withdraw
from supply.refusals import Refusal
from tests.factories import AMPOULE, NOW, World, item, stock
from tests.support.racing import all_at_once
from tests.support.recalling import NOTICE, declared

pytestmark = pytest.mark.race

D = Decimal


def parting(
    world: World, recall_id: int, lot_id: int, quantity: str, outcome: Outcome
) -> Callable[[], object]:
    """Return the work of accounting for some of a lot in Riga."""
    actor, clinic_id = world.actor(), world.clinic.id
    said = Accounted(lot_id, D(quantity), outcome)
    return lambda: account(
        db.session.get_one(Clinic, clinic_id), recall_id, said, actor=actor, now=NOW
    )


def there() -> D:
    """Return how much lies on shelves."""
    db.session.rollback()
    return db.session.scalars(sa.select(Balance.quantity)).one_or_none() or D(0)


def held() -> int:
    """Return how many holds are in force."""
    return int(db.session.scalar(sa.select(sa.func.count()).where(Hold.released_at.is_(None))) or 0)


def alerts() -> list[int]:
    """Return the clinics with an alert of a recall."""
    query = sa.select(Alert.clinic_id).where(
        Alert.kind == AlertKind.RECALL, Alert.status != AlertStatus.RESOLVED
    )
    return sorted(db.session.scalars(query))


def test_two_who_account_for_the_same_part_take_it_once(app: Flask, world: World) -> None:
    lot_id = stock(world, AMPOULE, "20", lot="TX-1").id
    recall_id = declared(world)
    works = [
        parting(world, recall_id, lot_id, "15", outcome)
        for outcome in (Outcome.RETURNED, Outcome.DESTROYED)
    ]
    found = all_at_once(app, works)
    assert sorted(type(one) is ShortageError for one in found) == [False, True]
    assert (there(), verify()) == (D(5), [])
    assert db.session.get_one(Recall, recall_id).is_open


def test_the_last_of_two_clinics_at_once_closes_the_recall(app: Flask, world: World) -> None:
    """Each sees the other's still there: whoever is last has to find that nothing is."""
    lot_id = stock(world, AMPOULE, "20", lot="TX-1").id
    stock(world, AMPOULE, "10", lot="TX-1", clinic=world.sister)
    recall_id, actor = declared(world), world.actor()
    with transaction():
        acknowledge(recall_id, world.practice.id, actor=actor, now=NOW)
    sister_id = world.sister.id
    said = Accounted(lot_id, D(10), Outcome.RETURNED)
    found = all_at_once(
        app,
        [
            parting(world, recall_id, lot_id, "20", Outcome.RETURNED),
            lambda: account(
                db.session.get_one(Clinic, sister_id), recall_id, said, actor=actor, now=NOW
            ),
        ],
    )
    assert all(isinstance(one, int) for one in found)
    db.session.rollback()
    assert not db.session.get_one(Recall, recall_id).is_open
    assert (alerts(), verify()) == ([], [])


def test_what_is_accounted_for_while_the_recall_is_withdrawn(app: Flask, world: World) -> None:
    lot_id = stock(world, AMPOULE, "20", lot="TX-1").id
    recall_id, seller = declared(world), world.actor(world.supplier_admin)
    found = all_at_once(
        app,
        [
            parting(world, recall_id, lot_id, "20", Outcome.RETURNED),
            lambda: withdraw(recall_id, "Another lot was meant", actor=seller, now=NOW),
        ],
    )
    refused = [one for one in found if isinstance(one, Refusal)]
    assert [str(one) for one in refused] in ([], ["This recall is withdrawn."])
    assert there() == (D(20) if refused else D(0))
    recall = db.session.get_one(Recall, recall_id)
    assert (recall.is_open, recall.withdrawn_at, held()) == (False, NOW, 0)
    assert (alerts(), verify()) == ([], [])


def test_an_answer_while_a_wider_recall_is_declared(app: Flask, world: World) -> None:
    stock(world, AMPOULE, "20", lot="TX-1")
    stock(world, AMPOULE, "5", lot="TX-2")
    recall_id, actor = declared(world), world.actor()
    practice_id, supplier_id = world.practice.id, world.supplier.id
    wider = replace(NOTICE, lots=["TX-1", "TX-2"])
    seller = world.actor(world.supplier_admin)

    def widen() -> int:
        supplier = db.session.get_one(Supplier, supplier_id)
        return declare(supplier, wider, actor=seller, now=NOW)[0].id

    all_at_once(app, [lambda: acknowledge(recall_id, practice_id, actor=actor, now=NOW).id, widen])
    db.session.rollback()
    (wide_id,) = db.session.scalars(sa.select(Recall.id).where(Recall.id != recall_id))
    assert spread(wide_id, NOW) == 1
    rows = db.session.execute(
        sa.select(RecallPractice.recall_id, RecallPractice.answer).order_by(
            RecallPractice.recall_id
        )
    ).all()
    assert rows == [(recall_id, "found"), (wide_id, None)], "the wider one is asked by itself"
    assert held() == 3


@pytest.mark.parametrize("receives_first", [True, False])
def test_a_recall_withdrawn_while_some_of_it_comes_in_holds_nothing(
    app: Flask, world: World, receives_first: bool
) -> None:
    """At a practice that it has not reached before, which the withdrawal cannot know of."""
    recall_id, seller = declared(world), world.actor(world.supplier_admin)
    actor = world.actor()
    clinic_id = world.clinic.id
    with transaction():
        item_id = item(world, AMPOULE).id
    first_is_done, second_is_done = threading.Event(), threading.Event()

    def receive() -> None:
        line = Incoming(db.session.get_one(Item, item_id), "tx-1", dt.date(2027, 1, 31), D(20))
        clinic = db.session.get_one(Clinic, clinic_id)
        take_in(clinic, [line], kind=EntryKind.RECEIPT, occurred_at=NOW, actor=actor, now=NOW)

    def take_back() -> None:
        withdraw(recall_id, "A slip", actor=seller, now=NOW)

    works = (receive, take_back) if receives_first else (take_back, receive)

    def first() -> None:
        works[0]()
        first_is_done.set()
        second_is_done.wait(0.5)  # it cannot be, as long as this is not committed

    def second() -> None:
        first_is_done.wait(0.5)
        works[1]()
        second_is_done.set()

    found = all_at_once(app, [first, second])
    assert found == [None, None]
    assert (there(), held(), alerts()) == (D(20), 0, [])
    assert work.run(NOW) == {}, "nobody is to be told any more"
