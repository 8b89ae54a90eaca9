"""Links by which a supplier answers an order from its mail, without an account.

A link is signed, good for one order as it was placed, and lasts a while. It names the address it
was sent to, and that is who answers. It is worth nothing once the order is answered or has ended.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from supply.ordering.models import PurchaseOrder
from supply.outbox import keys
from supply.outbox.links import public_url

LASTS = dt.timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Link:
    """What a link says: the order, as it was placed then, and to whom the link was sent."""

    order_id: int
    placed_at: float
    address: str
    ends_at: float

    def is_for(self, order: PurchaseOrder) -> bool:
        """Return whether ``order`` is the one, placed when the link was made."""
        placed = order.placed_at
        return order.id == self.order_id and placed is not None and _stamp(placed) == self.placed_at

    def has_ended(self, now: dt.datetime) -> bool:
        """Return whether it is too old at ``now``."""
        return now.timestamp() >= self.ends_at


def answer_url(order: PurchaseOrder, address: str) -> str:
    """Return the full address of the page on which ``address`` answers a placed ``order``."""
    placed = order.placed_at
    if placed is None:
        raise ValueError("an order that is not placed is answered by nobody")
    said = order.id, _stamp(placed), address, _stamp(placed + LASTS)
    return public_url("desk.answer", token=keys.key(keys.ANSWER, *said))


def link_behind(token: str) -> Link | None:
    """Return what ``token`` says, None where we did not sign it for this."""
    try:
        order_id, placed_at, address, ends_at = keys.said_by(keys.ANSWER, token) or []
        return Link(int(order_id), float(placed_at), str(address), float(ends_at))
    except (TypeError, ValueError):
        return None


def _stamp(at: dt.datetime) -> float:
    return at.timestamp()
