"""Undoing a posted count: its entry is reversed, and the count says so."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from supply.actor import Actor
from supply.counting.models import Count
from supply.counting.moments import SOURCE
from supply.counting.terms import CountStatus
from supply.db import db
from supply.inventory.reversal import on_reversal


@on_reversal(SOURCE)
def undo_count(count_id: int, _actor: Actor, _now: dt.datetime) -> None:
    """Mark the count as undone, in the reversal's transaction."""
    db.session.execute(
        sa.update(Count)
        .where(Count.id == count_id, Count.status == CountStatus.POSTED)
        .values(status=CountStatus.UNDONE)
    )
