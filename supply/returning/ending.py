"""Telling a clinic that the last day to send a return is near, and that it has gone by.

Who tells keeps that it was told, in the same transaction; a run that was missed is made up for.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from supply.clock import local_date
from supply.db import db
from supply.ordering import mail
from supply.ordering.events import today_at
from supply.ordering.models import PurchaseOrder
from supply.returning import rules, wording
from supply.returning.facts import facts
from supply.returning.models import Return
from supply.returning.services import locked_return
from supply.returning.terms import Notice, ReturnState

_ZONES = dt.timedelta(days=1)
"""By how much a clinic's day may differ from the one in UTC."""


def due_notices(now: dt.datetime) -> list[tuple[int, Notice]]:
    """Return what clinics are to be told at ``now``, told before or not: returns by their ids."""
    query = (
        sa.select(Return)
        .where(
            Return.state == ReturnState.AUTHORISED,
            Return.valid_until >= now.date() - rules.TOLD_AFTER - _ZONES,
            Return.valid_until <= now.date() + rules.TOLD_BEFORE + _ZONES,
        )
        .options(joinedload(Return.order).joinedload(PurchaseOrder.clinic))
        .order_by(Return.id)
    )
    due = [(whole.id, _notice(whole, now)) for whole in db.session.scalars(query)]
    return [(return_id, notice) for return_id, notice in due if notice is not None]


def tell_of_end(return_id: int, notice: Notice, now: dt.datetime) -> bool:
    """Queue the mail to the clinic, unless it is not due any more; locks the order.

    Return whether it was due.
    """
    whole, order = locked_return(return_id)
    if _notice(whole, now) is not notice:
        return False
    context = {"notice": notice.value, "facts": facts(whole), "words": wording}
    mail.tell_clinic(order, "return_ending", context, now)
    return True


def _notice(whole: Return, now: dt.datetime) -> Notice | None:
    if whole.valid_until is None or whole.answered_at is None:
        return None
    answered_on = local_date(whole.answered_at, whole.order.clinic.timezone)
    return rules.notice(whole.state, whole.valid_until, answered_on, today_at(whole.order, now))
