"""Mails about changes of orders, to the side that did not act."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from supply.ordering import mail
from supply.ordering.models import PurchaseOrder
from supply.ordering.terms import Side


def tell(
    order: PurchaseOrder,
    side: Side,
    said: str,
    facts: Mapping[str, Any],
    reason: str,
    now: dt.datetime,
) -> None:
    """Queue a mail to the other side: ``side`` did with a change what ``said`` names.

    ``said`` is a state of a proposal ("open": it was just made), or "changed": made at once.
    """
    day = facts["day"]
    context = {
        "said": said,
        "by": order.clinic.name if side is Side.CLINIC else order.supplier.name,
        "day": dt.date.fromisoformat(day) if day else None,
        "rows": facts["lines"],
        "reason": reason,
    }
    told = mail.tell_supplier if side is Side.CLINIC else mail.tell_clinic
    told(order, "order_change", context, now)
