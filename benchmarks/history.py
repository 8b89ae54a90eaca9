"""A long ledger, made fast: past sessions that used up lots of which nothing is left."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from benchmarks.databases import count_rows
from benchmarks.world import BenchWorld
from supply.audit.models import AuditRow
from supply.db import db, table, transaction
from supply.formulations.models import Formulation, FormulationVersion
from supply.inventory.ledger import BALANCE, ENTRY, MOVE, outside_of
from supply.inventory.models import Lot
from supply.items.models import Location
from supply.items.terms import LocationKind
from supply.need.catching_up import catch_up
from supply.treatments.models import TreatmentSession
from tests.factories import NOW

MOVES_A_LOT = 50
"""One receipt and the sessions that used it up, a piece each."""

_CHUNK = 200
"""Lots written at a time."""


def grow(bench: BenchWorld, moves: int) -> None:
    """Add history until the ledger has about ``moves`` moves, and have its use summed up."""
    there = db.session.scalar(sa.select(sa.func.count()).select_from(MOVE)) or 0
    missing = max(moves - there, 0) // MOVES_A_LOT
    first = db.session.scalar(sa.select(sa.func.count()).select_from(table(Lot))) or 0
    for start in range(0, missing, _CHUNK):
        with transaction():
            _add_lots(bench, first + start, min(_CHUNK, missing - start))
    catch_up(NOW)
    count_rows()


def _add_lots(bench: BenchWorld, first: int, count: int) -> None:
    clinic = bench.world.clinic
    items = sorted(bench.item_ids.values())
    shelf = db.session.scalars(
        sa.select(Location.id).where(
            Location.clinic_id == clinic.id, Location.kind == LocationKind.SHELF
        )
    ).first()
    outside = outside_of(clinic.id)
    lots = _insert(
        table(Lot),
        [
            {
                "practice_id": bench.world.practice.id,
                "item_id": items[number % len(items)],
                "number": f"OLD{number}",
                "normalised": f"OLD{number}",
                "expiry": dt.date(2026, 1, 1),
                "content_per_container": Decimal(1),
                "created_at": NOW,
            }
            for number in range(first, first + count)
        ],
    )
    references = [f"P-OLD{number}" for number in range(first, first + count)]
    entries = _entries(bench, [one for one in references for _step in range(MOVES_A_LOT)])
    moves: list[dict[str, Any]] = []
    balances: list[dict[str, Any]] = []
    for index, lot in enumerate(lots):
        item = items[(first + index) % len(items)]
        common: dict[str, Any] = {"clinic_id": clinic.id, "item_id": item, "lot_id": lot}
        used = MOVES_A_LOT - 1
        balances.append(
            common
            | {
                "location_id": shelf,
                "quantity": Decimal(0),
                "content_per_container": Decimal(1),
                "first_in_at": NOW - dt.timedelta(days=400),
            }
        )
        for step, entry in enumerate(entries[index * MOVES_A_LOT : (index + 1) * MOVES_A_LOT]):
            there = {"from_location_id": outside.supplier, "to_location_id": shelf}
            away = {"from_location_id": shelf, "to_location_id": outside.patient}
            quantity = Decimal(used) if step == 0 else Decimal(1)
            moves.append(
                common | {"entry_id": entry, "quantity": quantity} | (away if step else there)
            )
    db.session.execute(sa.insert(MOVE), moves)
    db.session.execute(sa.insert(BALANCE), balances)


def _entries(bench: BenchWorld, references: Sequence[str]) -> list[int]:
    """Add past entries with their sessions, one of each patient reference, and audit rows."""
    clinic, person = bench.world.clinic, bench.world.owner
    formulation, version = db.session.execute(
        sa.select(Formulation.id, FormulationVersion.id).join(FormulationVersion)
    ).one()
    at = NOW - dt.timedelta(days=300)
    sessions = _insert(
        table(TreatmentSession),
        [
            {
                "clinic_id": clinic.id,
                "status": "recorded",
                "formulation_id": formulation,
                "version_id": version,
                "patient_reference": reference,
                "occurred_at": at,
                "recorded_at": at,
                "recorded_by_id": person.id,
            }
            for reference in references
        ],
    )
    entries = _insert(
        ENTRY,
        [
            {
                "clinic_id": clinic.id,
                "kind": "session",
                "occurred_at": at,
                "recorded_at": at,
                "person_id": person.id,
                "reason": "",
                "source_type": "treatment_session",
                "source_id": session,
            }
            for session in sessions
        ],
    )
    db.session.execute(
        sa.insert(table(AuditRow)),
        [
            {
                "at": at,
                "person_id": person.id,
                "action": "ledger.session",
                "clinic_id": clinic.id,
                "subject_type": "entry",
                "subject_id": entry,
            }
            for entry in entries
        ],
    )
    return entries


def _insert(into: sa.Table, rows: list[dict[str, Any]]) -> list[int]:
    statement = sa.insert(into).returning(into.c.id, sort_by_parameter_order=True)
    return list(db.session.scalars(statement, rows))
