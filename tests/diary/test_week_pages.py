"""The diary by week and by day: what stands where, and for whom."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from supply.db import db, transaction
from supply.diary import steps
from supply.diary.courses import plan_course
from supply.formulations.models import Formulation
from supply.inventory.models import Lot
from supply.treatments.models import Protocol, ProtocolDay
from supply.treatments.recording import record_session
from supply.treatments.session_lines import SessionRequest
from tests.diary.pages import book, booking, closed_at_weekends, days, head, lede, session_id, words
from tests.factories import FORMULATION, NOW, TODAY, World
from tests.support.people import AsPerson
from tests.support.queries import recorded_statements

PATH = "/c/riga/diary"


def test_a_week_says_who_comes_when_and_whether_supplies_are_there(
    world: World, as_person: AsPerson, formulation: Formulation, shelves: dict[str, Lot]
) -> None:
    """Two ampoules: today's session and tomorrow's first take them, the rest is short."""
    closed_at_weekends(world)
    book(world, booking(2, 1, practitioner="Dr Ozola"), booking(1, 1, "09:30"), booking(4, 4))
    with transaction():
        protocol = Protocol(
            practice_id=world.practice.id,
            code="HAIR",
            name="Hair",
            formulation_id=formulation.id,
            days=[ProtocolDay(day=day) for day in (0, 7, 14)],
        )
        db.session.add(protocol)
        db.session.flush()
        plan_course(world.clinic, protocol, "P-9", TODAY, actor=world.actor(), now=NOW)
    over = session_id("P-4")
    with transaction():
        steps.cancel_session(world.clinic, over, actor=world.actor(), now=NOW)
    with transaction():
        early = NOW - dt.timedelta(hours=2)
        request = SessionRequest(FORMULATION, "P-7", occurred_at=early)
        record_session(world.clinic, request, actor=world.actor(), now=NOW)

    page = as_person(world.practitioner).get(PATH).text

    assert days(page) == {
        "2026-06-15": [
            "10:00 P-7 Recorded Hair-Test · Owner",
            "P-9 Ready 1 of 3 · Hair-Test",
        ],
        "2026-06-16": [
            "09:30 P-1 Short Hair-Test Short of: Tranexamic acid 100 mg/ml, ampoule",
            "P-2 Short Hair-Test · Dr Ozola Short of: Tranexamic acid 100 mg/ml, ampoule",
        ],
        "2026-06-17": [],
        "2026-06-18": [],
        "2026-06-19": ["P-4 Cancelled Hair-Test"],
        "2026-06-20": [],
        "2026-06-21": [],
    }
    assert lede(page) == "3 sessions are booked; 2 are short of supplies."
    assert head(page, "2026-06-15") == "Today, 15 Jun"
    assert head(page, "2026-06-18") == "Thu 18 Jun Free"
    assert head(page, "2026-06-20") == "Sat 20 Jun Closed"
    assert page.count('aria-label="Book a session on ') == 5
    assert "<h1>15–21 Jun 2026</h1>" in page
    assert 'rel="prev" href="/c/riga/diary?week=2026-W24"' in page
    assert 'rel="next" href="/c/riga/diary?week=2026-W26"' in page


def test_what_can_be_done_depends_on_who_looks_and_on_the_day(
    world: World, as_person: AsPerson, formulation: Formulation
) -> None:
    book(world, booking(1), booking(2, 1))
    mine = as_person(world.practitioner).get(PATH).text
    today, tomorrow = (f"/c/riga/diary/sessions/{session_id(p)}" for p in ("P-1", "P-2"))
    assert f'action="{today}/no-show"' in mine
    assert f'action="{tomorrow}/no-show"' not in mine
    assert f'action="{tomorrow}/cancel"' in mine
    assert f'href="{tomorrow}/move"' in mine
    assert f"/c/riga/use/{formulation.id}?planned={session_id('P-2')}" in mine
    seen = as_person(world.viewer).get(PATH).text
    assert days(seen) == days(mine)
    assert "/diary/sessions/" not in seen
    assert "diary.js" not in seen
    assert "/diary/book" not in seen


def test_one_day_one_practitioner_and_what_nobody_recorded(
    world: World, as_person: AsPerson, formulation: Formulation
) -> None:
    book(world, booking(1, -3, practitioner="Ann"), booking(2, 0, practitioner="Bea"), booking(3))
    client = as_person(world.practitioner)
    page = client.get(f"{PATH}?day=2026-06-12").text
    assert days(page) == {"2026-06-12": ["P-1 Not recorded Hair-Test · Ann"]}
    assert lede(page) == ("1 session, none still to come. 1 of before today is not recorded.")
    assert 'name="shown" value="day"' in page
    page = client.get(f"{PATH}?practitioner=Bea").text
    assert [row[:3] for row in days(page)["2026-06-15"]] == ["P-2"]
    assert 'href="/c/riga/diary?practitioner=Bea&amp;week=2026-W26"' in page
    assert "Nothing is booked on this day" in client.get(f"{PATH}?day=2026-06-20").text


@pytest.mark.parametrize("query", ["week=2026-W54", "week=0001-W01", "day=2026-02-30", "day=x"])
def test_there_are_no_other_days(world: World, as_person: AsPerson, query: str) -> None:
    assert as_person(world.viewer).get(f"{PATH}?{query}").status_code == 404


def test_it_asks_no_more_however_much_is_booked(
    world: World, as_person: AsPerson, formulation: Formulation, shelves: dict[str, Lot]
) -> None:
    client = as_person(world.owner)
    book(world, booking(1))
    client.get(PATH)
    counted = []
    for number in (2, 30):
        book(world, *(booking(one, one % 5) for one in range(1, number)))
        with recorded_statements(db.engine) as statements:
            client.get(PATH)
        counted.append(len(statements))
    assert counted[0] == counted[1]


def test_use_and_the_session_say_when_and_lead_back(
    world: World, as_person: AsPerson, formulation: Formulation
) -> None:
    book(world, booking(1, 0, "15:00"), booking(2), booking(3, 0, "09:30", "Dr Ozola"))
    client = as_person(world.practitioner)
    titles = re.findall(r'class="choice-title">([^<]+?)\s*<', client.get("/c/riga/use").text)
    assert titles[:3] == ["09:30 P-3", "15:00 P-1", "P-2"]
    page = client.get(f"/c/riga/sessions/{session_id('P-3')}").text
    assert "Booked for 15 Jun 2026, 09:30 Practitioner Dr Ozola" in words(page)
    assert f'href="/c/riga/diary/sessions/{session_id("P-3")}/move"' in page
    assert 'href="/c/riga/diary?day=2026-06-15"' in page
