"""Transfers in words: how they stand, what happened, and what is worth a second look."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from supply.inventory.rules import fitting_storages
from supply.inventory.wording import STORAGE_WORDS
from supply.items.models import Item, Location
from supply.transfers.terms import TransferEventKind, TransferStatus

STATUS_WORDS: dict[TransferStatus, LazyString] = {
    TransferStatus.IN_TRANSIT: _l("In transit"),
    TransferStatus.DONE: _l("Done"),
    TransferStatus.TAKEN_BACK: _l("Taken back"),
}

STATUS_TONES = {
    TransferStatus.IN_TRANSIT: "info",
    TransferStatus.DONE: "good",
    TransferStatus.TAKEN_BACK: "neutral",
}

EVENT_WORDS: dict[TransferEventKind, LazyString] = {
    TransferEventKind.MOVED: _l("Moved"),
    TransferEventKind.SENT: _l("Sent"),
    TransferEventKind.RECEIVED: _l("Received"),
    TransferEventKind.WRITTEN_OFF: _l("Written off"),
    TransferEventKind.TAKEN_BACK: _l("Taken back"),
    TransferEventKind.UNDONE: _l("Undone"),
}


def misfits(items: Iterable[Item], location: Location) -> list[str]:
    """Return a sentence for each item that is not kept as the location is."""
    return [
        str(
            _(
                "%(name)s is kept %(storage)s: %(place)s is not. Check that it may lie there.",
                name=item.name,
                storage=str(STORAGE_WORDS[item.storage]).lower(),
                place=location.name,
            )
        )
        for item in items
        if location.storage not in fitting_storages(item.storage)
    ]
