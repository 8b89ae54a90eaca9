"""Stock in words: containers, places, and what an entry did."""

from __future__ import annotations

from collections.abc import Callable

from flask_babel import LazyString, ngettext
from flask_babel import lazy_gettext as _l

from supply.catalogue import wording as catalogue
from supply.catalogue.terms import Storage
from supply.inventory.terms import EntryKind, HoldSource
from supply.quantity import Unit

_CONTAINERS: dict[str, Callable[[int], str]] = {
    "vial": lambda count: ngettext("vial", "vials", count),
    "ampoule": lambda count: ngettext("ampoule", "ampoules", count),
    "syringe": lambda count: ngettext("syringe", "syringes", count),
    "needle": lambda count: ngettext("needle", "needles", count),
    "bottle": lambda count: ngettext("bottle", "bottles", count),
    "tube": lambda count: ngettext("tube", "tubes", count),
    "cartridge": lambda count: ngettext("cartridge", "cartridges", count),
}

STORAGE_WORDS: dict[Storage, LazyString] = {
    Storage.AMBIENT: _l("15 to 25 °C"),
    Storage.COLD: _l("2 to 8 °C"),
    Storage.EITHER: _l("2 to 25 °C"),
    Storage.FROZEN: _l("Frozen"),
}

ENTRY_WORDS: dict[EntryKind, LazyString] = {
    EntryKind.OPENING_BALANCE: _l("Opening stock"),
    EntryKind.RECEIPT: _l("Received"),
    EntryKind.SESSION: _l("Session"),
    EntryKind.OPENING: _l("Opened"),
    EntryKind.WASTE: _l("Wasted"),
    EntryKind.DISCARD: _l("Discarded"),
    EntryKind.CORRECTION: _l("Corrected"),
    EntryKind.COUNT: _l("Counted"),
    EntryKind.TRANSFER: _l("Moved"),
    EntryKind.OVERFILL: _l("Overfill"),
    EntryKind.REVERSAL: _l("Undone"),
}

ENTRY_ICONS: dict[EntryKind, str] = {
    EntryKind.OPENING_BALANCE: "box-seam",
    EntryKind.RECEIPT: "box-arrow-in-down",
    EntryKind.SESSION: "clipboard2-pulse",
    EntryKind.OPENING: "unlock",
    EntryKind.WASTE: "trash3",
    EntryKind.DISCARD: "trash3",
    EntryKind.CORRECTION: "pencil",
    EntryKind.COUNT: "clipboard-check",
    EntryKind.TRANSFER: "arrow-left-right",
    EntryKind.OVERFILL: "plus-lg",
    EntryKind.REVERSAL: "arrow-counterclockwise",
}

HOLD_WORDS: dict[HoldSource, LazyString] = {
    HoldSource.MANUAL: _l("On hold"),
    HoldSource.RECEIPT: _l("On hold since receipt"),
    HoldSource.RECALL: _l("Recalled"),
    HoldSource.COLD_CHAIN: _l("Was not kept cold"),
    HoldSource.ADVERSE_EVENT: _l("On hold after an adverse event"),
}


def containers(count: int, container: str, unit: Unit) -> str:
    """Return the plural that fits ``count`` of an item's containers: "vials", "pieces"."""
    worded = _CONTAINERS.get(container)
    if worded is not None:
        return worded(count)
    if unit is Unit.EACH:
        return str(ngettext("piece", "pieces", count))
    return str(ngettext("container", "containers", count))


unit_word = catalogue.unit_word
