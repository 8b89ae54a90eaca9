"""Taking back what was said of lines: typed into the wrong one, it is uncounted again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from supply.actor import Actor
from supply.audit import services as audit
from supply.counting.models import CountLine
from supply.counting.queries import lines_of, locked_open
from supply.db import db


def unsay(
    count_id: int, line_ids: Collection[int], *, at: dt.datetime, actor: Actor, now: dt.datetime
) -> list[CountLine]:
    """Make lines uncounted again, as of ``at``; what was counted later stays. Locks the count.

    Raises:
        CountEnded: the count is not open any more.
    """
    count = locked_open(count_id)
    lines = [line for line in lines_of(count_id) if line.id in line_ids]
    taken_back = [line for line in lines if line.counted_at is not None and line.counted_at <= at]
    for line in taken_back:
        line.before, line.before_by_id = line.counted, line.counted_by_id
        line.counted = line.counted_at = line.counted_by_id = line.rests = None
    db.session.flush()
    audit.record(
        actor,
        "count.taken_back",
        ("count", count.id),
        now,
        clinic_id=count.clinic_id,
        after={"lines": [line.id for line in taken_back]},
    )
    return lines
