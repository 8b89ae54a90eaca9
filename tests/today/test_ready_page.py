"""Supplies for a day: each session's lots with where they are, or what is short and what helps."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from flask import Flask

from supply import clock
from supply.db import db, transaction
from supply.diary.bookings import Booking, take_in
from supply.treatments.models import TreatmentSession
from supply.treatments.terms import SessionStatus
from tests.diary.pages import lede, words
from tests.factories import (
    AMPOULE,
    BIOTIN,
    FORMULATION,
    NEEDLE,
    NOW,
    TODAY,
    VIAL,
    World,
    make_formulation,
    make_world,
    stock,
)
from tests.support.people import AsPerson
from tests.support.queries import recorded_statements

PATH = "/c/riga/ready"


@pytest.fixture
def world(app: Flask, monkeypatch: pytest.MonkeyPatch) -> World:
    """Two ampoules in two lots, a vial, needles; what is given takes some of each."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    world = make_world()
    stock(world, AMPOULE, "5", lot="AMP-1", expiry=TODAY + dt.timedelta(days=60))
    stock(world, AMPOULE, "5", lot="AMP-2", expiry=TODAY + dt.timedelta(days=90))
    stock(world, VIAL, "20", lot="VIAL-1")
    stock(world, NEEDLE, "100", lot="NDL-1")
    make_formulation(
        world,
        [(AMPOULE, "1"), (VIAL, "3"), (NEEDLE, "2")],
        substitutes=[(AMPOULE, BIOTIN, "1")],
    )
    return world


def book(world: World, *visits: tuple[str, int, str]) -> None:
    wanted = [
        Booking(
            f"D-{patient}",
            patient,
            FORMULATION,
            TODAY + dt.timedelta(days=days),
            time=dt.time.fromisoformat(time) if time else None,
        )
        for patient, days, time in visits
    ]
    with transaction():
        take_in(world.clinic, wanted, actor=world.actor(), now=NOW)


def cards(page: str) -> list[str]:
    return [words(card) for card in page.split('<section class="card"')[1:]]


def said(card: str, *parts: str) -> bool:
    """Return whether a card says all of these, in this order."""
    at = 0
    for part in parts:
        at = card.find(part, at)
        if at < 0:
            return False
    return True


def test_the_next_day_with_sessions_short_ones_first(world: World, as_person: AsPerson) -> None:
    book(world, ("P-1", 3, "09:00"), ("P-2", 3, "10:00"), ("P-3", 3, ""), ("P-4", 5, ""))
    client = as_person(world.viewer)
    page = client.get(PATH).text
    assert "<h1>Supplies for Thursday 18 Jun 2026</h1>" in page
    assert lede(page) == "1 session is short of supplies; 3 are booked in all."
    short, first, second, fetch = cards(page)
    assert said(
        short, "P-3 Short", "Tranexamic acid", "1 ampoule", "1 ampoule short", "Order 1 ampoule now"
    )
    assert said(first, "09:00 P-1 Ready", "lot AMP-1, Cupboard", "3 ml lot VIAL-1", "lot NDL-1")
    assert said(second, "10:00 P-2 Ready", "lot AMP-2")
    assert said(fetch, "To fetch", "Cupboard", "6 needles lot NDL-1")
    assert said(fetch, "9 ml lot VIAL-1")
    assert f'href="{PATH}?day=2026-06-20"' in page
    other = client.get(f"{PATH}?day=2026-06-20").text
    assert lede(other) == "1 session is short of supplies; 1 is booked in all."
    assert f'href="{PATH}?day=2026-06-18"' in other


def test_each_way_that_helps_has_its_link(world: World, as_person: AsPerson) -> None:
    book(world, ("P-1", 1, ""), ("P-2", 1, ""), ("P-3", 1, ""))
    client = as_person(world.practitioner)
    assert "See the item" in cards(client.get(PATH).text)[0]
    stock(world, BIOTIN, "1", lot="B-1")
    page = client.get(PATH).text
    third = db.session.scalars(
        sa.select(TreatmentSession.id).where(TreatmentSession.patient_reference == "P-3")
    ).one()
    assert f"?planned={third}" in page
    assert "See the session" in cards(page)[0]
    stock(world, AMPOULE, "5", lot="S-1", clinic=world.sister)
    page = client.get(PATH).text
    assert f"See it at {world.sister.name}" in cards(page)[0]
    assert f'href="/c/{world.sister.code}/items/' in page


def test_nothing_booked_and_no_such_day(world: World, as_person: AsPerson) -> None:
    client = as_person(world.viewer)
    page = client.get(PATH).text
    assert "<h1>Supplies for Tuesday 16 Jun 2026</h1>" in page
    assert "Nothing is booked for this day" in page
    assert client.get(f"{PATH}?day=2026-13-01").status_code == 404
    book(world, ("P-1", 1, ""))
    with transaction():
        over = sa.update(TreatmentSession).values(status=SessionStatus.CANCELLED)
        db.session.execute(over)
    assert "Nothing is booked for this day" in client.get(PATH).text


def test_it_asks_no_more_however_much_is_booked(world: World, as_person: AsPerson) -> None:
    client = as_person(world.owner)
    counted = []
    for most in (4, 24):
        book(world, *((f"P-{number}", 1, "") for number in range(most)))
        client.get(PATH)
        with recorded_statements(db.engine) as statements:
            client.get(PATH)
        counted.append(len(statements))
    assert counted[0] == counted[1] <= 17
