"""The XML of invoices, held against UBL 2.1's schemas and the rules of CEN and Peppol."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from xml.etree import ElementTree as ET

import pytest
from flask import Flask

from supply.accounts.models import Clinic, Practice, Supplier
from supply.catalogue.models import Product
from supply.conditions.rules import Carriage
from supply.db import db, transaction
from supply.invoicing.models import Invoice
from supply.invoicing.ubl import CAC, CBC, ROOTS, invoice_xml
from supply.shipping import shipping
from supply.vat.terms import TaxClass
from tests.conditions.asked import ask
from tests.invoicing.bills import documents, say
from tests.invoicing.test_issuing import box
from tests.ordering.world import NOW, World, make_world, placed
from tests.shipping.parcels import sent
from tests.support.einvoice import rule_faults, schema_faults

NS = {"cac": CAC, "cbc": CBC}
CENT = Decimal("0.01")


def both(world: World) -> tuple[Invoice, Invoice]:
    """Return an invoice, and the credit note after its shipment was taken back."""
    order_id = placed(world, (world.biotin, 3), (world.gloves, 2))
    shipment_id = sent(world, order_id, box("BIO-5", 3), box("GLO-M", 2, "G/7 & <8>"))
    with transaction():
        shipping.take_back(shipment_id, actor=world.seller_acts, now=NOW)
    invoice, note = documents()
    return invoice, note


def exempt(product: Product) -> None:
    with transaction():
        db.session.get_one(Product, product.id).tax_class = TaxClass.EXEMPT


def clinic_in(timezone: str) -> None:
    with transaction():
        clinic = db.session.query(Clinic).filter_by(code="mitte").one()
        clinic.timezone = timezone


def texts(root: ET.Element, path: str) -> list[str]:
    """Return the texts at a path; names without a prefix are basic components."""
    return [element.text or "" for element in root.findall(path, NS)]


def sums(root: ET.Element, path: str) -> list[Decimal]:
    return [Decimal(text) for text in texts(root, path)]


def check_arithmetic(root: ET.Element) -> None:
    """Hold each rule of the sums to the cent: the official ones let nearly 1.00 slip."""
    kind = root.tag.rpartition("}")[2]
    totals = "cac:LegalMonetaryTotal/cbc:"
    [net] = sums(root, f"{totals}LineExtensionAmount")
    [without] = sums(root, f"{totals}TaxExclusiveAmount")
    [with_tax] = sums(root, f"{totals}TaxInclusiveAmount")
    [to_pay] = sums(root, f"{totals}PayableAmount")
    [tax] = sums(root, "cac:TaxTotal/cbc:TaxAmount")
    lines = root.findall(f"cac:{kind}Line", NS)
    assert net == sum(_line_net(line) for line in lines)  # BR-CO-10
    charges = root.findall("cac:AllowanceCharge", NS)
    charged = sum((sum(sums(one, "cbc:Amount")) for one in charges), Decimal(0))
    assert charged == sum(sums(root, f"{totals}ChargeTotalAmount"))  # BR-CO-12
    assert without == net + charged  # BR-CO-13: no allowances
    assert tax == sum(sums(root, "cac:TaxTotal/cac:TaxSubtotal/cbc:TaxAmount"))  # BR-CO-14
    assert with_tax == without + tax  # BR-CO-15
    assert to_pay == with_tax  # BR-CO-16: nothing paid in advance
    subtotals = root.findall("cac:TaxTotal/cac:TaxSubtotal", NS)
    assert len(subtotals) == len({_category(one, "cac:TaxCategory") for one in subtotals})
    for subtotal in subtotals:
        _check_subtotal(subtotal, lines, charges)


def _line_net(line: ET.Element) -> Decimal:
    [net] = sums(line, "cbc:LineExtensionAmount")
    [price] = sums(line, "cac:Price/cbc:PriceAmount")
    quantity = sums(line, "cbc:InvoicedQuantity") + sums(line, "cbc:CreditedQuantity")
    assert net == (quantity[0] * price).quantize(CENT)
    return net


def _category(parent: ET.Element, path: str) -> tuple[str, Decimal]:
    [code] = texts(parent, f"{path}/cbc:ID")
    return code, sum(sums(parent, f"{path}/cbc:Percent"), Decimal(0))


def _check_subtotal(
    subtotal: ET.Element, lines: Iterable[ET.Element], charges: Iterable[ET.Element]
) -> None:
    """BR-CO-17, and BR-S/Z/E/IC/G/O-08 and -09."""
    category = _category(subtotal, "cac:TaxCategory")
    [base] = sums(subtotal, "cbc:TaxableAmount")
    [tax] = sums(subtotal, "cbc:TaxAmount")
    same = [
        line for line in lines if _category(line, "cac:Item/cac:ClassifiedTaxCategory") == category
    ]
    charged = [one for one in charges if _category(one, "cac:TaxCategory") == category]
    sent_for = sum((sum(sums(one, "cbc:Amount")) for one in charged), Decimal(0))
    assert base == sum(_line_net(line) for line in same) + sent_for
    assert tax == (base * category[1] / 100).quantize(CENT, rounding=ROUND_HALF_UP)
    reasons = texts(subtotal, "cac:TaxCategory/cbc:TaxExemptionReason")
    assert len(reasons) == (0 if category[0] in ("S", "Z") else 1)  # BR-S/Z-10, BR-E/IC/G/O-10


SITUATIONS = {
    "at home": (("LV", "LV40003000009"), ("LV", "LV40003000017"), "Europe/Riga", {"S"}),
    "no number": (("LV", "LV40003000009"), ("DE", ""), "Europe/Berlin", {"S"}),
    "intra-EU": (("LV", "LV40003000009"), ("DE", "DE123456789"), "Europe/Berlin", {"K"}),
    "export": (("LV", "LV40003000009"), ("GB", "GB999000001"), "Europe/London", {"G"}),
    "zero rated": (("MT", "MT12345678"), ("MT", "MT87654321"), "Europe/Malta", {"Z"}),
    "exempt": (("LV", "LV40003000009"), ("LV", "LV40003000017"), "Europe/Riga", {"S", "E"}),
}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("situation", SITUATIONS)
def test_both_documents_pass_every_official_rule(world: World, situation: str) -> None:
    (country, number), (at, buyer), timezone, categories = SITUATIONS[situation]
    say(Supplier, "dermal", country, number)
    say(Practice, "skin", at, buyer)
    clinic_in(timezone)
    ask(world, carriage=Carriage(900))
    if situation == "exempt":
        exempt(world.gloves)
    if situation == "zero rated":
        with transaction():
            for product in (world.biotin, world.gloves):
                db.session.get_one(Product, product.id).tax_class = TaxClass.MEDICINE
    for document in both(world):
        xml = invoice_xml(document)
        assert schema_faults(xml) == []
        faults = rule_faults(xml)
        by_mail = [fault for fault in faults if fault.startswith("PEPPOL-EN16931-CL008")]
        assert faults == (by_mail if not buyer else [])
        root = ET.fromstring(xml)  # noqa: S314 - our own
        check_arithmetic(root)
        found = texts(root, "cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory/cbc:ID")
        assert set(found) == categories


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_seller_without_a_number_passes_cens_rules(world: World) -> None:
    """Peppol has no list of addresses for such a seller: its e-mail stands there by EN 16931."""
    with transaction():
        supplier = db.session.get_one(Supplier, world.supplier.id)
        supplier.email = "orders@dermal.example"
    say(Supplier, "dermal", "LV", "")
    for document in both(world):
        xml = invoice_xml(document)
        assert schema_faults(xml) == []
        assert [fault.split(":")[0] for fault in rule_faults(xml)] == ["PEPPOL-EN16931-CL008"]
        root = ET.fromstring(xml)  # noqa: S314 - our own
        check_arithmetic(root)
        assert root.findall(".//cac:PartyTaxScheme", NS) == []  # BR-O-02
        assert root.findall(".//cbc:Percent", NS) == []  # BR-O-05


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_seller_of_whom_nothing_is_known_gets_a_file_all_the_same(app: Flask) -> None:
    xml = invoice_xml(both(make_world())[0])
    assert schema_faults(xml) == []
    assert {fault.split(":")[0] for fault in rule_faults(xml)} >= {"BR-09"}  # no country


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_these_rules_see_what_they_forbid(world: World) -> None:
    xml = invoice_xml(both(world)[0])
    assert schema_faults(xml.replace(b"cbc:IssueDate", b"cbc:IssuedDate")) != []
    wrong = xml.replace(b">91.13</cbc:PayableAmount>", b">91.14</cbc:PayableAmount>")
    assert wrong != xml
    assert [fault.split(":")[0] for fault in rule_faults(wrong)] == ["BR-CO-16"]
    nowhere = xml.replace(b"VATEX-EU-IC", b"VATEX-EU-XX")
    assert rule_faults(nowhere) != []


def test_what_an_invoice_says(world: World) -> None:
    invoice, note = both(world)
    root = ET.fromstring(invoice_xml(invoice))  # noqa: S314 - our own
    assert root.tag == f"{{{ROOTS[False]}}}Invoice"
    assert texts(root, "cbc:ID") == ["DERMAL-2026-00001"]
    assert texts(root, "cbc:IssueDate") == ["2026-11-22"]
    assert texts(root, "cbc:DueDate") == ["2026-12-06"]
    assert texts(root, "cac:OrderReference/cbc:ID") == [invoice.order.number]
    assert texts(root, "cac:DespatchDocumentReference/cbc:ID") == [invoice.facts["shipment"]]
    seller = "cac:AccountingSupplierParty/cac:Party/"
    assert texts(root, f"{seller}cac:PartyLegalEntity/cbc:RegistrationName") == [
        "Dermal Distribution SIA"
    ]
    assert texts(root, f"{seller}cac:PostalAddress/cbc:StreetName") == ["Brīvības iela 1"]
    assert texts(root, "cac:PaymentMeans/cac:PayeeFinancialAccount/cbc:ID") == [
        "LV80DEMO0009990001999"
    ]
    assert texts(root, "cac:Delivery/cbc:ActualDeliveryDate") == ["2026-11-22"]
    lots = "cac:InvoiceLine/cac:Item/cac:AdditionalItemProperty/cbc:Value"
    assert texts(root, lots) == ["A1", "G/7 & <8>"]

    root = ET.fromstring(invoice_xml(note))  # noqa: S314 - our own
    assert root.tag == f"{{{ROOTS[True]}}}CreditNote"
    assert texts(root, "cbc:ID") == ["DERMAL-2026-00002"]
    assert texts(root, "cbc:DueDate") == []
    assert texts(root, "cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID") == [
        "DERMAL-2026-00001"
    ]
    assert texts(root, "cac:CreditNoteLine/cbc:CreditedQuantity") == ["3", "2"]
    assert all(amount >= 0 for amount in sums(root, ".//cbc:TaxableAmount"))
