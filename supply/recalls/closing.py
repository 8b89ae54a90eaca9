"""When a recall is over: everybody has answered, and all of it is accounted for."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from supply.actor import Actor
from supply.audit import services as audit
from supply.db import db
from supply.quantity import ZERO
from supply.recalls.figures import rows_of, unaccounted_by_practice
from supply.recalls.models import Recall, RecallPractice
from supply.recalls.reaching import meant_by
from supply.recalls.terms import RecallStatus


def settle(recall_id: int, *, actor: Actor, now: dt.datetime) -> bool:
    """Close a recall that is over, and open again one that is not; return whether it changed.

    Decided anew each time it is asked, so that what is undone later opens it again. Locks the
    recall, after all else but alerts: of two clinics that part with the last of it at once, the
    second sees what the first did.
    """
    recall = locked_recall(recall_id)
    if recall.withdrawn_at is not None:
        return False
    over = is_over(recall)
    if over is not recall.is_open:
        return False
    values = (
        {"status": RecallStatus.CLOSED, "closed_at": now}
        if over
        else {"status": RecallStatus.OPEN, "closed_at": None}
    )
    changed = db.session.execute(
        sa.update(Recall)
        .where(Recall.id == recall_id, Recall.status == recall.status)
        .values(**values)
        .returning(Recall.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if changed is None:
        return False
    db.session.refresh(recall)
    audit.record(
        actor,
        "recall.closed" if over else "recall.reopened",
        ("recall", recall_id),
        now,
        supplier_id=recall.supplier_id,
    )
    return True


def locked_recall(recall_id: int) -> Recall:
    """Lock a recall, and return it as it is now; who refers to it need not wait."""
    return db.session.scalars(
        sa.select(Recall)
        .where(Recall.id == recall_id)
        .with_for_update(of=Recall, key_share=True)
        .execution_options(populate_existing=True)
    ).one()


def is_over(recall: Recall) -> bool:
    """Return whether every practice has been reached and answered, and nothing is left anywhere.

    In a drill nothing is to be accounted for. A supplier's own stock is its own affair.
    """
    waiting = db.session.scalar(
        sa.select(sa.func.count(RecallPractice.id)).where(
            RecallPractice.recall_id == recall.id,
            sa.or_(
                RecallPractice.reached_at.is_(None),
                sa.and_(
                    RecallPractice.acknowledged_at.is_(None),
                    RecallPractice.depot_of_id.is_(None),
                ),
            ),
        )
    )
    if waiting:
        return False
    return recall.is_drill or not _left(recall)


def _left(recall: Recall) -> bool:
    practices = db.session.scalars(
        sa.select(RecallPractice.practice_id).where(
            RecallPractice.recall_id == recall.id, RecallPractice.depot_of_id.is_(None)
        )
    ).all()
    left = unaccounted_by_practice(rows_of(recall.id, meant_by(recall), practices))
    return any(quantity != ZERO for quantity in left.values())
