"""Boxes scanned while a transfer is received: which of its lots one is, and how much of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from flask_babel import gettext as _

from supply.accounts.models import Clinic
from supply.catalogue.barcodes import Scan, scan
from supply.inventory.boxes import containers_of, doubt, item_behind
from supply.inventory.labels import is_code, problem_with
from supply.inventory.rules import normalise_lot
from supply.text import whole
from supply.transfers.forms import CameRow


def none_counted(rows: Sequence[CameRow]) -> list[CameRow]:
    """Return ``rows`` as the first scan finds them: the fresh form says that all of it came."""
    return [replace(row, much="0") for row in rows]


def counted(
    clinic: Clinic, rows: Sequence[CameRow], code: str, today: dt.date
) -> tuple[list[CameRow], str | None]:
    """Return ``rows`` with what was scanned counted, and why nothing or not all of it was."""
    read = scan(code, today=today)
    meant = _meant(clinic, rows, code.strip(), read)
    if len(meant) != 1:
        return list(rows), _why_none(code.strip(), read, bool(meant))
    [row] = meant
    there, more = whole(row.much) or 0, containers_of(row.line.item_id, read)
    if there + more > row.expected:
        return list(rows), _no_room(row, there, more)
    filled = replace(row, much=str(there + more))
    return [filled if one is row else one for one in rows], None


def _meant(clinic: Clinic, rows: Sequence[CameRow], code: str, read: Scan) -> list[CameRow]:
    if not is_code(code, read):
        return [row for row in rows if row.line.lot.normalised == normalise_lot(code)]
    item = item_behind(clinic.practice_id, read)
    of_item = [row for row in rows if item is not None and row.line.item_id == item.id]
    if read.lot is None:
        return of_item
    return [row for row in of_item if row.line.lot.normalised == normalise_lot(read.lot)]


def _why_none(code: str, read: Scan, several: bool) -> str:
    if several:
        return str(_("Several lots fit. Scan or type the lot number."))
    if fault := problem_with(code, read):
        return fault
    if read.gtin is not None and read.problems:
        return doubt(read) or ""
    said = read.lot if read.lot is not None and is_code(code, read) else code[:80]
    return str(_("“%(text)s” is not in this transfer.", text=said))


def _no_room(row: CameRow, there: int, more: int) -> str:
    if there >= row.expected:
        name = row.line.item.name
        return str(_("%(name)s: all of this lot is counted already.", name=name))
    return str(
        _(
            "%(name)s: this code stands for %(more)s, more than is left to count.",
            name=row.line.item.name,
            more=more,
        )
    )
