"""Reading counts and their lines."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from supply.accounts.access import NotFoundHereError
from supply.clock import local_date
from supply.counting.models import Count, CountLine
from supply.counting.moments import balances_at, expected_at
from supply.counting.refusals import CountEnded
from supply.counting.terms import CountStatus
from supply.db import db
from supply.inventory.models import Balance, Container
from supply.items.models import Item, Location
from supply.quantity import ZERO


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line, with what is expected and differs as far as it is known."""

    line: CountLine
    expected: Decimal | None
    difference: Decimal | None


def count_with_id(count_id: int) -> Count:
    """Return a count; raises NotFoundHereError where there is none."""
    found = db.session.get(Count, count_id)
    if found is None:
        raise NotFoundHereError(str(count_id))
    return found


def locked_open(count_id: int) -> Count:
    """Lock a count and return it as it stands, open.

    Raises:
        CountEnded: it is not open any more.
    """
    count = db.session.get_one(Count, count_id, with_for_update=True, populate_existing=True)
    if count.status is not CountStatus.OPEN:
        raise CountEnded(count.status)
    return count


def lines_of(count_id: int) -> Sequence[CountLine]:
    """Return a count's lines by location, item and lot."""
    return db.session.scalars(
        sa.select(CountLine)
        .join(CountLine.location)
        .join(CountLine.item)
        .where(CountLine.count_id == count_id)
        .options(
            joinedload(CountLine.location), joinedload(CountLine.item), joinedload(CountLine.lot)
        )
        .order_by(Location.position, Location.id, Item.name, Item.id, CountLine.lot_id)
        .execution_options(populate_existing=True)
    ).all()


class OpenOne(NamedTuple):
    """An open container: since when, and which day that was at the clinic."""

    container_id: int
    opened_at: dt.datetime
    opened_on: dt.date


def opened_on(
    lines: Sequence[CountLine], timezone: str, named: Collection[int] = ()
) -> dict[tuple[int, int], list[OpenOne]]:
    """Return the open containers of lines by location and lot, and those ``named``, now empty."""
    rows = db.session.execute(
        sa.select(Balance.location_id, Balance.lot_id, Container.id, Container.opened_at)
        .join(Container, Container.id == Balance.container_id)
        .where(
            Balance.lot_id.in_({line.lot_id for line in lines}),
            Balance.location_id.in_({line.location_id for line in lines}),
            sa.or_(Balance.quantity > sa.literal_column("0"), Container.id.in_(named)),
        )
        .order_by(Container.opened_at, Container.id)
    )
    found: dict[tuple[int, int], list[OpenOne]] = {}
    for location, lot, container, at in rows:
        one = OpenOne(container, at, local_date(at, timezone))
        found.setdefault((location, lot), []).append(one)
    return found


def shown_lines(count: Count, now: dt.datetime) -> list[ShownLine]:
    """Return the lines of a count with what is expected: while it is open, as the ledger says.

    Of a line that is not counted yet that is what is there now, and nothing differs.
    """
    lines = lines_of(count.id)
    if count.status is not CountStatus.OPEN:
        return [ShownLine(line, line.expected, line.difference) for line in lines]
    moments = {(line.location_id, line.lot_id): line.counted_at or now for line in lines}
    expected = expected_at(moments, balances_at(moments))
    return [
        _shown(line, sum(expected[line.location_id, line.lot_id].values(), ZERO)) for line in lines
    ]


def _shown(line: CountLine, expected: Decimal) -> ShownLine:
    return ShownLine(line, expected, None if line.counted is None else line.counted - expected)
