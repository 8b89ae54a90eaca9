"""What a recall holds: its lots in all of a practice, now and whatever of them comes in later."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.accounts.models import Clinic
from supply.actor import Actor
from supply.audit import services as audit
from supply.db import db
from supply.handling.holding import checks_release
from supply.inventory.models import Hold, Lot
from supply.inventory.terms import HoldSource
from supply.recalls.models import Recall
from supply.recalls.wording import CLASS_WORDS
from supply.refusals import Refusal


class HeldByRecall(Refusal):
    """What a recall holds is not released while there is anything to do about it."""

    def __init__(self, recall: Recall) -> None:
        """Say which recall."""
        super().__init__(
            _(
                "Recall %(number)s holds it: return it or destroy it.",
                number=recall.id,
            )
        )


def hold_lots(
    recall: Recall,
    practice_id: int,
    lot_ids: Collection[int],
    *,
    actor: Actor,
    now: dt.datetime,
) -> list[Hold]:
    """Hold lots in every clinic of their practice, those that the recall does not hold yet."""
    held = db.session.scalars(
        sa.select(Hold.lot_id).where(
            Hold.source == HoldSource.RECALL,
            Hold.source_id == recall.id,
            Hold.released_at.is_(None),
            Hold.lot_id.in_(lot_ids),
        )
    )
    placed = [
        Hold(
            lot_id=lot_id,
            reason=_reason(recall),
            source=HoldSource.RECALL,
            source_id=recall.id,
            held_by_id=actor.person_id,
            held_at=now,
        )
        for lot_id in sorted(set(lot_ids) - set(held))
    ]
    db.session.add_all(placed)
    db.session.flush()
    for hold in placed:
        after = {"hold": hold.id, "reason": hold.reason, "recall": recall.id}
        audit.record(
            actor, "hold.placed", ("lot", hold.lot_id), now, practice_id=practice_id, after=after
        )
    return placed


def _reason(recall: Recall) -> str:
    said = recall.reason if len(recall.reason) <= 200 else f"{recall.reason[:199]}…"
    grade = CLASS_WORDS[recall.recall_class]
    words = _(
        "Recall %(number)s (%(grade)s): %(reason)s", number=recall.id, grade=grade, reason=said
    )
    return str(words)


def release_lots(recall: Recall, practice_id: int, *, actor: Actor, now: dt.datetime) -> int:
    """Release what a recall that was withdrawn holds in a practice; return how many lots."""
    rows = db.session.execute(
        sa.update(Hold)
        .where(
            Hold.source == HoldSource.RECALL,
            Hold.source_id == recall.id,
            Hold.released_at.is_(None),
            Hold.lot_id.in_(_lots_of(practice_id)),
        )
        .values(
            released_at=now,
            released_by_id=actor.person_id,
            release_reason=recall.withdrawn_reason[:500],
        )
        .returning(Hold.id, Hold.lot_id)
        .execution_options(synchronize_session=False)
    ).all()
    for hold_id, lot_id in sorted(tuple(row) for row in rows):
        audit.record(
            actor,
            "hold.released",
            ("lot", lot_id),
            now,
            practice_id=practice_id,
            after={"hold": hold_id, "recall": recall.id},
        )
    return len(rows)


def _lots_of(practice_id: int) -> sa.Select[int]:
    return sa.select(Lot.id).where(Lot.practice_id == practice_id)


@checks_release(HoldSource.RECALL)
def _check_release(_clinic: Clinic, recall_id: int) -> None:
    """Refuse to release by hand what a recall holds that is still open."""
    recall = db.session.get(Recall, recall_id)
    if recall is not None and recall.is_open:
        raise HeldByRecall(recall)
