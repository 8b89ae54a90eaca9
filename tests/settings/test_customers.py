"""A supplier's customers: who ordered, how much lately, and the last time, on both databases."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask

from supply.conditions.rules import Terms
from supply.conditions.services import set_terms
from supply.db import db, transaction
from supply.ordering.models import PurchaseOrder
from supply.settings.customers import customers_of
from tests.ordering.world import LATER, NOW, World, make_world, placed


@pytest.fixture
def world(app: Flask) -> World:
    return make_world()


def backdated(world: World, at: dt.datetime, currency: str = "EUR") -> None:
    """Place an order of biotin, as of another instant and in another currency."""
    order_id = placed(world, (world.biotin, 1))
    with transaction():
        order = db.session.get_one(PurchaseOrder, order_id)
        order.placed_at, order.currency = at, currency


def test_a_customer_has_its_orders_of_a_year_and_the_last(world: World) -> None:
    year_ago = NOW - dt.timedelta(days=365)
    backdated(world, year_ago - dt.timedelta(seconds=1), "USD")
    backdated(world, year_ago)
    backdated(world, NOW)
    with transaction():
        terms = Terms(10_000)
        set_terms(world.supplier, world.practice, "GBP", terms, actor=world.seller_acts, now=LATER)

    (found,) = customers_of(world.supplier, NOW)

    assert (found.practice, found.clinics) == (world.practice, [world.clinic])
    assert (found.orders, found.last_placed_at) == (2, NOW)
    assert found.currencies == ["EUR", "GBP"]
    assert [own.currency for own in found.terms] == ["GBP"]


def test_who_ordered_long_ago_stays_a_customer(world: World) -> None:
    long_ago = NOW - dt.timedelta(days=900)
    backdated(world, long_ago)
    (found,) = customers_of(world.supplier, NOW)
    assert (found.orders, found.last_placed_at, found.currencies) == (0, long_ago, ["EUR"])
    assert customers_of(world.postal, NOW) == []
