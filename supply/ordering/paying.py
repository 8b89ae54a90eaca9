"""What the room that takes cards tells of an order, and is told: it registers here.

Without it, and where it has no key, every order is paid on account.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from flask_babel import gettext as _
from werkzeug.wrappers import Response

from supply.ordering.models import PurchaseOrder
from supply.ordering.refusals import NoCard

Objection = Callable[[PurchaseOrder], str | None]
"""Why an order cannot be paid by card; None where it can."""
Change = Callable[[PurchaseOrder, dt.datetime], None]

Going = Callable[[PurchaseOrder], Response]
"""Sends the browser to where an order is paid."""

_goings: list[Going] = []
_objections: list[Objection] = []
_changes: list[Change] = []


def takes_cards(objection: Objection) -> Objection:
    """Register who says whether an order can be paid by card."""
    _objections.append(objection)
    return objection


def goes_to_pay(going: Going) -> Going:
    """Register who sends the browser to where an order is paid."""
    _goings.append(going)
    return going


def to_pay_page(order: PurchaseOrder) -> Response | None:
    """Return the way to where ``order`` is paid; None where nobody takes cards."""
    return next((going(order) for going in _goings), None)


def on_change(change: Change) -> Change:
    """Register who hears of every step on an order, in the transaction of the step."""
    _changes.append(change)
    return change


def why_no_card(order: PurchaseOrder) -> str | None:
    """Return why ``order`` cannot be paid by card; None where it can."""
    if not _objections:
        return str(_("Cards are not taken here."))
    for objection in _objections:
        why = objection(order)
        if why is not None:
            return why
    return None


def check_card(order: PurchaseOrder) -> None:
    """Refuse an order that cannot be paid by card. Raises NoCard."""
    why = why_no_card(order)
    if why is not None:
        raise NoCard(why)


def changed(order: PurchaseOrder, now: dt.datetime) -> None:
    """Tell whoever takes cards that something happened to ``order``."""
    for change in _changes:
        change(order, now)
