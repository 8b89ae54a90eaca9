"""What people type into a draft, read: packs, the prices they saw, what they ask for with it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from flask_babel import gettext as _

from supply.baskets.requesting import read_day
from supply.ordering import rules
from supply.ordering.models import PurchaseOrder
from supply.refusals import InvalidInput
from supply.text import whole


def packs(text: str, field: str = "packs") -> int:
    """Read whole packs that a person typed.

    Raises:
        InvalidInput: not a whole number; its range is the service's to check.
    """
    stripped = text.strip()
    if not (stripped.isascii() and stripped.isdecimal() and len(stripped) <= 9):
        raise InvalidInput(
            (field, _("Enter whole packs from 1 to %(most)d.", most=rules.MOST_PACKS))
        )
    return int(stripped)


def seen_prices(form: Mapping[str, str], order: PurchaseOrder) -> dict[int, int]:
    """Return the prices of a pack that the page showed, by line id, in minor units."""
    shown = {line.id: whole(form.get(f"seen_{line.id}", "")) for line in order.lines}
    return {line_id: minor for line_id, minor in shown.items() if minor is not None}


def shown_lines(form: Mapping[str, str], order: PurchaseOrder) -> set[int] | None:
    """Return the ids of the lines that the page showed of an order; None where it did not say."""
    shown = form.get(f"lines_{order.id}")
    return None if shown is None else {found for one in shown.split() if (found := whole(one))}


def asked_for(form: Mapping[str, str], order: PurchaseOrder) -> tuple[dt.date | None, str]:
    """Return the day of delivery and the message typed for an order; else what it has.

    Raises:
        InvalidInput: what stands for a day is none.
    """
    day, message = f"requested_{order.id}", f"message_{order.id}"
    wanted = read_day(form[day], day) if day in form else order.requested_on
    return wanted, form.get(message, order.message)


def typed_packs(form: Mapping[str, str], order: PurchaseOrder) -> dict[int, int]:
    """Return the packs typed for an order's lines, by line id; lines not in ``form`` are absent.

    Raises:
        InvalidInput: naming every line without a whole number.
    """
    found: dict[int, int] = {}
    faults: list[tuple[str, str]] = []
    for line in order.lines:
        name = f"packs_{line.id}"
        if name not in form:
            continue
        try:
            found[line.id] = packs(form[name], name)
        except InvalidInput as fault:
            faults += [
                (field, str(_("%(what)s: %(more)s", what=line.name, more=message)))
                for field, message in fault.errors
            ]
    if faults:
        raise InvalidInput(*faults)
    return found
