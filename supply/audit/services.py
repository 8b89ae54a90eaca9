"""Writing audit rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from supply.actor import Actor
from supply.audit.models import AuditRow
from supply.db import execute, table

_INSERT_ROW = sa.insert(table(AuditRow))
"""Built once: it runs with every write."""


def record(
    actor: Actor,
    action: str,
    subject: tuple[str, int | None],
    now: dt.datetime,
    *,
    practice_id: int | None = None,
    clinic_id: int | None = None,
    supplier_id: int | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Write one audit row in the running transaction.

    ``subject`` is (type, id), such as ``("entry", 12)``; ``before`` and ``after`` are
    JSON-ready mappings of what changed.
    """
    execute(
        _INSERT_ROW,
        {
            "at": now,
            "person_id": actor.person_id,
            "address": actor.address,
            "action": action,
            "practice_id": practice_id,
            "clinic_id": clinic_id,
            "supplier_id": supplier_id,
            "subject_type": subject[0],
            "subject_id": subject[1],
            "before": dict(before) if before is not None else None,
            "after": dict(after) if after is not None else None,
        },
    )
