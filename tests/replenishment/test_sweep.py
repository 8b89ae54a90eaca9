"""The sweep: exactly which alerts open, last and resolve, and what is proposed."""

import datetime as dt
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask

from supply.alerts import wording
from supply.alerts.models import Alert
from supply.alerts.terms import AlertKind, AlertStatus
from supply.catalogue.models import Price, Product
from supply.db import db, transaction
from supply.inventory.models import Container
from supply.items.models import Item, ItemProduct
from supply.ordering.models import OrderLine
from supply.replenishment.models import Proposal
from supply.replenishment.sweep import SWEPT, SweepCounts
from tests.factories import AMPOULE, BIOTIN, CREAM, NEEDLE, NOW, TODAY, VIAL, World, item, stock
from tests.replenishment.conftest import Order, Reorder, alerts, swept
from tests.support.queries import recorded_statements

DAY = dt.timedelta(days=1)
BIOTIN_NAME = "Biotin 5 mg/ml, ampoule"
AMPOULE_NAME = "Tranexamic acid 100 mg/ml, ampoule"


def message(alert: Alert, today: dt.date = TODAY) -> str:
    """Return the alert as people read it."""
    return wording.message(alert.kind, alert.facts, today)


def only_alert() -> Alert:
    """Return the only alert there is."""
    db.session.rollback()
    return db.session.scalars(sa.select(Alert)).one()


def test_nothing_to_say_opens_nothing(world: World, reorder: Reorder) -> None:
    stock(world, BIOTIN, "11")
    reorder(BIOTIN, "10", "25")
    assert swept() == SweepCounts()
    assert alerts() == []


def test_an_item_at_its_reorder_point_opens_one_alert_once(world: World, reorder: Reorder) -> None:
    stock(world, AMPOULE, "40")
    reorder(AMPOULE, "50", "125")
    assert swept().opened == Counter({AlertKind.ORDER_NOW: 1})
    again = swept(NOW + DAY)
    assert (again.opened, again.kept) == (Counter(), Counter({AlertKind.ORDER_NOW: 1}))
    assert alerts() == [("order_now", "open", AMPOULE_NAME)]
    assert message(only_alert()) == (
        "8 ampoules available and none on order, at or below the reorder point of 10."
        " Order 2 packs (20 ampoules) to reach the par level of 25."
    )


def test_it_resolves_by_itself_when_enough_is_on_order(
    world: World, reorder: Reorder, order: Order
) -> None:
    stock(world, BIOTIN, "8")
    reorder(BIOTIN, "10", "25")
    swept()
    order(BIOTIN, 1)
    counts = swept(NOW + DAY)
    assert counts.resolved == Counter({AlertKind.ORDER_NOW: 1})
    alert = only_alert()
    assert (alert.status, alert.resolved_at) == (AlertStatus.RESOLVED, NOW + DAY)
    assert db.session.scalars(sa.select(Proposal)).all() == []


def test_its_figures_follow_the_shelf(world: World, reorder: Reorder, order: Order) -> None:
    stock(world, BIOTIN, "8")
    reorder(BIOTIN, "30", "45")
    swept()
    order(BIOTIN, 1)
    swept()
    assert message(only_alert()) == (
        "8 ampoules available and 10 ampoules on order, at or below the reorder point of 30."
        " Order 3 packs (30 ampoules) to reach the par level of 45."
    )


def test_out_of_stock(world: World, reorder: Reorder, order: Order) -> None:
    reorder(BIOTIN, "5", "25")
    order(BIOTIN, 2)
    assert swept().opened == Counter({AlertKind.OUT_OF_STOCK: 1})
    assert message(only_alert()).startswith("None available; 20 ampoules on order, expected on")


def test_what_is_held_is_not_available(world: World, reorder: Reorder) -> None:
    stock(world, BIOTIN, "50", hold_reason="warm")
    reorder(BIOTIN, "5", "25")
    assert swept().opened == Counter({AlertKind.OUT_OF_STOCK: 1, AlertKind.ORDER_NOW: 1})


@pytest.mark.parametrize(
    ("days", "kind"),
    [(61, None), (60, "expiring"), (0, "expiring"), (-1, "expired"), (-400, "expired")],
)
def test_expiry_is_a_window(world: World, days: int, kind: str | None) -> None:
    stock(world, BIOTIN, "8", expiry=TODAY + DAY * days)
    swept()
    assert [alert[0] for alert in alerts()] == ([kind] if kind else [])


def test_expiring_becomes_expired(world: World) -> None:
    stock(world, BIOTIN, "8", lot="B7", expiry=TODAY)
    swept()
    assert message(only_alert()) == "8 ampoules of lot B7 expire today. Use them first."
    counts = swept(NOW + DAY)
    assert counts.resolved == Counter({AlertKind.EXPIRING: 1})
    assert counts.opened == Counter({AlertKind.EXPIRED: 1})
    expired = db.session.scalars(sa.select(Alert).where(Alert.kind == AlertKind.EXPIRED)).one()
    assert message(expired) == (
        "Lot B7 expired on 15 Jun 2026, and 8 ampoules are still on the shelf. Discard them."
    )


def test_the_day_is_the_clinics_own(world: World) -> None:
    stock(world, BIOTIN, "8", expiry=TODAY)
    stock(world, BIOTIN, "8", expiry=TODAY, clinic=world.sister)
    midnight_in_riga = dt.datetime(2026, 6, 15, 21, 0, tzinfo=dt.UTC)
    swept(midnight_in_riga - dt.timedelta(seconds=1))
    assert [alert[0] for alert in alerts()] == ["expiring", "expiring"]
    counts = swept(midnight_in_riga)
    assert counts.opened == Counter({AlertKind.EXPIRED: 1})
    assert counts.kept == Counter({AlertKind.EXPIRING: 1})
    counts = swept(midnight_in_riga + dt.timedelta(hours=2))
    assert counts.opened == Counter({AlertKind.EXPIRED: 1})


def test_an_open_container_past_its_time(world: World) -> None:
    lot = stock(world, VIAL, "20", lot="L9", expiry=TODAY + DAY * 300)
    discard_at = NOW + dt.timedelta(hours=3)
    _open(lot.id, NOW, discard_at)
    assert swept(discard_at - dt.timedelta(seconds=1)) == SweepCounts()
    assert swept(discard_at).opened == Counter({AlertKind.OPEN_PAST_TIME: 1})
    assert message(only_alert()) == (
        "An open container of lot L9, 20 ml left: use by 15 Jun 2026, 15:00 has passed. Discard it."
    )


def _open(lot_id: int, opened_at: dt.datetime, discard_at: dt.datetime) -> None:
    """Turn the lot's sealed balance into an open container, below the ledger's services."""
    with transaction():
        clinic = db.session.scalars(sa.text("SELECT clinic_id FROM balance")).one()
        container = Container(
            clinic_id=clinic, lot_id=lot_id, opened_at=opened_at, discard_at=discard_at
        )
        db.session.add(container)
        db.session.flush()
        db.session.execute(
            sa.text("UPDATE balance SET container_id = :id WHERE lot_id = :lot"),
            {"id": container.id, "lot": lot_id},
        )


def test_a_delivery_is_overdue_until_all_has_come(world: World, order: Order) -> None:
    order(BIOTIN, 3, expected_on=TODAY)
    assert swept() == SweepCounts()
    assert swept(NOW + DAY).opened == Counter({AlertKind.DELIVERY_OVERDUE: 1})
    assert message(only_alert(), TODAY + DAY) == (
        "3 packs from Baltic Meso Supplies were expected yesterday, 15 Jun. Ask the supplier."
    )
    with transaction():
        db.session.execute(sa.update(OrderLine).values(shipped=2, received=2, cancelled=1))
    assert swept(NOW + DAY).resolved == Counter({AlertKind.DELIVERY_OVERDUE: 1})


def test_a_sweep_of_some_clinics_leaves_the_others_alone(world: World, reorder: Reorder) -> None:
    reorder(BIOTIN, "5", "25")
    reorder(BIOTIN, "5", "25", clinic=world.sister)
    swept()
    stock(world, BIOTIN, "50")
    stock(world, BIOTIN, "50", clinic=world.sister)
    assert swept(NOW, world.sister).resolved.total() == 2
    by_clinic = db.session.execute(
        sa.select(Alert.clinic_id, Alert.status, sa.func.count()).group_by(
            Alert.clinic_id, Alert.status
        )
    )
    assert {(c, s): n for c, s, n in by_clinic} == {
        (world.clinic.id, AlertStatus.OPEN): 2,
        (world.sister.id, AlertStatus.RESOLVED): 2,
    }


def proposal() -> tuple[str, int, str]:
    """Return the only proposal as (SKU, packs, order by)."""
    db.session.rollback()
    made = db.session.scalars(sa.select(Proposal)).one()
    return made.product.sku, made.packs, made.order_by.isoformat()


def test_a_proposal_fills_up_to_par_in_whole_packs(
    world: World, reorder: Reorder, order: Order
) -> None:
    stock(world, BIOTIN, "3")
    reorder(BIOTIN, "20", "34")
    order(BIOTIN, 1)
    swept()
    assert proposal() == (BIOTIN, 3, "2026-06-15")


def test_a_proposal_keeps_to_the_minimum_order(world: World, reorder: Reorder) -> None:
    with transaction():
        db.session.execute(sa.update(Product).values(minimum_order_packs=7))
    stock(world, BIOTIN, "3")
    reorder(BIOTIN, "20", "34")
    swept()
    assert proposal() == (BIOTIN, 7, "2026-06-15")


def _second_product(world: World, pack_minor: int, preferred: bool = False) -> None:
    """Let biotin also be bought as another product, ten ampoules a pack."""
    with transaction():
        biotin = item(world, BIOTIN)
        other = item(world, AMPOULE).products[0]
        other.content_per_container = Decimal(1)
        db.session.add(ItemProduct(item_id=biotin.id, product_id=other.id, preferred=preferred))
        db.session.execute(
            sa.update(Price).where(Price.product_id == other.id).values(pack_minor=pack_minor)
        )


@pytest.mark.parametrize(
    ("pack_minor", "preferred", "bought"),
    [(2_300, False, AMPOULE), (2_500, False, BIOTIN), (2_500, True, AMPOULE)],
)
def test_the_preferred_product_else_the_cheapest(
    world: World, reorder: Reorder, pack_minor: int, preferred: bool, bought: str
) -> None:
    reorder(BIOTIN, "5", "10")
    with transaction():
        db.session.execute(sa.update(ItemProduct).values(preferred=False))
    _second_product(world, pack_minor, preferred)
    swept()
    assert proposal()[0] == bought


def test_without_a_price_in_the_clinics_currency_nothing_is_proposed(
    world: World, reorder: Reorder
) -> None:
    with transaction():
        db.session.execute(sa.update(Price).values(currency="GBP"))
    stock(world, BIOTIN, "3")
    reorder(BIOTIN, "5", "25")
    swept()
    assert db.session.scalars(sa.select(Proposal)).all() == []
    assert message(only_alert()) == (
        "3 ampoules available and none on order, at or below the reorder point of 5."
        " No product of it has a price in EUR: add one to order it."
    )


def test_archived_and_untracked_items_are_left_alone(world: World, reorder: Reorder) -> None:
    reorder(BIOTIN, "5", "25")
    reorder(NEEDLE, "5", "25")
    with transaction():
        db.session.execute(sa.update(Item).where(Item.code == NEEDLE).values(archived_at=NOW))
        db.session.execute(
            sa.text(
                "INSERT INTO clinic_item (clinic_id, item_id, tracked)"
                " SELECT :clinic, id, false FROM item WHERE code = :code"
            ),
            {"clinic": world.clinic.id, "code": BIOTIN},
        )
    assert swept() == SweepCounts()


def test_sweeps_at_once_open_one_alert(app: Flask, world: World, reorder: Reorder) -> None:
    stock(world, BIOTIN, "8", expiry=TODAY)
    reorder(BIOTIN, "10", "25")
    reorder(NEEDLE, "10", "25")
    db.session.rollback()
    ready = threading.Barrier(4)

    def run(_number: int) -> int:
        with app.app_context():
            ready.wait()
            return swept().opened.total()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(run, range(4))) == [0, 0, 0, 4]
    assert sorted(alerts()) == [
        ("expiring", "open", BIOTIN_NAME),
        ("order_now", "open", BIOTIN_NAME),
        ("order_now", "open", "Mesotherapy needle 30G x 4 mm"),
        ("out_of_stock", "open", "Mesotherapy needle 30G x 4 mm"),
    ]


def test_a_sweep_takes_the_same_statements_whatever_the_data(
    app: Flask, world: World, reorder: Reorder
) -> None:
    def statements() -> int:
        with recorded_statements(db.engine) as seen:
            swept()
        return len(seen)

    stock(world, BIOTIN, "8", expiry=TODAY)
    reorder(BIOTIN, "10", "25")
    reorder(CREAM, "60", "90")
    swept()
    first = statements()
    for code in (AMPOULE, NEEDLE, VIAL):
        stock(world, code, "20", expiry=TODAY, clinic=world.sister)
        reorder(code, "1000", "2500")
        reorder(code, "1000", "2500", clinic=world.sister)
    swept()
    assert statements() == first


def test_counts_as_json_name_every_kind() -> None:
    counts = SweepCounts(opened=Counter({AlertKind.ORDER_NOW: 2}))
    assert counts.as_json()["order_now"] == {"opened": 2, "kept": 0, "resolved": 0}
    assert list(counts.as_json()) == [kind.value for kind in SWEPT]
