"""Whoever bills for orders follows from above what is sent and owed: it registers here."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from supply.actor import Actor
from supply.ordering.models import PurchaseOrder


class Occasion(enum.Enum):
    """What happened that a bill may follow from."""

    SHIPPED = "shipped"
    TAKEN_BACK = "taken_back"
    """A shipment was undone."""
    CLAIM = "claim"
    """A claim was settled by credit or refund."""
    RETURN = "return"
    """Packs that were sent back are accepted."""
    CANCELLED = "cancelled"
    """Packs are cancelled, some of which may have been billed before they went missing."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a bill is due: the occasion, and the shipment, claim or return it is about.

    ``off`` are packs by order line id for which nothing is owed any more, ``credit_minor`` what
    is credited for one of them where that is not its price, ``lots`` which they are of.
    """

    occasion: Occasion
    shipment_id: int | None = None
    claim_id: int | None = None
    return_id: int | None = None
    off: Mapping[int, int] = field(default_factory=dict)
    credit_minor: Mapping[int, int] = field(default_factory=dict)
    lots: Mapping[int, Sequence[str]] = field(default_factory=dict)


Biller = Callable[[PurchaseOrder, Cause, Actor, dt.datetime], None]
_billers: list[Biller] = []


def on_billing(biller: Biller) -> Biller:
    """Register what to do when something of an order is to be billed or credited.

    It runs in the transaction of what happened, under the order's lock.
    """
    _billers.append(biller)
    return biller


def bill(order: PurchaseOrder, cause: Cause, *, actor: Actor, now: dt.datetime) -> None:
    """Tell the rooms above; the caller holds the order's lock and has changed its counters."""
    for biller in _billers:
        biller(order, cause, actor, now)
