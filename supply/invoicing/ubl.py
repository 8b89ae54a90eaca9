"""An invoice or credit note for programs: UBL 2.1 by EN 16931 and Peppol BIS Billing 3.

The numbers in comments are the business terms of EN 16931. Texts are in English whoever asks:
the file is the same document each time.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final
from xml.etree import ElementTree as ET

from supply.invoicing.models import Invoice, InvoiceLine
from supply.invoicing.parties import Parties, Party
from supply.money import Money
from supply.vat.rules import Share, TaxTerms
from supply.vat.terms import TaxCategory

CAC: Final = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
CBC: Final = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
ROOTS: Final = {
    False: "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2",
    True: "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2",
}
"""Namespaces of the two documents, by whether it is a credit note."""

for _prefix, _namespace in {"cac": CAC, "cbc": CBC, "ubl": ROOTS[False], "cn": ROOTS[True]}.items():
    ET.register_namespace(_prefix, _namespace)

CUSTOMIZATION: Final = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
PROFILE: Final = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"

_WHY: Final = {
    TaxCategory.EXEMPT: (None, "Exempt from VAT"),
    TaxCategory.INTRA_EU: ("VATEX-EU-IC", "Intra-Community supply"),
    TaxCategory.EXPORT: ("VATEX-EU-G", "Export outside the EU"),
    TaxCategory.NOT_SUBJECT: ("VATEX-EU-O", "Not subject to VAT"),
}
"""Why no tax is charged: code (BT-121) and text (BT-120)."""

_SCHEMES: Final = {
    "AT": "9914", "BE": "9925", "BG": "9926", "CH": "9927", "CY": "9928", "CZ": "9929",
    "DE": "9930", "EE": "9931", "EL": "9933", "ES": "9920", "FI": "0213", "FR": "9957",
    "GB": "9932",
    "HR": "9934", "HU": "9910", "IE": "9935", "IT": "0211", "LT": "9937", "LU": "9938",
    "LV": "9939", "MT": "9943", "NL": "9944", "PL": "9945", "PT": "9946", "RO": "9947",
    "SE": "9955", "SI": "9949", "SK": "9950",
}  # fmt: skip
"""Lists of electronic addresses (EAS) that are VAT numbers, by the number's first letters."""

_MAIL: Final = "EM"
_PACK: Final = "XPK"
"""A package, by UN/ECE Recommendation 21."""

_CREDIT_TRANSFER: Final = "30"
_FREIGHT: Final = "FC"
"""Freight service, by UNTDID 7161."""


def invoice_xml(invoice: Invoice) -> bytes:
    """Return a document as UBL: root Invoice, or CreditNote with sums that are not negative.

    What its seller has not told is left out, so that such a file may not pass every rule.
    """
    document: bytes = ET.tostring(_Writer(invoice).root, encoding="utf-8", xml_declaration=True)
    return document


class _Writer:
    """Builds one document from top to bottom, in the order that UBL's schema asks for."""

    def __init__(self, invoice: Invoice) -> None:
        self.invoice = invoice
        self.parties = Parties.of_facts(invoice.facts)
        self.taxed = all(
            share.terms.category is not TaxCategory.NOT_SUBJECT for share in invoice.shares
        )
        self.kind = "CreditNote" if invoice.is_credit else "Invoice"
        self.root = ET.Element(f"{{{ROOTS[invoice.is_credit]}}}{self.kind}")
        self._head()
        self._references()
        self._seller(_group(self.root, "AccountingSupplierParty"), self.parties.seller)
        self._party(_group(self.root, "AccountingCustomerParty"), self.parties.buyer)
        self._delivery()
        self._payment()
        self._carriage()
        self._tax_total()
        self._totals()
        for line in invoice.lines:
            self._line(line)

    def _head(self) -> None:
        invoice, root = self.invoice, self.root
        _text(root, "CustomizationID", CUSTOMIZATION)  # BT-24
        _text(root, "ProfileID", PROFILE)  # BT-23
        _text(root, "ID", invoice.number)  # BT-1
        _text(root, "IssueDate", invoice.issued_on.isoformat())  # BT-2
        if invoice.due_on is not None and not invoice.is_credit:
            _text(root, "DueDate", invoice.due_on.isoformat())  # BT-9
        code = "381" if invoice.is_credit else "380"
        _text(root, f"{self.kind}TypeCode", code)  # BT-3
        _text(root, "DocumentCurrencyCode", invoice.currency)  # BT-5

    def _references(self) -> None:
        invoice = self.invoice
        _text(_group(self.root, "OrderReference"), "ID", invoice.order.number)  # BT-13
        credited = {
            line.credits.invoice.id: line.credits.invoice for line in invoice.lines if line.credits
        }
        for _id, other in sorted(credited.items()):
            reference = _group(self.root, "BillingReference", "InvoiceDocumentReference")  # BG-3
            _text(reference, "ID", other.number)
            _text(reference, "IssueDate", other.issued_on.isoformat())
        if shipment := invoice.facts.get("shipment"):
            _text(_group(self.root, "DespatchDocumentReference"), "ID", shipment)  # BT-16

    def _seller(self, parent: ET.Element, seller: Party) -> None:
        self._party(parent, seller)
        if seller.email:
            contact = _group(parent[0], "Contact")  # BG-6
            _text(contact, "ElectronicMail", seller.email)

    def _party(self, parent: ET.Element, party: Party) -> None:
        made = _group(parent, "Party")
        _electronic_address(made, party)
        _text(_group(made, "PartyIdentification"), "ID", party.identifier)  # BT-29, BT-46
        if party.trading_name:
            _text(_group(made, "PartyName"), "Name", party.trading_name)  # BT-28
        _address(_group(made, "PostalAddress"), party)
        if party.vat_number and self.taxed:
            scheme = _group(made, "PartyTaxScheme")
            _text(scheme, "CompanyID", party.vat_number)  # BT-31, BT-48
            _text(_group(scheme, "TaxScheme"), "ID", "VAT")
        _text(_group(made, "PartyLegalEntity"), "RegistrationName", party.name)  # BT-27, BT-44

    def _delivery(self) -> None:
        delivery = _group(self.root, "Delivery")  # BG-13
        _text(delivery, "ActualDeliveryDate", self.invoice.supplied_on.isoformat())  # BT-72
        to = self.parties.deliver_to
        if to.country:
            _address(_group(delivery, "DeliveryLocation", "Address"), to)  # BG-15
        _text(_group(delivery, "DeliveryParty", "PartyName"), "Name", to.name)  # BT-70

    def _payment(self) -> None:
        if self.invoice.is_credit:
            terms = "Set off against the invoice, or paid back if that is paid."
            _text(_group(self.root, "PaymentTerms"), "Note", terms)  # BT-20
            return
        if account := self.parties.seller.iban:
            means = _group(self.root, "PaymentMeans")
            _text(means, "PaymentMeansCode", _CREDIT_TRANSFER)  # BT-81
            _text(means, "PaymentID", self.invoice.number)  # BT-83
            _text(_group(means, "PayeeFinancialAccount"), "ID", account)  # BT-84

    def _carriage(self) -> None:
        """BG-21: what is charged on the whole document for sending."""
        if not self.invoice.carriage_minor:
            return
        charge = _group(self.root, "AllowanceCharge")
        _text(charge, "ChargeIndicator", "true")
        _text(charge, "AllowanceChargeReasonCode", _FREIGHT)  # BT-105
        _text(charge, "AllowanceChargeReason", "Carriage")  # BT-104
        _money(charge, "Amount", self.invoice.carriage)  # BT-99
        _category(_group(charge, "TaxCategory"), self.invoice.carriage_terms)  # BT-102, BT-103

    def _tax_total(self) -> None:
        total = _group(self.root, "TaxTotal")
        _money(total, "TaxAmount", self.invoice.vat)  # BT-110
        for share in self.invoice.shares:
            self._subtotal(_group(total, "TaxSubtotal"), share)

    def _subtotal(self, parent: ET.Element, share: Share) -> None:
        currency = self.invoice.currency
        _money(parent, "TaxableAmount", Money(share.net_minor, currency))  # BT-116
        _money(parent, "TaxAmount", Money(share.vat_minor, currency))  # BT-117
        _category(_group(parent, "TaxCategory"), share.terms, reasoned=True)

    def _totals(self) -> None:
        totals = _group(self.root, "LegalMonetaryTotal")
        _money(totals, "LineExtensionAmount", self.invoice.goods)  # BT-106
        _money(totals, "TaxExclusiveAmount", self.invoice.net)  # BT-109
        _money(totals, "TaxInclusiveAmount", self.invoice.total)  # BT-112
        if self.invoice.carriage_minor:
            _money(totals, "ChargeTotalAmount", self.invoice.carriage)  # BT-108
        _money(totals, "PayableAmount", self.invoice.total)  # BT-115

    def _line(self, line: InvoiceLine) -> None:
        made = _group(self.root, f"{self.kind}Line")
        _text(made, "ID", str(line.position))  # BT-126
        quantity = "CreditedQuantity" if self.invoice.is_credit else "InvoicedQuantity"
        _text(made, quantity, str(line.packs), unitCode=_PACK)  # BT-129, BT-130
        _money(made, "LineExtensionAmount", line.net)  # BT-131
        item = _group(made, "Item")
        _text(item, "Name", line.name)  # BT-153
        _text(_group(item, "SellersItemIdentification"), "ID", line.sku)  # BT-155
        _category(_group(item, "ClassifiedTaxCategory"), line.tax_terms)
        for lot in line.lots:
            lot_property = _group(item, "AdditionalItemProperty")  # BG-32
            _text(lot_property, "Name", "Lot")
            _text(lot_property, "Value", lot)
        _money(_group(made, "Price"), "PriceAmount", line.price)  # BT-146


def _electronic_address(parent: ET.Element, party: Party) -> None:
    """BT-34, BT-49: the VAT number where there is a list of those, else the e-mail address."""
    if scheme := _SCHEMES.get(party.vat_number[:2]):
        _text(parent, "EndpointID", party.vat_number, schemeID=scheme)
    elif party.email:
        _text(parent, "EndpointID", party.email, schemeID=_MAIL)


def _address(parent: ET.Element, party: Party) -> None:
    """BG-5, BG-8, BG-15: lines as written, two of them by name, and the country."""
    names = ("StreetName", "AdditionalStreetName")
    for name, line in zip(names, party.address, strict=False):
        _text(parent, name, line)
    if rest := ", ".join(party.address[2:]):
        _text(_group(parent, "AddressLine"), "Line", rest)
    if party.country:
        _text(_group(parent, "Country"), "IdentificationCode", party.country)


def _category(parent: ET.Element, terms: TaxTerms, *, reasoned: bool = False) -> None:
    _text(parent, "ID", terms.category.value)  # BT-118, BT-151
    if terms.category is not TaxCategory.NOT_SUBJECT:
        _text(parent, "Percent", _plain(Decimal(terms.basis_points) / 100))  # BT-119, BT-152
    if reasoned and terms.category in _WHY:
        code, why = _WHY[terms.category]
        if code:
            _text(parent, "TaxExemptionReasonCode", code)
        _text(parent, "TaxExemptionReason", why)
    _text(_group(parent, "TaxScheme"), "ID", "VAT")


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def _group(parent: ET.Element, *names: str) -> ET.Element:
    for name in names:
        parent = ET.SubElement(parent, f"{{{CAC}}}{name}")
    return parent


def _text(parent: ET.Element, name: str, text: str, **attributes: str) -> None:
    ET.SubElement(parent, f"{{{CBC}}}{name}", attributes).text = text


def _money(parent: ET.Element, name: str, sum_: Money) -> None:
    _text(parent, name, str(sum_.amount), currencyID=sum_.currency)
