"""Labels read where a lot is typed: what a lot field holds, and whether it is a scanned code."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.catalogue.as_typed import SEPARATOR
from supply.catalogue.barcodes import ProblemCode, Scan, scan
from supply.catalogue.models import Product, ProductGtin
from supply.db import db

SHORTEST_CODE = 8
"""Characters of a bar code at least; fewer are something typed."""

_SECOND_BAR = re.compile(r"17\d{6}(?:10|21|30)")
"""How the second of two bar codes on a box begins: the first has the GTIN, this one the rest."""

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
    if read.item is not None or read.place is not None:
        return True
    if read.lot is not None and read.expiry is not None and _SECOND_BAR.match(text):
        return not read.problems
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
    if read.paper is not None:
        said = _("This is the code of shipment %(code)s. Scan the boxes in it.", code=read.paper)
        return str(said)
    if text.casefold().startswith(("http:", "https:")):
        return str(_("This is an address, not a lot number. Enter the lot printed on the box."))
    found = next((one for one in read.problems if one.code in _NO_LOT), None)
    # Of a whole code only the GTIN is wrong; bare digits may be a lot number all the same.
    if found is None and (read.lot or read.expiry or read.serial):
        found = next((one for one in read.problems if one.code is ProblemCode.CHECK_DIGIT), None)
    return found.message if found else None


def _without_lot() -> str:
    return str(_("This code names the product, but no lot. Enter the lot printed on the box."))


def has_gtin(product: Product, gtin: str) -> bool:
    """Return whether a code with ``gtin``, of any pack level, is of this product."""
    return any(known.gtin == gtin for known in product.gtins)
