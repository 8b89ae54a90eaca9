"""Two people at one transfer, one who dies in the middle of it, and one that never arrives."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
from collections import Counter
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask

from supply.accounts.models import Clinic
from supply.alerts.models import Alert
from supply.alerts.terms import AlertKind
from supply.alerts.wording import message
from supply.db import db, transaction
from supply.inventory.models import Entry
from supply.inventory.refusals import ShortageError
from supply.inventory.verification import verify
from supply.refusals import Refusal
from supply.replenishment.sweep import sweep
from supply.transfers import receiving, sending
from supply.transfers.lines import Line
from supply.transfers.models import Transfer, TransferLine
from supply.transfers.terms import TransferStatus
from tests.factories import BIOTIN, NOW, TODAY, World, make_world, stock
from tests.support.commands import ROOT, SupplyCommand
from tests.support.racing import PEOPLE, all_at_once, at_once

D = Decimal
DIES = """
import sys
from supply import clock, create_app
from supply.actor import Actor
from supply.db import transaction
from supply.transfers import receiving

with create_app().app_context(), transaction():
    receiving.receive(int(sys.argv[1]), actor=Actor(int(sys.argv[2])), now=clock.now())
    print("in the middle", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def world(app: Flask) -> World:
    """Two clinics of one practice."""
    return make_world()


def sent(world: World, quantity: int = 8) -> Transfer:
    """Send some biotin from Riga to Dublin."""
    lot = stock(world, BIOTIN, "20")
    with transaction():
        return sending.send(
            world.clinic, world.sister, [Line(lot.id, D(quantity))], actor=world.actor(), now=NOW
        )


def entries() -> int:
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count(Entry.id))) or 0


def line() -> tuple[D, D]:
    """Return how much of the only line is received, and still in transit."""
    db.session.rollback()
    one = db.session.scalars(sa.select(TransferLine)).one()
    return one.received, one.in_transit


@pytest.mark.race
def test_what_all_receive_at_once_is_stock_once(app: Flask, world: World) -> None:
    transfer_id, actor = sent(world).id, world.actor()
    before = entries()
    answers = at_once(app, lambda: receiving.receive(transfer_id, actor=actor, now=NOW).entry_id)
    assert answers == [answers[0]] * PEOPLE
    assert (entries() - before, line()) == (1, (D(8), D(0)))
    assert verify() == []


@pytest.mark.race
def test_what_is_received_and_taken_back_at_once_goes_one_way(app: Flask, world: World) -> None:
    transfer_id, actor = sent(world).id, world.actor()
    answers = all_at_once(
        app,
        [
            lambda: receiving.receive(transfer_id, actor=actor, now=NOW),
            lambda: sending.take_back(transfer_id, actor=actor, now=NOW),
        ],
    )
    assert sum(isinstance(one, Refusal) for one in answers) == 1
    received, left = line()
    assert (received in (D(0), D(8)), left) == (True, D(0))
    assert verify() == []


@pytest.mark.race
def test_the_last_packs_are_sent_once(app: Flask, world: World) -> None:
    lot_id = stock(world, BIOTIN, "10").id
    ids, actor = (world.clinic.id, world.sister.id), world.actor()

    def send() -> object:
        clinic, sister = (db.session.get_one(Clinic, one) for one in ids)
        return sending.send(clinic, sister, [Line(lot_id, D(7))], actor=actor, now=NOW).id

    answers = at_once(app, send)
    assert sum(isinstance(one, ShortageError) for one in answers) == PEOPLE - 1
    assert verify() == []


@pytest.mark.race
def test_who_dies_while_receiving_has_received_nothing(
    app: Flask, world: World, supply_command: SupplyCommand
) -> None:
    transfer_id, person_id, actor = sent(world).id, world.manager.id, world.actor()
    before = entries()
    with subprocess.Popen(
        [sys.executable, "-c", DIES, str(transfer_id), str(person_id)],
        cwd=ROOT,
        env={**os.environ, **supply_command.settings},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "in the middle\n"
        process.send_signal(signal.SIGKILL)
    assert (entries(), line()) == (before, (D(0), D(8)))
    with transaction():
        receiving.receive(transfer_id, actor=actor, now=NOW)
    assert (entries(), line()) == (before + 1, (D(8), D(0)))
    assert db.session.get_one(Transfer, transfer_id).status is TransferStatus.DONE
    assert verify() == []


def test_a_transfer_that_does_not_arrive_is_told_on_both_sides_until_it_is_received(
    world: World,
) -> None:
    transfer, actor = sent(world), world.actor()
    late = NOW + dt.timedelta(days=3, seconds=1)
    overdue = AlertKind.DELIVERY_OVERDUE
    for now, opened in ((late - dt.timedelta(seconds=1), 0), (late, 2)):
        with transaction():
            assert sweep(now).opened == Counter({overdue: opened} if opened else {})
    found = db.session.scalars(sa.select(Alert).where(Alert.kind == overdue)).all()
    said = {one.clinic_id: str(message(one.kind, one.facts, TODAY)) for one in found}
    assert said == {
        world.sister.id: "Riga Centre sent it today, and it is not received. Receive it, or ask"
        " them.",
        world.clinic.id: "Sent today, and Dublin Quay has not received all of it. It is yours"
        " until then.",
    }
    with transaction():
        receiving.receive(transfer.id, actor=actor, now=late)
        assert sweep(late).resolved == Counter({overdue: 2})
