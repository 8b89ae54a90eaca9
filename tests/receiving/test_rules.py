"""Decisions on shipments."""

import datetime as dt

import pytest

from supply.inventory.rules import ShelfLife, shelf_life
from supply.receiving import rules
from supply.receiving.rules import PacksSaid, Parcel, Part
from supply.shipping.terms import Condition

TODAY = dt.date(2026, 11, 22)


def days(count: int) -> dt.date:
    """Return the date so many days from today."""
    return TODAY + dt.timedelta(days=count)


@pytest.mark.parametrize(
    ("expiry", "promised", "verdict"),
    [
        (None, 180, ShelfLife.FINE),
        (days(180), 180, ShelfLife.FINE),
        (days(179), 180, ShelfLife.SHORT),
        (days(0), 180, ShelfLife.SHORT),
        (days(0), None, ShelfLife.FINE),
        (days(0), 0, ShelfLife.FINE),
        (days(-1), None, ShelfLife.EXPIRED),
        (days(-1), 180, ShelfLife.EXPIRED),
    ],
)
def test_shelf_life(expiry: dt.date | None, promised: int | None, verdict: ShelfLife) -> None:
    assert shelf_life(expiry, promised, TODAY) is verdict


PARCELS = (
    Parcel(1, frozenset({"BIO", "bio-here"}), "L1", 2),
    Parcel(2, frozenset({"BIO", "bio-here"}), "L1", 3),
    Parcel(3, frozenset({"BIO", "bio-here"}), "L2", 0),
    Parcel(4, frozenset({"GLO"}), "L1", 1),
)


def test_as_sent_is_what_nobody_has_spoken_of() -> None:
    assert rules.as_sent(PARCELS) == (
        Part(1, 2, Condition.GOOD),
        Part(2, 3, Condition.GOOD),
        Part(4, 1, Condition.GOOD),
    )


def test_what_is_said_fills_lines_of_its_lot_one_after_another() -> None:
    matched = rules.match_receipt(
        PARCELS,
        [
            PacksSaid("BIO", "L1", 3, Condition.GOOD),
            PacksSaid("bio-here", "L1", 2, Condition.DAMAGED),
        ],
    )

    assert matched.parts == (
        Part(1, 2, Condition.GOOD),
        Part(2, 1, Condition.GOOD),
        Part(2, 2, Condition.DAMAGED),
    )
    assert (matched.unknown, matched.too_many) == ((), {})


def test_what_does_not_fit_is_named_by_row() -> None:
    matched = rules.match_receipt(
        PARCELS,
        [
            PacksSaid("BIO", "L9", 1, Condition.GOOD),
            PacksSaid("GLO", "L1", 2, Condition.GOOD),
            PacksSaid("BIO", "L2", 1, Condition.MISSING),
            PacksSaid("GLO", "L1", 1, Condition.GOOD),
        ],
    )

    assert matched.parts == (Part(4, 1, Condition.GOOD),)
    assert matched.unknown == (0,)
    assert matched.too_many == {1: 1, 2: 0}
