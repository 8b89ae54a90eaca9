"""What the scheduler does about recalls: what was left undone, what came since, who is silent."""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

import sqlalchemy as sa

from supply.actor import SYSTEM
from supply.apart import alone
from supply.db import db, transaction
from supply.recalls.closing import settle
from supply.recalls.escalating import due_to_be_told, tell_of_silence
from supply.recalls.models import Recall, RecalledLot, RecallPractice
from supply.recalls.reaching import meant_by, reach_of
from supply.recalls.reminding import due_reminders, remind_when_due
from supply.recalls.spreading import reach_practice, spread
from supply.recalls.terms import RecallStatus

LOOKED_AFTER = dt.timedelta(days=30)
"""How long after it closed a recall is still compared with what there is."""


def run(now: dt.datetime) -> dict[str, int]:
    """Reach who has not been reached, settle what is over, remind who is silent, and tell of them.

    Return counts.

    Each by itself: one that fails stops no other, and is tried again the next time.
    """
    counts: Counter[str] = Counter()
    for recall_id in _read(_unfinished):
        counts["reached"] += spread(recall_id, now, within=math.inf)
    for recall_id in _read(partial(_looked_after, now)):
        for practice_id in _read(partial(_missed, recall_id)):
            found = partial(reach_practice, recall_id, practice_id, actor=SYSTEM, now=now)
            counts["found"] += _apart(found)
        counts["settled"] += _apart(partial(settle, recall_id, actor=SYSTEM, now=now))
    for row_id in _read(partial(due_reminders, now)):
        counts["reminded"] += _apart(partial(remind_when_due, row_id, actor=SYSTEM, now=now))
    for recall_id in _read(partial(due_to_be_told, now)):
        counts["told"] += _apart(partial(tell_of_silence, recall_id, actor=SYSTEM, now=now))
    return {name: count for name, count in counts.items() if count}


def _read(query: Callable[[], Sequence[int]]) -> Sequence[int]:
    """Return ids, and leave no transaction open."""
    found = query()
    db.session.rollback()
    return found


def _apart(work: Callable[[], bool]) -> bool:
    """Do ``work`` in a transaction of its own; what fails is logged, and done the next time."""

    def one() -> bool:
        with transaction():
            return work()

    return bool(alone(one, "something about a recall failed"))


def _unfinished() -> Sequence[int]:
    return db.session.scalars(
        sa.select(RecallPractice.recall_id)
        .distinct()
        .join(Recall, Recall.id == RecallPractice.recall_id)
        .where(RecallPractice.reached_at.is_(None), Recall.withdrawn_at.is_(None))
        .order_by(RecallPractice.recall_id)
    ).all()


def _looked_after(now: dt.datetime) -> Sequence[int]:
    return db.session.scalars(
        sa.select(Recall.id)
        .where(
            Recall.withdrawn_at.is_(None),
            sa.or_(Recall.status == RecallStatus.OPEN, Recall.closed_at > now - LOOKED_AFTER),
        )
        .order_by(Recall.id)
    ).all()


def _missed(recall_id: int) -> Sequence[int]:
    """Return the practices where a recall means a lot that it has not found yet, or that is new."""
    recall = db.session.get_one(Recall, recall_id)
    if recall.is_drill:
        return []
    reach = reach_of(meant_by(recall))
    known = set(
        db.session.scalars(sa.select(RecalledLot.lot_id).where(RecalledLot.recall_id == recall_id))
    )
    rows = set(
        db.session.scalars(
            sa.select(RecallPractice.practice_id).where(RecallPractice.recall_id == recall_id)
        )
    )
    return [
        practice_id
        for practice_id, lots in sorted(reach.lots.items())
        if practice_id not in rows or not known.issuperset(lots)
    ]
