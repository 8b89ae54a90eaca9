"""Orders that a supplier did not take as they were: in part, and with a substitute to decide on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from supply.answering.answering import acknowledge
from supply.answering.answers import LineAnswer, Replacement
from supply.demo.agenda import Deed
from supply.demo.buying import Buying
from supply.demo.profiles import INJECTABLES, RIGA, VILNIUS
from supply.demo.supplying import Supplying
from supply.ordering.models import PurchaseOrder

IN_PART: Final = {"HA-NCL-10-V5x5": 4, "SIL-ORG-A10x5": 2}
"""Of the first a part comes later, of the second one pack not at all."""

ORDERED: Final = "VIT-C-10-A20x5"
OFFERED: Final = "VIT-C-20-A10x5"


class Answering:
    """Has a supplier answer two of the last orders line by line, and lets the clinics see to it."""

    def __init__(self, buyers: Mapping[str, Buying], suppliers: Mapping[str, Supplying]) -> None:
        """Take the clinics' buyers and the suppliers by code."""
        self.buyers = buyers
        self.supplier = suppliers[INJECTABLES.code]

    def plan(self, on: Callable[[str, int, int, Deed], None]) -> None:
        """Put the orders on the agenda with ``on`` (clinic, days back, hour, what is done)."""
        on(VILNIUS.code, 2, 9, partial(self._order, VILNIUS.code, IN_PART, self._in_part))
        wanted = {ORDERED: 2}
        on(RIGA.code, 1, 10, partial(self._order, RIGA.code, wanted, self._with_a_substitute))

    def _order(
        self,
        clinic: str,
        packs: Mapping[str, int],
        answer: Callable[[PurchaseOrder, dt.datetime], None],
        now: dt.datetime,
    ) -> None:
        answer(self.buyers[clinic].order(packs, now), now)

    def _in_part(self, order: PurchaseOrder, now: dt.datetime) -> None:
        first, second = order.lines
        later = now.date() + dt.timedelta(days=16)
        self._answer(
            order,
            {
                first.id: LineAnswer(1, until=later),
                second.id: LineAnswer(1, decline="Last ones of this lot"),
            },
            now,
        )

    def _with_a_substitute(self, order: PurchaseOrder, now: dt.datetime) -> None:
        (line,) = order.lines
        self._answer(order, {line.id: LineAnswer(substitute=Replacement(OFFERED, 2))}, now)

    def _answer(
        self, order: PurchaseOrder, said: Mapping[int, LineAnswer], now: dt.datetime
    ) -> None:
        if self.supplier.fulfiller is not None:
            acknowledge(order.id, said, actor=self.supplier.fulfiller, now=now)
