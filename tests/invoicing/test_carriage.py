"""Carriage to the cent: on orders, their files, invoices and credit notes, in refunds."""

import csv
import io
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest
from flask import Flask
from flask.testing import FlaskClient

from supply.accounts.models import Membership, Practice
from supply.accounts.terms import Role
from supply.answering import answering, progress, taking_back
from supply.baskets import placing
from supply.catalogue.models import Product
from supply.conditions.rules import Carriage
from supply.db import db, transaction
from supply.invoicing.documents import invoice_pdf
from supply.invoicing.ubl import invoice_xml
from supply.ordering.documents import order_csv, order_pdf
from supply.ordering.refusals import BelowMinimum
from supply.ordering.terms import PayBy, Side
from supply.payments.refunding import kept_minor
from supply.shipping import shipping
from supply.vat.terms import TaxClass
from tests.conditions.asked import ask
from tests.invoicing.bills import documents, issued, say
from tests.invoicing.test_issuing import agrees, box
from tests.invoicing.test_ubl import check_arithmetic, sums, texts
from tests.ordering.world import NOW, World, draft, mails, order_of, placed
from tests.shipping.parcels import sent
from tests.support.einvoice import rule_faults, schema_faults
from tests.support.people import sign_in

NINE = Carriage(900, 25_000)


@pytest.fixture
def home(world: World, app: Flask) -> World:
    """The registered supplier sells at home: 21 % on goods, and on carriage like them."""

    say(Practice, "skin", "LV", "LV40003000009")
    with transaction():
        clinic = db.session.get_one(type(world.clinic), world.clinic.id)
        clinic.timezone = "Europe/Riga"
    ask(world, carriage=NINE)
    return world


def test_carriage_is_copied_at_placing_and_billed_with_the_first_shipment(home: World) -> None:
    order_id = placed(home, (home.biotin, 3))
    order = order_of(order_id)
    # 75.15 and 9.00 are 84.15; 21 % of that are 17.6715.
    assert (order.total_minor, order.owed.minor, order.to_pay.minor) == (8415, 8415, 10_182)
    assert [(one.terms.basis_points, one.net_minor) for one in order.owed_vat] == [(2100, 8415)]
    ask(home, carriage=Carriage(5000))  # what is placed stays placed
    first = sent(home, order_id, box("BIO-5", 1))
    sent(home, order_id, box("BIO-5", 2, "B2"))
    assert [net for _n, _k, _r, net, _v in issued()] == [2505 + 900, 5010]
    assert agrees(order_id)
    with transaction():
        shipping.take_back(first, actor=home.seller_acts, now=NOW)
    # Another parcel is on its way: the order still bears its carriage, once.
    assert [net for _n, _k, _r, net, _v in issued()] == [3405, 5010, 2505]
    sent(home, order_id, box("BIO-5", 1, "C3"))
    assert [net for _n, _k, _r, net, _v in issued()] == [3405, 5010, 2505, 2505]
    assert agrees(order_id)


def test_nothing_sent_nothing_owed_and_begun_anew_it_is_billed_again(home: World) -> None:
    order_id = placed(home, (home.biotin, 3))
    only = sent(home, order_id, box("BIO-5", 3))
    with transaction():
        shipping.take_back(only, actor=home.seller_acts, now=NOW)
    assert [net for _n, _k, _r, net, _v in issued()] == [8415, 8415]
    with transaction():
        progress.cancel_rest(order_id, side=Side.CLINIC, actor=home.manager_acts, now=NOW)
    order = order_of(order_id)
    assert (order.owed.minor, order.to_pay.minor) == (0, 0)
    assert (order.total_minor, order.cancelled_total.minor) == (8415, 8415)
    with transaction():
        taking_back.take_back_cancelling(
            order_id, side=Side.CLINIC, actor=home.manager_acts, now=NOW
        )
    assert order_of(order_id).owed.minor == 8415
    sent(home, order_id, box("BIO-5", 3))
    assert [net for _n, _k, _r, net, _v in issued()] == [8415, 8415, 8415]
    assert agrees(order_id)


def test_what_the_card_keeps_follows_carriage(home: World) -> None:
    """Declined: all goes back. Cancelled in part: carriage stays."""
    for packs_sent in (0, 1):
        order_id = placed(home, (home.biotin, 3))
        with transaction():
            order_of_now = db.session.get_one(type(order_of(order_id)), order_id)
            order_of_now.pay_by = PayBy.CARD
        if packs_sent:
            sent(home, order_id, box("BIO-5", packs_sent))
            with transaction():
                progress.cancel_rest(order_id, actor=home.manager_acts, now=NOW)
        else:
            with transaction():
                answering.decline(order_id, reason="gone", actor=home.seller_acts, now=NOW)
        net = packs_sent * 2505 + (900 if packs_sent else 0)
        assert kept_minor(order_of(order_id)) == net + round(net * 0.21)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_carriage_stands_on_every_paper(home: World, client: FlaskClient) -> None:
    order_id = placed(home, (home.biotin, 3))
    shipment_id = sent(home, order_id, box("BIO-5", 3))
    with transaction():
        shipping.take_back(shipment_id, actor=home.seller_acts, now=NOW)
    for document, root_name in zip(documents(), ("Invoice", "CreditNote"), strict=True):
        xml = invoice_xml(document)
        root = ET.fromstring(xml)  # noqa: S314 - our own
        assert (schema_faults(xml), rule_faults(xml)) == ([], [])
        check_arithmetic(root)
        assert root.tag.endswith(root_name)
        charge = "cac:AllowanceCharge/"
        assert texts(root, f"{charge}cbc:ChargeIndicator") == ["true"]
        assert sums(root, f"{charge}cbc:Amount") == [Decimal("9.00")]
        assert texts(root, f"{charge}cac:TaxCategory/cbc:Percent") == ["21"]
        totals = "cac:LegalMonetaryTotal/cbc:"
        assert sums(root, f"{totals}LineExtensionAmount") == [Decimal("75.15")]
        assert sums(root, f"{totals}ChargeTotalAmount") == [Decimal("9.00")]
        assert sums(root, f"{totals}TaxExclusiveAmount") == [Decimal("84.15")]
        assert invoice_pdf(document).startswith(b"%PDF")
    order = order_of(order_id)
    rows = list(csv.DictReader(io.StringIO(order_csv(order).decode("utf-8-sig"))))
    assert [(row["line"], row["name"], row["owed"]) for row in rows] == [
        ("1", "Biotin 5 ml", "75.15"), ("2", "Carriage", "9.00")
    ]  # fmt: skip
    assert order_pdf(order).startswith(b"%PDF")
    assert "Carriage: €9.00" in next(mail for mail in mails() if "orders" in mail.text).text
    sign_in(client, "mia@example.org")
    page = client.get(f"/c/mitte/orders/{order_id}").text
    assert "Carriage" in page
    assert "€84.15" in page


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_goods_at_two_rates_have_carriage_at_the_standard_one(home: World) -> None:
    with transaction():
        db.session.get_one(Product, home.gloves.id).tax_class = TaxClass.MEDICINE
    order = order_of(placed(home, (home.gloves, 2)))
    assert [(one.terms.basis_points, one.net_minor) for one in order.owed_vat] == [(1200, 2498)]
    order = order_of(placed(home, (home.biotin, 1), (home.gloves, 2)))
    assert [(one.terms.basis_points, one.net_minor) for one in order.owed_vat] == [
        (2100, 2505 + 900), (1200, 1598)
    ]  # fmt: skip


def test_an_order_below_the_minimum_is_not_placed(world: World) -> None:
    ask(world, minimum=10_000, carriage=NINE)
    order_id = draft(world, (world.biotin, 3))
    with pytest.raises(BelowMinimum) as refused, transaction():
        placing.place(order_id, actor=world.manager_acts, now=NOW)
    assert str(refused.value) == ("Dermal GmbH takes orders from €100.00, net: €24.85 are missing.")
    assert order_of(order_id).stage == "draft"
    ask(world, minimum=7_515, days=7, of_one=True)
    with transaction():
        placing.place(order_id, actor=world.manager_acts, now=NOW)
    assert (order_of(order_id).stage, order_of(order_id).carriage_minor) == ("placed", 900)
    sent(world, order_id, box("BIO-5", 3))
    (invoice,) = documents()
    assert invoice.due_on is not None
    assert (invoice.due_on - invoice.issued_on).days == 7
    big = placed(world, (world.biotin, 10))
    assert order_of(big).carriage_minor == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_basket_says_what_is_missing_and_what_carriage_costs(
    world: World, client: FlaskClient
) -> None:
    ask(world, minimum=10_000, carriage=NINE)
    sign_in(client, "mia@example.org")
    client.post("/c/mitte/basket", data={"product_id": world.biotin.id, "packs": "3"})
    page = client.get("/c/mitte/basket").text
    assert "€24.85 more are needed." in page
    assert "Dermal GmbH takes orders from €100.00 on, net and without carriage." in page
    assert "Free with goods for €174.85 more" in page
    assert "€84.15" in page


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_suppliers_say_their_terms_of_all_and_of_one(world: World, client: FlaskClient) -> None:
    placed(world, (world.biotin, 3))
    home = "/s/dermal/customers"
    sign_in(client, "sam@example.org")
    page = client.get(home)
    assert "Skin &amp; Co" in page.text
    assert client.get(f"{home}/terms/EUR").status_code == 403  # a fulfiller sets none
    sign_in(client, "rita@example.org")
    assert client.get(home).status_code == 404
    assert "Skin" not in client.get("/s/rival/customers").text
    assert client.get("/s/rival/customers/skin/terms/EUR").status_code == 404
    with transaction():
        member = db.session.query(Membership).filter_by(person_id=world.seller.id).one()
        member.role = Role.SUPPLIER_ADMIN
    sign_in(client, "sam@example.org")
    bad = {"minimum": "many", "carriage": "", "free_from": "9"}
    answer = client.post(f"{home}/terms/EUR", data=bad)
    assert answer.status_code == 400
    assert "Enter a sum" in answer.text
    refused = client.post(f"{home}/terms/EUR", data={"free_from": "9"})
    assert "Say what carriage costs below that sum." in refused.text
    good = {"minimum": "€1,000.00", "carriage": "9", "free_from": "2500,50"}
    assert client.post(f"{home}/terms/EUR", data=good).status_code == 302
    own = {"minimum": "0", "payment_days": "60"}
    assert client.post(f"{home}/skin/terms/EUR", data=own).status_code == 302
    page = client.get(home)
    assert "Orders from €1,000.00" in page.text
    assert "Carriage €9.00, free from €2,500.50" in page.text
    assert "No minimum order" in page.text
    assert "Due after 60 days" in page.text
    assert client.get(f"{home}/terms/XXX").status_code == 404
