"""The pick list on paper: what to fetch, by storage, with room to write lots."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from flask_babel import gettext as _

from supply.accounts.models import Supplier
from supply.catalogue import wording
from supply.desk.picking import Aisle, Pick, PickedLot
from supply.documents import layout
from supply.ordering.models import PurchaseOrder
from supply.web import filters

_WIDTHS = (14, 66, 26, 46, 48)
_ALIGNS: Final[tuple[layout.Align, ...]] = ("RIGHT", "LEFT", "LEFT", "LEFT", "LEFT")


def pdf(supplier: Supplier, orders: Sequence[PurchaseOrder], aisles: Sequence[Aisle]) -> bytes:
    """Return the pick list of ``orders`` as a PDF."""
    page = layout.new_page(_("Pick list"))
    layout.heading(page, _("Pick list"))
    layout.lines(page, [supplier.name, *(f"{one.number}  {one.clinic.name}" for one in orders)])
    for aisle in aisles:
        layout.lines(page, [str(wording.STORAGE_WORDS[aisle.storage])])
        layout.table(page, _WIDTHS, _ALIGNS, _rows(aisle))
        layout.space(page)
    return layout.finished(page)


def _rows(aisle: Aisle) -> Iterator[tuple[str, ...]]:
    yield _("Packs"), _("Product"), _("Usable to"), _("For"), _("Lot and expiry")
    yield from (_cells(pick) for pick in aisle.picks)


def _cells(pick: Pick) -> tuple[str, ...]:
    for_whom = "\n".join(f"{line.to_ship} × {line.order.number}" for line in pick.lines)
    until = filters.short_date(pick.usable_to) if pick.usable_to else ""
    lots = "\n".join(_lot(lot) for lot in pick.lots)
    return str(pick.packs), f"{pick.product.name}\n{pick.product.sku}", until, for_whom, lots


def _lot(lot: PickedLot) -> str:
    """Return where a lot is, its number, until when it is good, and how many packs to take."""
    where = [filters.short_date(lot.expiry)] if lot.expiry else []
    return f"{lot.packs} × {lot.number}\n{', '.join([*where, lot.place])}"
