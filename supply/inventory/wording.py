"""Stock in words: what an entry did, why a lot is held or wasted; with the words of items."""

from __future__ import annotations

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from supply.inventory.terms import EntryKind, HoldSource, WasteCause
from supply.items import wording as items

unit_word = items.unit_word
containers = items.containers
measured = items.measured
measure = items.measure
STORAGE_WORDS = items.STORAGE_WORDS

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
    EntryKind.SHIPMENT: _l("Shipped"),
    EntryKind.REVERSAL: _l("Undone"),
}

UNDONE_WORDS: dict[EntryKind, LazyString] = {
    EntryKind.OPENING_BALANCE: _l("Opening stock undone."),
    EntryKind.RECEIPT: _l("Receipt undone."),
    EntryKind.SESSION: _l("Session undone."),
    EntryKind.OPENING: _l("Opening undone."),
    EntryKind.WASTE: _l("Waste undone."),
    EntryKind.DISCARD: _l("Discarding undone."),
    EntryKind.CORRECTION: _l("Correction undone."),
    EntryKind.COUNT: _l("Count undone."),
    EntryKind.TRANSFER: _l("Move undone."),
    EntryKind.OVERFILL: _l("Overfill undone."),
    EntryKind.SHIPMENT: _l("Shipment undone."),
    EntryKind.REVERSAL: _l("Undoing undone."),
}
"""What is said when an entry of each kind has been undone."""

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
    EntryKind.SHIPMENT: "truck",
    EntryKind.REVERSAL: "arrow-counterclockwise",
}

CAUSE_WORDS: dict[WasteCause, LazyString] = {
    WasteCause.EXPIRED: _l("Expired"),
    WasteCause.PAST_TIME: _l("Open past its time"),
    WasteCause.DAMAGED: _l("Broken or damaged"),
    WasteCause.CONTAMINATED: _l("Contaminated"),
    WasteCause.SPILLED: _l("Spilled or drawn up wrongly"),
    WasteCause.BADLY_KEPT: _l("Not kept as it should be"),
    WasteCause.RECALLED: _l("Recalled"),
    WasteCause.OTHER: _l("Something else"),
    WasteCause.SINGLE_DOSE_REMAINDER: _l("Single-dose remainder"),
    WasteCause.DEAD_SPACE: _l("Syringe dead space"),
}

HOLD_WORDS: dict[HoldSource, LazyString] = {
    HoldSource.MANUAL: _l("On hold"),
    HoldSource.RECEIPT: _l("On hold since receipt"),
    HoldSource.RECALL: _l("Recalled"),
    HoldSource.COLD_CHAIN: _l("Was not kept cold"),
    HoldSource.ADVERSE_EVENT: _l("On hold after an adverse event"),
}
