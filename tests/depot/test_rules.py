"""Which lots leave a depot, and in what packs."""

import datetime as dt
from decimal import Decimal

import pytest

from supply.depot.rules import Counted, Fill, Shelf, Wanted, free
from supply.inventory.rules import Source

TODAY = dt.date(2026, 11, 22)
CAME = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
CONTENT = Decimal(5)


def lot(
    number: str,
    days: int | None,
    containers: int,
    *,
    place: int = 1,
    item: int = 1,
    content: Decimal = CONTENT,
) -> Source:
    """Return sealed containers of a lot that lasts so many days more."""
    expiry = None if days is None else TODAY + dt.timedelta(days=days)
    lot_id = sum(map(ord, number))
    return Source(
        balance_id=lot_id * 10 + place,
        item_id=item,
        lot_id=lot_id,
        lot_number=number,
        location_id=place,
        container_id=None,
        quantity=content * containers,
        content=content,
        expiry=expiry,
        discard_at=None,
        first_in_at=CAME,
    )


def wanted(packs: int, *, days: int | None = 180, item: int = 1) -> Wanted:
    """Return a need of packs of ten containers."""
    return Wanted(item, packs, 10, CONTENT, days, TODAY)


def filled(fill: Fill) -> tuple[list[tuple[str, int]], int, int]:
    """Return the lots and their packs, what is short, and what is too near."""
    return [(pick.lot_number, pick.packs) for pick in fill.picks], fill.short, fill.too_near


@pytest.mark.parametrize(
    ("lots", "packs", "expected"),
    [
        ([], 3, ([], 3, 0)),
        ([lot("B", 300, 50), lot("A", 200, 20)], 3, ([("A", 2), ("B", 1)], 0, 0)),
        ([lot("U", None, 10), lot("A", 200, 10)], 2, ([("A", 1), ("U", 1)], 0, 0)),
        ([lot("N", 179, 30), lot("A", 180, 10)], 2, ([("A", 1)], 1, 3)),
        ([lot("A", 200, 9), lot("B", 300, 11)], 2, ([("B", 1)], 1, 0)),
        ([lot("A", 200, 4), lot("A", 200, 6, place=2)], 1, ([("A", 1)], 0, 0)),
        ([lot("A", 200, 10, item=2)], 1, ([], 1, 0)),
        ([lot("A", 200, 10, content=Decimal(10))], 1, ([], 1, 0)),
        ([lot("A", 200, 10)], 0, ([], 0, 0)),
    ],
    ids=[
        "nothing there",
        "first expired first, over several lots",
        "undated last",
        "not below the promised shelf life",
        "whole packs only",
        "a pack out of two places",
        "of that product only",
        "of that size only",
        "nothing wanted",
    ],
)
def test_fill(lots: list[Source], packs: int, expected: object) -> None:
    assert filled(Shelf(lots).fill(wanted(packs))) == expected


def test_what_one_need_takes_the_next_has_not() -> None:
    shelf = Shelf([lot("A", 200, 30), lot("B", 300, 30)])
    assert filled(shelf.fill(wanted(2))) == ([("A", 2)], 0, 0)
    assert filled(shelf.fill(wanted(3))) == ([("A", 1), ("B", 2)], 0, 0)
    assert filled(shelf.fill(wanted(3))) == ([("B", 1)], 2, 0)


def test_containers_are_taken_place_by_place() -> None:
    shelf = Shelf([lot("A", 200, 4), lot("A", 200, 16, place=2)])
    (pick,) = shelf.fill(wanted(1)).picks
    assert [(one.source.location_id, one.containers) for one in pick.taken] == [(1, 4), (2, 6)]


def test_a_lot_is_taken_by_its_number_or_says_what_there_is() -> None:
    shelf = Shelf([lot("A-1", 20, 35)])
    picked = shelf.take(1, " a-1", 2, 10)
    assert not isinstance(picked, int)
    assert (picked.lot_number, picked.packs) == ("A-1", 2)
    assert shelf.take(1, "A-1", 2, 10) == 1
    assert shelf.take(1, "A1", 1, 10) == 0
    assert shelf.take(2, "A-1", 1, 10) == 0


def test_packs_and_what_is_beside_them() -> None:
    assert (Counted(23, 10).packs, Counted(23, 10).loose) == (2, 3)
    assert (free(5, 3), free(3, 5)) == (2, 0)
