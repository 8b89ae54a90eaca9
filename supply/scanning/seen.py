"""Codes seen together on a box or in view of a camera: which are one, and what each says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from supply.catalogue.barcodes import Scan, scan
from supply.web import filters


@dataclass(frozen=True, slots=True)
class Seen:
    """A code, and what it says in words."""

    text: str
    said: str


def told(texts: Sequence[str], today: dt.date) -> list[Seen]:
    """Return the codes among which a person has to choose, each with what it says.

    Of several codes of one box the one that says most stays, and an address that names no product
    is no choice beside a code that does.
    """
    reads = [scan(text, today=today) for text in dict.fromkeys(texts)]
    return [Seen(read.text, in_words(read)) for read in reads if not _needless(read, reads)]


def _needless(read: Scan, others: Sequence[Scan]) -> bool:
    if read.gtin is None:
        is_address = read.text.casefold().startswith(("http:", "https:", "www."))
        return is_address and any(other.gtin for other in others)
    same = [other for other in others if other is not read and other.gtin == read.gtin]
    return any(_says_more(other, read) for other in same)


def _says_more(one: Scan, other: Scan) -> bool:
    """Return whether ``one`` says all that ``other`` says, and more."""
    pairs = [(getattr(one, name), getattr(other, name)) for name in ("lot", "expiry", "serial")]
    agrees = all(theirs is None or theirs == ours for ours, theirs in pairs)
    return agrees and any(ours is not None and theirs is None for ours, theirs in pairs)


def in_words(read: Scan) -> str:
    """Return what a code says to a person; one that names nothing as it stands."""
    parts = [
        _("GTIN %(gtin)s", gtin=read.gtin) if read.gtin else "",
        _("lot %(lot)s", lot=read.lot) if read.lot else "",
        _("expires %(date)s", date=filters.short_date(read.expiry)) if read.expiry else "",
        _("serial number %(serial)s", serial=read.serial) if read.serial else "",
        _("shipment %(code)s", code=read.paper) if read.paper else "",
    ]
    said = ", ".join(str(part) for part in parts if part)
    return said if read.gtin else said or read.text.replace("\x1d", " ")[:80]
