"""A box scanned while one lot is taken in by hand: item, lot and expiry are filled in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from flask_babel import gettext as _

from supply.accounts.models import Clinic
from supply.inventory.boxes import Box, containers_in, holds_code, read_box
from supply.inventory.rules import normalise_lot
from supply.text import fold, whole

SCANNED_INTO = ("scan", "sku", "lot", "containers")


def code_in(sent: Mapping[str, str], today: dt.date) -> str | None:
    """Return the code that was scanned, into the field for scans or into another; None for none."""
    said = [sent.get(field, "").strip() for field in SCANNED_INTO]
    return said[0] or next((text for text in said[1:] if holds_code(text, today)), None)


def filled_in(
    clinic: Clinic, sent: Mapping[str, str], code: str, today: dt.date
) -> tuple[dict[str, str], str | None]:
    """Return what was typed with what ``code`` says, and what of it is to be looked at.

    A code of another item than the one typed fills in nothing. The same box again is one
    container more.
    """
    left = {name: "" if said.strip() == code else said for name, said in sent.items()}
    box = read_box(clinic.practice_id, code, today)
    if box.fault:
        return left, box.fault
    if fold(left.get("sku", "").strip()) not in ("", fold(box.sku)):
        return left, str(_("This code is of %(name)s, not of what you add.", name=box.name))
    filled = {
        "sku": box.sku,
        "lot": box.read.lot or left.get("lot", ""),
        "expiry": box.expiry or left.get("expiry", ""),
        "containers": _count(clinic.practice_id, left, box),
    }
    return {**left, **filled}, box.doubt


def _count(practice_id: int, left: Mapping[str, str], box: Box) -> str:
    """Return how many containers are there: of the same lot again, as many more as a box has."""
    there, count = left.get("lot", ""), left.get("containers", "")
    same = box.read.lot is not None and normalise_lot(there) == normalise_lot(box.read.lot)
    if not same:
        return count
    return str((whole(count) or 0) + containers_in(practice_id, box.read))
