"""A recall drill in the demonstration: declared by a supplier, answered by each practice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

import sqlalchemy as sa

from supply.actor import SYSTEM, Actor
from supply.catalogue.models import Product
from supply.db import db
from supply.demo.agenda import Deed
from supply.demo.buying import Buying
from supply.demo.profiles import INJECTABLES, RIGA
from supply.demo.supplying import Supplying
from supply.inventory.models import Balance, Lot
from supply.recalls.answering import acknowledge
from supply.recalls.declaring import Named, Notice, declare
from supply.recalls.spreading import reach_practice
from supply.recalls.terms import RecallClass

DAYS_BACK: Final = 100
_HOURS: Final = (2, 5, 26)
"""After how many hours practices answer: the first, the second, all others."""


class Recalling:
    """Has the supplier of injectables try out its recalls, once."""

    def __init__(self, buyers: Mapping[str, Buying], suppliers: Mapping[str, Supplying]) -> None:
        """Take the clinics' buyers and the suppliers by code."""
        self.buyers = buyers
        self.seller = suppliers[INJECTABLES.code]

    def plan(self, on: Callable[[str, int, int, Deed], None]) -> None:
        """Put it on the agenda with ``on`` (clinic, days back, hour, what is done)."""
        on(RIGA.code, DAYS_BACK, 10, self._drill)

    def _drill(self, now: dt.datetime) -> None:
        found = self._a_lot()
        if found is None:
            return
        sku, number = found
        notice = Notice(
            products=[Named(sku=sku)],
            lots=[number],
            recall_class=RecallClass.MODERATE,
            reason="Yearly drill",
            action="Find the lot and answer",
            is_drill=True,
        )
        seller, actor = self.seller.supplier, self.seller.fulfiller or SYSTEM
        recall, looked = declare(seller, notice, actor=actor, now=now)
        for practice_id in sorted(looked.reach.lots):
            reach_practice(recall.id, practice_id, actor=SYSTEM, now=now)
        for place, practice_id in enumerate(looked.reach.practices):
            after = dt.timedelta(hours=_HOURS[min(place, len(_HOURS) - 1)])
            answer = partial(_answer, recall.id, practice_id, self._manager_of(practice_id))
            self.seller.agenda.at(now + after, answer)

    def _a_lot(self) -> tuple[str, str] | None:
        """Return SKU and number of a lot of the supplier's that Riga has."""
        row = db.session.execute(
            sa.select(Product.sku, Lot.number)
            .join(Lot, Lot.product_id == Product.id)
            .join(Balance, Balance.lot_id == Lot.id)
            .where(
                Product.supplier_id == self.seller.supplier.id,
                Balance.clinic_id == self.buyers[RIGA.code].ward.clinic.id,
                Balance.quantity > 0,
            )
            .order_by(Balance.id.desc())
            .limit(1)
        ).first()
        return None if row is None else (row[0], row[1])

    def _manager_of(self, practice_id: int) -> Actor:
        wards = (buyer.ward for buyer in self.buyers.values())
        ours = (ward.manager for ward in wards if ward.clinic.practice_id == practice_id)
        return next(ours, SYSTEM)


def _answer(recall_id: int, practice_id: int, actor: Actor, now: dt.datetime) -> None:
    acknowledge(recall_id, practice_id, actor=actor, now=now)
