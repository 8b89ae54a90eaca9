"""What the sweep says of items judged by their projection: when, how much, why, rescue first."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from supply.accounts.services import create_clinic
from supply.actor import SYSTEM
from supply.alerts.models import Alert
from supply.alerts.scope import read_scope
from supply.alerts.terms import AlertKind
from supply.alerts.wording import message
from supply.db import db, transaction
from supply.need.foreseeing import Target, foresee
from supply.need.models import LearnedUse
from supply.ordering.outstanding import Outstanding
from supply.replenishment import current, queries
from supply.replenishment.models import Proposal, ProposedTransfer
from supply.replenishment.services import set_policy
from supply.replenishment.sweep import sweep
from supply.replenishment.terms import Method
from supply.replenishment.wording import why
from supply.treatments.recording import record_session
from supply.treatments.session_lines import SessionRequest
from tests.factories import (
    AMPOULE,
    BIOTIN,
    FORMULATION,
    NEEDLE,
    NOW,
    TODAY,
    VIAL,
    World,
    item,
    stock,
)
from tests.need.conftest import Book, Project, ahead, book, project
from tests.treatments.conftest import formulation, world

__all__ = ["book", "formulation", "project", "world"]

OTHERS = (VIAL, NEEDLE)
"""Items of the formulation besides the ampoule."""

ORDERED = Outstanding(0, 0, 0, Decimal(50), None)
"""A pack of ten ampoules on order."""

pytestmark = pytest.mark.usefixtures("formulation")


def low_alerts() -> list[Alert]:
    db.session.rollback()
    query = sa.select(Alert).where(Alert.kind == AlertKind.ORDER_NOW, Alert.resolved_at.is_(None))
    return list(db.session.scalars(query))


def proposals(world: World) -> list[tuple[str, int, dt.date]]:
    db.session.rollback()
    return [(p.item.code, p.packs, p.order_by) for p in queries.proposals(world.clinic.id)]


def facts(world: World) -> dict[str, Any]:
    db.session.rollback()
    found: dict[str, Any] = db.session.scalars(sa.select(Proposal.facts)).one()
    return found


def test_a_booking_that_cannot_be_met_is_ordered_for_in_time_and_says_why(
    app: Flask, world: World, book: Book, project: Project
) -> None:
    """Two ampoules: two sessions need nothing; of a third order a day before the slowest comes."""
    stock(world, AMPOULE, "10", at=NOW - dt.timedelta(days=200))
    book(3, 6)
    project(AMPOULE)
    assert (low_alerts(), proposals(world)) == ([], [])
    book(3, 6, 9)
    with transaction():
        sweep(NOW)
    assert low_alerts() == []
    assert proposals(world) == [(AMPOULE, 1, ahead(1))]
    with app.test_request_context():
        said = why(facts(world))
        of_one = why(facts(world) | {"usable": "5", "lost": "5", "expected": "5"})
    assert of_one.startswith(
        "3 booked sessions need 3 ampoules by 24 Jun, and about 1 ampoule is used beside."
        " 1 ampoule is usable then. 1 ampoule expires before."
    )
    assert said == (
        "3 booked sessions need 3 ampoules by 24 Jun. 2 ampoules are usable then."
        " Baltic Meso Supplies takes 3–8 days."
    )
    with transaction():
        sweep(NOW + dt.timedelta(days=1))
    [alert] = low_alerts()
    with app.test_request_context():
        assert (
            message(alert.kind, alert.facts, ahead(1))
            == f"{said} Order 1 pack (10 ampoules) today."
        )


def test_what_is_ordered_is_no_longer_proposed(world: World, book: Book, project: Project) -> None:
    """Between two sweeps too: what is on order counts at once."""
    book(1, 2)
    project(AMPOULE)
    [proposal] = queries.proposals(world.clinic.id)
    there = current.standing(world.clinic.id, now=NOW)
    assert [one.packs for one in current.still_wanted([proposal], there)] == [1]
    with_order = current.Standing(there.available, {proposal.item_id: ORDERED})
    assert current.still_wanted([proposal], with_order) == []


def test_a_new_clinic_begins_with_the_projection(world: World, book: Book) -> None:
    """Nobody has set anything: what is booked or used is judged, what is neither is not."""
    with transaction():
        actor = world.actor()
        made = create_clinic(
            world.practice, code="new", name="New", timezone="Europe/Riga", actor=actor, now=NOW
        )
        assert made.projected
        world.clinic.projected = True
    stock(world, AMPOULE, "5")
    stock(world, BIOTIN, "1")
    book(1, 2)
    with transaction():
        sweep(NOW)
    assert [alert.item_id for alert in low_alerts()] == [item(world, AMPOULE).id]


def test_a_fixed_item_is_not_judged_by_its_projection(world: World, book: Book) -> None:
    book(1, 2)
    with transaction():
        set_policy(
            world.clinic.id, item(world, AMPOULE).id, method=Method.FIXED,
            reorder_point=Decimal(0), par_level=Decimal(50), actor=SYSTEM, now=NOW,
        )  # fmt: skip
    stock(world, AMPOULE, "5")
    with transaction():
        sweep(NOW)
    assert (low_alerts(), proposals(world)) == ([], [])


def test_a_lot_that_would_expire_at_the_sister_clinic_is_brought_over_first(
    app: Flask, world: World, book: Book, project: Project
) -> None:
    """Four ampoules end there unused in 30 days; three are needed here: no pack is bought."""
    stock(world, AMPOULE, "20", lot="ENDS", expiry=ahead(30), clinic=world.sister)
    book(1, 2, 3)
    project(AMPOULE)
    db.session.rollback()
    [transfer] = queries.proposed_transfers(world.clinic.id)
    assert (transfer.lot.number, transfer.by) == ("ENDS", ahead(1))
    assert transfer.quantity == 15
    assert transfer.from_clinic.code == world.sister.code
    assert proposals(world) == []
    [alert] = low_alerts()
    with app.test_request_context():
        assert message(alert.kind, alert.facts, TODAY).endswith(
            f"{world.sister.name} has 3 ampoules of lot ENDS that would expire unused on 15 Jul:"
            " have them brought over by 16 Jun."
        )
    stock(world, AMPOULE, "15")
    with transaction():
        sweep(NOW)
    db.session.rollback()
    assert (low_alerts(), queries.proposed_transfers(world.clinic.id)) == ([], [])


def test_what_the_sister_clinic_needs_itself_stays_there(
    world: World, book: Book, project: Project
) -> None:
    """Its lot lasts longer than the clinics' need: nothing of it would expire."""
    stock(world, AMPOULE, "20", lot="STAYS", expiry=ahead(300), clinic=world.sister)
    book(1)
    project(AMPOULE)
    assert db.session.scalars(sa.select(ProposedTransfer)).all() == []
    assert proposals(world) == [(AMPOULE, 1, TODAY)]


def test_what_ends_here_is_not_brought_from_here(
    world: World, book: Book, project: Project
) -> None:
    """Four ampoules end unused in two days; three are needed after that, and bought."""
    stock(world, AMPOULE, "20", lot="ENDS", expiry=ahead(2))
    book(4, 5, 6)
    project(AMPOULE)
    assert db.session.scalars(sa.select(ProposedTransfer)).all() == []
    assert [(code, packs) for code, packs, _day in proposals(world)] == [(AMPOULE, 1)]


def test_use_is_learned_from_the_ledger_and_late_bookings_are_part_of_it(
    world: World, book: Book, project: Project
) -> None:
    """An ampoule a week for half a year, unbooked."""
    stock(world, AMPOULE, "500", at=NOW - dt.timedelta(days=200))
    for week in range(26):
        with transaction():
            request = SessionRequest(
                FORMULATION,
                "P-1",
                occurred_at=NOW - dt.timedelta(days=7 * week + 1),
                amounts=dict.fromkeys(OTHERS),
                key=f"week {week}",
            )
            record_session(world.clinic, request, actor=world.actor(), now=NOW)
    project(AMPOULE)
    learned = db.session.execute(sa.select(LearnedUse)).scalars().all()
    [one] = [row for row in learned if row.item_id == item(world, AMPOULE).id]
    assert one.unit == 5
    assert one.likely == pytest.approx(1 / 7, rel=0.15)
    assert (one.days, one.borrowed) == (199, False)
    book(2, at=NOW)
    db.session.rollback()
    scope = read_scope(NOW, {world.clinic.id})
    ahead_ = foresee(scope, [Target(world.clinic.id, one.item_id, 0.97)])
    # It was booked too late to be known: so much is expected anyway.
    assert ahead_.booked[0][2] == pytest.approx(1 - one.likely)
