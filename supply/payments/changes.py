"""What a step on an order means for its payments; heard in the transaction of the step."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from supply.db import db
from supply.ordering import paying
from supply.ordering.models import PurchaseOrder
from supply.ordering.terms import PayBy, Stage
from supply.payments.checkout import close, objection
from supply.payments.locking import payments_of
from supply.payments.terms import LIVE, TAKEN

paying.takes_cards(objection)


@paying.on_change
def look_after(order: PurchaseOrder, now: dt.datetime) -> None:
    """Close the page of an order nobody is to pay any more; look whether money has to go back.

    The caller holds the order's lock, which guards its payments too.
    """
    was = sa.inspect(order).attrs.pay_by.history.deleted or ()
    if order.pay_by is not PayBy.CARD and PayBy.CARD not in was:
        return
    for payment in payments_of(order.id):
        if payment.status in LIVE and order.stage is not Stage.AWAITING_PAYMENT:
            close(payment, now)
        elif payment.status in TAKEN and payment.left_minor:
            payment.check_refund = True
    db.session.flush()
