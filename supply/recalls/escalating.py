"""Silence reaches the supplier: one mail per recall and day that names who has not answered.

Where nobody could be told by mail that is at once: nothing but a call will be answered there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from supply import clock
from supply.actor import Actor
from supply.audit import services as audit
from supply.db import db
from supply.outbox.links import public_url
from supply.outbox.services import enqueue_alone
from supply.outbox.terms import MailKind
from supply.recalls import wording
from supply.recalls.mail import admins_of
from supply.recalls.models import Recall, RecallPractice
from supply.recalls.reminding import DAYS, due_on, late, silent
from supply.recalls.terms import RecallStatus

MOST_LISTED = 50
"""Practices that a mail names; of the others it says how many they are."""


def due_to_be_told(now: dt.datetime) -> list[int]:
    """Return the open recalls of whose silent practices the supplier is to be told, by id."""
    query = (
        sa.select(Recall)
        .options(joinedload(Recall.supplier))
        .where(Recall.status == RecallStatus.OPEN, Recall.id.in_(_with_silence(now)))
        .order_by(Recall.id)
    )
    return [one.id for one in db.session.scalars(query) if _is_due(one, now)]


def _with_silence(now: dt.datetime) -> sa.Select[int]:
    return (
        sa.select(RecallPractice.recall_id)
        .join(Recall, Recall.id == RecallPractice.recall_id)
        .where(*silent(), _to_be_called(now))
    )


def _to_be_called(now: dt.datetime) -> sa.ColumnElement[bool]:
    """Return the condition that a silent practice is late, or that nobody there could be told."""
    return sa.or_(late(RecallPractice.reached_at, now), RecallPractice.told_at.is_(None))


def _is_due(recall: Recall, now: dt.datetime) -> bool:
    told_at = recall.silence_told_at
    if told_at is None:
        return True
    since = [
        due_on(recall.recall_class, at) if row.told_at else at
        for row in overdue(recall, now)
        if (at := row.reached_at)
    ]
    timezone = recall.supplier.timezone
    return is_due(told_at, since, dt.timedelta(days=DAYS[recall.recall_class]), now, timezone)


def is_due(
    told_at: dt.datetime,
    since: Sequence[dt.datetime],
    every: dt.timedelta,
    now: dt.datetime,
    timezone: str,
) -> bool:
    """Return whether a supplier told at ``told_at`` is told again: on another day of its own.

    Either because a practice has been late ``since`` then, or the class's days have gone by again.
    """
    if clock.local_date(told_at, timezone) == clock.local_date(now, timezone):
        return False
    return now - told_at >= every or any(at > told_at for at in since)


def overdue(recall: Recall, now: dt.datetime) -> list[RecallPractice]:
    """Return the practices silent for the class's days, or not told at all, by name."""
    rows = db.session.scalars(
        sa.select(RecallPractice)
        .join(Recall, Recall.id == RecallPractice.recall_id)
        .options(joinedload(RecallPractice.practice))
        .where(Recall.id == recall.id, *silent(), _to_be_called(now))
    )
    return sorted(rows, key=lambda row: (row.practice.name, row.id))


def tell_of_silence(recall_id: int, *, actor: Actor, now: dt.datetime) -> bool:
    """Queue one mail to each admin of the supplier about who is silent; return whether it was due.

    A conditional UPDATE: of two who see it at once, one tells.
    """
    recall = db.session.get_one(Recall, recall_id, populate_existing=True)
    if not recall.is_open or not (rows := overdue(recall, now)) or not _is_due(recall, now):
        return False
    marked = db.session.execute(
        sa.update(Recall)
        .where(Recall.id == recall_id, _told_when(recall.silence_told_at))
        .values(silence_told_at=now)
        .returning(Recall.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if marked is None:
        return False
    made = _mail(recall, rows, now)
    audit.record(
        actor,
        "recall.silence_told",
        ("recall", recall_id),
        now,
        supplier_id=recall.supplier_id,
        after={"practices": [row.practice.code for row in rows], "mails": made},
    )
    return True


def _told_when(at: dt.datetime | None) -> sa.ColumnElement[bool]:
    return Recall.silence_told_at.is_(None) if at is None else Recall.silence_told_at == at


def _mail(recall: Recall, rows: Sequence[RecallPractice], now: dt.datetime) -> int:
    supplier = recall.supplier
    context = {
        "recall": recall,
        "rows": rows[:MOST_LISTED],
        "more": max(0, len(rows) - MOST_LISTED),
        "count": len(rows),
        "untold": sum(row.told_at is None for row in rows),
        "days": DAYS[recall.recall_class],
        "zone": supplier.timezone,
        "words": wording,
        "button_url": public_url(
            "recalls.supplier_recall", supplier_code=supplier.code, recall_id=recall.id
        ),
    }
    sent = [
        enqueue_alone(
            MailKind.RECALL,
            to_address=person.email,
            to_name=person.name,
            template="recall_silence",
            context=context,
            locale=person.locale or supplier.locale,
            person_id=person.id,
            supplier_id=supplier.id,
            now=now,
        )
        for person in admins_of(supplier.id)
    ]
    return sum(mail is not None for mail in sent)
