"""The diary, the agenda and the levels: pure, so judged without a database."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from random import Random

from supply.catalogue.terms import Dose
from supply.demo.agenda import Agenda, wall
from supply.demo.levels import Levels, Need, levels_for, weekly_use
from supply.demo.profiles import VILNIUS
from supply.demo.schedule import Diary, ProtocolFacts, draw_up
from supply.quantity import Unit

MONDAY = dt.date(2026, 6, 15)
PROTOCOLS = {code: ProtocolFacts(code, code, (0, 7, 15)) for code in VILNIUS.mix}


def _diary(seed: str = "a") -> Diary:
    return draw_up(VILNIUS, PROTOCOLS, MONDAY, MONDAY + dt.timedelta(days=27), Random(seed))


def _outline(diary: Diary) -> list[tuple[dt.date, str, str, int, bool]]:
    return [
        (day, visit.patient, visit.formulation, visit.number, visit.comes)
        for day in sorted(diary.visits)
        for visit in diary.visits[day]
    ]


def test_the_same_seed_draws_up_the_same_diary() -> None:
    assert _outline(_diary()) == _outline(_diary())
    assert _outline(_diary()) != _outline(_diary("b"))


def test_nobody_is_booked_on_a_closed_day() -> None:
    diary = _diary()

    assert all(VILNIUS.is_open(day) for day, visits in diary.visits.items() if visits)
    assert all(VILNIUS.is_open(day) for day in diary.courses)


def test_a_course_has_a_visit_for_each_day_of_its_protocol() -> None:
    diary = _diary()
    course = diary.courses[MONDAY][0]
    visits = [v for day in diary.visits.values() for v in day if v.course is course]

    assert sorted(visit.number for visit in visits) == [1, 2, 3]
    assert sorted(visit.day for visit in visits) == [
        MONDAY,
        MONDAY + dt.timedelta(days=7),
        MONDAY + dt.timedelta(days=15),
    ]


def test_deeds_happen_in_order_and_none_after_the_end() -> None:
    agenda = Agenda(wall(MONDAY, 20, 0, "Europe/Riga"))
    done: list[str] = []
    agenda.at(wall(MONDAY, 12, 0, "Europe/Riga"), lambda _now: done.append("noon"))
    agenda.at(wall(MONDAY, 9, 0, "Europe/Riga"), lambda _now: done.append("nine"))
    agenda.at(wall(MONDAY, 9, 0, "Europe/Riga"), lambda _now: done.append("nine too"))
    agenda.at(wall(MONDAY, 20, 1, "Europe/Riga"), lambda _now: done.append("too late"))

    agenda.run()

    assert done == ["nine", "nine too", "noon"]


def test_the_wall_clock_is_the_clinics() -> None:
    assert wall(MONDAY, 9, 30, "Europe/London") == dt.datetime(2026, 6, 15, 8, 30, tzinfo=dt.UTC)


def test_use_is_counted_in_whole_containers_where_each_serves_one_patient() -> None:
    ampoule = Need(1, "A", Unit.ML, Decimal("0.12"), Decimal(5), Dose.SINGLE)
    cream = Need(2, "B", Unit.G, Decimal(8), Decimal(30), Dose.MULTI)

    weekly = weekly_use(["F", "F", "F"], {"F": [ampoule, cream]}, Decimal(2))

    assert weekly == {ampoule: Decimal("7.5"), cream: Decimal(12)}
    assert levels_for(ampoule, weekly[ampoule]) == Levels("A", Decimal(25), Decimal(60))
    assert levels_for(cream, Decimal("0.1")) == Levels("B", Decimal(30), Decimal(60))
