"""What counts as use, which session was booked in time, which product is chosen: no database."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import numpy as np

from supply.inventory.terms import EntryKind, WasteCause
from supply.items.terms import LocationKind
from supply.need.buying import Offer, Why, best, later
from supply.need.use import Sums, is_booked, summed

NOON = dt.datetime(2026, 6, 15, 9, 0, tzinfo=dt.UTC)
DAY = dt.date(2026, 6, 15)


def move(to: LocationKind, **more: Any) -> Any:
    """Return a move of 2 units of item 1 off a shelf, in a session nobody booked."""
    said = {
        "item_id": 1,
        "occurred_at": NOON,
        "kind": EntryKind.SESSION,
        "from_kind": LocationKind.SHELF,
        "to_kind": to,
        "cause": None,
        "quantity": 2_000,
        "undone": False,
        "planned_on": None,
        "booked_at": None,
    }
    return SimpleNamespace(**(said | more))


def sums(*moves: Any) -> Sums:
    return summed(moves, "Europe/Riga")[1, DAY]


def test_what_a_session_takes_is_use_and_what_was_undone_is_not() -> None:
    given, lost = move(LocationKind.PATIENT), move(LocationKind.WASTE)
    assert sums(given, lost) == Sums(unbooked=4_000, net=-4_000)
    booked = move(LocationKind.PATIENT, planned_on=DAY)
    assert sums(booked) == Sums(booked=2_000, net=-2_000)
    assert sums(move(LocationKind.PATIENT, undone=True)) == Sums(net=-2_000)


def test_waste_is_told_apart_by_what_it_says_of_the_days_to_come() -> None:
    """What expired is foreseen from its date; what lapsed from its container's time."""
    for cause, expected in (
        (WasteCause.SPILLED, Sums(wasted=2_000, net=-2_000)),
        (WasteCause.PAST_TIME, Sums(lapsed=2_000, net=-2_000)),
        (WasteCause.EXPIRED, Sums(net=-2_000)),
    ):
        assert sums(move(LocationKind.WASTE, kind=EntryKind.WASTE, cause=cause)) == expected
    opened = move(LocationKind.SHELF, kind=EntryKind.OPENING)
    assert sums(opened) == Sums()


def test_a_session_is_booked_in_time_a_week_ahead() -> None:
    assert not is_booked(None, NOON, "UTC")
    assert is_booked(DAY + dt.timedelta(days=7), NOON, "UTC")
    assert not is_booked(DAY + dt.timedelta(days=6), NOON, "UTC")
    assert is_booked(DAY, None, "UTC")
    evening = NOON + dt.timedelta(hours=6)  # tomorrow already, far enough east
    assert is_booked(DAY + dt.timedelta(days=7), evening, "UTC")
    assert not is_booked(DAY + dt.timedelta(days=7), evening, "Pacific/Kiritimati")


def offer(product_id: int, minor: int, days: int, *, preferred: bool = False) -> Offer:
    lead = np.zeros(60)
    lead[days - 1] = 1.0
    return Offer(
        product_id, 1, preferred, Decimal(10), 1, [(1, minor), (5, minor - 100)], lead, 365
    )


def test_the_preferred_product_is_taken_else_the_cheapest_else_one_in_time() -> None:
    cheap, quick, dear = offer(1, 1_000, 9), offer(2, 1_500, 3), offer(3, 2_000, 2)
    assert best([]) is None
    assert best([cheap]) == (cheap, Why.ONLY)
    assert best([cheap, quick, dear]) == (cheap, Why.CHEAPEST)
    assert best([cheap, quick, dear], 9) == (cheap, Why.CHEAPEST)
    assert best([cheap, quick, dear], 4) == (quick, Why.IN_TIME)
    assert best([cheap, quick], 1) == (cheap, Why.CHEAPEST)
    liked = offer(4, 9_000, 9, preferred=True)
    assert best([cheap, liked]) == (liked, Why.PREFERRED)
    assert best([quick, liked], 4) == (quick, Why.IN_TIME)
    assert [cheap.price(packs) for packs in (1, 4, 5, 9)] == [1_000, 1_000, 900, 900]


def test_what_is_out_of_stock_at_its_supplier_comes_later() -> None:
    moved = later(offer(1, 1_000, 3).lead, 10)
    assert (int(moved.argmax()) + 1, float(moved.sum())) == (13, 1.0)
