"""Low or not, how many packs, which product."""

from decimal import Decimal

import pytest

from supply.replenishment.rules import Choice, Need, Offer, choose, is_low, packs_for

D = Decimal


@pytest.mark.parametrize(
    ("available", "on_order", "low"),
    [("10", "0", True), ("10.001", "0", False), ("0", "10", True), ("4", "7", False)],
)
def test_low_is_at_or_below_the_reorder_point(available: str, on_order: str, low: bool) -> None:
    assert is_low(D(available), D(on_order), D(10)) is low


@pytest.mark.parametrize(
    ("missing", "pack", "minimum", "packs"),
    [("25", "10", 1, 3), ("30", "10", 1, 3), ("0.001", "10", 1, 1), ("0", "10", 2, 2)],
)
def test_packs_are_whole(missing: str, pack: str, minimum: int, packs: int) -> None:
    assert packs_for(D(missing), D(pack), minimum) == packs


def test_the_cheapest_per_unit_at_the_packs_it_takes() -> None:
    need = Need(D(5), D(0), D(10), D(25))
    small = Offer(1, preferred=False, pack_quantity=D(5), minimum_packs=1, price=lambda _packs: 600)
    large = Offer(
        2,
        preferred=False,
        pack_quantity=D(10),
        minimum_packs=1,
        price=lambda packs: 1100 if packs >= 2 else 1300,
    )
    unpriced = Offer(3, preferred=True, pack_quantity=D(1), minimum_packs=1, price=lambda _p: None)
    assert choose(need, [small, large, unpriced]) == Choice(2, 2, D(10))
    assert choose(need, [unpriced]) is None
