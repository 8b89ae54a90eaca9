"""A supplier withdraws a recall that was a mistake: what it held is free, and people are told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.actor import Actor
from supply.audit import services as audit
from supply.db import db
from supply.recalls import mail
from supply.recalls.holding import release_lots
from supply.recalls.models import Recall, RecallPractice
from supply.recalls.raising import raise_alerts
from supply.recalls.terms import RecallStatus, Telling
from supply.refusals import InvalidInput, Refusal


def withdraw(recall_id: int, reason: str, *, actor: Actor, now: dt.datetime) -> None:
    """Withdraw a recall, once; the change is a conditional UPDATE.

    What was returned or destroyed for it stays so. Locks the rows of its practices, as who answers
    does, then the recall: whoever reaches one more practice at the moment is waited for, or waits.

    Raises:
        InvalidInput: no reason.
        Refusal: it is withdrawn already.
    """
    if not reason.strip():
        raise InvalidInput(("reason", _("Say why it is withdrawn.")))
    _practices(recall_id, lock=True)
    changed = db.session.execute(
        sa.update(Recall)
        .where(Recall.id == recall_id, Recall.withdrawn_at.is_(None))
        .values(
            status=RecallStatus.CLOSED,
            closed_at=sa.func.coalesce(Recall.closed_at, sa.literal(now, Recall.closed_at.type)),
            withdrawn_at=now,
            withdrawn_by_id=actor.person_id,
            withdrawn_reason=reason.strip(),
        )
        .returning(Recall.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if changed is None:
        raise Refusal(_("This recall is withdrawn."))
    recall = db.session.get_one(Recall, recall_id, populate_existing=True)
    audit.record(
        actor,
        "recall.withdrawn",
        ("recall", recall_id),
        now,
        supplier_id=recall.supplier_id,
        after={"reason": recall.withdrawn_reason},
    )
    rows = _practices(recall_id)
    for row in rows:
        release_lots(recall, row.practice_id, actor=actor, now=now)
        if row.reached_at is not None:
            mail.tell(recall, row, Telling.WITHDRAWN, now)
    raise_alerts([row.practice_id for row in rows], now)


def _practices(recall_id: int, *, lock: bool = False) -> Sequence[RecallPractice]:
    """Return the rows of a recall's practices, in primary-key order, locked or not."""
    query = (
        sa.select(RecallPractice)
        .where(RecallPractice.recall_id == recall_id)
        .order_by(RecallPractice.id)
        .execution_options(populate_existing=True)
    )
    return db.session.scalars(query.with_for_update(of=RecallPractice) if lock else query).all()
