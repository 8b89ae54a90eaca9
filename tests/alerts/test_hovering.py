"""What hovers at an edge is one alert, told once: nothing flaps."""

import datetime as dt

import sqlalchemy as sa

from supply.accounts.models import Clinic
from supply.alerts.digest import queue_digests
from supply.alerts.settling import HOVERS
from supply.db import db, transaction
from tests.factories import BIOTIN, NOW, TODAY, World, stock
from tests.replenishment.conftest import Reorder, alerts, swept

DAY = dt.timedelta(days=1)
BIOTIN_NAME = "Biotin 5 mg/ml, ampoule"


def test_what_hovers_at_its_reorder_point_is_one_alert(world: World, reorder: Reorder) -> None:
    """9, 11, 9, 11 available, by the hour and then by the day, at a reorder point of 10."""
    stock(world, BIOTIN, "9", lot="B1")
    reorder(BIOTIN, "10", "25")
    swept()
    with transaction():
        assert queue_digests(NOW).queued == 2
    steps = [dt.timedelta(hours=hour) for hour in range(1, 8)] + [DAY * day for day in range(1, 8)]
    for number, step in enumerate(steps):
        _available(11 if number % 2 == 0 else 9)
        swept(NOW + step)
        with transaction():
            assert queue_digests(NOW + step).queued == 0
    assert alerts() == [("order_now", "open", BIOTIN_NAME)]


def test_what_comes_back_after_two_days_is_another_alert(world: World, reorder: Reorder) -> None:
    stock(world, BIOTIN, "9", lot="B1")
    reorder(BIOTIN, "10", "25")
    swept()
    _available(11)
    swept(NOW)
    _available(9)
    assert swept(NOW + HOVERS - dt.timedelta(seconds=1)).opened.total() == 1
    assert alerts() == [("order_now", "open", BIOTIN_NAME)]
    _available(11)
    swept(NOW + DAY * 2)
    _available(9)
    swept(NOW + DAY * 2 + HOVERS)
    assert alerts() == [
        ("order_now", "resolved", BIOTIN_NAME),
        ("order_now", "open", BIOTIN_NAME),
    ]


def test_a_lot_at_the_edge_of_the_window_is_one_alert(world: World) -> None:
    stock(world, BIOTIN, "8", lot="B1", expiry=TODAY + DAY * 60)
    for hour in range(6):
        with transaction():
            db.session.execute(sa.update(Clinic).values(expiring_days=60 - hour % 2))
        swept(NOW + dt.timedelta(hours=hour))
    assert alerts() == [("expiring", "resolved", BIOTIN_NAME)]


def _available(ampoules: int) -> None:
    """Make the only balance what is said, below the ledger's services."""
    with transaction():
        db.session.execute(sa.text("UPDATE balance SET quantity = :q"), {"q": ampoules * 1000})
