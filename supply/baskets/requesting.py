"""What a clinic asks for with an order: a day of delivery, and a few words."""

from __future__ import annotations

import datetime as dt

from flask_babel import gettext as _

from supply.accounts.opening import is_open
from supply.actor import Actor
from supply.audit import services as audit
from supply.ordering.events import TEXT_LENGTH, locked_order, require_stage, today_at
from supply.ordering.models import PurchaseOrder
from supply.ordering.terms import Stage
from supply.refusals import InvalidInput
from supply.text import clean, has_control
from supply.web import filters

LONGEST_AHEAD = dt.timedelta(days=365)
"""How far ahead a delivery may be asked for."""


def ask_for(
    order_id: int, day: dt.date | None, message: str, *, actor: Actor, now: dt.datetime
) -> PurchaseOrder:
    """Keep with a draft the day it is to be delivered (None: when it can be), and a message.

    Both go to the supplier with the order. Locks the order.

    Raises:
        WrongStage: not a draft.
        InvalidInput: a day in the past, too far ahead, or on which the clinic is closed, field
            ``requested_<order id>``; a message too long, field ``message_<order id>``.
    """
    order = locked_order(order_id)
    require_stage(order, Stage.DRAFT)
    text, faults = clean(message), []
    if day is not None and (fault := day_fault(order, day, today_at(order, now))):
        faults.append((f"requested_{order_id}", fault))
    if len(text) > TEXT_LENGTH or has_control(text):
        most = _("Use at most %(num)s characters.", num=TEXT_LENGTH)
        faults.append((f"message_{order_id}", most))
    if faults:
        raise InvalidInput(*faults)
    if (order.requested_on, order.message) != (day, text):
        order.requested_on, order.message = day, text
        audit.record(
            actor,
            "order.asked_for",
            ("purchase_order", order.id),
            now,
            practice_id=order.clinic.practice_id,
            clinic_id=order.clinic_id,
            supplier_id=order.supplier_id,
            after={"day": day.isoformat() if day else None, "message": text},
        )
    return order


def check_day(order: PurchaseOrder, today: dt.date) -> None:
    """Refuse an order whose day of delivery has gone by since it was asked for.

    Raises:
        InvalidInput: field ``requested_<order id>``.
    """
    day = order.requested_on
    if day is not None and (fault := day_fault(order, day, today)):
        raise InvalidInput((f"requested_{order.id}", fault))


def day_fault(order: PurchaseOrder, day: dt.date, today: dt.date) -> str | None:
    """Return why an order cannot be delivered on ``day``, in words; None where it can."""
    if day < today:
        return str(_("Delivery: this day has gone by. Choose today or a later one."))
    if day > today + LONGEST_AHEAD:
        return str(_("Delivery: choose a day within a year."))
    opening_days = order.clinic.opening_days
    if opening_days and not is_open(opening_days, day):
        said = filters.short_date(day)
        return str(_("Delivery: the clinic is closed on %(day)s. Choose another.", day=said))
    return None


def read_day(text: str, field: str) -> dt.date | None:
    """Read a day as a browser's calendar sends it; None where there is none.

    Raises:
        InvalidInput: it is none, for ``field``.
    """
    written = clean(text)
    try:
        return dt.date.fromisoformat(written) if written else None
    except ValueError as error:
        message = _("Write the day as year-month-day, such as 2027-05-31.")
        raise InvalidInput((field, message)) from error
