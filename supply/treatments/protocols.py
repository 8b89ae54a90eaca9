"""Protocols: importing them with their formulations, and reading them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload, selectinload

from supply.accounts.models import Practice
from supply.actor import Actor
from supply.audit import services as audit
from supply.db import db
from supply.formulations.importing import Naming, import_formulations, read_formulations
from supply.formulations.models import Formulation
from supply.tables import (
    Fault,
    FaultyFiles,
    FaultyTable,
    Kind,
    Row,
    Table,
    read_table,
    stop_at_many,
    twin_faults,
)
from supply.tables.numbers import whole_number
from supply.text import fold
from supply.treatments.models import Protocol, ProtocolDay
from supply.treatments.rules import LAST_DAY, InvalidDaysError, session_days

REQUIRED = (
    "protocol",
    "name",
    "concern",
    "formulation",
    "session_days",
    "sessions_min",
    "maintenance_days",
)
OPTIONAL = ("evidence", "source")
KINDS = {
    "protocol": Kind.CODE,
    "formulation": Kind.CODE,
    "sessions_min": Kind.NUMBER,
    "maintenance_days": Kind.NUMBER,
}


_LONGEST = {"protocol": 80, "name": 200, "concern": 60, "formulation": 80}


class File(NamedTuple):
    """A file as it was brought: its name and its bytes."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class ImportedProtocols:
    """How many protocols a file added, changed and left as they were."""

    added: int
    changed: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class ProtocolFacts:
    """What a row says of a protocol; ``days`` count from the first session."""

    row: int
    code: str
    formulation: str
    days: tuple[int, ...]
    columns: Mapping[str, Any]


def read_files(formulations: File, protocols: File) -> tuple[Table, Table]:
    """Return the rows of both files; call it before the transaction begins.

    Raises:
        FaultyFiles: one cannot be read, or both; see :func:`supply.tables.read_table`.
    """
    tables: list[Table] = []
    faulty: list[FaultyTable] = []
    try:
        tables.append(read_formulations(formulations.content, formulations.name))
    except FaultyTable as error:
        faulty.append(error)
    try:
        tables.append(read_table(protocols.content, protocols.name, REQUIRED, OPTIONAL, KINDS))
    except FaultyTable as error:
        faulty.append(error)
    if faulty:
        raise FaultyFiles(faulty)
    return tables[0], tables[1]


def import_formulations_and_protocols(
    formulations: Table, protocols: Table, practice: Practice, *, actor: Actor, now: dt.datetime
) -> dict[str, dict[str, int]]:
    """Take both files, all rows or none; formulations are named by the protocols that use them.

    Returns counts added, changed and unchanged of each kind.

    Raises:
        FaultyFiles: with the faults of both files, by file, row and column.
    """
    faulty: list[FaultyTable] = []
    counts: dict[str, dict[str, int]] = {}
    rows: list[ProtocolFacts] = []
    try:
        rows = protocol_facts(protocols)
    except FaultyTable as error:
        faulty.append(error)
    namings = {row.formulation: _naming(row) for row in reversed(rows)}
    try:
        imported = import_formulations(formulations, practice, namings, actor=actor, now=now)
        taken = import_protocols(rows, protocols.filename, practice, actor=actor, now=now)
        counts = {"formulations": asdict(imported), "protocols": asdict(taken)}
    except FaultyTable as error:
        faulty.append(error)
    if faulty:
        raise FaultyFiles(faulty)
    return counts


def _naming(facts: ProtocolFacts) -> Naming:
    return Naming(name=facts.columns["name"], concern=facts.columns["concern"])


def protocol_facts(table: Table) -> list[ProtocolFacts]:
    """Return what the rows of a protocols file say.

    Raises:
        FaultyTable: with every fault found, by row and column.
    """
    faults: list[Fault] = []
    facts: list[ProtocolFacts] = []
    rows_by_code: dict[str, int] = {}
    for row in table.rows:
        first = rows_by_code.setdefault(row["protocol"], row.number)
        if first != row.number:
            message = _("Row %(row)d has the same one.", row=first)
            faults.append(Fault(row.number, "protocol", message))
        facts.append(_read(row, faults))
        stop_at_many(faults, table.filename)
    if faults:
        raise FaultyTable(faults, table.filename)
    return facts


def import_protocols(
    rows: Sequence[ProtocolFacts],
    filename: str,
    practice: Practice,
    *,
    actor: Actor,
    now: dt.datetime,
) -> ImportedProtocols:
    """Add or update the practice's protocols by code; courses already planned stay as they are.

    Raises:
        FaultyTable: a protocol's formulation is not there.
    """
    formulations = _formulation_ids(practice.id, [row.formulation for row in rows])
    faults = [
        Fault(row.row, "formulation", _("You have no formulation with this code."))
        for row in rows
        if row.formulation not in formulations
    ]
    faults += _twins(rows, practice.id)
    if faults:
        raise FaultyTable(faults, filename)
    on_file = _on_file(practice.id, [row.code for row in rows])
    added = changed = 0
    for row in rows:
        columns = {**row.columns, "formulation_id": formulations[row.formulation]}
        protocol = on_file.get(row.code)
        if protocol is None:
            protocol = Protocol(practice_id=practice.id, code=row.code)
            added += 1
        elif _says(protocol, columns, row.days):
            continue
        else:
            changed += 1
        save_protocol(protocol, columns, row.days, actor=actor, now=now)
    return ImportedProtocols(added, changed, len(rows) - added - changed)


def _twins(rows: Sequence[ProtocolFacts], practice_id: int) -> Iterable[Fault]:
    known = sa.select(Protocol.code).where(
        Protocol.practice_id == practice_id,
        Protocol.code_key.in_({fold(row.code) for row in rows}),
    )
    codes = [(row.row, row.code) for row in rows]
    return twin_faults("protocol", codes, db.session.scalars(known))


def save_protocol(
    protocol: Protocol,
    columns: Mapping[str, Any],
    days: tuple[int, ...],
    *,
    actor: Actor,
    now: dt.datetime,
) -> None:
    """Write what a protocol, known or new, says; courses already planned stay as they are."""
    before = _facts(protocol) if protocol.id else None
    db.session.add(protocol)
    _fill(protocol, columns, days)
    db.session.flush()
    if before != _facts(protocol):
        _record(protocol, before, actor, now)


def protocol_of(practice_id: int, protocol_id: int) -> Protocol | None:
    """Return a protocol of the practice, archived ones too, with its days and formulation."""
    return db.session.scalar(
        sa.select(Protocol)
        .options(selectinload(Protocol.days), joinedload(Protocol.formulation))
        .where(Protocol.practice_id == practice_id, Protocol.id == protocol_id)
    )


def protocols_of(
    practice_id: int, formulation_id: int | None = None, *, archived: bool = False
) -> list[Protocol]:
    """Return the practice's protocols in use with their days, by name; or one formulation's.

    With ``archived`` those out of use instead.
    """
    statement = (
        sa.select(Protocol)
        .options(selectinload(Protocol.days), joinedload(Protocol.formulation))
        .where(
            Protocol.practice_id == practice_id,
            Protocol.archived_at.is_not(None) if archived else Protocol.archived_at.is_(None),
        )
        .order_by(Protocol.name, Protocol.id)
    )
    if formulation_id is not None:
        statement = statement.where(Protocol.formulation_id == formulation_id)
    return list(db.session.scalars(statement))


def _formulation_ids(practice_id: int, codes: Iterable[str]) -> dict[str, int]:
    rows = db.session.execute(
        sa.select(Formulation.code, Formulation.id).where(
            Formulation.practice_id == practice_id, Formulation.code.in_(set(codes))
        )
    )
    return {row.code: row.id for row in rows}


def _on_file(practice_id: int, codes: Sequence[str]) -> dict[str, Protocol]:
    protocols = db.session.scalars(
        sa.select(Protocol)
        .options(selectinload(Protocol.days))
        .where(Protocol.practice_id == practice_id, Protocol.code.in_(codes))
    )
    return {protocol.code: protocol for protocol in protocols}


def _says(protocol: Protocol, columns: Mapping[str, Any], days: tuple[int, ...]) -> bool:
    return _days(protocol) == days and all(
        getattr(protocol, name) == value for name, value in columns.items()
    )


def _days(protocol: Protocol) -> tuple[int, ...]:
    return tuple(day.day for day in protocol.days)


def _fill(protocol: Protocol, columns: Mapping[str, Any], days: tuple[int, ...]) -> None:
    for name, value in columns.items():
        setattr(protocol, name, value)
    kept = {day.day: day for day in protocol.days}
    protocol.days = [kept.get(day) or ProtocolDay(day=day) for day in days]


def _facts(protocol: Protocol) -> dict[str, Any]:
    return {
        "code": protocol.code,
        "name": protocol.name,
        "days": list(_days(protocol)),
        "maintenance_days": protocol.maintenance_days,
        "formulation_id": protocol.formulation_id,
    }


def _record(
    protocol: Protocol, before: dict[str, Any] | None, actor: Actor, now: dt.datetime
) -> None:
    audit.record(
        actor,
        "protocol.changed" if before else "protocol.created",
        ("protocol", protocol.id),
        now,
        practice_id=protocol.practice_id,
        before=before,
        after=_facts(protocol),
    )


def _read(row: Row, faults: list[Fault]) -> ProtocolFacts:
    for column, longest in _LONGEST.items():
        if not row[column] and column != "concern":
            faults.append(Fault(row.number, column, _("This cell is empty.")))
        elif len(row[column]) > longest:
            message = _("Use at most %(count)d characters.", count=longest)
            faults.append(Fault(row.number, column, message))
    days = _session_days(row, faults)
    minimum = _whole(row, "sessions_min", LAST_DAY, faults)
    if minimum and days and minimum > len(days):
        message = _("This is more than the days named in session_days.")
        faults.append(Fault(row.number, "sessions_min", message))
    columns = {
        "name": row["name"],
        "concern": row["concern"].casefold(),
        "sessions_minimum": minimum,
        "maintenance_days": _whole(row, "maintenance_days", LAST_DAY, faults),
        "evidence": row["evidence"],
        "source": row["source"],
    }
    return ProtocolFacts(row.number, row["protocol"], row["formulation"], days, columns)


def _session_days(row: Row, faults: list[Fault]) -> tuple[int, ...]:
    try:
        return session_days(row["session_days"])
    except InvalidDaysError as error:
        faults.append(Fault(row.number, "session_days", str(error)))
        return ()


def _whole(row: Row, column: str, most: int, faults: list[Fault]) -> int | None:
    try:
        return whole_number(row[column], 1, most) if row[column] else None
    except ValueError as error:
        faults.append(Fault(row.number, column, str(error)))
        return None
