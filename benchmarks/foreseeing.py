"""A hundred thousand items at clinics, from rows in the database to proposals.

Half of them are used on one day of five for a year; all are judged by their projection.
"""

from __future__ import annotations

import datetime as dt
import random
from typing import Final

import sqlalchemy as sa

from benchmarks.databases import ENGINES, application
from benchmarks.sweeping import ITEMS, analyse, fill, seconds
from supply.alerts.scope import read_scope
from supply.db import db, table, transaction
from supply.items.models import ClinicItem, Item
from supply.need.learning import learn
from supply.need.models import UseDay
from supply.replenishment.foreseen import foresee_items
from supply.replenishment.models import Policy
from supply.replenishment.sweep import sweep
from supply.replenishment.terms import Method
from tests.factories import NOW

CLINICS: Final = 500
LIMIT_MS: Final = 0.6
"""Milliseconds an item: a hundred thousand in a minute."""

YEAR: Final = 364
ONE_DAY_IN: Final = 5


def main() -> None:
    """Print, per engine, what learning and proposing take an item."""
    for engine in ENGINES:
        with application(engine):
            with transaction():
                _fill()
            analyse()
            learned = seconds(_learn)
            proposed = seconds(_propose)
            again = seconds(_sweep)
            items = CLINICS * ITEMS
            print(
                f"foresee, {engine}: {items:,} items learned in {learned:.0f} s"
                f" ({learned / items * 1e3:.3f} ms each), proposed in {proposed:.0f} s"
                f" ({proposed / items * 1e3:.3f} ms each, aim < {LIMIT_MS});"
                f" a whole sweep {again:.0f} s"
            )


def _learn() -> None:
    with transaction():
        learn(read_scope(NOW, None))


def _propose() -> None:
    """Project and propose, with what was learned a moment ago."""
    clinics = db.session.scalars(sa.select(table(Policy).c.clinic_id).distinct()).all()
    db.session.rollback()
    with transaction():
        foresee_items(read_scope(NOW, clinics))


def _sweep() -> None:
    with transaction():
        sweep(NOW)


def _fill() -> None:
    fill(CLINICS)
    chance = random.Random(5)
    kept = db.session.execute(
        sa.select(table(Policy).c.clinic_id, table(Policy).c.item_id).order_by(
            table(Policy).c.clinic_id, table(Policy).c.item_id
        )
    ).all()
    db.session.execute(
        sa.insert(table(ClinicItem)), [{"clinic_id": c, "item_id": i} for c, i in kept]
    )
    db.session.execute(
        sa.update(table(Policy)).values(method=Method.PROJECTED, service_level_thousandths=970)
    )
    half = set(db.session.scalars(sa.select(Item.id).where(Item.id % 2 == 0)))
    for start in range(0, len(kept), 2_000):
        rows = [
            _used(clinic, item, NOW.date() - dt.timedelta(days=back), chance)
            for clinic, item in kept[start : start + 2_000]
            if item in half
            for back in range(1 + chance.randrange(ONE_DAY_IN), YEAR, ONE_DAY_IN)
        ]
        db.session.execute(sa.insert(table(UseDay)), rows)


def _used(clinic: int, item: int, day: dt.date, chance: random.Random) -> dict[str, object]:
    used = chance.randint(1, 3)
    nothing = 0
    return {
        "clinic_id": clinic, "item_id": item, "day": day, "unbooked": used, "booked": nothing,
        "wasted": nothing, "lapsed": nothing, "net": -used,
    }  # fmt: skip
