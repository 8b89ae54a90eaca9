"""Scans on shipping and receiving pages: which line a code means, what a lot field holds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.catalogue.barcodes import SEPARATOR, ProblemCode, Scan, scan
from supply.catalogue.models import Product, ProductGtin
from supply.db import db
from supply.fulfilment.models import ShipmentLine
from supply.fulfilment.rules import lot_meant
from supply.inventory.rules import normalise_lot

SHORTEST_CODE = 8
"""Characters of a bar code at least; fewer are something typed."""

_NO_LOT = frozenset({ProblemCode.NOT_GS1, ProblemCode.KEYBOARD, ProblemCode.TWO_SCANS})
"""What is wrong with a code from which no lot can be read, and which is none itself."""


@dataclass(frozen=True, slots=True)
class Label:
    """A lot field after reading: what a scan said, or what was typed as it stands.

    With a ``fault`` that leaves the lot empty nothing of the scan was taken.
    """

    lot: str
    expiry: str
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class LinesMeant:
    """The shipment lines of one lot that a scan means and how many packs, or why none."""

    lines: tuple[ShipmentLine, ...] = ()
    packs: int = 0
    sentence: str = ""


def read_label(
    text: str, expiry: str, product: Product, today: dt.date, others: Iterable[Product] = ()
) -> Label:
    """Return lot and expiry (ISO) of a lot field of ``product`` that may hold a whole code.

    A code of another product fills in nothing; it is named where it is one of ``others``. A lot
    number such as "10ABC" would read as a GS1 field too: only a code with a GTIN, a separator or
    its printed form counts as a scan. A scan without expiry never erases the one typed.
    """
    typed = text.strip()
    read = scan(typed, today=today)
    if fault := _foreign(read, product, others) or problem_with(typed, read):
        return Label("", expiry, fault)
    if not is_code(typed, read):
        return Label(typed, expiry)
    scanned = read.expiry.isoformat() if read.expiry else expiry
    if read.lot is None:
        return Label("", scanned, _without_lot())
    return Label(read.lot, scanned, read.problems[0].message if read.problems else None)


def is_code(text: str, read: Scan) -> bool:
    """Return whether ``text`` is a scanned code rather than a lot number someone typed.

    Bare digits count only where they are a known product's: lots may be numbers too.
    """
    if read.gtin is not None:
        return not text.isdigit() or len(text) > len(read.gtin) or _is_sold(read.gtin)
    read_some = read.lot is not None or read.expiry is not None
    return read_some and (SEPARATOR in text or text.startswith(("(", "]")))


def _is_sold(gtin: str) -> bool:
    return bool(db.session.scalar(sa.select(sa.exists().where(ProductGtin.gtin == gtin))))


def _foreign(read: Scan, product: Product, others: Iterable[Product]) -> str | None:
    """Say whose code was scanned, where it is another product's."""
    if read.gtin is None or has_gtin(product, read.gtin):
        return None
    meant = next((other for other in others if has_gtin(other, read.gtin)), None)
    if meant is not None:
        return str(_("This code is of %(name)s: scan it there.", name=meant.name))
    if product.gtins and (read.lot is not None or _is_sold(read.gtin)):
        return str(_("This code is of another product (GTIN %(gtin)s).", gtin=read.gtin))
    return None


def problem_with(text: str, read: Scan) -> str | None:
    """Say why a code that holds no lot for us is not taken for a lot number itself."""
    if len(text) < SHORTEST_CODE or read.gtin is not None:
        return None
    if text.casefold().startswith(("http:", "https:")):
        return str(_("This is an address, not a lot number. Enter the lot printed on the box."))
    found = next((one for one in read.problems if one.code in _NO_LOT), None)
    return found.message if found else None


def _without_lot() -> str:
    return str(_("This code names the product, but no lot. Enter the lot printed on the box."))


def find_line(text: str, lines: Sequence[ShipmentLine], today: dt.date) -> LinesMeant:
    """Return the shipment lines that a scanned code, lot number or SKU means.

    A GS1 code means a lot by GTIN and number; the GTIN's pack level says how many packs it
    stands for. A product without a GTIN in the catalogue is found by its lot alone. The same lot
    may stand on several lines.
    """
    read = scan(text, today=today)
    fitting = _fitting(text.strip(), read, lines)
    lots = {(line.order_line_id, line.normalised) for line in fitting}
    if len(lots) > 1:
        return LinesMeant(sentence=str(_("Several lots fit. Scan or type the lot number.")))
    open_lines = tuple(line for line in fitting if line.unaccounted)
    if not open_lines:
        return LinesMeant(sentence=_why_none(text, read, lines, bool(fitting)))
    return LinesMeant(open_lines, _packs(open_lines[0], read.gtin))


def _fitting(typed: str, read: Scan, lines: Sequence[ShipmentLine]) -> list[ShipmentLine]:
    if read.gtin is None:
        lot = read.lot if is_code(typed, read) else typed
        named = [line for line in lines if line.normalised == normalise_lot(lot or "")]
        return named or [line for line in lines if line.order_line.sku == typed]
    own = [line for line in lines if has_gtin(line.order_line.product, read.gtin)]
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


def has_gtin(product: Product, gtin: str) -> bool:
    """Return whether a code with ``gtin``, of any pack level, is of this product."""
    return any(known.gtin == gtin for known in product.gtins)


def _packs(line: ShipmentLine, gtin: str | None) -> int:
    """Return how many packs a code stands for: a case's are several, a single vial's is one."""
    containers = next(
        (known.containers for known in line.order_line.product.gtins if known.gtin == gtin), 1
    )
    return max(1, containers // line.order_line.containers_per_pack)
