"""What the page of an item offers to order: packs up to par, without a database."""

import datetime as dt
from decimal import Decimal
from typing import Any, cast

import pytest

from supply.catalogue.models import Product
from supply.stock.overview import StockRow, Target
from supply.stock.proposed import proposed


class _Level:
    """As much of an item as can be used."""

    def __init__(self, available: str) -> None:
        self.available = Decimal(available)


def row(available: str, on_order: str, par: str | None) -> StockRow:
    target = Target(Decimal(1), Decimal(par) if par else None)
    level: Any = _Level(available)
    item: Any = None
    return StockRow(item, level, Decimal(on_order), target, True, dt.date(2027, 1, 1))


@pytest.mark.parametrize(
    ("available", "on_order", "par", "packs", "to_par"),
    [
        ("10", "0", "200", 4, True),  # 190 ml are four packs of 50 ml
        ("10", "100", "200", 2, True),
        ("10", "190", "200", 2, False),  # enough: the least one can order
        ("149", "50", "200", 2, True),  # 1 ml lacks: not below the minimum order
        ("0", "0", None, 2, False),
    ],
)
def test_packs_bring_an_item_up_to_par(
    available: str, on_order: str, par: str | None, packs: int, to_par: bool
) -> None:
    product = Product(
        containers_per_pack=10, content_per_container=Decimal(5), minimum_order_packs=2
    )
    found = proposed(row(available, on_order, par), product)
    assert found is not None
    assert (found.packs, found.to_par) == (packs, to_par)


def test_what_nobody_sells_is_not_proposed() -> None:
    assert proposed(row("0", "0", "9"), cast("Product | None", None)) is None
