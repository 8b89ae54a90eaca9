"""An order on paper: a PDF for people, a CSV for programs."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from flask import Response
from flask_babel import gettext as _

from supply.documents import answers, layout
from supply.money import Money
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.quantity import as_text
from supply.tables import write_csv
from supply.vat.wording import rows as vat_rows
from supply.web import filters

_WIDTHS = (30, 80, 16, 32, 32)
"""Columns, in proportion: SKU, product, packs, price, sum."""
_ALIGNS: Final[tuple[layout.Align, ...]] = ("LEFT", "LEFT", "RIGHT", "RIGHT", "RIGHT")

COLUMNS = (
    "order",
    "line",
    "sku",
    "name",
    "packs",
    "containers_per_pack",
    "content_per_container",
    "unit",
    "pack_price",
    "currency",
    "cancelled",
    "credited",
    "owed",
    "vat_category",
    "vat_percent",
)
"""``owed`` is net of VAT; before it the packs cancelled, and those credited since."""


def order_csv(order: PurchaseOrder) -> bytes:
    """Return the order as CSV (UTF-8 with a mark, so that spreadsheets read it rightly)."""
    rows = (
        (
            order.number,
            line.position,
            line.sku,
            line.name,
            line.packs,
            line.containers_per_pack,
            as_text(line.content_per_container),
            line.product.unit.value,
            str(line.price.amount),
            order.currency,
            line.cancelled,
            line.credited,
            str(line.owed.amount),
            line.tax_category.value,
            str(Decimal(line.tax_basis_points) / 100),
        )
        for line in order.lines
    )
    return write_csv(COLUMNS, [*rows, *_carriage_row(order)]).encode("utf-8-sig")


def _carriage_row(order: PurchaseOrder) -> Iterator[tuple[object, ...]]:
    """Yield the row of carriage, if there is any: it has no SKU and no packs."""
    if not order.carriage_minor:
        return
    owed = Money(order.carriage_owed_minor, order.currency)
    sums = (str(order.carriage.amount), order.currency, "", "", str(owed.amount))
    vat = (order.carriage_tax_category.value, str(Decimal(order.carriage_tax_basis_points) / 100))
    yield order.number, len(order.lines) + 1, "", "Carriage", "", "", "", "", *sums, *vat


def download(order: PurchaseOrder, form: str) -> Response:
    """Return an order as a file to download: ``form`` is pdf or csv."""
    name = f"{order.number}.{form}"
    if form == "pdf":
        return answers.download(order_pdf(order), "application/pdf", name)
    return answers.download(order_csv(order), answers.CSV, name)


def order_pdf(order: PurchaseOrder) -> bytes:
    """Return the order as a PDF in the language of whoever reads it."""
    page = layout.new_page(order.number)
    layout.heading(page, _("Order %(number)s", number=order.number))
    layout.lines(page, _parties(order))
    layout.table(page, _WIDTHS, _ALIGNS, _rows(order))
    return layout.finished(page)


def _parties(order: PurchaseOrder) -> Iterator[str]:
    clinic = order.clinic
    yield _("From: %(clinic)s, %(practice)s", clinic=clinic.name, practice=clinic.practice.name)
    if clinic.address:
        yield _("Deliver to: %(address)s", address=clinic.address)
    yield _("To: %(supplier)s", supplier=order.supplier.name)
    if order.placed_at is not None:
        yield _("Placed: %(at)s", at=filters.instant(order.placed_at, clinic.timezone))
    if order.requested_on is not None:
        yield _("Delivery asked for: %(day)s", day=filters.short_date(order.requested_on))
    if order.message:
        yield _("Message: %(text)s", text=" ".join(order.message.split()))
    if order.expected_on is not None:
        yield _("Expected by: %(day)s", day=filters.short_date(order.expected_on))


def _rows(order: PurchaseOrder) -> Iterator[tuple[str, ...]]:
    yield _("SKU"), _("Product"), _("Packs"), _("Pack price"), _("Line total")
    yield from (_cells(line) for line in order.lines)
    if order.carriage_minor:
        yield "", _("Carriage"), "", "", filters.money(order.carriage)
    yield from (("", text, "", "", amount) for text, amount in _totals(order))


def _totals(order: PurchaseOrder) -> list[tuple[str, str]]:
    """Return what stands below the lines: the total, what is owed where that is less, VAT."""
    vat = [(text, filters.money(sum_)) for text, sum_ in vat_rows(order.owed_vat, order.currency)]
    if vat:
        vat.append((_("To pay"), filters.money(order.to_pay)))
    return [*_net_totals(order, taxed=bool(vat)), *vat]


def _net_totals(order: PurchaseOrder, *, taxed: bool) -> list[tuple[str, str]]:
    if order.owed == order.total:
        return [(_("Net") if taxed else _("Total"), filters.money(order.total))]
    less = [
        (_("Cancelled"), order.cancelled_total),
        (_("Credited after claims and returns"), order.credited_total),
    ]
    return [
        (_("Ordered"), filters.money(order.total)),
        *((text, f"−{filters.money(sum_)}") for text, sum_ in less if sum_.minor),
        (_("Owed, net") if taxed else _("Owed"), filters.money(order.owed)),
    ]


def _cells(line: OrderLine) -> tuple[str, ...]:
    return (
        line.sku,
        line.name,
        str(line.packs),
        filters.money(line.price),
        filters.money(line.total),
    )
