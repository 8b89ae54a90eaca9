"""Mails about returns, to the side that did not act."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from supply.ordering import mail
from supply.ordering.models import PurchaseOrder
from supply.ordering.terms import EventKind, Side
from supply.returning import wording


def tell(
    order: PurchaseOrder,
    side: Side,
    kind: EventKind,
    facts: Mapping[str, Any],
    now: dt.datetime,
) -> None:
    """Queue a mail to the other side: ``side`` did with a return what ``kind`` names.

    Of a supplier that is not on Supply the clinic notes the answers itself: it gets no mail.
    """
    by = order.clinic.name if side is Side.CLINIC else order.supplier.name
    context = {"kind": kind.value, "by": by, "facts": facts, "words": wording}
    if side is Side.CLINIC:
        mail.tell_supplier(order, "order_return", context, now)
    elif order.supplier.uses_supply:
        mail.tell_clinic(order, "order_return", context, now)
