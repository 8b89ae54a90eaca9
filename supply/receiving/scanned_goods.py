"""Codes scanned while goods without a shipment are taken in: which row, and what is filled in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from flask_babel import gettext as _
from flask_babel import ngettext

from supply.accounts.models import Clinic
from supply.catalogue.barcodes import Scan, scan
from supply.inventory.boxes import doubt, named, no_item, packs_in, read_box
from supply.inventory.labels import is_code, problem_with, read_label
from supply.inventory.rules import normalise_lot
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.text import fold, whole


@dataclass(frozen=True, slots=True)
class GoodsRow:
    """One row as typed. ``line`` is the order's line, None when received by hand."""

    name: str
    line: OrderLine | None = None
    sku: str = ""
    lot: str = ""
    expiry: str = ""
    packs: str = ""
    quantity: str = ""
    location: str = ""
    reason: str = ""
    arrived: str = ""

    @property
    def group(self) -> tuple[int, str]:
        """What the row is shown under: its order line, else itself; sorts as rows are listed."""
        return (self.line.position, self.line.sku) if self.line else (0, self.name)

    @property
    def blank(self) -> bool:
        """Whether nothing came in this row."""
        if self.line is not None:
            return not self.lot and self.packs in ("", "0")
        return not (self.sku or self.lot or self.packs or self.quantity)

    @property
    def title(self) -> str:
        """What a message calls the row."""
        return self.line.name if self.line else self.sku or str(_("Row %(row)s", row=self.name))


def read_lot_field(
    clinic: Clinic, order: PurchaseOrder | None, row: GoodsRow, today: dt.date
) -> tuple[GoodsRow, str | None]:
    """Return a row with the code in its lot field read, and what is wrong with that code.

    A code of another item than the row's fills in nothing.
    """
    if order is not None and row.line is not None:
        others = [line.product for line in order.lines]
        label = read_label(row.lot, row.expiry, row.line.product, today, others)
        return replace(row, lot=label.lot, expiry=label.expiry), label.fault
    read = scan(row.lot, today=today)
    if fault := problem_with(row.lot, read):
        return replace(row, lot=""), fault
    return _by_hand(clinic, row, read) if is_code(row.lot, read) else (row, None)


def _by_hand(clinic: Clinic, row: GoodsRow, read: Scan) -> tuple[GoodsRow, str | None]:
    if read.gtin is None and read.item is None and read.lot is not None:
        # The second of two bar codes: the first, or a person, says the item.
        return _with_lot(row, read), doubt(read) if row.sku else no_item(read)
    found = named(clinic.practice_id, read)
    if found is None:
        return replace(row, lot=""), no_item(read)
    sku, name = found
    if row.sku and fold(row.sku) != fold(sku):
        sentence = _("This code is of %(name)s: scan it into a row of its own.", name=name)
        return replace(row, lot=""), str(sentence)
    packs = packs_in(clinic.practice_id, read)
    return _filled(row, sku, read, packs), doubt(read)


def put_in_its_row(
    clinic: Clinic, rows: Sequence[GoodsRow], code: str, today: dt.date
) -> tuple[list[GoodsRow], str | None]:
    """Return ``rows`` with a scanned box in the row it belongs to, and what is wrong with it.

    The row of that item and lot gets one more pack; else the row of the item that lacks a lot is
    filled in, the first free one, or a new one where all are used. Of an order only its own lines
    have rows.
    """
    if any(row.line for row in rows):
        read = scan(code, today=today)
        fault = problem_with(code, read) or _no_product(code, read)
        return (list(rows), fault) if fault else _put_in_line(clinic, rows, read)
    box = read_box(clinic.practice_id, code, today)
    if waiting := _waiting(rows, code, box.read):
        return _with(rows, waiting, _with_lot(waiting, box.read)), doubt(box.read)
    if box.fault:
        return list(rows), box.fault
    sku, read, packs = box.sku, box.read, packs_in(clinic.practice_id, box.read)
    of_item = [row for row in rows if fold(row.sku) == fold(sku)]
    same = next((row for row in of_item if _is_lot(row, read)), None)
    free = same or next((row for row in of_item if not row.lot), None)
    free = free or next((row for row in rows if row.blank), None)
    if free is None:
        return [*rows, _filled(GoodsRow(str(len(rows) + 1)), sku, read, packs)], box.doubt
    return _with(rows, free, _filled(free, sku, read, packs, more=same is not None)), box.doubt


def told(clinic: Clinic, rows: Sequence[GoodsRow], code: str, today: dt.date) -> str:
    """Say what stands now in the row that a scan filled in; "" where it is not clear which."""
    read = scan(code, today=today)
    found = named(clinic.practice_id, read)
    of_lot = [row for row in rows if row.lot and read.lot and _is_lot(row, read)]
    row = next((row for row in of_lot if not found or fold(row.sku) == fold(found[0])), None)
    if row is None:
        return ""
    name = row.line.name if row.line else found[1] if found else row.sku
    packs = whole(row.packs)
    if not packs:
        return str(_("%(name)s, lot %(lot)s.", name=name, lot=row.lot))
    return str(
        ngettext(
            "%(name)s, lot %(lot)s: %(num)d pack.",
            "%(name)s, lot %(lot)s: %(num)d packs.",
            packs,
            name=name,
            lot=row.lot,
        )
    )


def _waiting(rows: Sequence[GoodsRow], code: str, read: Scan) -> GoodsRow | None:
    """Return the row whose first bar code named no lot, where ``read`` is the second one."""
    if read.gtin is not None or read.item is not None or read.lot is None or read.problems:
        return None
    waiting = [row for row in rows if row.sku and not row.lot]
    return waiting[0] if len(waiting) == 1 and is_code(code, read) else None


def _no_product(code: str, read: Scan) -> str | None:
    if read.gtin is None:
        return str(_("“%(text)s” is no product's code.", text=code[:80]))
    return None


def _put_in_line(
    clinic: Clinic, rows: Sequence[GoodsRow], read: Scan
) -> tuple[list[GoodsRow], str | None]:
    """Fill in the lot of an order's line; how many packs came is as typed."""
    own = [
        row
        for row in rows
        if row.line and read.gtin in {known.gtin for known in row.line.product.gtins}
    ]
    if not own:
        return list(rows), _not_ordered(clinic, read)
    if any(row.lot and _is_lot(row, read) for row in own):
        return list(rows), None
    free = next((row for row in own if not row.lot), None)
    if free is None:
        return list(rows), str(_("Both lots of this product are filled in. Take those in first."))
    return _with(rows, free, _with_lot(free, read)), doubt(read)


def _not_ordered(clinic: Clinic, read: Scan) -> str:
    found = named(clinic.practice_id, read)
    if found is None:
        return str(_("This code is of no product on the order."))
    return str(_("This code is of %(name)s, which is not on the order.", name=found[1]))


def _with(rows: Sequence[GoodsRow], old: GoodsRow, new: GoodsRow) -> list[GoodsRow]:
    return [new if row is old else row for row in rows]


def _filled(row: GoodsRow, sku: str, read: Scan, packs: int, *, more: bool = False) -> GoodsRow:
    """Return a row with what a box says; it stands for so many ``packs``."""
    there = whole(row.packs)
    said = row.packs
    if more and there is not None:
        said = str(there + packs)
    elif not row.quantity:
        said = row.packs or str(packs)
    filled = replace(row, sku=sku, packs=said)
    filled = _with_lot(filled, read)
    return replace(filled, lot=row.lot) if more else filled


def _with_lot(row: GoodsRow, read: Scan) -> GoodsRow:
    """Return a row with lot and expiry of a code, as far as it has them."""
    expiry = read.expiry.isoformat() if read.expiry else row.expiry
    return replace(row, lot=read.lot or row.lot, expiry=expiry)


def _is_lot(row: GoodsRow, read: Scan) -> bool:
    return normalise_lot(row.lot) == normalise_lot(read.lot or row.lot)
