"""Clinic by clinic: where in a practice somebody has looked for what is recalled.

The answer is the practice's, and once; each clinic says by itself that it was looked for there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from supply.accounts.models import Clinic
from supply.actor import Actor
from supply.audit import services as audit
from supply.db import db, table, upsert
from supply.recalls.figures import Row
from supply.recalls.models import RecallClinic, RecallPractice

LOOKED = table(RecallClinic)


@dataclass(frozen=True, slots=True)
class Looked:
    """A clinic where some of it was, is or comes, and who has looked there."""

    clinic: Clinic
    there: RecallClinic | None


def say_looked(
    row: RecallPractice, clinic_ids: Collection[int], *, actor: Actor, now: dt.datetime
) -> None:
    """Keep that a person has looked in clinics of the practice; the first to say so stays."""
    for clinic_id in sorted(clinic_ids):
        values = {
            "recall_practice_id": row.id,
            "clinic_id": clinic_id,
            "looked_at": now,
            "looked_by_id": actor.person_id,
        }
        insert = upsert(LOOKED).values(values).on_conflict_do_nothing()
        if db.session.execute(insert.returning(LOOKED.c.clinic_id)).first() is None:
            continue
        audit.record(
            actor,
            "recall.looked_for",
            ("recall", row.recall_id),
            now,
            clinic_id=clinic_id,
            supplier_id=row.recall.supplier_id,
        )


def forget_looks(row_id: int) -> None:
    """Take back what was said of clinics: the practice is asked anew."""
    db.session.execute(sa.delete(LOOKED).where(LOOKED.c.recall_practice_id == row_id))


def looked_in(row: RecallPractice, clinics: Iterable[Clinic], rows: Iterable[Row]) -> list[Looked]:
    """Return the clinics concerned, by name, with who has looked there.

    Where nothing of it ever was in any clinic that is all of them.
    """
    found = {
        one.clinic_id: one
        for one in db.session.scalars(
            sa.select(RecallClinic)
            .options(joinedload(RecallClinic.looked_by))
            .where(RecallClinic.recall_practice_id == row.id)
        )
    }
    having = {one.clinic_id for one in rows}
    concerned = [one for one in clinics if not having or one.id in having or one.id in found]
    return [Looked(one, found.get(one.id)) for one in sorted(concerned, key=lambda one: one.name)]


def looks_of(recall_id: int) -> dict[int, set[int]]:
    """Return the clinics in which each practice of a recall has looked."""
    rows = db.session.execute(
        sa.select(RecallPractice.practice_id, RecallClinic.clinic_id)
        .join(RecallClinic, RecallClinic.recall_practice_id == RecallPractice.id)
        .where(RecallPractice.recall_id == recall_id)
    )
    found: dict[int, set[int]] = {}
    for practice_id, clinic_id in rows:
        found.setdefault(practice_id, set()).add(clinic_id)
    return found
