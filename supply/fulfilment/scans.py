"""Scans on shipping and receiving pages: which line a code means."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from supply.catalogue.barcodes import scan
from supply.catalogue.models import Product
from supply.fulfilment.models import ShipmentLine
from supply.fulfilment.rules import lot_meant
from supply.inventory.rules import normalise_lot


@dataclass(frozen=True, slots=True)
class Label:
    """A lot field after reading: what a scan said, or what was typed as it stands."""

    lot: str
    expiry: str
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The shipment line a scan means and how many packs, or a sentence saying why none."""

    line: ShipmentLine | None
    packs: int = 0
    sentence: str = ""


def read_label(text: str, expiry: str, product: Product, today: dt.date) -> Label:
    """Return lot and expiry (ISO) of a lot field that may hold a whole GS1 code.

    Only a code with a GTIN and a lot counts as a scan: a lot number such as "10ABC" would read
    as a GS1 field too. A scan without expiry never erases the one typed.
    """
    read = scan(text, today=today)
    if read.gtin is None or read.lot is None:
        return Label(text.strip(), expiry)
    scanned = read.expiry.isoformat() if read.expiry else expiry
    known = {gtin.gtin for gtin in product.gtins}
    if known and read.gtin not in known:
        sentence = _("This code is of another product (GTIN %(gtin)s).", gtin=read.gtin)
        return Label(read.lot, scanned, str(sentence))
    problem = read.problems[0].message if read.problems else None
    return Label(read.lot, scanned, problem)


def find_line(text: str, lines: Sequence[ShipmentLine], today: dt.date) -> Found:
    """Return the shipment line that a scanned code, lot number or SKU means.

    A GS1 code means a lot by GTIN and number; the GTIN's pack level says how many packs it
    stands for. Of several lines that fit, the first with packs unaccounted is meant.
    """
    read = scan(text, today=today)
    if read.gtin is not None:
        fitting = [line for line in lines if _has_gtin(line, read.gtin)]
        if read.lot is not None:
            fitting = [line for line in fitting if line.normalised == normalise_lot(read.lot)]
    else:
        typed = text.strip()
        fitting = [line for line in lines if line.normalised == normalise_lot(typed)]
        fitting = fitting or [line for line in lines if line.order_line.sku == typed]
    lots = {(line.order_line_id, line.normalised) for line in fitting}
    if len(lots) > 1:
        return Found(None, sentence=str(_("Several lots fit. Scan or type the lot number.")))
    line = next((line for line in fitting if line.unaccounted), None)
    if line is None:
        return Found(None, sentence=_why_none(text, read.lot, lines, bool(fitting)))
    return Found(line, _packs(line, read.gtin))


def _why_none(text: str, lot: str | None, lines: Sequence[ShipmentLine], known: bool) -> str:
    if known:
        return str(_("All packs of this lot have been received."))
    meant = lot_meant(lot or text, [line.lot_number for line in lines])
    if meant is not None:
        return str(
            _(
                "Lot %(lot)s is not in this shipment. Is %(known)s meant?",
                lot=lot or text.strip()[:80],
                known=meant,
            )
        )
    return str(_("“%(text)s” is not in this shipment.", text=text.strip()[:80]))


def _has_gtin(line: ShipmentLine, gtin: str) -> bool:
    return any(known.gtin == gtin for known in line.order_line.product.gtins)


def _packs(line: ShipmentLine, gtin: str | None) -> int:
    """Return how many packs a code stands for: a case's are several, a single vial's is one."""
    containers = next(
        (known.containers for known in line.order_line.product.gtins if known.gtin == gtin), 1
    )
    return max(1, containers // line.order_line.containers_per_pack)
