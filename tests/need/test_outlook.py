"""What is expected of an item day by day, worked by hand."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from supply.db import db, transaction
from supply.need.foreseeing import Target
from supply.need.outlook import Outlook, outlook
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.ordering.terms import Stage
from tests.factories import AMPOULE, NOW, VIAL, World, item, stock
from tests.need.conftest import Book, ahead

pytestmark = pytest.mark.usefixtures("formulation")


def seen(world: World, code: str, days: int = 60) -> Outlook:
    db.session.rollback()
    target = Target(world.clinic.id, item(world, code).id, 0.97)
    return outlook(world.clinic, target, now=NOW, days=days)[1]


def on(outlook_: Outlook, *days: int) -> list[Decimal]:
    """Return what is expected at the close of some days from today."""
    return [outlook_.days[day].on_hand for day in days]


def test_a_single_dose_ampoule_is_used_up_by_the_session_that_needs_a_drop(
    world: World, book: Book
) -> None:
    """0.12 ml each: three sessions take three ampoules of 5 ml, and there are two."""
    stock(world, AMPOULE, "10")
    book(10, 20, 30)
    found = seen(world, AMPOULE)
    assert on(found, 0, 9, 10, 19, 20, 30) == [10, 10, 5, 5, 0, 0]
    assert found.first_short == ahead(30)
    assert found.expiring == []
    assert [day.day for day in found.days[:2]] == [ahead(0), ahead(1)]


def test_stock_vanishes_at_its_expiry_before_a_session(world: World, book: Book) -> None:
    """Both lots are there today; the one that ends on day 15 does not serve day 20."""
    stock(world, AMPOULE, "10", lot="SOON", expiry=ahead(15))
    stock(world, AMPOULE, "5", lot="LATE", expiry=ahead(300))
    book(5, 20, 25)
    found = seen(world, AMPOULE)
    assert on(found, 4, 5, 15, 16, 20) == [15, 10, 10, 5, 0]
    assert found.first_short == ahead(25)
    assert [(one.lot, one.day, one.quantity) for one in found.expiring] == [
        ("SOON", ahead(15), Decimal(5))
    ]


def test_a_multi_dose_vial_is_shared_inside_its_window_and_lapses(world: World, book: Book) -> None:
    """3 ml on day 1 and on day 10 of one vial that serves 28 days; the third needs another."""
    stock(world, VIAL, "20")
    book(1, 10, 40)
    found = seen(world, VIAL)
    assert on(found, 0, 1, 9, 10, 27) == [20, 17, 17, 14, 14]
    assert on(found, 28, 40) == [0, 0]
    assert found.first_short == ahead(40)


def test_what_is_on_order_comes_on_the_day_promised_and_too_late(world: World, book: Book) -> None:
    stock(world, AMPOULE, "5")
    book(3, 6, 12)
    _order(world, AMPOULE, packs=1, expected_on=ahead(8))
    found = seen(world, AMPOULE)
    assert on(found, 3, 6, 7, 8, 12) == [0, 0, 0, 50, 45]
    assert found.first_short == ahead(6)


def test_what_nobody_answered_yet_comes_when_its_supplier_usually_does(
    world: World, book: Book
) -> None:
    """Five days are stated: nine of ten orders come within three to eight days."""
    book(40)
    _order(world, AMPOULE, packs=1, expected_on=None)
    found = seen(world, AMPOULE)
    assert found.takes == (3, 8)
    assert on(found, 0, 4, 5, 39, 40) == [0, 0, 50, 50, 45]
    assert [found.days[4].low, found.days[4].high] == [0, 50]
    assert found.first_short is None


def test_use_nobody_booked_is_learned_and_has_a_range(world: World, book: Book) -> None:
    """An item with nothing booked or used stays as it is."""
    stock(world, AMPOULE, "10")
    found = seen(world, AMPOULE)
    assert {one for day in found.days for one in (day.on_hand, day.low, day.high)} == {Decimal(10)}
    assert (found.first_short, found.order_by, found.rate) == (None, None, Decimal(0))


def _order(world: World, code: str, *, packs: int, expected_on: dt.date | None) -> None:
    with transaction():
        ordered = item(world, code)
        [product] = ordered.products
        db.session.add(
            PurchaseOrder(
                number=f"PO-{code}",
                clinic_id=world.clinic.id,
                supplier_id=world.supplier.id,
                currency="EUR",
                stage=Stage.ACKNOWLEDGED if expected_on else Stage.PLACED,
                created_at=NOW,
                placed_at=NOW,
                acknowledged_at=NOW if expected_on else None,
                expected_on=expected_on,
                lines=[
                    OrderLine(
                        position=1,
                        product=product,
                        item=ordered,
                        sku=product.sku,
                        name=product.name,
                        containers_per_pack=product.containers_per_pack,
                        content_per_container=product.content_per_container,
                        pack_minor=4_500,
                        packs=packs,
                    )
                ],
            )
        )
