"""A world whose clock stands still, pages opened as one of its cast, and what is on the shelves."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask

from supply import clock
from supply.audit.models import AuditRow
from supply.db import db
from supply.formulations.models import Formulation
from supply.inventory.models import Balance, Container, Entry, Lot, Move
from supply.treatments.models import SessionLine, TreatmentSession
from tests.factories import AMPOULE, NEEDLE, NOW, VIAL, World, make_formulation, make_world, stock


@pytest.fixture
def world(app: Flask, monkeypatch: pytest.MonkeyPatch) -> World:
    """A practice, a supplier and a cast, at :data:`tests.factories.NOW`."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return make_world()


@pytest.fixture
def formulation(world: World) -> Formulation:
    """A recipe with each kind of item: 0.12 ml of an ampoule, 3 ml of a vial, 2 needles."""
    return make_formulation(world, [(AMPOULE, "0.120"), (VIAL, "3"), (NEEDLE, "2")])


@pytest.fixture
def shelves(world: World) -> dict[str, Lot]:
    """Two ampoules of 5 ml, two vials of 20 ml and a hundred needles, by lot number."""
    return {
        "AMP-1": stock(world, AMPOULE, "10", lot="AMP-1", cost_minor=450),
        "VIAL-1": stock(world, VIAL, "40", lot="VIAL-1", cost_minor=250),
        "NDL-1": stock(world, NEEDLE, "100", lot="NDL-1"),
    }


def on_shelves() -> dict[str, list[Decimal]]:
    """Return what there is by lot number: sealed first, then what is in each open container."""
    db.session.rollback()
    rows = db.session.execute(
        sa.select(Lot.number, Balance.quantity)
        .join(Lot, Lot.id == Balance.lot_id)
        .where(sa.or_(Balance.quantity > 0, Balance.container_id.is_(None)))
        .order_by(Lot.number, Balance.container_id.is_not(None), Balance.container_id)
    )
    found: dict[str, list[Decimal]] = {}
    for number, quantity in rows:
        found.setdefault(number, []).append(quantity)
    return found


@dataclass(frozen=True)
class Everything:
    """How much is written, and what is on the shelves: unchanged after a refusal."""

    rows: tuple[int, ...]
    shelves: dict[str, list[Decimal]]


def everything() -> Everything:
    """Count every kind of row a session writes."""
    shelves = on_shelves()
    kinds = (Entry, Move, Container, TreatmentSession, SessionLine, AuditRow)
    rows = (db.session.scalar(sa.select(sa.func.count()).select_from(kind)) for kind in kinds)
    return Everything(tuple(row or 0 for row in rows), shelves)
