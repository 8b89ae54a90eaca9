"""Which booked sessions cannot be given: pure decisions."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from supply.today.rules import Shortage, shortages

MONDAY = dt.date(2026, 6, 15)
TUESDAY = MONDAY + dt.timedelta(days=1)


def test_sessions_take_their_share_in_order() -> None:
    needs = [
        (1, MONDAY, 7, Decimal(5)),
        (1, MONDAY, 8, Decimal(1)),
        (2, TUESDAY, 7, Decimal(5)),
        (3, TUESDAY, 7, Decimal(5)),
    ]
    found = shortages(needs, {7: Decimal(5), 8: Decimal(1)})
    assert found == [Shortage(7, TUESDAY, 2, Decimal(15), Decimal(5))]
    assert found[0].missing == Decimal(10)


def test_what_is_not_there_is_short_at_once() -> None:
    assert shortages([(1, MONDAY, 7, Decimal(2))], {}) == [
        Shortage(7, MONDAY, 1, Decimal(2), Decimal(0))
    ]
