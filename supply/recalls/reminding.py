"""Silence about a recall escalates: people are reminded again and again, the sooner the graver."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from supply.actor import Actor
from supply.audit import services as audit
from supply.db import Instant, db
from supply.recalls import mail
from supply.recalls.models import Recall, RecallPractice
from supply.recalls.terms import RecallClass, RecallStatus, Telling

DAYS = {RecallClass.SERIOUS: 1, RecallClass.MODERATE: 3, RecallClass.SLIGHT: 7}
"""Days of silence after which people are reminded, and again after as many."""

_INSTANT = Instant()

BY_HAND = dt.timedelta(hours=1)
"""How soon after one reminder the supplier may send the next."""


def due_on(recall_class: RecallClass, since: dt.datetime) -> dt.datetime:
    """Return when people told at ``since`` are to be reminded."""
    return since + dt.timedelta(days=DAYS[recall_class])


def due_reminders(now: dt.datetime) -> list[int]:
    """Return the practices' rows that have been silent for too long, by id."""
    since = sa.func.coalesce(RecallPractice.reminded_at, RecallPractice.reached_at)
    query = (
        sa.select(RecallPractice.id)
        .join(Recall, Recall.id == RecallPractice.recall_id)
        .where(Recall.status == RecallStatus.OPEN, *silent(), late(since, now))
        .order_by(RecallPractice.id)
    )
    return list(db.session.scalars(query))


def late(
    since: sa.SQLColumnExpression[dt.datetime | None], now: dt.datetime
) -> sa.ColumnElement[bool]:
    """Return the condition that the days of a recall's class have gone by ``since``."""
    return sa.or_(
        *(
            sa.and_(
                Recall.recall_class == word,
                since <= sa.literal(now - dt.timedelta(days=days), _INSTANT),
            )
            for word, days in DAYS.items()
        )
    )


def silent() -> tuple[sa.ColumnElement[bool], ...]:
    """Return the conditions that a customer's practice was told and has not answered."""
    return (
        RecallPractice.depot_of_id.is_(None),
        RecallPractice.reached_at.is_not(None),
        RecallPractice.acknowledged_at.is_(None),
    )


def remind(row_id: int, *, after: dt.timedelta, actor: Actor, now: dt.datetime) -> bool:
    """Remind a silent practice, unless it was reminded within ``after``; return whether it was.

    A conditional UPDATE: of two who remind at once, one does.
    """
    last = sa.literal(now - after, _INSTANT)
    marked = db.session.execute(
        sa.update(RecallPractice)
        .where(
            RecallPractice.id == row_id,
            *silent(),
            sa.func.coalesce(RecallPractice.reminded_at, RecallPractice.reached_at) <= last,
        )
        .values(reminders=RecallPractice.reminders + 1, reminded_at=now)
        .returning(RecallPractice.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if marked is None:
        return False
    row = db.session.get_one(RecallPractice, row_id, populate_existing=True)
    mail.tell(row.recall, row, Telling.REMINDER, now)
    audit.record(
        actor,
        "recall.reminded",
        ("recall", row.recall_id),
        now,
        practice_id=row.practice_id,
        supplier_id=row.recall.supplier_id,
        after={"reminders": row.reminders},
    )
    return True


def remind_when_due(row_id: int, *, actor: Actor, now: dt.datetime) -> bool:
    """Remind a practice that has been silent for as long as the recall's class allows."""
    row = db.session.get(RecallPractice, row_id)
    if row is None or not row.recall.is_open:
        return False
    after = dt.timedelta(days=DAYS[row.recall.recall_class])
    return remind(row_id, after=after, actor=actor, now=now)
