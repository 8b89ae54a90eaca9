"""The two floors under recording a session: the same rows, written with nothing else.

Both know beforehand what the service has to find out: the items, the quantities, the
outside places. They pick lots first expired first under lock, insert and update, and check
nothing.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from benchmarks.world import LINES, BenchWorld
from supply.audit.models import AuditRow
from supply.db import db, table
from supply.formulations.models import Formulation, FormulationVersion
from supply.idempotency import IdempotencyRecord
from supply.inventory.ledger import BALANCE, ENTRY, MOVE, Outside, outside_of
from supply.inventory.models import Lot
from supply.treatments.models import SessionLine, TreatmentSession
from tests.factories import AMPOULE, NOW
from tests.factories import COLD as PEPTIDE

SINGLE = (AMPOULE, PEPTIDE)
ANSWER = {"entry": 1, "session": 1, "drawn": [], "wasted": []}


@dataclass(frozen=True)
class Known:
    """What the floors are told."""

    clinic_id: int
    person_id: int
    formulation_id: int
    version_id: int
    outside: Outside
    wanted: dict[int, tuple[str, Decimal]]

    @classmethod
    def of(cls, bench: BenchWorld) -> Known:
        """Look everything up once."""
        formulation_id, version_id = db.session.execute(
            sa.select(Formulation.id, FormulationVersion.id).join(FormulationVersion)
        ).one()
        wanted = {bench.item_ids[code]: (code, Decimal(q)) for code, q in LINES}
        clinic_id = bench.world.clinic.id
        return cls(
            clinic_id,
            bench.world.owner.id,
            formulation_id,
            version_id,
            outside_of(clinic_id),
            wanted,
        )


def _moves_of(known: Known, row: Any, quantity: Decimal) -> list[dict[str, Any]]:
    code = known.wanted[row.item_id][0]
    common = {
        "clinic_id": known.clinic_id,
        "item_id": row.item_id,
        "lot_id": row.lot_id,
        "from_location_id": row.location_id,
        "from_container_id": row.container_id,
        "to_container_id": None,
        "note": None,
    }
    moves = [common | {"to_location_id": known.outside.patient, "quantity": quantity}]
    if code in SINGLE:
        rest = row.content_per_container - quantity
        moves.append(common | {"to_location_id": known.outside.waste, "quantity": rest})
    return moves


_PICK = (
    sa.select(
        BALANCE.c.id,
        BALANCE.c.item_id,
        BALANCE.c.lot_id,
        BALANCE.c.location_id,
        BALANCE.c.container_id,
        BALANCE.c.quantity,
        BALANCE.c.content_per_container,
    )
    .join(table(Lot), table(Lot).c.id == BALANCE.c.lot_id)
    .where(
        BALANCE.c.clinic_id == sa.bindparam("clinic"),
        BALANCE.c.item_id.in_(sa.bindparam("items", expanding=True)),
        BALANCE.c.quantity > sa.literal_column("0"),
    )
    .order_by(BALANCE.c.container_id.is_(None), table(Lot).c.expiry, BALANCE.c.id)
    .with_for_update(of=BALANCE)
)
_UPDATE = (
    sa.update(BALANCE)
    .where(BALANCE.c.id == sa.bindparam("balance"))
    .values(quantity=BALANCE.c.quantity - sa.bindparam("drawn", type_=BALANCE.c.quantity.type))
)


def core_session(known: Known, connection: sa.Connection, key: str) -> None:
    """Write one session with batched SQLAlchemy Core on a connection in a transaction."""
    rows = connection.execute(_PICK, {"clinic": known.clinic_id, "items": list(known.wanted)}).all()
    picked: dict[int, Any] = {}
    for row in rows:
        picked.setdefault(row.item_id, row)
    session_id = connection.execute(
        sa.insert(table(TreatmentSession)).returning(table(TreatmentSession).c.id),
        {
            "clinic_id": known.clinic_id,
            "status": "recorded",
            "formulation_id": known.formulation_id,
            "version_id": known.version_id,
            "patient_reference": "P-1",
            "reference_key": "p-1",
            "occurred_at": NOW,
            "recorded_at": NOW,
            "recorded_by_id": known.person_id,
        },
    ).scalar_one()
    connection.execute(
        sa.insert(table(SessionLine)),
        [
            {
                "session_id": session_id,
                "item_id": i,
                "planned": q,
                "given": q,
                "lot_id": None,
                "reason": None,
            }
            for i, (_code, q) in known.wanted.items()
        ],
    )
    entry_id = connection.execute(
        sa.insert(ENTRY).returning(ENTRY.c.id),
        {
            "clinic_id": known.clinic_id,
            "kind": "session",
            "occurred_at": NOW,
            "recorded_at": NOW,
            "person_id": known.person_id,
            "reason": "",
            "source_type": "treatment_session",
            "source_id": session_id,
        },
    ).scalar_one()
    moves = [
        move | {"entry_id": entry_id}
        for item_id, (_code, quantity) in known.wanted.items()
        for move in _moves_of(known, picked[item_id], quantity)
    ]
    connection.execute(sa.insert(MOVE), moves)
    connection.execute(
        _UPDATE,
        [
            {
                "balance": picked[i].id,
                "drawn": sum(m["quantity"] for m in moves if m["item_id"] == i),
            }
            for i in known.wanted
        ],
    )
    connection.execute(
        sa.insert(table(AuditRow)),
        {
            "at": NOW,
            "person_id": known.person_id,
            "address": "127.0.0.1",
            "action": "ledger.session",
            "clinic_id": known.clinic_id,
            "subject_type": "entry",
            "subject_id": entry_id,
            "after": {"moves": len(moves)},
        },
    )
    connection.execute(
        sa.insert(table(IdempotencyRecord)),
        {
            "person_id": known.person_id,
            "key": key,
            "request_hash": "0" * 64,
            "answer": ANSWER,
            "at": NOW,
        },
    )


class DriverSession:
    """Writes one session with the bare driver: plain SQL, plain integers."""

    def __init__(self, known: Known, connection: Any) -> None:
        """Keep the connection and its parameter style."""
        self.known = known
        self.connection = connection
        self.sqlite = isinstance(connection, sqlite3.Connection)
        self.now: Any = NOW.replace(tzinfo=None).isoformat(" ") if self.sqlite else NOW
        self.wanted = {i: (code, int(q * 1000)) for i, (code, q) in known.wanted.items()}

    def __call__(self, key: str) -> None:
        """Write the session and commit."""
        cursor = self.connection.cursor()
        if self.sqlite:
            cursor.execute("BEGIN IMMEDIATE")
        picked = self._pick(cursor)
        session_id = self._insert_session(cursor)
        cursor.executemany(
            self._sql(
                "INSERT INTO session_line (session_id, item_id, planned, given) VALUES (?, ?, ?, ?)"
            ),
            [(session_id, i, q, q) for i, (_code, q) in self.wanted.items()],
        )
        entry_id = self._insert_entry(cursor, session_id)
        self._move(cursor, entry_id, picked)
        self._audit(cursor, entry_id, key)
        self.connection.commit()

    def _sql(self, text: str) -> str:
        return text if self.sqlite else text.replace("?", "%s")

    def _pick(self, cursor: Any) -> dict[int, Any]:
        statement = (
            "SELECT balance.id, balance.item_id, balance.lot_id, balance.location_id, "
            "balance.container_id, balance.quantity, balance.content_per_container "
            "FROM balance JOIN lot ON lot.id = balance.lot_id "
            "WHERE balance.clinic_id = ? AND balance.item_id IN (?, ?, ?, ?, ?) "
            "AND balance.quantity > 0 "
            "ORDER BY balance.container_id IS NULL, lot.expiry, balance.id"
        )
        lock = "" if self.sqlite else " FOR UPDATE OF balance"
        cursor.execute(self._sql(statement + lock), (self.known.clinic_id, *self.wanted))
        picked: dict[int, Any] = {}
        for row in cursor.fetchall():
            picked.setdefault(row[1], row)
        return picked

    def _insert_session(self, cursor: Any) -> int:
        cursor.execute(
            self._sql(
                "INSERT INTO treatment_session (clinic_id, status, formulation_id, version_id, "
                "patient_reference, occurred_at, recorded_at, recorded_by_id) "
                "VALUES (?, 'recorded', ?, ?, 'P-1', ?, ?, ?) RETURNING id"
            ),
            (
                self.known.clinic_id,
                self.known.formulation_id,
                self.known.version_id,
                self.now,
                self.now,
                self.known.person_id,
            ),
        )
        return int(cursor.fetchone()[0])

    def _insert_entry(self, cursor: Any, session_id: int) -> int:
        cursor.execute(
            self._sql(
                "INSERT INTO entry (clinic_id, kind, occurred_at, recorded_at, person_id, "
                "reason, source_type, source_id) "
                "VALUES (?, 'session', ?, ?, ?, '', 'treatment_session', ?) RETURNING id"
            ),
            (self.known.clinic_id, self.now, self.now, self.known.person_id, session_id),
        )
        return int(cursor.fetchone()[0])

    def _move(self, cursor: Any, entry_id: int, picked: dict[int, Any]) -> None:
        outside, clinic = self.known.outside, self.known.clinic_id
        moves, updates = [], []
        for i, (code, quantity) in self.wanted.items():
            balance, _item, lot, place, container, _there, content = picked[i]
            ends = [(outside.patient, quantity)]
            if code in SINGLE:
                ends.append((outside.waste, content - quantity))
            moves += [(entry_id, clinic, i, lot, place, container, to, q) for to, q in ends]
            updates.append((sum(q for _to, q in ends), balance))
        cursor.executemany(
            self._sql(
                "INSERT INTO move (entry_id, clinic_id, item_id, lot_id, from_location_id, "
                "from_container_id, to_location_id, quantity) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
            ),
            moves,
        )
        cursor.executemany(
            self._sql("UPDATE balance SET quantity = quantity - ? WHERE id = ?"), updates
        )

    def _audit(self, cursor: Any, entry_id: int, key: str) -> None:
        cursor.execute(
            self._sql(
                "INSERT INTO audit_row (at, person_id, address, action, clinic_id, "
                "subject_type, subject_id, after) "
                "VALUES (?, ?, '127.0.0.1', 'ledger.session', ?, 'entry', ?, ?)"
            ),
            (
                self.now,
                self.known.person_id,
                self.known.clinic_id,
                entry_id,
                json.dumps({"moves": 7}),
            ),
        )
        cursor.execute(
            self._sql(
                "INSERT INTO idempotency_record (person_id, key, request_hash, answer, at) "
                "VALUES (?, ?, ?, ?, ?)"
            ),
            (self.known.person_id, key, "0" * 64, json.dumps(ANSWER), self.now),
        )
