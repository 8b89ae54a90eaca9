"""Whatever people do, in whatever order: the books balance, and an undo puts back what was.

Random sequences of the services that move stock, on SQLite, each in a transaction that is
rolled back at the end. After every step the ledger is checked as a whole.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from supply.db import db, transaction
from supply.handling import actions, moving, spots
from supply.inventory import drawing, queries
from supply.inventory.models import Balance, Entry, Lot
from supply.inventory.reversal import reverse
from supply.inventory.taking_in import Incoming, take_in
from supply.inventory.terms import EntryKind, WasteCause
from supply.inventory.verification import verify
from supply.items.models import Item, Location
from supply.items.terms import LocationKind
from supply.refusals import Refusal
from supply.treatments.recording import record_session
from supply.treatments.session_lines import SessionRequest
from tests.factories import AMPOULE, CREAM, NEEDLE, NOW, VIAL, World, item, make_formulation

CODES = (AMPOULE, VIAL, CREAM, NEEDLE)
CONTENT = {AMPOULE: 5, VIAL: 20, CREAM: 30, NEEDLE: 1}
EXPIRIES = (None, dt.date(2026, 6, 16), dt.date(2026, 12, 31))

Shelf = dict[tuple[int, int, int | None], Decimal]


class _RollBack(Exception):
    """Ends a block without keeping what it did."""


@dataclass
class Shelves:
    """A clinic whose stock a test moves about; ``now`` goes on by some hours a step."""

    world: World
    data: st.DataObject
    now: dt.datetime = NOW
    entries: list[int] = field(default_factory=list)

    def balances(self) -> Shelf:
        """Return what is where, nothing left out but zeroes."""
        rows = db.session.execute(
            sa.select(
                Balance.location_id, Balance.lot_id, Balance.container_id, Balance.quantity
            ).where(Balance.quantity != 0)
        )
        return {(row[0], row[1], row[2]): row[3] for row in rows}

    def spot(self) -> spots.Spot:
        """Return any place where something is, or was."""
        rows = db.session.execute(
            sa.select(Balance.location_id, Balance.lot_id, Balance.container_id).order_by(
                Balance.id
            )
        )
        spots = [(row[0], row[1], row[2]) for row in rows]
        if not spots:
            raise Refusal("nothing yet")
        return self.data.draw(st.sampled_from(spots), "spot")

    def quantity(self, spot: spots.Spot) -> Decimal:
        """Return a quantity that may, or may not, be there: whole containers where sealed."""
        content = db.session.scalars(
            sa.select(Lot.content_per_container).where(Lot.id == spot[1])
        ).one()
        number = self.data.draw(st.integers(0, 4), "how many")
        return number * content if spot[2] is None else Decimal(number)

    def place(self) -> int:
        """Return one of the clinic's shelves."""
        ids = db.session.scalars(
            sa.select(Location.id).where(
                Location.clinic_id == self.world.clinic.id, Location.kind == LocationKind.SHELF
            )
        ).all()
        return self.data.draw(st.sampled_from(ids), "place")

    def earlier(self) -> dt.datetime:
        """Return now, or some time before."""
        return self.now - dt.timedelta(hours=self.data.draw(st.sampled_from((0, 0, 5, 50)), "ago"))


def receive(shelves: Shelves) -> int:
    draw = shelves.data.draw
    code = draw(st.sampled_from(CODES), "item")
    line = Incoming(
        item=item(shelves.world, code),
        lot_number=draw(st.sampled_from(("A", "B")), "lot"),
        expiry=draw(st.sampled_from(EXPIRIES), "expiry"),
        quantity=Decimal(CONTENT[code] * draw(st.integers(1, 4), "containers")),
        location_id=shelves.place(),
        hold_reason=draw(st.sampled_from((None, None, "damaged")), "held"),
        expired_reason="wanted",
    )
    taken = take_in(
        shelves.world.clinic,
        [line],
        kind=EntryKind.RECEIPT,
        occurred_at=shelves.earlier(),
        actor=shelves.world.actor(),
        now=shelves.now,
    )
    return taken.entry_id


def session(shelves: Shelves) -> int:
    given_codes = shelves.data.draw(st.sets(st.sampled_from(CODES), min_size=1), "given")
    request = SessionRequest(
        formulation="ALL",
        patient_reference="P-1",
        occurred_at=shelves.earlier(),
        amounts={
            code: Decimal(shelves.data.draw(st.integers(1, 25), "amount"))
            if code in given_codes
            else None
            for code in CODES
        },
    )
    clinic, actor = shelves.world.clinic, shelves.world.actor()
    return record_session(clinic, request, actor=actor, now=shelves.now).entry_id


def waste(shelves: Shelves) -> int:
    spot = shelves.spot()
    return actions.waste(
        shelves.world.clinic,
        spot,
        shelves.quantity(spot),
        cause=WasteCause.DAMAGED,
        occurred_at=shelves.earlier(),
        actor=shelves.world.actor(),
        now=shelves.now,
    )


def open_one(shelves: Shelves) -> int:
    location_id, lot_id, _ = shelves.spot()
    return actions.open_container(
        shelves.world.clinic, location_id, lot_id, actor=shelves.world.actor(), now=shelves.now
    )


def discard(shelves: Shelves) -> int:
    container_id = shelves.spot()[2]
    if container_id is None:
        raise Refusal("not open")
    return actions.discard(
        shelves.world.clinic,
        container_id,
        cause=WasteCause.PAST_TIME,
        actor=shelves.world.actor(),
        now=shelves.now,
    )


def correct(shelves: Shelves) -> int:
    spot = shelves.spot()
    return actions.correct(
        shelves.world.clinic,
        spot,
        shelves.quantity(spot),
        reason="",
        actor=shelves.world.actor(),
        now=shelves.now,
    )


def move(shelves: Shelves) -> int:
    spot = shelves.spot()
    return moving.move_lot(
        shelves.world.clinic,
        spot,
        shelves.place(),
        shelves.quantity(spot),
        actor=shelves.world.actor(),
        now=shelves.now,
    )


def undo(shelves: Shelves) -> int:
    if not shelves.entries:
        raise Refusal("nothing yet")
    entry_id = shelves.data.draw(st.sampled_from(shelves.entries), "undone")
    return reverse(entry_id, reason="", actor=shelves.world.actor(), now=shelves.now)


STEPS: tuple[Callable[[Shelves], int], ...] = (
    receive,
    receive,
    session,
    session,
    waste,
    open_one,
    discard,
    correct,
    move,
    undo,
)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_the_books_balance_whatever_is_done(world: World, data: st.DataObject) -> None:
    if db.session.scalar(sa.select(sa.func.count()).select_from(Item)) == 0:
        make_formulation(world, [(code, "1") for code in CODES], code="ALL")
    with suppress(_RollBack), transaction():
        shelves = Shelves(world, data)
        for step in (receive, receive, *data.draw(st.lists(st.sampled_from(STEPS), max_size=14))):
            take(shelves, step)
        raise _RollBack


def take(shelves: Shelves, step: Callable[[Shelves], int]) -> None:
    """Do a step; look at everything; if it was refused, see that nothing changed."""
    shelves.now += dt.timedelta(hours=shelves.data.draw(st.sampled_from((1, 30)), "hours"))
    before = shelves.balances()
    try:
        with db.session.begin_nested():
            entry_id = step(shelves)
    except Refusal:
        assert shelves.balances() == before
        return
    shelves.entries.append(entry_id)
    assert_sound(shelves)
    if step is not undo:
        assert_undo_restores(shelves, entry_id, before)


def assert_sound(shelves: Shelves) -> None:
    """See that nothing is below zero, moves add up, and what is offered is what is counted."""
    balances = shelves.balances()
    assert verify() == []
    assert min(balances.values(), default=Decimal(0)) >= 0
    in_containers = [place[2] for place in balances if place[2] is not None]
    assert len(in_containers) == len(set(in_containers)), "an open container lies in one place"
    assert offered(shelves) == available(shelves)


def offered(shelves: Shelves) -> dict[int, Decimal]:
    """Return by item what a session could draw now."""
    items = db.session.scalars(sa.select(Item.id)).all()
    clinic = shelves.world.clinic
    found: dict[int, Decimal] = defaultdict(Decimal)
    for source in drawing.drawable(clinic.id, items, at=shelves.now, timezone=clinic.timezone):
        found[source.item_id] += source.quantity
    return dict(found)


def available(shelves: Shelves) -> dict[int, Decimal]:
    """Return by item what the stock page says is available now."""
    levels = queries.levels([shelves.world.clinic.id], now=shelves.now)
    found = {item: level.available for (_, item), level in levels.items() if level.available}
    briefly = queries.available_thousandths([shelves.world.clinic.id], now=shelves.now)
    assert {item: left for (_, item), left in briefly.items() if left} == {
        item: left * 1000 for item, left in found.items()
    }
    return found


def assert_undo_restores(shelves: Shelves, entry_id: int, before: Shelf) -> None:
    """Undo the last entry, see that every balance is as it was, and forget the undo."""
    with suppress(_RollBack), db.session.begin_nested():
        reverse(entry_id, reason="", actor=shelves.world.actor(), now=shelves.now)
        assert shelves.balances() == before
        assert verify() == []
        assert (
            db.session.scalar(sa.select(sa.func.count()).where(Entry.reverses_id == entry_id)) == 1
        )
        raise _RollBack
