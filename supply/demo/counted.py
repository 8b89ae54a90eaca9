"""A count in the demonstration: some pieces of one clinic, of which two lots differ, posted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from itertools import zip_longest
from typing import Final

import sqlalchemy as sa

from supply.counting import beginning, posting, saying
from supply.counting.queries import ShownLine, shown_lines
from supply.counting.saying import Counted
from supply.counting.terms import DifferenceCause
from supply.db import db
from supply.demo.agenda import Deed
from supply.demo.buying import Buying
from supply.demo.profiles import RIGA
from supply.inventory import availability
from supply.inventory.models import Balance
from supply.items.models import Item, Location
from supply.quantity import ZERO, Unit

_OFF: Final = ((Decimal(-3), DifferenceCause.LOST), (Decimal(2), DifferenceCause.FOUND))
"""By how much the first lots differ, and why."""

_A_WHILE: Final = dt.timedelta(minutes=20)
_ITEMS: Final = 6


class Counting:
    """Has one clinic count what it has most pieces of."""

    def __init__(self, buyers: Mapping[str, Buying]) -> None:
        """Take the clinics' buyers by code."""
        self.ward = buyers[RIGA.code].ward

    def plan(self, on: Callable[[str, int, int, Deed], None]) -> None:
        """Put it on the agenda with ``on`` (clinic, days back, hour, what is done)."""
        on(RIGA.code, 6, 8, self._count)

    def _count(self, now: dt.datetime) -> None:
        """Begin a count and say its lines; the manager posts it a while later."""
        ward = self.ward
        count = beginning.begin(ward.clinic, items=self._items(), actor=ward.practitioner, now=now)
        shown = [one for one in shown_lines(count, now) if one.expected]
        said = [_said(one, off) for one, off in zip_longest(shown, _OFF)][: len(shown)]
        if not said:
            return
        saying.say(count.id, said, actor=ward.practitioner, now=now)
        causes = {one.line.id: cause for one, (_off, cause) in zip(shown, _OFF, strict=False)}
        ward.agenda.at(now + _A_WHILE, partial(self._post, count.id, causes))

    def _post(self, count_id: int, causes: Mapping[int, DifferenceCause], now: dt.datetime) -> None:
        posting.post(count_id, causes=causes, actor=self.ward.manager, now=now)

    def _items(self) -> Sequence[int]:
        query = (
            sa.select(Balance.item_id)
            .join(Item, Item.id == Balance.item_id)
            .join(Location, Location.id == Balance.location_id)
            .where(
                Balance.clinic_id == self.ward.clinic.id,
                Item.unit == Unit.EACH,
                availability.on_shelf(),
            )
            .group_by(Balance.item_id)
            .order_by(sa.func.sum(Balance.quantity).desc(), Balance.item_id)
            .limit(_ITEMS)
        )
        return db.session.scalars(query).all()


def _said(one: ShownLine, off: tuple[Decimal, DifferenceCause] | None) -> Counted:
    expected = one.expected or ZERO
    change = max(off[0], -expected) if off else ZERO
    return Counted(
        one.line.item.code, one.line.lot.number, one.line.location.name, expected + change
    )
