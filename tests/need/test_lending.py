"""What is new borrows from sister clinics, else from the treatments it goes into, and says so."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask

from supply.accounts.models import Clinic
from supply.alerts.scope import read_scope
from supply.db import db, transaction
from supply.formulations.models import Formulation
from supply.formulations.rules import LineDraft
from supply.formulations.services import add_version
from supply.items.services import set_tracked
from supply.need.foreseeing import Target, foresee
from supply.need.lending import NOTHING, Given, days_spread, reckoned
from supply.need.models import LearnedUse
from supply.replenishment.models import Proposal
from supply.replenishment.wording import why
from supply.treatments.models import TreatmentSession
from supply.treatments.recording import record_session
from supply.treatments.session_lines import SessionRequest
from tests.factories import (
    AMPOULE,
    BIOTIN,
    FORMULATION,
    NEEDLE,
    NOW,
    VIAL,
    World,
    item,
    stock,
)
from tests.need.conftest import Book, Project, ahead, book, formulation, project, world

__all__ = ["book", "formulation", "project", "world"]

DAY = dt.timedelta(days=1)


def give(clinic: Clinic, world: World, *days_ago: int, without: tuple[str, ...] = ()) -> None:
    """Record a session on each of some days, of what the clinic has."""
    for days in days_ago:
        request = SessionRequest(
            FORMULATION,
            "P-1",
            occurred_at=NOW - days * DAY,
            amounts=dict.fromkeys((VIAL, NEEDLE, *without)),
            key=f"{clinic.code} {days}",
        )
        with transaction():
            record_session(clinic, request, actor=world.actor(), now=NOW)


def put_in(world: World, formulation: Formulation, clinic: Clinic) -> None:
    """Give 1.5 ml of biotin with each session from now on, and list it at ``clinic``."""
    with transaction():
        new, old = item(world, BIOTIN), item(world, AMPOULE)
        lines = [LineDraft(old.id, old.unit, Decimal("0.120"))]
        lines.append(LineDraft(new.id, new.unit, Decimal("1.500")))
        add_version(formulation, lines, actor=world.actor(), now=NOW)
        set_tracked(clinic, new, tracked=True, actor=world.actor(), now=NOW)


def learned(world: World) -> LearnedUse:
    """Return what is known of biotin at the clinic."""
    db.session.rollback()
    here = sa.select(LearnedUse).where(
        LearnedUse.clinic_id == world.clinic.id, LearnedUse.item_id == item(world, BIOTIN).id
    )
    return db.session.scalars(here).one()


def test_what_nobody_used_yet_is_reckoned_from_the_sessions_it_goes_into(
    app: Flask, world: World, formulation: Formulation, book: Book, project: Project
) -> None:
    """12 sessions in 28 days, two ampoules of 1 ml each: 24 in 28 days, and what is booked beside.

    One that was booked a month before does not count, nor does one that left it out.
    """
    stock(world, AMPOULE, "100", at=NOW - 200 * DAY)
    give(world.clinic, world, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 5)
    with transaction():
        booked = sa.update(TreatmentSession).where(TreatmentSession.occurred_at == NOW - 5 * DAY)
        db.session.execute(booked.values(planned_on=ahead(-5), booked_at=NOW - 40 * DAY))
    put_in(world, formulation, world.clinic)
    give(world.clinic, world, 1, without=(BIOTIN,))
    book(10)
    project(BIOTIN)
    one = learned(world)
    assert (one.unit, one.days, one.borrowed) == (Decimal(1), 0, True)
    assert one.likely == pytest.approx(24 / 28)
    assert one.reckoned_from == {"of": "Hair-Test", "others": 0, "a_week": 3.0, "here": True}
    scope = read_scope(NOW, {world.clinic.id})
    seen = foresee(scope, [Target(world.clinic.id, one.item_id, 0.97)])
    assert (seen.booked[0][10], seen.booked[0].sum()) == (2, 2)
    assert seen.made.rate[0] == pytest.approx(24 / 28)
    [facts] = db.session.scalars(sa.select(Proposal.facts)).all()
    with app.test_request_context():
        assert why(facts).endswith(
            "No use of its own yet: reckoned from 3 sessions a week of Hair-Test."
        )
        facts["reckoned_from"]["days"] = 7
        assert "Little use of its own yet: reckoned from 3" in why(facts)


def test_where_the_clinic_gives_none_of_it_its_sister_clinics_sessions_are_taken(
    app: Flask, world: World, formulation: Formulation, project: Project
) -> None:
    """Once the sister clinic uses the item itself, that is what is lent: 2 ml in 28 days."""
    stock(world, AMPOULE, "100", clinic=world.sister, at=NOW - 200 * DAY)
    give(world.sister, world, 84, 60, 50, 40, 30, 20, 10, 5, 4)
    put_in(world, formulation, world.clinic)
    project(BIOTIN)
    assert learned(world).likely == pytest.approx(18 / 84)
    [facts] = db.session.scalars(sa.select(Proposal.facts)).all()
    with app.test_request_context():
        assert " likely to be used by " in why(facts)
        assert why(facts).endswith(
            "New here: reckoned from what your other clinics give, 1 session a week of Hair-Test."
        )
    stock(world, BIOTIN, "40", clinic=world.sister, at=NOW - 200 * DAY)
    give(world.sister, world, 0)
    with transaction():
        db.session.execute(sa.delete(LearnedUse))
    project(BIOTIN)
    one = learned(world)
    assert one.likely == pytest.approx(2 / 28)
    assert (one.borrowed, one.reckoned_from) == (True, None)


def test_where_nothing_was_given_nothing_is_invented(
    world: World, formulation: Formulation, project: Project
) -> None:
    stock(world, AMPOULE, "100", at=NOW - 200 * DAY)
    give(world.clinic, world, 92)
    put_in(world, formulation, world.clinic)
    project(BIOTIN)
    one = learned(world)
    assert (one.likely, one.borrowed, one.reckoned_from) == (0, False, None)
    assert db.session.scalars(sa.select(Proposal)).all() == []


def test_what_takes_most_is_named_and_sessions_are_spread_over_four_weeks_at_least() -> None:
    """Two clinics: (4 × 1 ml + 14 × 2 ml) in 28 days, and nothing; half of that on average."""
    lately, long_ago = NOW - 7 * DAY, NOW - 56 * DAY
    little = Given("Glow", lately, NOW, 4, 4.0)
    much = Given("Hair", long_ago, NOW, 28, 56.0)
    nothing = {1: Given("Glow", lately, NOW)}
    found = reckoned([{1: little, 2: much}, nothing], NOW, here=False)
    assert found.rate == pytest.approx((4 / 28 + 56 / 56) / 2)
    assert found.reckoned_from == {"of": "Hair", "others": 1, "a_week": 2.25, "here": False}
    assert reckoned([nothing], NOW, here=True) == NOTHING


def test_what_is_rare_is_spread_over_all_the_time_it_was_known() -> None:
    """One session ten days ago, of a formulation that is 50 days old, or years."""
    days = [days_spread(NOW - 10 * DAY, NOW - known * DAY, NOW) for known in (0, 50, 900)]
    assert days == [28, 50, 91]
