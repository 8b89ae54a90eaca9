"""Asking somebody else to count lines again whose differences are large."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from supply.actor import Actor
from supply.audit import services as audit
from supply.counting.queries import lines_of, locked_open


def ask_again(
    count_id: int, line_ids: Collection[int], *, actor: Actor, now: dt.datetime
) -> list[int]:
    """Mark lines of an open count to be counted once more, by others; return which.

    Raises:
        CountEnded: the count is not open any more.
    """
    count = locked_open(count_id)
    asked = [
        line for line in lines_of(count_id) if line.id in line_ids and line.counted is not None
    ]
    for line in asked:
        line.again = True
    found = [line.id for line in asked]
    audit.record(
        actor,
        "count.recount_asked",
        ("count", count.id),
        now,
        clinic_id=count.clinic_id,
        after={"lines": found},
    )
    return found
