"""A practice answers a recall: it has seen it, and has some or none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.actor import Actor
from supply.audit import services as audit
from supply.db import db
from supply.recalls.closing import settle
from supply.recalls.figures import Row, rows_of
from supply.recalls.looking import forget_looks, say_looked
from supply.recalls.models import Recall, RecallPractice
from supply.recalls.raising import raise_alerts
from supply.recalls.reaching import meant_by
from supply.recalls.terms import LONGEST_TEXT, RecallAnswer
from supply.refusals import InvalidInput, Refusal


def acknowledge(
    recall_id: int,
    practice_id: int,
    *,
    answer: RecallAnswer | None = None,
    note: str = "",
    clinics: Collection[int] = (),
    actor: Actor,
    now: dt.datetime,
) -> RecallPractice:
    """Keep a practice's answer to a recall, once: a second one changes nothing of it.

    Without an ``answer`` it follows from what is recorded: found if some is on hand or on its way,
    none left if some was here before. ``clinics``: where the person has looked; a second answer
    adds its own. Locks the practice's row.

    Raises:
        Refusal: the recall is withdrawn, or does not reach the practice.
        InvalidInput: "none here" where some is recorded, or too long a note.
    """
    row, recall = locked_row(recall_id, practice_id)
    if row.acknowledged_at is not None:
        say_looked(row, clinics, actor=actor, now=now)
        return row
    if recall.withdrawn_at is not None:
        raise Refusal(_("This recall is withdrawn."))
    if len(note) > LONGEST_TEXT:
        raise InvalidInput(("note", _("Use at most %(count)d characters.", count=LONGEST_TEXT)))
    known = _known(rows_of(recall.id, meant_by(recall), [practice_id]))
    some = known is RecallAnswer.FOUND
    if answer is not None and answer.says_none and some and not recall.is_drill:
        message = _(
            "Some of it is recorded here. Return or destroy it, or correct the stock, and answer"
            " again."
        )
        raise InvalidInput(("answer", message))
    row.acknowledged_at, row.acknowledged_by_id = now, actor.person_id
    row.answer = answer or known
    if row.answer is RecallAnswer.NONE_HERE and not some:
        row.answer = known  # none now, yet patients had some: the supplier is to know
    row.note = note.strip()
    db.session.flush()
    _record("recall.acknowledged", recall, row, actor, now)
    say_looked(row, clinics, actor=actor, now=now)
    settle(recall_id, actor=actor, now=now)
    raise_alerts([practice_id], now)
    return row


def _known(rows: Sequence[Row]) -> RecallAnswer:
    """Return the answer that follows from what is recorded at a practice."""
    if any(row.unaccounted for row in rows):
        return RecallAnswer.FOUND
    return RecallAnswer.NONE_LEFT if rows else RecallAnswer.NONE_HERE


def look_in(
    recall_id: int, practice_id: int, clinic_id: int, *, actor: Actor, now: dt.datetime
) -> None:
    """Keep that somebody has looked in one more clinic. Locks the practice's row.

    Raises:
        Refusal: the practice has not answered yet, or the recall is withdrawn.
    """
    row, recall = locked_row(recall_id, practice_id)
    if row.acknowledged_at is None or recall.withdrawn_at is not None:
        raise Refusal(_("Answer first: then every clinic says that it was looked for there."))
    say_looked(row, [clinic_id], actor=actor, now=now)


def take_answer_back(recall_id: int, practice_id: int, *, actor: Actor, now: dt.datetime) -> None:
    """Take a practice's answer back; the recall waits for it again.

    Raises:
        Refusal: it has not answered, or the recall is withdrawn.
    """
    row, recall = locked_row(recall_id, practice_id)
    if row.acknowledged_at is None or recall.withdrawn_at is not None:
        raise Refusal(_("There is no answer to take back."))
    _record("recall.answer_taken_back", recall, row, actor, now)
    row.acknowledged_at = row.acknowledged_by_id = row.answer = None
    forget_looks(row.id)
    db.session.flush()
    settle(recall_id, actor=actor, now=now)
    raise_alerts([practice_id], now)


def locked_row(recall_id: int, practice_id: int) -> tuple[RecallPractice, Recall]:
    """Lock and return a practice's row of a recall, with the recall.

    Raises:
        Refusal: the recall does not reach the practice.
    """
    row = db.session.scalar(
        sa.select(RecallPractice)
        .where(RecallPractice.recall_id == recall_id, RecallPractice.practice_id == practice_id)
        .with_for_update(of=RecallPractice)
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise Refusal(_("This recall does not reach you."))
    return row, db.session.get_one(Recall, recall_id)


def _record(
    action: str, recall: Recall, row: RecallPractice, actor: Actor, now: dt.datetime
) -> None:
    audit.record(
        actor,
        action,
        ("recall", recall.id),
        now,
        practice_id=row.practice_id,
        supplier_id=recall.supplier_id,
        after={"answer": row.answer, "note": row.note} if row.answer else None,
    )
