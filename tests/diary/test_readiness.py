"""Whether what is booked can be given: read from the database, in the order of days and times."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from supply.db import db, transaction
from supply.diary.bookings import Booking, take_in
from supply.diary.readiness import readiness
from supply.formulations.models import Formulation, FormulationLine
from supply.formulations.terms import Per
from supply.inventory.models import Lot
from supply.treatments.recording import record_session
from supply.treatments.session_lines import SessionRequest
from tests.factories import AMPOULE, FORMULATION, NEEDLE, NOW, TODAY, VIAL, World, item
from tests.support.queries import recorded_statements


def book(world: World, *bookings: Booking) -> None:
    with transaction():
        take_in(world.clinic, bookings, actor=world.actor(), now=NOW)


def visit(number: int, days: int = 0, hour: int | None = None, areas: int = 1) -> Booking:
    time = None if hour is None else dt.time(hour)
    day = TODAY + dt.timedelta(days=days)
    return Booking(f"D-{number}", f"P-{number}", FORMULATION, day, time=time, areas=areas)


def said(world: World, days: int) -> list[tuple[str, bool, list[tuple[str, str, Decimal]]]]:
    """Return (patient, ready, lines) of the sessions of a day: code, lots, short."""
    db.session.rollback()
    day = TODAY + dt.timedelta(days=days)
    return [
        (
            one.session.patient_reference,
            one.ready,
            [
                (line.item.code, " ".join(lot.lot_number for lot in line.lots), line.short)
                for line in one.lines
            ],
        )
        for one in readiness(world.clinic, day, day, now=NOW)
    ]


def test_sessions_take_their_share_by_day_and_time(
    world: World, formulation: Formulation, shelves: dict[str, Lot]
) -> None:
    """Two ampoules for four sessions: today's first, tomorrow's by the clock, one without last."""
    book(world, visit(1, 1), visit(2, 1, hour=15), visit(3, 1, hour=9), visit(4))
    full = [(AMPOULE, "AMP-1", Decimal(0)), (VIAL, "VIAL-1", 0), (NEEDLE, "NDL-1", 0)]
    lacks = [(AMPOULE, "", Decimal(5)), *full[1:]]
    assert said(world, 0) == [("P-4", True, full)]
    assert said(world, 1) == [("P-3", True, full), ("P-2", False, lacks), ("P-1", False, lacks)]
    with transaction():
        request = SessionRequest(FORMULATION, "P-9", key="one more")
        record_session(world.clinic, request, actor=world.actor(), now=NOW)
    assert [ready for _who, ready, _lines in said(world, 1)] == [False] * 3


def test_a_line_by_area_is_needed_for_each(
    world: World, formulation: Formulation, shelves: dict[str, Lot]
) -> None:
    with transaction():
        line = db.session.query(FormulationLine).filter_by(item_id=item(world, VIAL).id).one()
        line.per, line.dead_space = Per.AREA, Decimal("0.5")
    book(world, visit(1, areas=3))
    [(_who, _ready, lines)] = said(world, 0)
    assert lines[1] == (VIAL, "VIAL-1", Decimal(0))
    [one] = readiness(world.clinic, TODAY, TODAY, now=NOW)
    assert [line.needed for line in one.lines] == [Decimal(5), Decimal("9.5"), Decimal(2)]


def test_it_asks_the_database_three_times_however_much_is_booked(
    world: World, formulation: Formulation, shelves: dict[str, Lot]
) -> None:
    book(world, *(visit(number, number % 3) for number in range(12)))
    assert world.clinic.timezone
    with recorded_statements(db.engine) as statements:
        readiness(world.clinic, TODAY, TODAY + dt.timedelta(days=2), now=NOW)
    assert len(statements) == 3
