"""What an owner was shown when asked to approve: decided on as shown, or looked at again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import ngettext

from supply.db import db
from supply.money import Money
from supply.ordering.events import locked_order, require_stage
from supply.ordering.models import OrderEvent, PurchaseOrder
from supply.ordering.refusals import AskedAnew
from supply.ordering.terms import EventKind, Stage
from supply.web import filters

ASKING = (EventKind.APPROVAL_ASKED, EventKind.SENDING_BACK_UNDONE)
"""Steps after which an order waits for an owner, as it stands then."""


def asking_step(order_id: int) -> int | None:
    """Return the id of the step that asked for approval last; None where none did."""
    return db.session.scalar(
        sa.select(sa.func.max(OrderEvent.id)).where(
            OrderEvent.order_id == order_id, OrderEvent.kind.in_(ASKING)
        )
    )


def facts_asked(order: PurchaseOrder) -> dict[str, Any]:
    """Return what the timeline keeps of what is asked for: the sum, and packs by SKU."""
    return {
        "total_minor": order.total_minor,
        "currency": order.currency,
        "packs": {line.sku: line.packs for line in order.lines},
    }


def check_asked(order_id: int, shown: int) -> None:
    """Refuse to decide on an order asked for anew since a page showed it as ``shown``, its asking
    step. Locks the order.

    Raises:
        WrongStage: not waiting for approval.
        AskedAnew: asked for anew since; the sentence says what has changed.
    """
    order = locked_order(order_id)
    require_stage(order, Stage.AWAITING_APPROVAL)
    if asking_step(order_id) == shown:
        return
    before = db.session.get(OrderEvent, shown)
    facts = before.facts or {} if before is not None and before.order_id == order_id else {}
    raise AskedAnew(order.number, list(_changes(order, facts)))


def _changes(order: PurchaseOrder, before: Mapping[str, Any]) -> Iterator[str]:
    """Yield in sentences what is other on ``order`` than ``before`` says."""
    was = before.get("total_minor")
    if was is not None and was != order.total_minor:
        came, comes = Money(was, order.currency), order.total
        yield _(
            "It came to %(was)s and comes to %(now)s.",
            was=filters.money(came),
            now=filters.money(comes),
        )
    packs = before.get("packs")
    if packs is None:
        return
    for line in order.lines:
        if line.packs != packs.get(line.sku, 0):
            yield ngettext(
                "%(name)s: %(num)d pack, before %(was)d.",
                "%(name)s: %(num)d packs, before %(was)d.",
                line.packs,
                name=line.name,
                was=packs.get(line.sku, 0),
            )
    there = {line.sku for line in order.lines}
    for sku in (sku for sku in packs if sku not in there):
        yield _("%(sku)s is off it.", sku=sku)
