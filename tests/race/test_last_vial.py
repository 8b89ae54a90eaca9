"""Many hands on one shelf: never below zero, nobody refused in vain, nothing recorded twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from supply.accounts.models import Clinic
from supply.actor import Actor
from supply.db import db
from supply.idempotency import once
from supply.inventory.models import Balance, Container, Entry
from supply.inventory.refusals import ShortageError
from supply.inventory.terms import EntryKind
from supply.inventory.verification import verify
from supply.treatments.models import TreatmentSession
from supply.treatments.recording import record_session
from supply.treatments.session_lines import SessionRequest
from tests.factories import AMPOULE, NEEDLE, NOW, VIAL, World, make_formulation, stock

pytestmark = pytest.mark.race

HANDS = 16
PATIENCE = 60
"""Seconds after which a thread that waits is stuck."""


Answer = dict[str, Any] | ShortageError
Work = Callable[[int], Answer]


def _at_once(app: Flask, hands: int, work: Work) -> list[Answer]:
    """Run ``work`` in as many threads, each with its own context, all starting together."""
    gate = threading.Barrier(hands)

    def run(number: int) -> Answer:
        with app.app_context():
            gate.wait(PATIENCE)
            try:
                return work(number)
            except ShortageError as shortage:
                return shortage
            finally:
                db.session.remove()

    db.session.remove()
    with ThreadPoolExecutor(hands) as pool:
        return list(pool.map(run, range(hands), timeout=PATIENCE))


def _recording(world: World, code: str, key: Callable[[int], str]) -> Work:
    """Return the work of recording a session of formulation ``code``, under ``key``."""
    clinic_id, person_id = world.clinic.id, world.practitioner.id

    def record(number: int) -> Answer:
        actor = Actor(person_id)

        def session() -> dict[str, Any]:
            clinic = db.session.get_one(Clinic, clinic_id)
            wanted = SessionRequest(code, "P-1")
            return record_session(clinic, wanted, actor=actor, now=NOW).as_json()

        return once(actor, key(number), {"formulation": code}, session, NOW)

    return record


def _own(number: int) -> str:
    return f"key-{number}"


def _successes(answers: list[Answer]) -> list[dict[str, Any]]:
    return [answer for answer in answers if isinstance(answer, dict)]


def _left() -> Decimal:
    total = db.session.scalar(sa.select(sa.func.sum(Balance.quantity)))
    return Decimal(total or 0)


def _recorded() -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(TreatmentSession)) or 0


def test_as_many_get_some_as_there_is(app: Flask, world: World) -> None:
    stock(world, NEEDLE, "14", lot="NDL-1")
    stock(world, NEEDLE, "9", lot="NDL-2")
    make_formulation(world, [(NEEDLE, "2")], code="TWO")
    answers = _at_once(app, HANDS, _recording(world, "TWO", _own))
    assert len(_successes(answers)) == 11
    short = [answer for answer in answers if isinstance(answer, ShortageError)]
    assert [(s.items[0].code, s.items[0].available) for s in short] == [(NEEDLE, Decimal(1))] * 5
    assert (_left(), _recorded()) == (Decimal(1), 11)
    assert verify() == []


def test_one_open_vial_for_all(app: Flask, world: World) -> None:
    stock(world, VIAL, "40", lot="VIAL-1")
    make_formulation(world, [(VIAL, "2.5")], code="VIALS")
    answers = _at_once(app, HANDS, _recording(world, "VIALS", _own))
    assert len(_successes(answers)) == HANDS
    assert _left() == 0
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Container)) == 2
    assert verify() == []


def test_two_hands_on_the_last_ampoule(app: Flask, world: World) -> None:
    stock(world, AMPOULE, "5", lot="LAST")
    make_formulation(world, [(AMPOULE, "1")], code="ONE")
    answers = _at_once(app, 2, _recording(world, "ONE", _own))
    (won,) = _successes(answers)
    assert won["drawn"] == [{"sku": AMPOULE, "lot": "LAST", "quantity": "1.000"}]
    (lost,) = [answer for answer in answers if isinstance(answer, ShortageError)]
    assert [(i.code, i.needed, i.available) for i in lost.items] == [
        (AMPOULE, Decimal(1), Decimal(0))
    ]
    assert (_left(), _recorded()) == (Decimal(0), 1)
    assert verify() == []


def test_items_named_in_another_order_do_not_block(app: Flask, world: World) -> None:
    stock(world, NEEDLE, "16", lot="NDL-1")
    stock(world, AMPOULE, "80", lot="AMP-1")
    make_formulation(world, [(NEEDLE, "1"), (AMPOULE, "1")], code="ONE-WAY")
    make_formulation(world, [(AMPOULE, "1"), (NEEDLE, "1")], code="OTHER-WAY")
    one, other = (_recording(world, code, _own) for code in ("ONE-WAY", "OTHER-WAY"))
    answers = _at_once(app, HANDS, lambda number: (one, other)[number % 2](number))
    assert len(_successes(answers)) == HANDS
    assert _left() == 0
    assert verify() == []


def test_one_key_sixteen_times_records_once(app: Flask, world: World) -> None:
    stock(world, NEEDLE, "2", lot="NDL-1")
    make_formulation(world, [(NEEDLE, "2")], code="TWO")
    answers = _at_once(app, HANDS, _recording(world, "TWO", lambda _number: "the-same"))
    assert answers == [answers[0]] * HANDS
    entry = db.session.scalars(sa.select(Entry.id).where(Entry.kind == EntryKind.SESSION)).one()
    assert _successes(answers)[0]["entry"] == entry
    assert (_left(), _recorded()) == (Decimal(0), 1)
    assert verify() == []
