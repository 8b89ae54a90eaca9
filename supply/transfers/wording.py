"""Transfers in words: how they stand, what happened, and what is worth a second look."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal

from flask_babel import LazyString, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from supply.accounts.models import Clinic
from supply.catalogue.barcodes import scan
from supply.inventory.labels import is_code
from supply.inventory.rules import fitting_storages
from supply.inventory.wording import STORAGE_WORDS
from supply.items.models import Item, Location
from supply.quantity import InvalidQuantityError, Unit, parse
from supply.transfers.models import Transfer
from supply.transfers.terms import OVERDUE_DAYS, TransferEventKind, TransferStatus

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
                "%(name)s is kept at %(storage)s. Check that it may lie in %(place)s.",
                name=item.name,
                storage=STORAGE_WORDS[item.storage],
                place=location.name,
            )
        )
        for item in {item.id: item for item in items}.values()
        if location.storage not in fitting_storages(item.storage)
    ]


def made(transfer: Transfer) -> str:
    """Return what is said of a transfer that was just made."""
    if transfer.to_location is not None:
        return str(_("Moved to %(place)s.", place=transfer.to_location.name))
    return str(
        _(
            "Transfer %(code)s is on its way to %(clinic)s.",
            code=transfer.code,
            clinic=transfer.to_clinic.name,
        )
    )


def sentence(clinic: Clinic, transfer: Transfer) -> str:
    """Return how a transfer stands, for who looks at it at ``clinic``."""
    names = {"sender": transfer.clinic.name, "receiver": transfer.to_clinic.name}
    back = transfer.status is TransferStatus.TAKEN_BACK
    if transfer.to_location is not None:
        place = transfer.to_location.name
        undone = _("The move to %(place)s was undone.", place=place)
        return str(undone if back else _("Moved to %(place)s.", place=place))
    if back:
        return str(_("%(sender)s took it back: nothing reached %(receiver)s.", **names))
    if transfer.status is TransferStatus.DONE:
        return str(_("From %(sender)s to %(receiver)s: all of it is accounted for.", **names))
    return _on_its_way(transfer, names, arrives=transfer.to_clinic_id == clinic.id)


def _on_its_way(transfer: Transfer, names: dict[str, str], *, arrives: bool) -> str:
    partly = any(line.received for line in transfer.lines)
    if arrives and partly:
        return str(_("Some of it is still on its way from %(sender)s.", **names))
    if arrives:
        return str(_("On its way from %(sender)s. Check the box, then receive it.", **names))
    if partly:
        return str(_("%(receiver)s has not received all of it. What is missing is yours.", **names))
    return str(_("On its way to %(receiver)s, and yours until it is received there.", **names))


def is_late(transfer: Transfer, now: dt.datetime) -> bool:
    """Return whether a transfer has been in transit for too long."""
    if transfer.status is not TransferStatus.IN_TRANSIT:
        return False
    return now - transfer.sent_at > dt.timedelta(days=OVERDUE_DAYS)


def contents(transfer: Transfer) -> str:
    """Return what a transfer is about: its first item, and how many more."""
    names = list(dict.fromkeys(line.item.name for line in transfer.lines))
    if len(names) == 1:
        return names[0]
    return str(
        ngettext(
            "%(name)s and %(num)d more", "%(name)s and %(num)d more", len(names) - 1, name=names[0]
        )
    )


def is_scan(text: str, today: dt.date) -> bool:
    """Return whether a text is a scanned code, and no words to look for."""
    read = scan(text.strip(), today=today)
    return (read.gtin or read.item) is not None and is_code(text.strip(), read)


def read_asked(text: str) -> Decimal | None:
    """Return the quantity that an address asks for; None where it names none."""
    try:
        return parse(text, Unit.ML)
    except InvalidQuantityError:
        return None
