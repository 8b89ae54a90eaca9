"""The slip that goes into the box with a return: its RMA number as a barcode, and what is in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from flask_babel import gettext as _

from supply.documents import bars, layout
from supply.returning import wording
from supply.returning.models import Return, ReturnLine
from supply.web import filters

if TYPE_CHECKING:
    from fpdf import FPDF

_WIDTHS: Final = (34, 86, 30, 24, 16)
_ALIGNS: Final[tuple[layout.Align, ...]] = ("LEFT", "LEFT", "LEFT", "LEFT", "RIGHT")
_BARS: Final = (90.0, 18.0)
"""Width and height of the barcode, in millimetres."""


def slip_pdf(whole: Return) -> bytes:
    """Return the slip of an authorised return as a PDF in the language of whoever reads it."""
    number = whole.number or ""
    page = layout.new_page(number)
    layout.heading(page, _("Return %(rma)s", rma=number))
    _barcode(page, number)
    layout.lines(page, _about(whole))
    layout.table(page, _WIDTHS, _ALIGNS, _rows(whole))
    layout.space(page)
    layout.lines(page, _below(whole))
    return layout.finished(page)


def _barcode(page: FPDF, number: str) -> None:
    width, height = _BARS
    bars.draw(page, number, page.l_margin, page.get_y() + 2, width, height)
    page.set_y(page.get_y() + height + 4)


def _about(whole: Return) -> Iterator[str]:
    order = whole.order
    yield _("To: %(supplier)s", supplier=order.supplier.name)
    if order.supplier.address:
        yield order.supplier.address
    clinic = order.clinic
    yield _("From: %(clinic)s, %(practice)s", clinic=clinic.name, practice=clinic.practice.name)
    if clinic.address:
        yield clinic.address
    yield _("Order: %(number)s", number=order.number)
    yield _("Reason: %(reason)s", reason=wording.REASONS[whole.reason])
    if whole.valid_until:
        yield _("To be sent by %(day)s", day=filters.short_date(whole.valid_until))
    if whole.carriage_by:
        yield str(wording.CARRIAGE[whole.carriage_by])
    carried = " ".join(filter(None, (whole.carrier, whole.tracking)))
    if carried:
        yield _("Carrier: %(carrier)s", carrier=carried)


def _rows(whole: Return) -> Iterator[tuple[str, ...]]:
    yield _("SKU"), _("Product"), _("Lot"), _("Expires"), _("Packs")
    yield from (_cells(line) for line in whole.lines)


def _cells(line: ReturnLine) -> tuple[str, ...]:
    expiry = filters.short_date(line.lot.expiry) if line.lot.expiry else ""
    ordered = line.order_line
    return ordered.sku, ordered.name, line.lot.number, expiry, str(line.packs)


def _below(whole: Return) -> Iterator[str]:
    if whole.is_cold:
        yield _("Keep these packs cold on the way.")
    if whole.answer:
        yield whole.answer
    yield _("Put this slip into the box. What is not on it is not authorised.")
