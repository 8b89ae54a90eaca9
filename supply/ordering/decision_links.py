"""Links by which people decide on an order from the mail that asks, without signing in.

An owner is asked to approve one over a limit, whoever orders to place one that a supplier wrote. A
link is signed, good for one order as it was asked for, and lasts a week. It names the person it
was sent to, and that is who decides. Any step on the order after the asking, a decision that was
taken back too, leaves it worth nothing: it decides once.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from supply.accounts.models import Person
from supply.ordering.models import OrderEvent, PurchaseOrder
from supply.ordering.terms import EventKind, Stage
from supply.outbox import keys
from supply.outbox.links import public_url

LASTS = dt.timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Link:
    """What a link says: the order, the step that asked for it, and whom it was sent to."""

    order_id: int
    event_id: int
    person_id: int
    ends_at: float

    def is_open_for(self, order: PurchaseOrder) -> bool:
        """Return whether ``order`` still waits for what was asked when the link was made."""
        asked = _last_step(order)
        written = order.stage is Stage.DRAFT and order.proposed_at is not None
        waits = order.stage is Stage.AWAITING_APPROVAL or written
        return waits and asked is not None and asked.id == self.event_id

    def has_ended(self, now: dt.datetime) -> bool:
        """Return whether it is too old at ``now``."""
        return now.timestamp() >= self.ends_at


def decision_url(order: PurchaseOrder, asked: OrderEvent, person: Person) -> str:
    """Return the full address of the page on which a ``person`` decides on what is ``asked``."""
    ends_at = (asked.at + LASTS).timestamp()
    token = keys.key(keys.DECIDE, order.id, asked.id, person.id, ends_at)
    return public_url("ordering.decide", token=token)


def link_behind(token: str) -> Link | None:
    """Return what ``token`` says, None where we did not sign it for this."""
    try:
        order_id, event_id, person_id, ends_at = keys.said_by(keys.DECIDE, token) or []
        return Link(int(order_id), int(event_id), int(person_id), float(ends_at))
    except (TypeError, ValueError):
        return None


def _last_step(order: PurchaseOrder) -> OrderEvent | None:
    steps = [event for event in order.events if event.kind != EventKind.COMMENT]
    return steps[-1] if steps else None
