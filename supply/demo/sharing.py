"""Transfers in the demonstration: one that arrived a month ago, and one that is on its way."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from typing import Final

import sqlalchemy as sa

from supply import clock
from supply.db import AnyRow, db
from supply.demo.agenda import Deed
from supply.demo.buying import Buying
from supply.demo.profiles import RIGA, VILNIUS
from supply.demo.ward import Ward
from supply.inventory import availability
from supply.inventory.models import Balance, Lot
from supply.items.models import Item, Location
from supply.quantity import Unit
from supply.sentences import say
from supply.transfers.lines import Line
from supply.transfers.receiving import receive
from supply.transfers.sending import send

_SENT: Final = Decimal(20)
_A_DAY: Final = dt.timedelta(days=1)


class Sharing:
    """Has sister clinics help one another out with what one of them has most of."""

    def __init__(self, buyers: Mapping[str, Buying]) -> None:
        """Take the clinics' buyers by code."""
        self.riga, self.vilnius = buyers[RIGA.code].ward, buyers[VILNIUS.code].ward

    def plan(self, on: Callable[[str, int, int, Deed], None]) -> None:
        """Put both on the agenda with ``on`` (clinic, days back, hour, what is done)."""
        on(VILNIUS.code, 30, 11, partial(self._send, self.vilnius, self.riga, arrives=True))
        on(RIGA.code, 1, 17, partial(self._send, self.riga, self.vilnius, arrives=False))

    def _send(self, ward: Ward, to: Ward, now: dt.datetime, *, arrives: bool) -> None:
        """Send some of what ``ward`` has most of; it comes a day later, if it comes yet."""
        row = _most_of(ward, now)
        if row is None:
            return
        line = Line(row.lot_id, min(_SENT, row.quantity), row.location_id)
        note = ward.written(say("For the week's sessions"))
        transfer = send(ward.clinic, to.clinic, [line], note=note, actor=ward.manager, now=now)
        if arrives:
            ward.agenda.at(now + _A_DAY, partial(_take_in, transfer.id, to))


def _take_in(transfer_id: int, to: Ward, now: dt.datetime) -> None:
    receive(transfer_id, actor=to.manager, now=now)


def _most_of(ward: Ward, now: dt.datetime) -> AnyRow | None:
    """Return the lot of pieces of which ``ward`` has most: free, and of use for a while."""
    today = clock.local_date(now, ward.profile.timezone)
    return db.session.execute(
        sa.select(Balance.lot_id, Balance.location_id, Balance.quantity)
        .join(Lot, Lot.id == Balance.lot_id)
        .join(Item, Item.id == Balance.item_id)
        .join(Location, Location.id == Balance.location_id)
        .where(
            Balance.clinic_id == ward.clinic.id,
            Balance.container_id.is_(None),
            Item.unit == Unit.EACH,
            Item.content_per_container == 1,
            Lot.expiry > today + dt.timedelta(days=180),
            availability.on_shelf(),
            ~availability.touched_by_a_hold(),
        )
        .order_by(Balance.quantity.desc(), Balance.id)
    ).first()
