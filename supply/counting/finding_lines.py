"""Codes scanned while one counts: which line of the list one means, or what else it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from supply.accounts.models import Clinic
from supply.catalogue.barcodes import Scan, scan
from supply.counting.models import CountLine
from supply.inventory.boxes import doubt, item_behind, named, no_item
from supply.inventory.labels import is_code, problem_with
from supply.inventory.rules import normalise_lot
from supply.items.models import Item


@dataclass(frozen=True, slots=True)
class Meant:
    """What a code means: a line, a lot to be added as it was read, or neither and why."""

    line: CountLine | None = None
    sku: str = ""
    lot: str = ""
    expiry: dt.date | None = None
    problem: str = ""


def meant_by(
    clinic: Clinic,
    lines: Sequence[CountLine],
    scope: Collection[int] | None,
    code: str,
    today: dt.date,
) -> Meant:
    """Return what ``code`` means among the ``lines`` of a location.

    ``scope`` are the items that the count is of, None is all.
    """
    code = code.strip()
    read = scan(code, today=today)
    if not is_code(code, read):
        number = normalise_lot(code)
        return _only([line for line in lines if number and line.lot.normalised == number], code)
    item = item_behind(clinic.practice_id, read)
    if item is None:
        return Meant(problem=_why_unknown(clinic, code, read))
    if scope is not None and item.id not in scope:
        return Meant(problem=_("%(name)s is not part of this count.", name=item.name))
    of_item = [line for line in lines if line.item_id == item.id]
    if read.lot is None:
        return _only(of_item, code) if of_item else Meant(sku=item.code)
    return _of_lot(of_item, item, read)


def _of_lot(of_item: Sequence[CountLine], item: Item, read: Scan) -> Meant:
    number = normalise_lot(read.lot or "")
    for line in of_item:
        if line.lot.normalised == number:
            return Meant(line)
    return Meant(sku=item.code, lot=read.lot or "", expiry=read.expiry)


def _only(lines: Sequence[CountLine], code: str) -> Meant:
    if len(lines) == 1:
        return Meant(lines[0])
    if lines:
        return Meant(problem=_("Several lots fit. Scan or type the lot number."))
    said = _("“%(text)s” is not on the list of this location.", text=code[:80])
    return Meant(problem=said)


def _why_unknown(clinic: Clinic, code: str, read: Scan) -> str:
    if fault := problem_with(code, read):
        return fault
    if read.gtin is None:
        return str(_("“%(text)s” is no product's code.", text=code[:80]))
    other = named(clinic.practice_id, read)
    if other is not None:
        return str(_("%(name)s: this clinic has none of it on its list.", name=other[1]))
    return no_item(read) or doubt(read) or ""
