"""An order on paper: a PDF for people, a CSV for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext as _

from supply.config import ROOT
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.quantity import as_text
from supply.tables import write_csv
from supply.web import filters

if TYPE_CHECKING:
    from fpdf import FPDF

FONTS = ROOT / "static" / "vendor" / "fonts"
_WIDTHS = (30, 80, 16, 32, 32)
"""Columns in millimetres: SKU, product, packs, price, sum."""

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
)


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
        )
        for line in order.lines
    )
    return write_csv(COLUMNS, rows).encode("utf-8-sig")


def order_pdf(order: PurchaseOrder) -> bytes:
    """Return the order as a PDF in the language of whoever reads it."""
    from fpdf import FPDF

    page = FPDF(format="A4")
    page.add_font("DejaVu", "", FONTS / "DejaVuSans.ttf")
    page.add_font("DejaVu", "B", FONTS / "DejaVuSans-Bold.ttf")
    page.set_title(order.number)
    page.set_margins(10, 15)
    page.add_page()
    _heading(page, order)
    _lines(page, order)
    return bytes(page.output())


def _heading(page: FPDF, order: PurchaseOrder) -> None:
    page.set_font("DejaVu", "B", 16)
    _row(page, _("Order %(number)s", number=order.number), 12)
    page.set_font("DejaVu", "", 10)
    clinic = order.clinic
    _row(
        page, _("From: %(clinic)s, %(practice)s", clinic=clinic.name, practice=clinic.practice.name)
    )
    if clinic.address:
        _row(page, _("Deliver to: %(address)s", address=clinic.address))
    _row(page, _("To: %(supplier)s", supplier=order.supplier.name))
    if order.placed_at is not None:
        _row(page, _("Placed: %(at)s", at=filters.instant(order.placed_at, clinic.timezone)))
    if order.expected_on is not None:
        _row(page, _("Expected by: %(day)s", day=filters.short_date(order.expected_on)))
    page.ln(4)


def _row(page: FPDF, text: str, height: float = 6) -> None:
    page.multi_cell(0, height, text, new_x="LMARGIN", new_y="NEXT")


def _lines(page: FPDF, order: PurchaseOrder) -> None:
    page.set_font("DejaVu", "", 9)
    aligns = ("LEFT", "LEFT", "RIGHT", "RIGHT", "RIGHT")
    with page.table(
        col_widths=_WIDTHS, text_align=aligns, borders_layout="HORIZONTAL_LINES"
    ) as table:
        table.row((_("SKU"), _("Product"), _("Packs"), _("Price of a pack"), _("Sum")))
        for line in order.lines:
            table.row(_cells(line))
        total = filters.money(order.total)
        table.row(("", _("Total"), "", "", total))


def _cells(line: OrderLine) -> tuple[str, ...]:
    return (
        line.sku,
        line.name,
        str(line.packs),
        filters.money(line.price),
        filters.money(line.total),
    )
