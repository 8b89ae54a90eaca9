"""Labels for the boxes of a shipment: 100 × 150 mm, with its code as a GS1 DataMatrix."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from flask_babel import gettext as _

from supply.catalogue import own_codes
from supply.documents import layout, matrix
from supply.shipping.models import Shipment

if TYPE_CHECKING:
    from fpdf import FPDF

SIZE = (100.0, 150.0)
"""Millimetres: what label printers of parcel services take."""

MARGIN = 6.0
CODE_SIDE = 38.0
"""Millimetres: read from an arm's length, by a camera too."""

MOST_BOXES = 50


def pdf(shipment: Shipment, boxes: int) -> bytes:
    """Return one label for each of ``boxes`` boxes as a PDF, a page each."""
    page = layout.new_page(shipment.code, size=SIZE, margin=MARGIN)
    for box in range(1, boxes + 1):
        if box > 1:
            page.add_page()
        _label(page, shipment, box, boxes)
    return layout.finished(page)


def _label(page: FPDF, shipment: Shipment, box: int, boxes: int) -> None:
    order, clinic = shipment.order, shipment.order.clinic
    _text(page, 9, _("From: %(supplier)s", supplier=order.supplier.name))
    page.ln(2)
    _text(page, 16, clinic.name, bold=True)
    _text(page, 11, clinic.practice.name)
    _text(page, 11, clinic.address or "", lines=4)
    page.ln(2)
    _text(page, 10, _("Order %(number)s", number=order.number))
    _text(page, 10, _("Box %(box)d of %(boxes)d", box=box, boxes=boxes), bold=True)
    if _is_cold(shipment):
        _text(page, 16, _("KEEP COLD"), bold=True)
    top = SIZE[1] - MARGIN - CODE_SIDE - 9
    code = own_codes.of_paper(shipment.code, order.number)
    matrix.draw(page, code, (SIZE[0] - CODE_SIDE) / 2, top, CODE_SIDE)
    page.set_y(top + CODE_SIDE + 1)
    _text(page, 14, shipment.code, bold=True, centred=True)


def _is_cold(shipment: Shipment) -> bool:
    return any(line.order_line.product.storage.is_cold for line in shipment.lines)


def _text(
    page: FPDF, size: int, text: str, *, bold: bool = False, centred: bool = False, lines: int = 2
) -> None:
    """Write a text of at most so many lines; what is longer is cut, for a label has one page."""
    if not text:
        return
    page.set_font("DejaVu", "B" if bold else "", size)
    height = size * 0.45
    shown = layout.readable(page, text)
    wrapped = page.multi_cell(0, height, shown, dry_run=True, output="LINES")
    for row in cast("list[str]", wrapped)[:lines]:
        page.cell(0, height, row, align="C" if centred else "L", new_x="LMARGIN", new_y="NEXT")
