"""A depot in words: packs and what is beside them, places, why a lot does not leave."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import LazyString, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from supply.catalogue.models import Product
from supply.depot.rules import Counted, Pick, Show
from supply.inventory import wording as stock
from supply.inventory.rules import ShelfLife

ENTRY_WORDS = stock.ENTRY_WORDS
ENTRY_ICONS = stock.ENTRY_ICONS
UNDONE_WORDS = stock.UNDONE_WORDS
CAUSE_WORDS = stock.CAUSE_WORDS
HOLD_WORDS = stock.HOLD_WORDS
STORAGE_WORDS = stock.STORAGE_WORDS

LIFE_WORDS: dict[ShelfLife, LazyString] = {
    ShelfLife.SHORT: _l("Short-dated"),
    ShelfLife.EXPIRED: _l("Expired"),
}
"""What is said of a lot that cannot be sent for its date."""

SHOW_WORDS: dict[Show, LazyString] = {
    Show.ALL: _l("All"),
    Show.SHORT: _l("Short-dated"),
    Show.EXPIRED: _l("Expired"),
    Show.HELD: _l("On hold"),
}


def packs(count: int) -> str:
    """Return "3 packs"."""
    return str(ngettext("%(num)s pack", "%(num)s packs", count))


def counted(what: Counted, product: Product) -> str:
    """Return what is there in packs, and what is beside them: "3 packs and 2 vials"."""
    if not what.loose:
        return packs(what.packs)
    word = stock.containers(what.loose, product.kind, product.unit)
    loose = str(_("%(count)s %(things)s", count=what.loose, things=word))
    if not what.packs:
        return loose
    return str(_("%(packs)s and %(loose)s", packs=packs(what.packs), loose=loose))


def single_word(product: Product) -> str:
    """Return what a pack holds several of: "vials", "pieces"."""
    return stock.containers(2, product.kind, product.unit)


def places(pick: Pick, names: Mapping[int, str]) -> str:
    """Return where the packs of a pick are taken from: "Store", "Store, Cold store"."""
    found = dict.fromkeys(names.get(one.source.location_id, "") for one in pick.taken)
    return ", ".join(name for name in found if name)
