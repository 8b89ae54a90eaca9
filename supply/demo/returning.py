"""A return in the demonstration: one that a clinic has asked for, and waits to be answered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import sqlalchemy as sa

from supply.db import db
from supply.demo.agenda import Deed
from supply.demo.buying import Buying
from supply.demo.profiles import LONDON, RIGA, VILNIUS
from supply.demo.ward import Ward
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.returning.limits import Returnable, returnable
from supply.returning.services import NewReturn, Wanted, ask
from supply.returning.terms import ReturnReason
from supply.sentences import say

_LATELY: Final = 20
"""Of so many orders, the newest first, the first is taken of which something can be returned."""


class Returning:
    """Has a clinic ask to return a pack that it does not need."""

    def __init__(self, buyers: Mapping[str, Buying]) -> None:
        """Take the clinics' buyers by code."""
        self.wards = [buyers[profile.code].ward for profile in (RIGA, VILNIUS, LONDON)]

    def plan(self, on: Callable[[str, int, int, Deed], None]) -> None:
        """Put it on the agenda with ``on`` (clinic, days back, hour, what is done)."""
        on(RIGA.code, 0, 16, self._ask)

    def _ask(self, now: dt.datetime) -> None:
        """Return the first thing that can be, of the clinics in their order."""
        for ward in self.wards:
            for order in _received(ward):
                for found in returnable(order, now):
                    if found.packs:
                        _return_one(ward, order, found, now)
                        return


def _return_one(ward: Ward, order: PurchaseOrder, found: Returnable, now: dt.datetime) -> None:
    new = NewReturn(
        ReturnReason.NOT_NEEDED,
        [Wanted(found.line.sku, found.lot.number, 1)],
        ward.written(say("Ordered one too many; unopened, kept as it says on the box.")),
    )
    ask(order.id, new, actor=ward.manager, now=now)


def _received(ward: Ward) -> Sequence[PurchaseOrder]:
    """Return the last orders of a clinic from suppliers on Supply of which something came."""
    return db.session.scalars(
        sa.select(PurchaseOrder)
        .where(
            PurchaseOrder.clinic_id == ward.clinic.id,
            PurchaseOrder.supplier.has(uses_supply=True),
            PurchaseOrder.lines.any(OrderLine.received > 0),
        )
        .order_by(PurchaseOrder.id.desc())
        .limit(_LATELY)
    ).all()
