"""Pages and files of invoices: who may, and what they show."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale

from supply.accounts.models import Supplier
from supply.accounts.queries import person_with_email
from supply.accounts.tokens import issue_token
from supply.actor import SYSTEM
from supply.db import db, transaction
from supply.invoicing import documents
from supply.invoicing.documents import invoice_pdf
from supply.invoicing.parties import Party
from supply.shipping import shipping
from tests.api.calls import Api
from tests.invoicing import bills
from tests.invoicing.test_issuing import box
from tests.ordering.world import NOW, World, placed
from tests.shipping.parcels import sent
from tests.support.people import sign_in

NUMBER = "DERMAL-2026-00001"
CLINIC = f"/c/mitte/invoices/{NUMBER}"
SUPPLIER = f"/s/dermal/invoices/{NUMBER}"


def shipped(world: World) -> tuple[int, int]:
    """Return an order and its one shipment."""
    order_id = placed(world, (world.biotin, 3), (world.gloves, 2))
    return order_id, sent(world, order_id, box("BIO-5", 3), box("GLO-M", 2))


def words(page: str, id_: str) -> str:
    """Return the words of a section."""
    section = re.findall(rf'<section[^>]* id="{id_}">.*?</section>', page, re.DOTALL)[0]
    return " ".join(re.sub(r"<[^>]+>", " ", section).split())


def test_both_sides_see_them_on_the_order(client: FlaskClient, world: World) -> None:
    order_id, shipment_id = shipped(world)
    with transaction():
        shipping.take_back(shipment_id, actor=world.seller_acts, now=NOW)
    rows = (
        r"Invoice DERMAL-2026-00001 Shipment SH\S+ 22 Nov 2026 6 Dec 2026 €91.13 €91.13 PDF.*"
        r"Credit note DERMAL-2026-00002 The shipment was taken back · DERMAL-2026-00001"
        r" 22 Nov 2026 − ?€91.13 − ?€91.13 PDF"
    )
    sign_in(client, "vera@example.org")
    assert re.search(rows, words(client.get(f"/c/mitte/orders/{order_id}").text, "invoices"))
    sign_in(client, "sam@example.org")
    page = client.get(f"/s/dermal/orders/{order_id}").text
    assert re.search(rows, words(page, "invoices"))
    assert "Your invoices lack" not in page


def test_a_supplier_lists_them_newest_first(client: FlaskClient, world: World) -> None:
    order_id, _shipment_id = shipped(world)
    sign_in(client, "sam@example.org")
    page = client.get("/s/dermal/invoices").text
    assert f'href="/s/dermal/orders/{order_id}#invoices"' in page
    assert NUMBER in page
    assert "€91.13" in page


def test_what_invoices_lack_is_said_to_the_supplier_alone(
    client: FlaskClient, world: World
) -> None:
    with transaction():
        db.session.get_one(Supplier, world.supplier.id).iban = ""
    bills.say(Supplier, "dermal", "", "")
    order_id, _shipment_id = shipped(world)
    lacks = "Your invoices lack: country, VAT number, bank account."
    sign_in(client, "sam@example.org")
    for address in ("/s/dermal/invoices", f"/s/dermal/orders/{order_id}"):
        page = client.get(address).text
        assert lacks in page
        assert "/s/dermal/seller" not in page  # a fulfiller may not say it
    sign_in(client, "mia@example.org")
    assert "invoices lack" not in client.get(f"/c/mitte/orders/{order_id}").text


def test_before_the_first_the_list_says_so(client: FlaskClient, world: World) -> None:
    sign_in(client, "sam@example.org")
    assert "The first is issued when you ship something." in client.get("/s/dermal/invoices").text


def test_files_are_for_both_sides_alone(client: FlaskClient, world: World) -> None:
    shipped(world)
    for email, address in (("vera@example.org", CLINIC), ("sam@example.org", SUPPLIER)):
        sign_in(client, email)
        for form, kind in (("pdf", "application/pdf"), ("xml", "application/xml")):
            answer = client.get(f"{address}.{form}")
            assert (answer.status_code, answer.mimetype) == (200, kind)
            disposition = answer.headers["Content-Disposition"]
            assert disposition == f'attachment; filename="{NUMBER}.{form}"'
    for email in ("otto@example.org", "rita@example.org"):
        sign_in(client, email)
        for address in (CLINIC, SUPPLIER, SUPPLIER.replace("dermal/", "rival/")):
            assert client.get(f"{address}.xml").status_code == 404, (email, address)
    sign_in(client, "mia@example.org")
    assert client.get(f"{CLINIC}9.xml").status_code == 404
    assert client.get("/s/dermal/invoices").status_code == 404


def _texts(rows: list[tuple[str, ...]]) -> list[str]:
    return [" | ".join(cell for cell in row if cell) for row in rows]


def test_paper_says_what_was_sold_and_what_is_to_pay(app: Flask, world: World) -> None:
    shipped(world)
    [invoice] = bills.documents()
    with app.test_request_context():
        assert _texts(list(documents._rows(invoice))) == [
            "SKU | Product | Packs | Pack price | VAT | Net",
            "BIO-5 | Biotin 5 ml, lot A1 | 3 | €25.05 | 0% | €75.15",
            "GLO-M | Gloves M, lot A1 | 2 | €7.99 | 0% | €15.98",
            "Net | €91.13",
            "Intra-Community supply, exempt by Directive 2006/112/EC, art. 138, on €91.13 | €0.00",
            "To pay | €91.13",
        ]
        assert invoice_pdf(invoice).startswith(b"%PDF-")


def _api(app: Flask, email: str) -> Api:
    with transaction():
        person = person_with_email(email)
        assert person is not None
        token = issue_token(person, actor=SYSTEM, now=NOW)
    return Api(app, token)


def test_the_api_gives_them(app: Flask, world: World) -> None:
    order_id, _shipment_id = shipped(world)
    money = {"amount": "91.13", "currency": "EUR"}
    zero = {"amount": "0.00", "currency": "EUR"}
    for email in ("vera@example.org", "sam@example.org"):
        api = _api(app, email)
        listed = api.get(f"/orders/{order_id}/invoices").get_json()
        [one] = listed["invoices"]
        assert one | {"lines": len(one["lines"]), "shipment": one["shipment"][:2]} == {
            "number": NUMBER,
            "kind": "invoice",
            "reason": "shipped",
            "issued_on": "2026-11-22",
            "due_on": "2026-12-06",
            "shipment": "SH",
            "claim": None,
            "return": None,
            "credits": [],
            "net": money,
            "vat": [{"category": "K", "rate": "0", "net": money, "vat": zero}],
            "total": money,
            "lines": 2,
            "carriage": zero,
            "match": {
                "status": "differs",
                "blocked": True,
                "differences": [
                    {
                        "sku": sku,
                        "kind": "not_received",
                        "packs": packs,
                        "message": f"{packs} packs of {name} invoiced and not received",
                    }
                    for sku, packs, name in (("BIO-5", 3, "Biotin 5 ml"), ("GLO-M", 2, "Gloves M"))
                ],
                "reason": None,
            },
        }
        order = api.get(f"/orders/{order_id}").get_json()
        assert order["invoices"] == listed["invoices"]
        assert (order["total"], order["to_pay"]) == (money, money)
        for form, kind in (("pdf", "application/pdf"), ("xml", "application/xml")):
            answer = api.get(f"/invoices/{NUMBER}.{form}")
            assert (answer.status_code, answer.mimetype) == (200, kind)
        assert api.get("/invoices/NONE-2026-00001.xml").status_code == 404
    for email in ("otto@example.org", "rita@example.org"):
        api = _api(app, email)
        for path in (f"/orders/{order_id}/invoices", f"/invoices/{NUMBER}.pdf"):
            assert api.get(path).status_code == 404


@pytest.mark.parametrize(
    ("last", "country"),
    [("Latvia", []), ("LETTONIE", []), ("lv", []), ("Rīga LV-0000", ["Lettonie"])],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_country_stands_once_below_an_address(app: Flask, last: str, country: list[str]) -> None:
    party = Party(name="Aurora", address=("Brīvības iela 1", last), country="LV")
    with app.test_request_context(), force_locale("fr"):
        assert list(documents._side("Buyer", party))[1:] == ["Brīvības iela 1", last, *country]
