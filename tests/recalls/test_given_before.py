"""What was given before its lot was recalled is recorded as it was, and found."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa

from supply.db import db, transaction
from supply.inventory.refusals import ShortageError
from supply.inventory.verification import verify
from supply.recalls import queries
from supply.treatments.models import SessionOverride
from supply.treatments.recording import Recorded, preview_session, record_session
from supply.treatments.session_lines import SessionRequest
from supply.treatments.warnings import WarningsError
from tests.factories import AMPOULE, FORMULATION, NOW, World, make_formulation, stock
from tests.support.recalling import declared

HOUR = dt.timedelta(hours=1)


def recorded(
    world: World, at: dt.datetime, lot: str | None = "TX-1", why: str | None = None
) -> Recorded:
    """Record a session at ``at`` with a lot, after the recall."""
    request = SessionRequest(
        FORMULATION,
        "P-1",
        occurred_at=at,
        lots={AMPOULE: lot} if lot else {},
        overrides={"held:TX-1": why} if why else {},
    )
    with transaction():
        actor = world.actor(world.practitioner)
        return record_session(world.clinic, request, actor=actor, now=NOW + HOUR)


def test_a_session_of_before_takes_the_lot_it_names_with_a_reason(world: World) -> None:
    stock(world, AMPOULE, "5", lot="TX-1")
    stock(world, AMPOULE, "5", lot="TX-2")
    make_formulation(world, [(AMPOULE, "2")])
    recall_id = declared(world)
    before = NOW - dt.timedelta(minutes=30)
    with pytest.raises(WarningsError) as warned:
        recorded(world, before)
    (warning,) = warned.value.warnings
    assert (warning.key, warning.skus, warning.source) == (
        "held:TX-1", (AMPOULE,), "Recall 1 (Class I): Not sterile",
    )  # fmt: skip
    assert warning.message == ("Lot TX-1 is on hold by now. Go on only if it was given before.")
    with pytest.raises(ShortageError):
        recorded(world, NOW + HOUR, why="It is here"), "no dating forward past the hold"
    done = recorded(world, before, why="Given at half past eight")
    assert [(one.lot_number, one.quantity) for one in done.drawn] == [("TX-1", Decimal(2))]
    kept = db.session.scalars(sa.select(SessionOverride)).one()
    assert (kept.warning, kept.reason) == ("held:TX-1", "Given at half past eight")
    (given,) = queries.sessions_of(recall_id, [world.clinic.id])
    assert (given.patient_reference, given.occurred_at) == ("P-1", before)
    assert verify() == []


def test_nothing_held_is_drawn_by_itself_whenever_it_is_dated(world: World) -> None:
    stock(world, AMPOULE, "5", lot="TX-1")
    make_formulation(world, [(AMPOULE, "2")])
    declared(world)
    before = NOW - dt.timedelta(minutes=30)
    with pytest.raises(ShortageError):
        recorded(world, before, lot=None, why="It is here")
    unnamed = SessionRequest(FORMULATION, "P-1", occurred_at=before)
    seen = preview_session(world.clinic, unnamed, now=NOW + HOUR)
    assert [one.available for one in seen.short] == [0]
