"""Sending what booked sessions would lack: rooms above this one tell what they do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa

from supply.accounts.models import Clinic
from supply.actor import Actor
from supply.db import db
from supply.inventory.models import Lot
from supply.refusals import Refusal
from supply.transfers import sending
from supply.transfers.lines import Line
from supply.transfers.models import Transfer


@dataclass(frozen=True, slots=True)
class Lacking:
    """How much of an item is missing for what is booked, and the sentence that says so."""

    missing: Decimal
    words: str


ByItem = Mapping[int, Lacking]
Teller = Callable[[Clinic, Collection[int], dt.datetime], ByItem]

_tellers: list[Teller] = []


class LeavesShort(Refusal):
    """Sessions booked at the clinic would fall short: whoever sends decides, knowing it."""

    def __init__(self, sentences: list[str]) -> None:
        """Keep a sentence for each item."""
        super().__init__(" ".join(sentences))
        self.sentences = sentences


def tells_lacking(teller: Teller) -> Teller:
    """Register ``teller``: what is missing of items for the sessions booked at a clinic."""
    _tellers.append(teller)
    return teller


def send(
    clinic: Clinic,
    to: Clinic,
    lines: Sequence[Line],
    *,
    note: str = "",
    though_short: bool,
    actor: Actor,
    now: dt.datetime,
) -> Transfer:
    """Send as :func:`supply.transfers.sending.send` does, but leave no booked session shorter.

    Raises:
        LeavesShort: some would be, and nobody said ``though_short``; naming each item.
    """
    before = {} if though_short else lacking(clinic, lines, now)
    transfer = sending.send(clinic, to, lines, note=note, actor=actor, now=now)
    after = {} if though_short else lacking(clinic, lines, now)
    more = [
        one.words
        for item_id, one in after.items()
        if item_id not in before or one.missing > before[item_id].missing
    ]
    if more:
        raise LeavesShort(more)
    return transfer


def lacking(clinic: Clinic, lines: Sequence[Line], now: dt.datetime) -> dict[int, Lacking]:
    """Return what is missing, as things stand, of the items of ``lines`` for what is booked."""
    lot_ids = {line.lot_id for line in lines}
    item_ids = set(db.session.scalars(sa.select(Lot.item_id).where(Lot.id.in_(lot_ids))))
    found: dict[int, Lacking] = {}
    for teller in _tellers:
        found |= teller(clinic, item_ids, now)
    return found
