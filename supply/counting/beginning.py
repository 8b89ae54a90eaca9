"""Beginning a count, and cancelling one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import sqlalchemy as sa

from supply.accounts.models import Clinic
from supply.actor import Actor
from supply.audit import services as audit
from supply.counting.models import Count, CountLine
from supply.counting.queries import locked_open
from supply.counting.terms import CountStatus
from supply.db import db
from supply.inventory.availability import on_shelf
from supply.inventory.models import Balance
from supply.items.models import Location


def begin(
    clinic: Clinic,
    *,
    locations: Collection[int] | None = None,
    items: Collection[int] | None = None,
    blind: bool = True,
    actor: Actor,
    now: dt.datetime,
) -> Count:
    """Begin a count of some locations and items of ``clinic`` (None: all), and list its lines.

    A line stands for each lot that is in a location now; others are added as they are found.
    """
    count = Count(
        clinic_id=clinic.id,
        blind=blind,
        scope={
            "locations": None if locations is None else sorted(locations),
            "items": None if items is None else sorted(items),
        },
        begun_at=now,
        begun_by_id=actor.person_id,
    )
    db.session.add(count)
    db.session.flush()
    lines = _lines(count, locations, items)
    db.session.add_all(lines)
    db.session.flush()
    after = {**count.scope, "blind": blind, "lines": len(lines)}
    audit.record(actor, "count.begun", ("count", count.id), now, clinic_id=clinic.id, after=after)
    return count


def _lines(
    count: Count, locations: Collection[int] | None, items: Collection[int] | None
) -> list[CountLine]:
    query = (
        sa.select(Balance.location_id, Balance.item_id, Balance.lot_id)
        .join(Location, Location.id == Balance.location_id)
        .where(Balance.clinic_id == count.clinic_id, on_shelf())
        .distinct()
        .order_by(Balance.location_id, Balance.item_id, Balance.lot_id)
    )
    if locations is not None:
        query = query.where(Balance.location_id.in_(locations))
    if items is not None:
        query = query.where(Balance.item_id.in_(items))
    return [
        CountLine(
            count_id=count.id,
            location_id=row.location_id,
            item_id=row.item_id,
            lot_id=row.lot_id,
        )
        for row in db.session.execute(query)
    ]


def cancel(count_id: int, *, actor: Actor, now: dt.datetime) -> Count:
    """End an open count without posting it: nothing of it is kept in the ledger.

    Raises:
        CountEnded: it is not open any more.
    """
    count = locked_open(count_id)
    count.status, count.ended_at, count.ended_by_id = CountStatus.CANCELLED, now, actor.person_id
    db.session.flush()
    audit.record(actor, "count.cancelled", ("count", count.id), now, clinic_id=count.clinic_id)
    return count
