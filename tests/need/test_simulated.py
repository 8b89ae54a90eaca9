"""What is foreseen from rows, against a slow and obvious simulation of the days ahead.

Any shelves, open vials, bookings and promised orders of a single-dose and a multi-dose item,
written by the product's services and rolled back again. The simulation gives each session its
containers one by one, and shares no code with what it judges.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from math import ceil

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from supply.accounts.models import Clinic
from supply.db import db, transaction
from supply.diary.bookings import Booking, take_in
from supply.handling.actions import open_container
from supply.inventory.models import Balance, Lot
from supply.inventory.taking_in import Incoming
from supply.inventory.taking_in import take_in as take_lots_in
from supply.inventory.terms import EntryKind
from supply.items.models import ItemOpeningRule
from supply.need.foreseeing import Target, foresee
from supply.need.outlook import Outlook, outlook_of, scope_of
from supply.ordering.models import PurchaseOrder
from supply.ordering.terms import Stage
from tests.factories import AMPOULE, NOW, TODAY, VIAL, World, item, make_formulation
from tests.replenishment.conftest import order_line

DAYS = 45
CONTENT, PACK = {AMPOULE: 5, VIAL: 20}, {AMPOULE: 10, VIAL: 25}
TAKES = {"DROP": (AMPOULE, "0.120"), "TWO": (AMPOULE, "7"), "SIP": (VIAL, "3"), "GULP": (VIAL, "8")}
"""Formulations, and what a session of each takes."""
NEVER = 10_000


@dataclass
class Box:
    """Sealed containers of a lot, usable from a day to a day."""

    lot: str
    sealed: int
    first: int
    last: int


@dataclass
class Vial:
    """An open container, to be used by a day; whether its lot ends on that day."""

    lot: str
    left: Decimal
    until: int
    ends: bool


@dataclass
class Days:
    """What a simulation came to."""

    usable: list[Decimal] = field(default_factory=list)
    short: int | None = None
    expired: dict[tuple[str, int], Decimal] = field(default_factory=lambda: defaultdict(Decimal))


class Simulation:
    """A clinic's shelf of one item, a session at a time."""

    def __init__(self, code: str, window: int, boxes: Sequence[Box], vials: Sequence[Vial]) -> None:
        self.content, self.window, self.shared = CONTENT[code], window, code == VIAL
        self.boxes, self.vials, self.found = boxes, list(vials), Days()

    def run(self, sessions: Sequence[tuple[int, Decimal]]) -> Days:
        for day in range(DAYS):
            for quantity in [taken for on, taken in sessions if on == day]:
                if not self.give(day, quantity) and self.found.short is None:
                    self.found.short = day
            self.close(day)
        return self.found

    def give(self, day: int, quantity: Decimal) -> bool:
        if not self.shared:
            return all(self.open(day) for _ in range(ceil(quantity / self.content)))
        while quantity:
            vial = min(self.vials, key=lambda one: one.until, default=None) or self.open(day)
            if vial is None:
                return False
            if vial not in self.vials:
                self.vials.append(vial)
            drawn = min(vial.left, quantity)
            vial.left, quantity = vial.left - drawn, quantity - drawn
            self.vials = [one for one in self.vials if one.left]
        return True

    def open(self, day: int) -> Vial | None:
        there = [box for box in self.boxes if box.sealed and box.first <= day <= box.last]
        if not there:
            return None
        box = min(there, key=lambda one: one.last)
        box.sealed -= 1
        until = min(day + self.window - 1, box.last)
        return Vial(box.lot, Decimal(self.content), until, until == box.last)

    def close(self, day: int) -> None:
        """Throw away the vials whose time is over; what expires may be used until midnight."""
        self.vials = [one for one in self.vials if one.until > day or one.ends]
        sealed = sum(box.sealed for box in self.boxes if box.first <= day <= box.last)
        opened = sum((one.left for one in self.vials), Decimal(0))
        self.found.usable.append(sealed * self.content + opened)
        for box in self.boxes:
            if box.last == day and box.sealed:
                self.found.expired[box.lot, day] += box.sealed * self.content
        for one in self.vials:
            if one.until == day:
                self.found.expired[one.lot, day] += one.left
        self.vials = [one for one in self.vials if one.until > day]


@dataclass(frozen=True)
class Case:
    """What there is today, what comes, and what is booked."""

    lots: Sequence[tuple[str, int, int | None]]
    """An item, how many containers, and days to the expiry."""
    orders: Sequence[tuple[str, int, int]]
    """An item, how many packs, and the day promised."""
    sessions: Sequence[tuple[str, int]]
    """A formulation, and the day."""
    window: int
    """Days an open vial serves."""
    opened: bool
    """Whether one is open now."""


CODE = st.sampled_from((AMPOULE, VIAL, VIAL))
CASES = st.builds(
    Case,
    lots=st.lists(
        st.tuples(CODE, st.integers(1, 4), st.one_of(st.none(), st.integers(0, DAYS + 10))),
        max_size=6,
    ),
    orders=st.lists(st.tuples(CODE, st.just(1), st.integers(1, DAYS)), max_size=2),
    sessions=st.lists(
        st.tuples(st.sampled_from(sorted(TAKES)), st.integers(0, DAYS - 1)), max_size=14
    ),
    window=st.sampled_from((1, 2, 5, 28)),
    opened=st.booleans(),
)


class _RollBack(Exception):
    """Ends a block without keeping what it did."""


@pytest.fixture
def world(world: World) -> World:
    """The small world, with a formulation for each way to use something."""
    for code, line in TAKES.items():
        make_formulation(world, [line], code=code)
    return world


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=CASES)
@example(
    # The open vial's lot ends before the next session: nothing of it lapses a second time.
    Case([(VIAL, 1, 8), (VIAL, 2, 50)], [], [("SIP", 4), ("SIP", 10)], 28, False)
)
def test_what_is_foreseen_is_what_happens(world: World, case: Case) -> None:
    with suppress(_RollBack), transaction():
        write(world, case)
        for code in (AMPOULE, VIAL):
            compare(found(world)[code], simulated(world, case, code))
        raise _RollBack


def compare(seen: Outlook, really: Days) -> None:
    """Hold both against each other up to the first day on which something is missing."""
    short = None if seen.first_short is None else (seen.first_short - TODAY).days
    assert short == really.short
    until = DAYS if short is None else short
    assert [one.on_hand for one in seen.days[:until]] == really.usable[:until]
    expiring: dict[tuple[str, int], Decimal] = defaultdict(Decimal)
    for one in seen.expiring:
        expiring[one.lot, (one.day - TODAY).days] += one.quantity
    assert before(expiring, until) == before(really.expired, until)


def before(ended: dict[tuple[str, int], Decimal], day: int) -> dict[tuple[str, int], Decimal]:
    return {key: left for key, left in ended.items() if key[1] < day}


def found(world: World) -> dict[str, Outlook]:
    """Return what is foreseen of both items at once."""
    targets = [Target(world.clinic.id, item(world, code).id, 0.97) for code in (AMPOULE, VIAL)]
    ahead = foresee(scope_of(world.clinic, NOW), targets)
    return {code: outlook_of(ahead, row, DAYS) for row, code in enumerate((AMPOULE, VIAL))}


def simulated(world: World, case: Case, code: str) -> Days:
    boxes = [
        Box(f"{world.clinic.code}-{number}", containers, 0, NEVER if last is None else last)
        for number, (of, containers, last) in enumerate(case.lots)
        if of == code
    ]
    packs = {AMPOULE: 10, VIAL: 25}
    coming = [
        Box("", packs[of] * count, day, NEVER) for of, count, day in case.orders if of == code
    ]
    vials = []
    if code == VIAL and case.opened and boxes:
        first = min(boxes, key=lambda one: one.last)
        first.sealed -= 1
        # Opened an hour ago: it serves until that hour of its last day, but for the evening.
        hours = case.window * 24
        ends = (NOW - dt.timedelta(hours=1) + dt.timedelta(hours=hours)).date()
        until = min((ends - TODAY).days - 1, first.last)
        vials.append(Vial(first.lot, Decimal(20), max(until, 0), ends=True))
    sessions = [
        (day, Decimal(quantity))
        for name, day in case.sessions
        for of, quantity in [TAKES[name]]
        if of == code
    ]
    return Simulation(code, case.window, [*boxes, *coming], vials).run(sessions)


def write(world: World, case: Case) -> None:
    """Write the rows of a case; the sister clinic has some of its own, which concern nobody."""
    db.session.execute(sa.update(ItemOpeningRule).values(hours=case.window * 24))
    shelve(world, world.clinic, case.lots)
    shelve(world, world.sister, [(VIAL, 3, 12)])
    for place, (code, packs, day) in enumerate(case.orders):
        promise(world, f"PO-{place}", code, packs, day)
    book(world, world.clinic, case.sessions)
    book(world, world.sister, [("GULP", 3)])
    if case.opened:
        uncap(world)


def shelve(world: World, clinic: Clinic, lots: Sequence[tuple[str, int, int | None]]) -> None:
    lines = [
        Incoming(
            item=item(world, code),
            lot_number=f"{clinic.code}-{number}",
            expiry=None if last is None else TODAY + dt.timedelta(days=last),
            quantity=Decimal(containers * CONTENT[code]),
        )
        for number, (code, containers, last) in enumerate(lots)
    ]
    if lines:
        at = NOW - dt.timedelta(days=30)
        take_lots_in(
            clinic, lines, kind=EntryKind.RECEIPT, occurred_at=at, actor=world.actor(), now=at
        )


def promise(world: World, number: str, code: str, packs: int, day: int) -> None:
    ordered = item(world, code)
    [product] = ordered.products
    db.session.add(
        PurchaseOrder(
            number=number,
            clinic_id=world.clinic.id,
            supplier_id=world.supplier.id,
            currency="EUR",
            stage=Stage.ACKNOWLEDGED,
            created_at=NOW,
            placed_at=NOW,
            acknowledged_at=NOW,
            expected_on=TODAY + dt.timedelta(days=day),
            lines=[order_line(product, ordered.id, packs)],
        )
    )


def book(world: World, clinic: Clinic, sessions: Sequence[tuple[str, int]]) -> None:
    bookings = [
        Booking(f"{clinic.code}-{number}", f"P-{number}", name, TODAY + dt.timedelta(days=day))
        for number, (name, day) in enumerate(sessions)
    ]
    if bookings:
        take_in(clinic, bookings, actor=world.actor(), now=NOW - dt.timedelta(days=1))


def uncap(world: World) -> None:
    """Open a vial of the lot that ends first, an hour ago."""
    query = (
        sa.select(Balance.location_id, Balance.lot_id)
        .join(Lot, Lot.id == Balance.lot_id)
        .where(Balance.clinic_id == world.clinic.id, Balance.item_id == item(world, VIAL).id)
        .order_by(Lot.expiry.is_(None), Lot.expiry, Lot.id)
    )
    row = db.session.execute(query).first()
    if row is not None:
        at = NOW - dt.timedelta(hours=1)
        open_container(world.clinic, row.location_id, row.lot_id, actor=world.actor(), now=at)
