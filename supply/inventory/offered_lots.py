"""Lots that a page offers: which of them a scanned code means and how many packs, or why none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from supply.catalogue.barcodes import Scan, scan
from supply.catalogue.models import Product
from supply.inventory.boxes import containers_in, item_behind, named
from supply.inventory.labels import has_gtin, is_code, problem_with
from supply.inventory.rules import normalise_lot


@dataclass(frozen=True, slots=True)
class OfferedLot:
    """A lot of a product that may be chosen; ``key`` is what the page calls it. "" is no lot."""

    key: str
    product: Product
    item_id: int
    lot: str


@dataclass(frozen=True, slots=True)
class LotMeant:
    """The lot that a code means and for how many packs it stands, or a sentence that says why none.

    A single container's code names its pack.
    """

    offered: OfferedLot | None = None
    packs: int = 0
    sentence: str = ""


def lot_meant(
    practice_id: int, offered: Sequence[OfferedLot], code: str, today: dt.date
) -> LotMeant:
    """Return which of the lots offered a scanned code, or a lot number typed, means."""
    text = code.strip()
    read = scan(text, today=today)
    if fault := problem_with(text, read):
        return LotMeant(sentence=fault)
    if not is_code(text, read):
        return _only(_of_lot(offered, text), 1, text)
    if read.gtin is None and read.item is None:
        return _only(_of_lot(offered, read.lot or ""), 1, read.lot or text)
    own = _of_product(practice_id, offered, read)
    return (
        _among(practice_id, own, read)
        if own
        else LotMeant(sentence=_not_offered(practice_id, read))
    )


def _among(practice_id: int, own: Sequence[OfferedLot], read: Scan) -> LotMeant:
    """Return which of a product's lots a code means."""
    packs = max(1, containers_in(practice_id, read) // own[0].product.containers_per_pack)
    if read.lot is None:
        return _only(own, packs, read.text)
    fitting = _of_lot(own, read.lot) or [one for one in own if not one.lot]
    if fitting:
        return LotMeant(fitting[0], packs)
    name = own[0].product.name
    return LotMeant(
        sentence=str(_("%(name)s: lot %(lot)s is not one of these.", name=name, lot=read.lot))
    )


def _of_lot(offered: Sequence[OfferedLot], lot: str) -> list[OfferedLot]:
    number = normalise_lot(lot)
    return [one for one in offered if number and normalise_lot(one.lot) == number]


def _of_product(practice_id: int, offered: Sequence[OfferedLot], read: Scan) -> list[OfferedLot]:
    item = item_behind(practice_id, read)
    return [
        one
        for one in offered
        if (read.gtin and has_gtin(one.product, read.gtin))
        or (item is not None and one.item_id == item.id)
    ]


def _only(found: Sequence[OfferedLot], packs: int, text: str) -> LotMeant:
    if len(found) == 1:
        return LotMeant(found[0], packs)
    if found:
        return LotMeant(sentence=str(_("Several lots fit. Scan or type the lot number.")))
    return LotMeant(sentence=str(_("“%(text)s” is not one of these.", text=text[:80])))


def _not_offered(practice_id: int, read: Scan) -> str:
    found = named(practice_id, read)
    if found is None:
        return str(_("This code is of no product on the order."))
    return str(_("This code is of %(name)s, which is not on the order.", name=found[1]))
