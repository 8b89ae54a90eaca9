"""Readings taken in once, excursions that follow from them, and what is held for them."""

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask

from supply.alerts.models import Alert
from supply.alerts.terms import AlertStatus
from supply.alerts.wording import message
from supply.audit.models import AuditRow
from supply.coldchain.deciding import Answer, decide, held_parts, locked, write_answer
from supply.coldchain.judging import rejudge
from supply.coldchain.limits import limits_of, set_limits
from supply.coldchain.models import ColdExcursion, Reading, ReadingImport
from supply.coldchain.readings import Brought, take_back, take_in
from supply.coldchain.releasing import NotAnswered
from supply.coldchain.rules import DayValues, Limits, Point
from supply.coldchain.terms import Source
from supply.db import db, transaction
from supply.handling.holding import release_hold
from supply.handling.moving import move_lot
from supply.inventory.models import Balance, Hold, Lot
from supply.items.models import Location
from supply.refusals import InvalidInput, Refusal
from supply.replenishment.sweep import sweep
from tests.coldchain.conftest import BEGAN, MINUTE, WARM, Read, every, excursions, held, place
from tests.factories import AMPOULE, BIOTIN, COLD, NOW, TODAY, World, item, stock
from tests.support.racing import at_once

FRIDGE = "Fridge 2–8 °C"


def move(world: World, lot: Lot, to: str, quantity: str, at: dt.datetime) -> None:
    """Carry some of a lot from the fridge or the cupboard to another location."""
    balance = db.session.scalars(
        sa.select(Balance).where(Balance.lot_id == lot.id, Balance.quantity > 0)
    ).first()
    assert balance is not None
    spot, target = (balance.location_id, lot.id, None), place(world, to).id
    with transaction():
        move_lot(world.clinic, spot, target, Decimal(quantity), actor=world.actor(), now=at)


def alerts() -> list[tuple[AlertStatus, str]]:
    """Return the alerts, with their sentences."""
    db.session.rollback()
    rows = db.session.scalars(sa.select(Alert).order_by(Alert.id))
    return [(row.status, message(row.kind, row.facts, TODAY)) for row in rows]


def test_readings_come_in_once(world: World, read: Read) -> None:
    first = read(5, 5, 5)
    again = read(5, 5, 5, 6, 6)
    assert (first.accepted, first.repeated) == (3, 0)
    assert (again.accepted, again.repeated) == (2, 3)
    kept = db.session.execute(sa.select(Reading.at, Reading.celsius).order_by(Reading.at)).all()
    assert [(row.at, row.celsius) for row in kept] == every(10, 5, 5, 5, 6, 6)
    rows = db.session.scalars(sa.select(ReadingImport).order_by(ReadingImport.id)).all()
    assert [(row.accepted, row.repeated, row.person_id) for row in rows] == [
        (3, 0, world.owner.id),
        (2, 3, world.owner.id),
    ]
    assert (rows[1].first_at, rows[1].last_at) == (BEGAN, BEGAN + 40 * MINUTE)


def test_nothing_from_the_future(world: World) -> None:
    late = Brought(Source.PERSON, [Point(NOW + 61 * MINUTE, 500)])
    with pytest.raises(InvalidInput, match="lies in the future"), transaction():
        take_in(place(world), late, actor=world.actor(), now=NOW)
    assert db.session.scalars(sa.select(Reading)).all() == []


def test_an_excursion_holds_what_was_there(world: World, read: Read) -> None:
    stock(world, COLD, "25", lot="C1")
    stock(world, BIOTIN, "10", lot="B1")
    taken = read(*WARM)
    assert excursions() == [(20, 50, 900, 1240)]
    [one] = db.session.scalars(sa.select(ColdExcursion))
    assert [row.id for row in taken.excursions] == [one.id]
    assert (one.minutes, one.kinetic, one.froze) == (30, 1059, False)
    assert held() == [("C1", FRIDGE, None)]
    assert alerts() == [
        (
            AlertStatus.OPEN,
            "12.4 °C, 30 min out of range. 1 lot is on hold: ask its maker.",
        )
    ]
    [hold] = db.session.scalars(sa.select(Hold))
    assert hold.reason == f"Was at 9.0 °C to 12.4 °C in {FRIDGE}"
    said = sa.select(AuditRow.action).where(AuditRow.action.startswith("hold"))
    assert db.session.scalars(said).all() == ["hold.placed"]
    read(*WARM)
    assert held() == [("C1", FRIDGE, None)]


def test_what_was_carried_elsewhere_is_held_there(world: World, read: Read) -> None:
    """Fifteen of forty were in the fridge and are in the cupboard now; those in it stay free."""
    lot = stock(world, COLD, "40", lot="C1")
    move(world, lot, "Cupboard", "5", BEGAN - 60 * MINUTE)
    move(world, lot, "Cupboard", "10", BEGAN + 60 * MINUTE)
    read(*WARM)
    assert held() == [("C1", "Cupboard", "10.000"), ("C1", FRIDGE, None)]


def test_what_came_or_went_at_another_time_is_free(world: World, read: Read) -> None:
    early = stock(world, COLD, "25", lot="EARLY")
    move(world, early, "Cupboard", "25", BEGAN)
    stock(world, COLD, "25", lot="DURING", at=BEGAN + 40 * MINUTE)
    stock(world, COLD, "25", lot="LATE", at=BEGAN + 51 * MINUTE)
    read(*WARM)
    assert held() == [("DURING", FRIDGE, None)]


def test_an_excursion_grows_with_its_readings(world: World, read: Read) -> None:
    stock(world, COLD, "25", lot="C1")
    read(5, 9, 9)
    assert excursions() == []
    read(9, 9, 9, start=BEGAN + 30 * MINUTE)
    assert excursions() == [(10, None, 900, 900)]
    assert alerts()[0][1].startswith("9.0 °C, 40 min out of range. It still is.")
    stock(world, COLD, "25", lot="C2", at=BEGAN + 55 * MINUTE)
    read(10, 5, start=BEGAN + 60 * MINUTE)
    assert excursions() == [(10, 70, 900, 1000)]
    assert [lot for lot, *_rest in held()] == ["C1", "C2"]
    assert len(alerts()) == 1


def test_taken_back_is_as_if_it_had_never_come(world: World, read: Read) -> None:
    stock(world, COLD, "25", lot="C1")
    taken = read(*WARM)
    with transaction():
        row = db.session.get_one(ReadingImport, taken.import_id)
        take_back(row, actor=world.actor(), now=NOW)
    assert (excursions(), held()) == ([], [])
    assert [status for status, _said in alerts()] == [AlertStatus.RESOLVED]
    assert db.session.scalars(sa.select(Reading)).all() == []
    row = db.session.get_one(ReadingImport, taken.import_id)
    with pytest.raises(Refusal, match="taken back already"), transaction():
        take_back(row, actor=world.actor(), now=NOW)


def test_nothing_is_released_before_the_maker_answers(world: World, read: Read) -> None:
    stock(world, COLD, "25", lot="C1")
    read(*WARM)
    hold_id = db.session.scalars(sa.select(Hold.id)).one()
    with pytest.raises(NotAnswered), transaction():
        release_hold(world.clinic, hold_id, actor=world.actor(), now=NOW)
    assert held() == [("C1", FRIDGE, None)]


def test_new_limits_are_applied_to_what_is_there(world: World, read: Read) -> None:
    read(*WARM)
    wide = Limits(200, 1300)
    with transaction():
        set_limits(place(world), wide, actor=world.actor(), now=NOW)
        rejudge(place(world), BEGAN, actor=world.actor(), now=NOW)
    assert excursions() == []
    assert limits_of(place(world)) == wide
    with pytest.raises(InvalidInput), transaction():
        set_limits(place(world), Limits(800, 200), actor=world.actor(), now=NOW)


def test_a_sweep_keeps_the_alert(world: World, read: Read) -> None:
    stock(world, COLD, "25", lot="C1")
    read(*WARM)
    with transaction():
        counts = sweep(NOW + dt.timedelta(hours=1)).as_json()
    assert counts["cold_chain"] == {"opened": 0, "kept": 1, "resolved": 0}


def test_days_are_widened_by_what_is_known_later(world: World) -> None:
    """The day on which the logger is read out is told of twice."""
    day = TODAY - dt.timedelta(days=2)
    fridge = place(world)
    stock(world, COLD, "25", lot="C1")
    for high, minutes, accepted in ((810, 15, 1), (1500, 25, 1), (1500, 25, 0), (700, 0, 0)):
        with transaction():
            values = DayValues(day, 400, high, 800, minutes, 200, 0)
            brought = Brought(Source.FILE, days=[values], sha256="0" * 64)
            taken = take_in(fridge, brought, actor=world.actor(), now=NOW)
        assert taken.accepted == accepted
    [one] = db.session.scalars(sa.select(ColdExcursion))
    assert (one.high, one.minutes, one.of_days, one.kinetic) == (1500, 25, True, None)
    assert held() == [("C1", FRIDGE, None)]


def test_minutes_beyond_a_wider_bound_say_nothing(world: World) -> None:
    """The logger counts from 10 °C on: of 9.5 °C it does not know for how long."""
    values = DayValues(TODAY - dt.timedelta(days=2), 400, 950, 1_000, 0, 200, 0)
    with transaction():
        brought = Brought(Source.FILE, days=[values])
        taken = take_in(place(world), brought, actor=world.actor(), now=NOW)
    assert [(one.high, one.minutes) for one in taken.excursions] == [(950, 24 * 60)]


def test_locations_do_not_mix(world: World, read: Read) -> None:
    stock(world, COLD, "25", lot="C1")
    stock(world, AMPOULE, "50", lot="T1")
    item(world, BIOTIN)
    read(20, 26, 27, 28, 26, 20, name="Cupboard")
    assert held() == [("T1", "Cupboard", None)]


def test_the_same_brought_by_several_at_once(app: Flask, world: World) -> None:
    stock(world, COLD, "25", lot="C1")
    actor, fridge = world.actor(), place(world).id
    brought = Brought(Source.FILE, every(10, *WARM), sha256="0" * 64)

    def bring() -> object:
        here = db.session.get_one(Location, fridge)
        return take_in(here, brought, actor=actor, now=NOW).accepted

    assert sorted(map(str, at_once(app, bring))) == ["0", "0", "0", "7"]
    assert excursions() == [(20, 50, 900, 1240)]
    assert held() == [("C1", FRIDGE, None)]
    assert len(alerts()) == 1


def test_what_was_decided_on_stays_and_what_follows_is_new(world: World, read: Read) -> None:
    stock(world, COLD, "25", lot="C1")
    read(*WARM)
    settle(world, 1)
    read(*WARM)
    assert held() == []
    read(9, 9, 9, 9, 5, start=BEGAN + 100 * MINUTE)
    assert excursions() == [(20, 50, 900, 1240), (100, 140, 900, 900)]
    assert held() == [("C1", FRIDGE, None)]


def test_one_lot_decided_leaves_the_rest_open(world: World, read: Read) -> None:
    stock(world, COLD, "25", lot="C1")
    stock(world, COLD, "25", lot="C2")
    read(5, 9, 9, 9, 9)
    said = Answer("Stable.", "Maker", TODAY)
    with transaction():
        row = locked(world.clinic, 1)
        write_answer(row, said, today=TODAY, actor=world.actor(), now=NOW)
    first, second = (part.hold_id for part in held_parts(1))
    with pytest.raises(NotAnswered, match="still out of range"), transaction():
        decide(world.clinic, 1, release=[first], actor=world.actor(), now=NOW)
    read(5, start=BEGAN + 50 * MINUTE)
    with transaction():
        decide(world.clinic, 1, release=[first], actor=world.actor(), now=NOW)
    assert db.session.scalars(sa.select(ColdExcursion.closed_at)).all() == [None]
    with pytest.raises(Refusal, match="decided on meanwhile"), transaction():
        decide(world.clinic, 1, discard=[first, second], actor=world.actor(), now=NOW)
    with transaction():
        decide(world.clinic, 1, discard=[second], actor=world.actor(), now=NOW)
    assert db.session.scalars(sa.select(ColdExcursion.closed_at)).all() == [NOW]
    assert held() == []


def settle(world: World, excursion_id: int) -> None:
    """Have the maker answer, and release what is held."""
    with transaction():
        row = locked(world.clinic, excursion_id)
        said = Answer("Stable.", "Maker", TODAY)
        write_answer(row, said, today=TODAY, actor=world.actor(), now=NOW)
        holds = {part.hold_id for part in held_parts(excursion_id)}
        decide(world.clinic, excursion_id, release=holds, actor=world.actor(), now=NOW)
