"""What is undone after a count that came later leaves the counted shelves as they were counted."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal
from functools import partial

import pytest
import sqlalchemy as sa
from flask import Flask

from supply import clock
from supply.counting.beginning import begin
from supply.counting.posting import post
from supply.counting.saying import Counted, say
from supply.db import db, transaction
from supply.handling import actions, spots
from supply.handling.moving import move_lot
from supply.inventory.models import Balance, Container, Entry, Lot
from supply.inventory.refusals import StandsInTheWayError
from supply.inventory.reversal import keeps_counted, reverse
from supply.inventory.taking_in import Incoming, take_in
from supply.inventory.terms import EntryKind, WasteCause
from supply.inventory.verification import verify
from supply.items.queries import places
from supply.losses.between import losses_between
from supply.losses.period import Period
from supply.quantity import ZERO
from supply.treatments.recording import record_session
from supply.treatments.session_lines import SessionRequest
from tests.factories import (
    BIOTIN,
    FORMULATION,
    NEEDLE,
    NOW,
    VIAL,
    World,
    item,
    make_formulation,
    stock,
)
from tests.support.people import AsPerson
from tests.support.racing import all_at_once
from tests.support.time import Clock

HERE = "Cupboard"
A_MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that requests read; it stands still until moved."""
    told = Clock(NOW)
    monkeypatch.setattr(clock, "now", lambda: told.now)
    return told


@pytest.fixture
def stocked(app: Flask, world: World, now: Clock) -> World:
    """Ampoules and vials whose cost is known, and a formulation that draws from both."""
    make_formulation(world, [(BIOTIN, "2"), (VIAL, "3")])
    stock(world, BIOTIN, "20", cost_minor=250)
    stock(world, VIAL, "60", lot="V1", cost_minor=400)
    return world


def spot(number: str) -> spots.Spot:
    """Return where a lot lies sealed."""
    row = db.session.execute(
        sa.select(Balance.location_id, Balance.lot_id)
        .join(Lot, Lot.id == Balance.lot_id)
        .where(Lot.number == number, Balance.container_id.is_(None))
    ).one()
    return row.location_id, row.lot_id, None


def there() -> dict[tuple[str, int], Decimal]:
    """Return what is there, by lot and container (0: sealed)."""
    rows = db.session.execute(
        sa.select(Lot.number, Balance.container_id, Balance.quantity)
        .join(Lot, Lot.id == Balance.lot_id)
        .where(Balance.quantity > Decimal(0))
    )
    return {(number, container or 0): quantity for number, container, quantity in rows}


def of(number: str) -> Decimal:
    """Return all there is of a lot."""
    return sum((q for (lot, _part), q in there().items() if lot == number), ZERO)


def counted(world: World, now: Clock, **lots: str) -> int | None:
    """Count some lots by their sums and post it; return the entry."""
    now.forward(minutes=1)
    codes = {"A1": BIOTIN, "V1": VIAL}
    with transaction():
        count = begin(world.clinic, actor=world.actor(), now=now.now)
        lines = [Counted(codes[lot], lot, HERE, Decimal(sum_)) for lot, sum_ in lots.items()]
        say(count.id, lines, actor=world.actor(), now=now.now)
    now.forward(minutes=1)
    with transaction():
        return post(count.id, actor=world.actor(), now=now.now).entry_id


def wasted(world: World, now: Clock, number: str, quantity: str) -> int:
    """Waste some of a lot now; return the entry."""
    now.forward(minutes=1)
    with transaction():
        return actions.waste(
            world.clinic,
            spot(number),
            Decimal(quantity),
            cause=WasteCause.DAMAGED,
            actor=world.actor(),
            now=now.now,
        )


def given(world: World, now: Clock) -> int:
    """Record a session now; return its entry."""
    now.forward(minutes=1)
    with transaction():
        request = SessionRequest(FORMULATION, "P-1")
        return record_session(world.clinic, request, actor=world.actor(), now=now.now).entry_id


def undone(world: World, now: Clock, entry_id: int) -> None:
    """Undo an entry now."""
    now.forward(minutes=1)
    with transaction():
        reverse(entry_id, reason="", actor=world.actor(), now=now.now)


def test_the_shelf_stays_as_counted_and_the_rest_is_unexplained(
    stocked: World, now: Clock, as_person: AsPerson
) -> None:
    """A session that never was, counted in between: what it had taken is missing after all."""
    session = given(stocked, now)
    moment = now.now + A_MINUTE
    counted(stocked, now, A1="18", V1="57")
    before = there()
    now.forward(minutes=1)
    page = as_person(stocked.owner).post(
        f"/c/riga/entries/{session}/undo", data={"form_key": "k"}, follow_redirects=True
    )
    assert "What was counted since stays as counted" in page.text
    db.session.rollback()
    assert (there(), verify()) == (before, [])
    written = db.session.execute(
        sa.select(Entry.kind, Entry.occurred_at).where(Entry.source_type == "undo")
    ).all()
    assert [tuple(row) for row in written] == [(EntryKind.CORRECTION, moment)] * 2
    losses = losses_between(stocked.clinic, Period(NOW, now.now + A_MINUTE))
    assert {one.item.code: (one.loss.used, one.loss.unexplained) for one in losses} == {
        BIOTIN: (ZERO, Decimal(2)),
        VIAL: (ZERO, Decimal(3)),
    }
    assert counted(stocked, now, A1="18", V1="57") is None


def test_what_was_received_in_error_may_be_taken_back(stocked: World, now: Clock) -> None:
    """Less is there by now than came: the count settled that, so nothing stands in the way."""
    receipt = db.session.scalars(
        sa.select(Entry.id).where(Entry.kind == EntryKind.RECEIPT).order_by(Entry.id)
    ).first()
    counted(stocked, now, A1="17")
    wasted(stocked, now, "A1", "4")
    assert receipt is not None
    undone(stocked, now, receipt)
    assert (of("A1"), keeps_counted(receipt), verify()) == (Decimal(13), True, [])


def test_an_undone_count_settles_nothing(stocked: World, now: Clock) -> None:
    """Neither does an undone correction; what an earlier count settled stays settled."""
    first = wasted(stocked, now, "A1", "2")
    counted(stocked, now, A1="18")
    earlier = db.session.scalar(sa.select(sa.func.max(Balance.counted_at)))
    second = wasted(stocked, now, "A1", "1")
    entry = counted(stocked, now, A1="15")
    assert entry is not None
    undone(stocked, now, entry)
    assert db.session.scalar(sa.select(sa.func.max(Balance.counted_at))) == earlier
    undone(stocked, now, second)
    assert of("A1") == Decimal(18)
    undone(stocked, now, first)
    assert (of("A1"), verify()) == (Decimal(18), [])


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_undone_after_a_count(stocked: World, now: Clock, seed: int) -> None:
    """Counted shelves stay as counted, plus what moved since and stands."""
    chance = random.Random(seed)

    def some() -> list[int]:
        deeds = [lambda: given(stocked, now), lambda: wasted(stocked, now, "A1", "1"),
                 lambda: wasted(stocked, now, "V1", "20")]  # fmt: skip
        return [chance.choice(deeds[: 2 if of("V1") < 25 else 3])() for _each in range(4)]

    before = some()
    sums = {lot: max(of(lot) - chance.choice([0, 0, 1]), ZERO) for lot in ("A1", "V1")}
    counted(stocked, now, **{lot: str(quantity) for lot, quantity in sums.items()})
    as_counted = there()
    after = some()
    for entry_id in chance.sample(before + after, 6):
        try:
            undone(stocked, now, entry_id)
        except StandsInTheWayError:
            db.session.rollback()
    reversed_ids = set(db.session.scalars(sa.select(Entry.reverses_id)))
    gone = _moved(stocked, [one for one in after if one not in reversed_ids])
    for lot, quantity in sums.items():
        assert of(lot) == quantity - gone.get(lot, ZERO), (lot, as_counted)
    assert verify() == []


def _moved(world: World, entries: list[int]) -> dict[str, Decimal]:
    """Return by lot what entries took off the clinic's shelves."""
    rows = db.session.execute(
        sa.text(
            "SELECT lot.number, SUM(move.quantity) FROM move"
            " JOIN lot ON lot.id = move.lot_id JOIN location ON location.id = to_location_id"
            " WHERE location.kind IN ('patient', 'waste') AND entry_id IN :entries"
            " GROUP BY lot.number"
        ).bindparams(sa.bindparam("entries", expanding=True)),
        {"entries": entries or [0]},
    )
    return {number: Decimal(int(quantity)) / 1000 for number, quantity in rows}


def test_what_keeps_a_shelf_goes_with_its_count(
    stocked: World, now: Clock, as_person: AsPerson
) -> None:
    """It cannot be undone by itself; where another count stands, that one keeps it instead."""
    session = given(stocked, now)
    counted(stocked, now, A1="18")
    first = now.now - A_MINUTE
    second = counted(stocked, now, A1="15")
    undone(stocked, now, session)
    [keeping] = db.session.scalars(sa.select(Entry).where(Entry.source_type == "undo"))
    assert keeping.occurred_at == first
    owner = as_person(stocked.owner)
    page = f"/c/riga/entries/{keeping.id}"
    assert "Undo this entry" not in owner.get(page).text
    answer = owner.post(f"{page}/undo", data={"form_key": "k"}, follow_redirects=True)
    assert "Undo the count, and it goes with it." in answer.text
    db.session.rollback()
    assert second is not None
    undone(stocked, now, second)
    assert (of("A1"), of("V1"), verify()) == (Decimal(18), Decimal(60), [])


def test_a_lot_that_no_list_had_stays_gone(stocked: World, now: Clock) -> None:
    """A session used the last of it; the shelf was counted whole, and nobody found any."""
    wasted(stocked, now, "A1", "18")
    session = given(stocked, now)
    partly = counted(stocked, now, V1="56")
    assert partly is not None
    undone(stocked, now, session)
    assert (of("A1"), of("V1"), keeps_counted(session)) == (ZERO, Decimal(56), True)
    undone(stocked, now, partly)
    assert (of("A1"), of("V1"), keeps_counted(session)) == (Decimal(2), Decimal(60), False)
    assert verify() == []


def test_what_no_list_had_is_not_always_gone(stocked: World, now: Clock) -> None:
    """A location that was counted in part, and what was recorded after the count, say nothing."""
    with transaction():
        needle = item(stocked, NEEDLE)
    before = now.now - dt.timedelta(days=1)
    counted(stocked, now, A1="20", V1="60")
    with transaction():
        late = Incoming(needle, "N2", None, Decimal(5))
        taken = take_in(
            stocked.clinic, [late], kind=EntryKind.RECEIPT, occurred_at=before,
            actor=stocked.actor(), now=now.now,
        )  # fmt: skip
    undone(stocked, now, taken.entry_id)
    assert (of("N2"), keeps_counted(taken.entry_id)) == (ZERO, False)
    stock(stocked, NEEDLE, "10", lot="N1")
    wasted(stocked, now, "A1", "18")
    session = given(stocked, now)
    counted(stocked, now, V1="57")
    undone(stocked, now, session)
    there_is = (of("A1"), of("N1"), keeps_counted(session), verify())
    assert there_is == (Decimal(2), Decimal(10), True, [])


def test_an_open_one_that_was_counted_and_then_carried_stays_as_counted(
    stocked: World, now: Clock
) -> None:
    """It was counted where it stood; where it is by now nobody has counted anything."""
    session = given(stocked, now)
    counted(stocked, now, V1="57")
    container = db.session.scalars(sa.select(Container.id)).one()
    location, lot, _sealed = spot("V1")
    fridge = next(one for one in places(stocked.clinic) if one.id != location)
    now.forward(minutes=1)
    with transaction():
        move_lot(
            stocked.clinic, (location, lot, container), fridge.id, Decimal(17),
            actor=stocked.actor(), now=now.now,
        )  # fmt: skip
    before = there()
    undone(stocked, now, session)
    assert there() == before | {("A1", 0): Decimal(20)}
    later = given(stocked, now)
    undone(stocked, now, later)
    assert (there(), verify()) == (before | {("A1", 0): Decimal(20)}, [])


@pytest.mark.race
@pytest.mark.parametrize("lots", [{"A1": "1"}, {"V1": "56"}])
def test_an_undo_and_that_of_its_count_at_once(
    app: Flask, stocked: World, now: Clock, lots: dict[str, str]
) -> None:
    """Whichever comes first, nothing is kept for a count that stands no more."""
    wasted(stocked, now, "A1", "16" if "A1" in lots else "18")
    session = given(stocked, now)
    count = counted(stocked, now, **lots)
    assert count is not None
    later, actor = now.forward(minutes=1), stocked.actor()
    entries = (session, count)
    works = [partial(reverse, entry, reason="", actor=actor, now=later) for entry in entries]
    results = all_at_once(app, works)
    assert [type(result) for result in results] == [int, int]
    db.session.rollback()
    left = Decimal(4 if "A1" in lots else 2)
    assert (of("A1"), of("V1"), keeps_counted(session), verify()) == (left, Decimal(60), False, [])
