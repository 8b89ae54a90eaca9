"""Parcels of one supplier that leave at once."""

from functools import partial

import pytest
from flask import Flask

from supply.shipping import shipping
from supply.shipping.ship_lines import ShipLine
from tests.invoicing.bills import issued
from tests.ordering.world import NOW, World, placed
from tests.shipping.parcels import GOOD_DAY
from tests.support.racing import all_at_once, at_once

pytestmark = pytest.mark.race


def test_numbers_have_no_gap_and_no_twin(app: Flask, world: World) -> None:
    """Six orders of one supplier, some of whose shipments are refused on the way."""
    actor = world.seller_acts
    orders = [placed(world, (world.biotin, 2)) for _ in range(6)]

    def ship(order_id: int, packs: int) -> object:
        line = ShipLine("A1", GOOD_DAY, packs, sku="BIO-5")
        return shipping.ship(order_id, [line], actor=actor, now=NOW).code

    works = [partial(ship, order_id, 3 if order_id == orders[2] else 2) for order_id in orders]
    answers = all_at_once(app, works)
    assert sum(isinstance(answer, str) for answer in answers) == 5
    assert sorted(row[0] for row in issued()) == [f"DERMAL-2026-{n:05d}" for n in range(1, 6)]


def test_one_parcel_sent_by_all_is_billed_once(app: Flask, world: World) -> None:
    order_id = placed(world, (world.biotin, 2))
    line, actor = ShipLine("A1", GOOD_DAY, 2, sku="BIO-5"), world.seller_acts
    at_once(app, lambda: shipping.ship(order_id, [line], actor=actor, now=NOW).id)
    assert issued() == [("DERMAL-2026-00001", "invoice", "shipped", 5010, 0)]
