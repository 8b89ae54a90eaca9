"""How rows are written out to be hashed: alike from SQLite and PostgreSQL, and never changed.

A row is a line of JSON: its columns in the order given here, quantities as whole thousandths,
instants in UTC to the microsecond, what is JSON already with its keys in order. Hashes are
SHA-256, chained as in Haber & Stornetta, *How to time-stamp a digital document*, J. Cryptology
3 (1991): a seal holds the one before, so that none can be made anew without all that follow.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

import sqlalchemy as sa

from supply.audit.models import AuditRow
from supply.db import Quantity, db, table
from supply.inventory.models import Entry, Move

FORM: Final = 1
"""Which of :data:`FORMS` new seals use. A column that comes later belongs to a new form."""

FORMS: Final[dict[int, dict[str, tuple[str, ...]]]] = {
    1: {
        "entry": (
            "id", "clinic_id", "kind", "occurred_at", "recorded_at", "person_id", "reason",
            "source_type", "source_id", "idempotency_key", "reverses_id",
        ),
        "move": (
            "id", "entry_id", "clinic_id", "item_id", "lot_id", "from_location_id",
            "from_container_id", "to_location_id", "to_container_id", "quantity", "note", "cause",
            "costed", "cost_minor",
        ),
        "audit_row": (
            "id", "at", "person_id", "address", "action", "practice_id", "clinic_id",
            "supplier_id", "subject_type", "subject_id", "before", "after",
        ),
    }
}  # fmt: skip
"""Columns of each kind of row, by form."""

SEALED: Final[dict[str, sa.Table]] = {
    row.name: row for row in (table(Entry), table(Move), table(AuditRow))
}
"""What is sealed, in the order in which it is hashed."""

BEFORE_ALL: Final = -(2**63)
"""An id below every row's: the first seal holds whatever there is, under any id."""

TOGETHER: Final = 2000
"""Rows held in memory at a time."""


def _plain(value: object) -> str:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat(timespec="microseconds")
    raise TypeError(f"no form is agreed for {type(value).__name__}")


_ONE_LINE: Final = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=_plain
)


def rows_of(kind: str, form: int) -> sa.Select[*tuple[Any, ...]]:
    """Return the select of a kind's rows between ``:after`` and ``:to``, in the order of ids."""
    source = SEALED[kind]
    columns = [
        sa.type_coerce(column, sa.BigInteger) if isinstance(column.type, Quantity) else column
        for column in (source.c[name] for name in FORMS[form][kind])
    ]
    return (
        sa.select(*columns)
        .where(source.c.id > sa.bindparam("after"), source.c.id <= sa.bindparam("to"))
        .order_by(source.c.id)
    )


def digest_between(kind: str, form: int, after: int, to: int) -> str:
    """Return the hash of a kind's rows with ids beyond ``after`` up to ``to``, read in parts."""
    parts = {"yield_per": TOGETHER}
    bounds = {"after": after, "to": to}
    return digest_of(db.session.execute(rows_of(kind, form), bounds, execution_options=parts))


def digest_of(rows: Iterable[Iterable[Any]]) -> str:
    """Return the hash of rows, each written as a line."""
    running = hashlib.sha256()
    for line in _lines(rows):
        running.update(line)
    return running.hexdigest()


def _lines(rows: Iterable[Iterable[Any]]) -> Iterator[bytes]:
    for row in rows:
        yield _ONE_LINE.encode(list(row)).encode() + b"\n"


def chained(
    before: str, number: int, sealed_at: dt.datetime, tos: Iterable[int], digests: Iterable[str]
) -> str:
    """Return the hash of a seal: over the one before, and all that this one says."""
    parts = [before, str(number), _plain(sealed_at), *map(str, tos), *digests]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
