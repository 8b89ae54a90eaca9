"""The slip that goes along with a transfer: its code as a barcode, and the lots in the box."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from flask_babel import gettext as _

from supply.documents import bars, layout
from supply.inventory.wording import measure
from supply.transfers.models import Transfer
from supply.web import filters

if TYPE_CHECKING:
    from fpdf import FPDF

_WIDTHS: Final = (34, 86, 30, 24, 30)
_ALIGNS: Final[tuple[layout.Align, ...]] = ("LEFT", "LEFT", "LEFT", "LEFT", "RIGHT")
_BARS: Final = (90.0, 18.0)
"""Width and height of the barcode, in millimetres."""


def slip_pdf(transfer: Transfer) -> bytes:
    """Return the packing slip of a transfer as a PDF in the language of whoever reads it."""
    page = layout.new_page(transfer.code)
    layout.heading(page, _("Transfer %(code)s", code=transfer.code))
    _barcode(page, transfer.code)
    layout.lines(page, _about(transfer))
    layout.table(page, _WIDTHS, _ALIGNS, _rows(transfer))
    layout.space(page)
    layout.lines(page, _below(transfer))
    return layout.finished(page)


def _barcode(page: FPDF, code: str) -> None:
    width, height = _BARS
    bars.draw(page, code, page.l_margin, page.get_y() + 2, width, height)
    page.set_y(page.get_y() + height + 4)


def _about(transfer: Transfer) -> Iterator[str]:
    for sentence, clinic in (
        (_("From: %(clinic)s", clinic=transfer.clinic.name), transfer.clinic),
        (_("To: %(clinic)s", clinic=transfer.to_clinic.name), transfer.to_clinic),
    ):
        yield sentence
        if clinic.address:
            yield clinic.address
    yield _("Sent: %(when)s", when=filters.instant(transfer.sent_at, transfer.clinic.timezone))
    if transfer.note:
        yield _("Note: %(note)s", note=transfer.note)


def _rows(transfer: Transfer) -> Iterator[tuple[str, ...]]:
    yield _("Item"), _("Name"), _("Lot"), _("Expires"), _("Sent")
    for line in transfer.lines:
        expiry = filters.short_date(line.lot.expiry) if line.lot.expiry else ""
        much = measure(line.sent, line.item)
        yield line.item.code, line.item.name, line.lot.number, expiry, much


def _below(transfer: Transfer) -> Iterator[str]:
    if any(line.item.storage.is_cold for line in transfer.lines):
        yield _("Keep this cold on the way.")
    yield _("Put this slip into the box. To receive, scan its code under Receive.")
