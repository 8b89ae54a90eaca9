"""Scans of a parcel that came: which of its lines a code means."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from supply.catalogue.barcodes import Scan, scan
from supply.inventory.boxes import linked
from supply.inventory.labels import has_gtin, is_code, problem_with
from supply.inventory.rules import normalise_lot
from supply.receiving.rules import lot_meant
from supply.shipping.models import ShipmentLine

Link = tuple[int, int]
"""An item, and how many containers carry the code that was linked to it."""


@dataclass(frozen=True, slots=True)
class LinesMeant:
    """The shipment lines of one lot that a scan means and how many packs, or why none."""

    lines: tuple[ShipmentLine, ...] = ()
    packs: int = 0
    sentence: str = ""


def find_line(text: str, lines: Sequence[ShipmentLine], today: dt.date) -> LinesMeant:
    """Return the shipment lines that a scanned code, lot number or SKU means.

    A GS1 code means a lot by GTIN and number; the GTIN's pack level says how many packs it
    stands for. A product without a GTIN in the catalogue is found by its lot alone. The same lot
    may stand on several lines.
    """
    read = scan(text, today=today)
    link = _linked(read, lines)
    fitting = _fitting(text.strip(), read, lines, link)
    lots = {(line.order_line_id, line.normalised) for line in fitting}
    if len(lots) > 1:
        return LinesMeant(sentence=str(_("Several lots fit. Scan or type the lot number.")))
    open_lines = tuple(line for line in fitting if line.unaccounted)
    if not open_lines:
        return LinesMeant(sentence=_why_none(text, read, lines, bool(fitting)))
    return LinesMeant(open_lines, _packs(open_lines[0], read, link))


def _linked(read: Scan, lines: Sequence[ShipmentLine]) -> Link | None:
    """Return what the practice linked the GTIN to, where no product of the parcel has it."""
    if read.gtin is None or not lines:
        return None
    if any(has_gtin(line.order_line.product, read.gtin) for line in lines):
        return None
    return linked(lines[0].order_line.item.practice_id, read.gtin)


def _fitting(
    typed: str, read: Scan, lines: Sequence[ShipmentLine], link: Link | None
) -> list[ShipmentLine]:
    if read.gtin is None:
        lot = read.lot if is_code(typed, read) else typed
        named = [line for line in lines if line.normalised == normalise_lot(lot or "")]
        return named or [line for line in lines if line.order_line.sku == typed]
    own = [line for line in lines if has_gtin(line.order_line.product, read.gtin)]
    if link is not None:
        own = [line for line in lines if line.order_line.item_id == link[0]]
    if read.lot is None:
        return own or [line for line in lines if line.normalised == normalise_lot(typed)]
    unknown = [line for line in lines if not line.order_line.product.gtins]
    return [line for line in own or unknown if line.normalised == normalise_lot(read.lot)]


def _why_none(text: str, read: Scan, lines: Sequence[ShipmentLine], known: bool) -> str:
    """Say why a scan means no line, naming what was read of it."""
    if known:
        return str(_("All packs of this lot have been received."))
    if fault := problem_with(text.strip(), read):
        return fault
    if read.lot is not None and read.problems:
        return read.problems[0].message
    if read.gtin and is_code(text.strip(), read):
        return _why_no_lot(read, lines)
    said = read.lot or text.strip()[:80]
    return _meant(said, lines) or str(_("“%(text)s” is not in this shipment.", text=said))


def _why_no_lot(read: Scan, lines: Sequence[ShipmentLine]) -> str:
    """Say of a code with a GTIN that its product, or its lot, is not in the parcel."""
    gtin = read.gtin or ""
    own = next((line for line in lines if has_gtin(line.order_line.product, gtin)), None)
    if own is None and (read.lot is None or any(line.order_line.product.gtins for line in lines)):
        return str(_("No product in this shipment has the code %(gtin)s.", gtin=gtin))
    name = own.order_line.name if own else gtin
    return _meant(read.lot or "", lines) or str(
        _("%(name)s: lot %(lot)s is not in this shipment.", name=name, lot=read.lot)
    )


def _meant(said: str, lines: Sequence[ShipmentLine]) -> str | None:
    """Ask whether the only lot that looks alike is meant."""
    meant = lot_meant(said, [line.lot_number for line in lines])
    if meant is None:
        return None
    sentence = _("Lot %(lot)s is not in this shipment. Is %(known)s meant?", lot=said, known=meant)
    return str(sentence)


def _packs(line: ShipmentLine, read: Scan, link: Link | None) -> int:
    """Return how many packs a code stands for: a case's are several, a single vial's is one."""
    containers = next(
        (known.containers for known in line.order_line.product.gtins if known.gtin == read.gtin),
        link[1] if link else 1,
    )
    return max(1, containers * read.boxes // line.order_line.containers_per_pack)
