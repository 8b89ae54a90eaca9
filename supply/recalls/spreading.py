"""A recall in each practice it reaches: held, told and raised, in a transaction of its own.

Nothing about one practice stops another's. What a crash left undone, and what came in while the
recall was being declared, a job takes up.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Collection, Sequence

import sqlalchemy as sa

from supply.actor import SYSTEM, Actor
from supply.audit import services as audit
from supply.db import db, table, transaction, upsert
from supply.inventory.arrivals import on_arrival
from supply.inventory.models import Lot
from supply.outage import outage_of
from supply.recalls import mail
from supply.recalls.closing import locked_recall, settle
from supply.recalls.declaring import note_practices
from supply.recalls.figures import rows_of
from supply.recalls.holding import hold_lots
from supply.recalls.looking import forget_looks
from supply.recalls.models import Recall, RecalledLot, RecallLot, RecallPractice
from supply.recalls.raising import raise_alerts
from supply.recalls.reaching import Reach, meant_by, reach_of
from supply.recalls.terms import Telling

log = logging.getLogger(__name__)

RECALLED = table(RecalledLot)

AT_ONCE_SECONDS = 15.0
"""For how long who declares a recall waits for its practices; the job does the others."""


def spread(recall_id: int, now: dt.datetime, within: float = AT_ONCE_SECONDS) -> int:
    """Reach the practices of a recall that have not been, each by itself; return how many.

    One that fails, and all that are left after ``within`` seconds, the job takes up.
    """
    ends = time.monotonic() + within
    reached = 0
    for practice_id in _waiting(recall_id):
        if time.monotonic() > ends:
            return reached
        try:
            with transaction():
                reach_practice(recall_id, practice_id, actor=SYSTEM, now=now)
        except Exception as error:
            log.exception("recall %s could not be told to practice %s", recall_id, practice_id)
            if outage_of(error) is not None:
                return reached
            continue
        reached += 1
    with transaction():
        settle(recall_id, actor=SYSTEM, now=now)
    return reached


def _waiting(recall_id: int) -> Sequence[int]:
    found = db.session.scalars(
        sa.select(RecallPractice.practice_id)
        .where(RecallPractice.recall_id == recall_id, RecallPractice.reached_at.is_(None))
        .order_by(RecallPractice.practice_id)
    ).all()
    db.session.rollback()
    return found


def reach_practice(recall_id: int, practice_id: int, *, actor: Actor, now: dt.datetime) -> bool:
    """Hold what a recall means in one practice, and tell its people; return whether it was new.

    Done again it finds what has come in since. Locks the lots, the practice's row, the recall.
    """
    recall = db.session.get_one(Recall, recall_id)
    if recall.withdrawn_at is not None:
        return False
    reach = reach_of(meant_by(recall), [practice_id])
    lots = _locked_lots(reach.lots.get(practice_id, []))
    note_practices(recall_id, reach, now)
    row = _locked(recall_id, practice_id)
    if row is None or locked_recall(recall_id).withdrawn_at is not None:
        return False
    new = _note_lots(row, lots, now)
    if not recall.is_drill:
        hold_lots(recall, practice_id, lots, actor=actor, now=now)
    first = row.reached_at is None
    again = not first and _asks_anew(recall, row, new)
    if not (first or new or again):
        return False
    row.reached_at = row.reached_at or now
    if again:
        _ask_anew(row)
    db.session.flush()
    _record(recall, row, new, actor, now)
    if first or again:
        mail.tell(recall, row, Telling.DECLARED if first else Telling.FOUND_LATER, now)
    raise_alerts([practice_id], now)
    return True


def _asks_anew(recall: Recall, row: RecallPractice, new: Collection[int]) -> bool:
    """Return whether what was answered is true no more: there was none, and now there is some."""
    none = row.answer is not None and row.answer.says_none
    if new:
        return none or not recall.is_open
    if not none or recall.is_drill:
        return False
    rows = rows_of(recall.id, meant_by(recall), [row.practice_id])
    return any(one.on_hand for one in rows)


def _ask_anew(row: RecallPractice) -> None:
    row.acknowledged_at = row.acknowledged_by_id = row.answer = None
    row.reminders, row.reminded_at = 0, None
    forget_looks(row.id)


def _locked_lots(lot_ids: Sequence[int]) -> list[int]:
    """Lock lots as who refers to them does, in primary-key order, before all else."""
    return list(
        db.session.scalars(
            sa.select(Lot.id)
            .where(Lot.id.in_(lot_ids))
            .order_by(Lot.id)
            .with_for_update(key_share=True, read=True)
        )
    )


def _locked(recall_id: int, practice_id: int) -> RecallPractice | None:
    return db.session.scalar(
        sa.select(RecallPractice)
        .where(RecallPractice.recall_id == recall_id, RecallPractice.practice_id == practice_id)
        .with_for_update(of=RecallPractice)
        .execution_options(populate_existing=True)
    )


def _note_lots(row: RecallPractice, lot_ids: Collection[int], now: dt.datetime) -> list[int]:
    """Write down the lots that are meant; return those that were not known."""
    if not lot_ids:
        return []
    found = db.session.scalars(
        upsert(RECALLED).on_conflict_do_nothing().returning(RECALLED.c.lot_id),
        [
            {
                "lot_id": lot_id,
                "recall_id": row.recall_id,
                "practice_id": row.practice_id,
                "found_at": now,
            }
            for lot_id in lot_ids
        ],
    )
    return list(found)


def _record(
    recall: Recall, row: RecallPractice, new: Sequence[int], actor: Actor, now: dt.datetime
) -> None:
    audit.record(
        actor,
        "recall.reached",
        ("recall", recall.id),
        now,
        practice_id=row.practice_id,
        supplier_id=recall.supplier_id,
        after={"lots": sorted(new)},
    )


@on_arrival
def take_up(lot_ids: Collection[int], actor: Actor, now: dt.datetime) -> None:
    """Hold lots that come in, or come back, and are recalled; open again what was closed."""
    for recall_id, practice_id in _recalls_of(sorted(lot_ids)):
        told = reach_practice(recall_id, practice_id, actor=actor, now=now)
        if settle(recall_id, actor=actor, now=now) or not told:
            raise_alerts([practice_id], now)


def _recalls_of(lot_ids: Sequence[int]) -> list[tuple[int, int]]:
    """Return the recalls that may mean some of these lots, with the practice: one statement.

    A drill means nothing that comes later.
    """
    found: set[tuple[int, int]] = set()
    in_force = (Recall.withdrawn_at.is_(None), Recall.is_drill.is_(False))
    by_number = (
        sa.select(Recall.id, Lot.practice_id)
        .join(RecallLot, RecallLot.recall_id == Recall.id)
        .join(Lot, Lot.normalised == RecallLot.normalised)
        .where(*in_force)
    )
    of_all = (
        sa.select(Recall.id, Lot.practice_id)
        .select_from(sa.join(Recall, Lot, sa.true()))
        .where(Recall.all_lots.is_(sa.true()), *in_force)
    )
    for start in range(0, len(lot_ids), 1000):
        some = Lot.id.in_(lot_ids[start : start + 1000])
        rows = db.session.execute(sa.union(by_number.where(some), of_all.where(some)))
        found |= {(recall_id, practice_id) for recall_id, practice_id in rows}
    return [one for one in sorted(found) if _means(*one, lot_ids)]


def _means(recall_id: int, practice_id: int, lot_ids: Collection[int]) -> bool:
    recall = db.session.get_one(Recall, recall_id)
    reach: Reach = reach_of(meant_by(recall), [practice_id])
    return not set(reach.lots.get(practice_id, ())).isdisjoint(lot_ids)
