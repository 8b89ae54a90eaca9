"""VAT on orders: worked out in the basket, copied at placing, said to both sides."""

import datetime as dt
import re

from flask.testing import FlaskClient

from supply.accounts.models import Practice, Supplier
from supply.actor import SYSTEM
from supply.answering import progress
from supply.baskets import placing
from supply.catalogue.models import Product
from supply.db import db, transaction
from supply.money import Money
from supply.ordering import documents
from supply.vat.registration import Registration, register
from supply.vat.terms import TaxCategory, TaxClass
from tests.ordering.world import NOW, World, draft, mails, order_of, placed, set_price
from tests.support.people import sign_in


def register_seller(world: World, country: str = "DE", number: str = "DE123456789") -> None:
    """Register the world's supplier for VAT, committed."""
    _register(db.session.get_one(Supplier, world.supplier.id), country, number)


def _register(place: Supplier | Practice, country: str, number: str) -> None:
    with transaction():
        register(place, Registration(country, number, True), actor=SYSTEM, now=NOW)


def _make(product: Product, tax_class: TaxClass) -> None:
    with transaction():
        db.session.get_one(Product, product.id).tax_class = tax_class


def taxes(order_id: int) -> list[tuple[str, TaxCategory, int]]:
    """Return (SKU, category, rate in basis points) of an order's lines."""
    return [
        (line.sku, line.tax_category, line.tax_basis_points) for line in order_of(order_id).lines
    ]


def test_placing_copies_category_and_rate(world: World) -> None:
    register_seller(world, "LV", "LV40003000009")
    _register(db.session.get_one(Practice, world.practice.id), "LV", "LV40003000017")
    _make(world.gloves, TaxClass.EXEMPT)
    order_id = placed(world, (world.biotin, 3), (world.gloves, 2))
    # To Berlin, with a number of the seller's own country: as at home.
    assert taxes(order_id) == [
        ("BIO-5", TaxCategory.STANDARD, 2100),
        ("GLO-M", TaxCategory.EXEMPT, 0),
    ]
    order = order_of(order_id)
    assert (order.total, order.owed) == (Money(9113, "EUR"), Money(9113, "EUR"))
    assert order.to_pay == Money(9113 + 1578, "EUR")  # 21 % of 75.15 is 15.7815


def test_what_is_placed_keeps_its_tax(world: World) -> None:
    register_seller(world)
    order_id = placed(world, (world.biotin, 1))
    _register(db.session.get_one(Supplier, world.supplier.id), "", "")
    assert taxes(order_id) == [("BIO-5", TaxCategory.STANDARD, 1900)]
    assert taxes(placed(world, (world.biotin, 1))) == [("BIO-5", TaxCategory.NOT_SUBJECT, 0)]


def test_a_supplier_that_is_not_registered_charges_none(world: World) -> None:
    order_id = placed(world, (world.biotin, 1))
    assert taxes(order_id) == [("BIO-5", TaxCategory.NOT_SUBJECT, 0)]
    assert order_of(order_id).to_pay == Money(2505, "EUR")
    assert "VAT" not in mails()[-1].text


def test_what_is_cancelled_bears_no_tax(world: World) -> None:
    register_seller(world)
    order_id = placed(world, (world.biotin, 2))
    with transaction():
        progress.cancel_rest(order_id, actor=world.manager_acts, now=NOW)
    assert order_of(order_id).to_pay == Money(0, "EUR")


def test_a_limit_is_compared_with_the_net_sum(world: World) -> None:
    register_seller(world)
    order_id = draft(world, (world.biotin, 2))
    with transaction():
        placing.place(order_id, limit=Money(5010, "EUR"), actor=world.manager_acts, now=NOW)
    assert order_of(order_id).placed_at is not None


def _cells(page: str) -> str:
    foot = re.findall(r"<tfoot>.*?</tfoot>", page, re.DOTALL)[0]
    return " ".join(re.sub(r"<[^>]+>", " ", foot).split())


def test_both_sides_see_net_tax_and_what_is_to_pay(client: FlaskClient, world: World) -> None:
    register_seller(world)
    order_id = placed(world, (world.biotin, 3), (world.gloves, 2))
    sums = "Net €91.13 VAT 19% €17.31 To pay €108.44"
    sign_in(client, "mia@example.org")
    assert _cells(client.get(f"/c/mitte/orders/{order_id}").text) == sums
    sign_in(client, "sam@example.org")
    assert _cells(client.get(f"/s/dermal/orders/{order_id}").text) == sums


def test_a_draft_shows_them_before_it_is_placed(client: FlaskClient, world: World) -> None:
    register_seller(world)
    order_id = draft(world, (world.biotin, 3), (world.gloves, 2))
    sign_in(client, "mia@example.org")
    page = client.get(f"/c/mitte/orders/{order_id}").text
    assert _cells(page) == "Net €91.13 VAT 19% €17.31 To pay €108.44"


def test_mail_and_paper_say_them(world: World) -> None:
    register_seller(world)
    order_id = placed(world, (world.biotin, 3), (world.gloves, 2))
    text = mails()[-1].text
    assert "Net: €91.13\nVAT 19%: €17.31\nTo pay: €108.44\n" in text
    assert "To pay" in mails()[-1].html
    rows = documents._totals(order_of(order_id))
    assert rows == [("Net", "€91.13"), ("VAT 19%", "€17.31"), ("To pay", "€108.44")]
    lines = documents.order_csv(order_of(order_id)).decode("utf-8-sig").splitlines()
    assert [line.rsplit(",", 2)[1:] for line in lines] == [
        ["vat_category", "vat_percent"],
        ["S", "19"],
        ["S", "19"],
    ]


def test_a_new_rate_holds_for_orders_from_its_day(world: World) -> None:
    register_seller(world, "FI", "FI12345678")
    _make(world.biotin, TaxClass.MEDICINE)
    with transaction():
        set_price(db.session.get_one(Product, world.biotin.id), 2505, dt.date(2025, 1, 1))
    order_id = draft(world, (world.biotin, 1))
    with transaction():
        year_end = dt.datetime(2025, 12, 31, 12, tzinfo=dt.UTC)
        placing.place(order_id, actor=world.manager_acts, now=year_end)
    assert taxes(order_id) == [("BIO-5", TaxCategory.STANDARD, 1400)]
    assert taxes(placed(world, (world.biotin, 1))) == [("BIO-5", TaxCategory.STANDARD, 1350)]
