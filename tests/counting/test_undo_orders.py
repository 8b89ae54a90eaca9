"""In whatever order things are undone, the ledger is what a replay of what stands gives."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask

from supply.counting.beginning import begin
from supply.counting.models import CountLine
from supply.counting.posting import post
from supply.counting.saying import Counted, say
from supply.counting.terms import Uncounted
from supply.db import db, transaction
from supply.handling import actions
from supply.inventory.models import Balance, Lot
from supply.inventory.refusals import StandsInTheWayError
from supply.inventory.reversal import reverse
from supply.inventory.terms import WasteCause
from supply.inventory.verification import verify
from supply.losses.between import losses_between
from supply.losses.period import Period
from supply.quantity import ZERO
from supply.treatments.recording import record_session
from supply.treatments.session_lines import SessionRequest
from tests.factories import BIOTIN, FORMULATION, NOW, VIAL, World, make_formulation, stock

A_MINUTE = dt.timedelta(minutes=1)
CODES = {"A1": BIOTIN, "V1": VIAL}


@dataclass
class Fact:
    """Something that happened: what it changed by lot, or the level that it settled."""

    entry: int | None
    at: dt.datetime
    changes: dict[str, Decimal] = field(default_factory=dict)
    settled: dict[str, Decimal] = field(default_factory=dict)
    none_left: dict[str, dt.datetime] = field(default_factory=dict)
    """Lots that a count did not find, nor its list have, and when it had begun."""


def replayed(facts: list[Fact], lot: str, until: dt.datetime) -> Decimal:
    """Return what there is of a lot, from the facts that stand and happened ``until`` then."""
    steps: list[tuple[dt.datetime, Decimal | None, Decimal | None]]
    steps = [(one.at, one.changes.get(lot), None) for one in facts]
    steps += [(one.at, None, one.settled.get(lot)) for one in facts]
    steps += [(one.none_left[lot], None, ZERO) for one in facts if lot in one.none_left]
    level = ZERO
    for at, change, settled in sorted(steps, key=lambda step: step[0]):
        if at <= until:
            level = settled if settled is not None else level + (change or ZERO)
    return level


@dataclass
class Shelf:
    """A clinic's cupboard, what is done to it minute by minute, and what stands of that."""

    world: World
    now: dt.datetime = NOW
    facts: list[Fact] = field(default_factory=list)

    def of(self, lot: str) -> Decimal:
        """Return all there is of a lot."""
        query = sa.select(sa.func.sum(Balance.quantity)).join(Lot).where(Lot.number == lot)
        return db.session.scalar(query) or ZERO

    def later(self) -> dt.datetime:
        """Let a minute pass."""
        self.now += A_MINUTE
        return self.now

    def receive(self, lot: str, quantity: str) -> None:
        """Take some of a lot in."""
        at = self.later()
        stock(self.world, CODES[lot], quantity, lot=lot, at=at, cost_minor=200)
        entry = db.session.scalar(sa.text("SELECT max(id) FROM entry"))
        self.facts.append(Fact(entry, at, {lot: Decimal(quantity)}))

    def give(self) -> None:
        """Record a session."""
        at, before = self.later(), {lot: self.of(lot) for lot in CODES}
        if min(before["A1"] - 2, before["V1"] - 3) < 0:
            return
        with transaction():
            request = SessionRequest(FORMULATION, "P-1")
            done = record_session(self.world.clinic, request, actor=self.world.actor(), now=at)
        self.facts.append(Fact(done.entry_id, at, {"A1": Decimal(-2), "V1": Decimal(-3)}))

    def waste(self, lot: str, quantity: str) -> None:
        """Waste sealed containers of a lot, if they are there."""
        at = self.later()
        row = self._sealed(lot)
        if row.quantity < Decimal(quantity):
            return
        with transaction():
            entry = actions.waste(
                self.world.clinic, (row.location_id, row.lot_id, None), Decimal(quantity),
                cause=WasteCause.DAMAGED, actor=self.world.actor(), now=at,
            )  # fmt: skip
        self.facts.append(Fact(entry, at, {lot: -Decimal(quantity)}))

    def correct(self, quantity: str) -> None:
        """Say how many ampoules are really there."""
        at, row = self.later(), self._sealed("A1")
        if row.quantity == Decimal(quantity):
            return
        with transaction():
            entry = actions.correct(
                self.world.clinic, (row.location_id, row.lot_id, None), Decimal(quantity),
                reason="seen", actor=self.world.actor(), now=at,
            )  # fmt: skip
        self.facts.append(Fact(entry, at, settled={"A1": Decimal(quantity)}))

    def _sealed(self, lot: str) -> sa.Row[int, int, Decimal]:
        query = sa.select(Balance.location_id, Balance.lot_id, Balance.quantity).join(Lot)
        return db.session.execute(
            query.where(Lot.number == lot, Balance.container_id.is_(None))
        ).one()

    def count(self, off: int, only: str | None = None) -> None:
        """Count all that is listed, ``off`` less of each lot, or ``only`` one of the lots."""
        begun = self.later()
        actor, clinic = self.world.actor(), self.world.clinic
        with transaction():
            count_id = begin(clinic, actor=actor, now=begun).id
        lines = db.session.scalars(sa.select(CountLine).where(CountLine.count_id == count_id))
        listed = {line.lot.number for line in lines}
        said = {
            lot: max(self.of(lot) - off, ZERO)
            for lot in sorted(listed)
            if only is None or lot == only
        }
        if not said:
            return
        at = self.later()
        with transaction():
            told = [Counted(CODES[lot], lot, "Cupboard", said[lot]) for lot in said]
            say(count_id, told, actor=actor, now=at)
        with transaction():
            done = post(count_id, uncounted=Uncounted.LEAVE, actor=actor, now=self.later())
        none_left = dict.fromkeys(CODES.keys() - listed, begun) if said.keys() == listed else {}
        self.facts.append(Fact(done.entry_id, at, settled=said, none_left=none_left))

    def undo(self, fact: Fact) -> bool:
        """Undo what stands; return whether nothing stood in the way."""
        assert fact.entry is not None
        try:
            with transaction():
                reverse(fact.entry, reason="", actor=self.world.actor(), now=self.later())
        except StandsInTheWayError:
            return False
        self.facts.remove(fact)
        return True

    def agrees(self) -> None:
        """Hold the ledger, and what losses say of each count, against the replay."""
        assert verify() == []
        for lot in CODES:
            assert self.of(lot) == replayed(self.facts, lot, self.now), (lot, self.facts)

    def losses_agree(self) -> None:
        """Hold what was there after each fact, as losses tell it, against the replay."""
        for moment in sorted({fact.at for fact in self.facts}):
            period = Period(NOW - A_MINUTE, moment + A_MINUTE / 2)
            told = {
                one.item.code: one.loss.closing for one in losses_between(self.world.clinic, period)
            }
            for lot, code in CODES.items():
                assert told.get(code, ZERO) == replayed(self.facts, lot, moment), (lot, moment)


@pytest.fixture
def shelf(app: Flask, world: World) -> Shelf:
    """A few ampoules and vials, and a formulation that draws from both."""
    make_formulation(world, [(BIOTIN, "2"), (VIAL, "3")])
    there = Shelf(world)
    there.receive("A1", "8")
    there.receive("V1", "60")
    return there


@pytest.mark.parametrize("seed", range(3))
def test_any_order_of_undos(shelf: Shelf, seed: int) -> None:
    """Sessions, waste, receipts, corrections and counts, undone in any order between them."""
    chance = random.Random(seed)
    deeds: list[Callable[[], None]] = [
        shelf.give,
        shelf.give,
        lambda: shelf.waste("A1", "2"),
        lambda: shelf.waste("V1", "20"),
        lambda: shelf.receive("A1", "3"),
        lambda: shelf.count(0),
        lambda: shelf.count(1),
        lambda: shelf.count(chance.choice([-1, 1]), only="A1"),
        lambda: shelf.correct(str(chance.randint(0, 5))),
    ]
    for _each in range(14):
        chance.choice(deeds)()
        undoable = [fact for fact in shelf.facts[2:] if fact.entry is not None]
        if undoable and chance.random() < 0.35:
            shelf.undo(chance.choice(undoable))
        shelf.agrees()
    shelf.losses_agree()
    for fact in chance.sample(shelf.facts, len(shelf.facts)):
        if fact.entry is not None:
            shelf.undo(fact)
            shelf.agrees()
    shelf.losses_agree()
