"""What is wrong with what came: the room of claims takes it up, and tells what became of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from supply.actor import Actor
from supply.ordering.models import PurchaseOrder
from supply.receiving.models import Receipt, ReceiptLine
from supply.receiving.terms import ClaimKind, ClaimWish

WISHES = {ClaimKind.MISSING: ClaimWish.RESEND}
"""What is wanted where nobody says; else a credit."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with something that came, or did not, and what is wanted for it."""

    kind: ClaimKind
    note: str
    wish: ClaimWish


@dataclass(frozen=True, slots=True)
class Complained:
    """A complaint about a row of a receipt, and the lot as it was named."""

    row: ReceiptLine
    complaint: Complaint
    lot: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a complaint: what was said, and whether the packs were there after all."""

    note: str
    found_after_all: bool


Taking = Callable[[PurchaseOrder, Receipt, Sequence[Complained], Actor, dt.datetime], None]
Telling = Callable[[Collection[int]], Mapping[int, Kept]]
_takings: list[Taking] = []
_tellings: list[Telling] = []


def takes_complaints(taking: Taking) -> Taking:
    """Register who takes up complaints, in the receipt's transaction, under the order's lock."""
    _takings.append(taking)
    return taking


def tells_complaints(telling: Telling) -> Telling:
    """Register who says what is kept of complaints, by the id of the receipt's row."""
    _tellings.append(telling)
    return telling


def complain(
    order: PurchaseOrder,
    receipt: Receipt,
    complained: Sequence[Complained],
    actor: Actor,
    now: dt.datetime,
) -> None:
    """Have what is wrong with a receipt taken up; the caller holds the order's lock.

    Raises:
        ValueError: no room, or more than one, takes complaints.
    """
    (taking,) = _takings
    taking(order, receipt, complained, actor, now)


def kept_of(row_ids: Collection[int]) -> Mapping[int, Kept]:
    """Return what is kept of the complaints about these rows of receipts, by their ids.

    Raises:
        ValueError: no room, or more than one, keeps complaints.
    """
    (telling,) = _tellings
    return telling(row_ids)
