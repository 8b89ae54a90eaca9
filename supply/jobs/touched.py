"""Which items a change touched, from its audit row: what a sweep after it has to look at.

A row about an entry of the ledger, an order, a transfer, a policy or a lot says which items. Any
other may touch all of its clinic's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from supply.db import db
from supply.formulations.models import FormulationLine, FormulationVersion
from supply.inventory.models import Entry, Lot, Move
from supply.ordering.models import OrderLine
from supply.replenishment.models import Policy
from supply.transfers.models import TransferLine
from supply.treatments.models import TreatmentSession
from supply.treatments.terms import SESSION_SOURCE

MOST = 500
"""Changes of a kind that are looked at one by one: of more, whole clinics are swept."""


@dataclass(frozen=True, slots=True)
class Change:
    """What an audit row says was changed, at which clinic."""

    clinic_id: int
    subject_type: str
    subject_id: int | None


def touched(changes: Iterable[Change]) -> dict[int, frozenset[int] | None]:
    """Return by clinic the items that changed there; None where it may be any."""
    found: dict[int, set[int] | None] = {}
    by_type: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        found.setdefault(change.clinic_id, set())
        by_type[change.subject_type].append(change)
    for subject_type, of_type in by_type.items():
        items = _items_of(subject_type, [change.subject_id for change in of_type])
        for change in of_type:
            there = found[change.clinic_id]
            if items is None or change.subject_id is None:
                found[change.clinic_id] = None
            elif there is not None:
                there |= items.get(change.subject_id, set())
    return {one: None if items is None else frozenset(items) for one, items in found.items()}


def _items_of(
    subject_type: str, subject_ids: Sequence[int | None]
) -> Mapping[int, set[int]] | None:
    """Return the items by what they were changed by, None where that cannot be told."""
    reads = _READS.get(subject_type)
    if reads is None or len(subject_ids) > MOST:
        return None
    found: dict[int, set[int]] = defaultdict(set)
    if not reads:
        return found
    for subject_id, item_id in db.session.execute(
        sa.union_all(*(read(list(subject_ids)) for read in reads))
    ):
        found[subject_id].add(item_id)
    return found


def _moved(ids: Sequence[Any]) -> sa.Select[int, int]:
    return sa.select(Move.entry_id, Move.item_id).where(Move.entry_id.in_(ids))


def _no_longer_booked(ids: Sequence[Any]) -> sa.Select[int, int]:
    """Return what a session would have taken that an entry records: it is needed no more."""
    return (
        sa.select(Entry.id, FormulationLine.item_id)
        .join(TreatmentSession, TreatmentSession.id == Entry.source_id)
        .join(
            FormulationVersion,
            FormulationVersion.formulation_id == TreatmentSession.formulation_id,
        )
        .join(FormulationLine, FormulationLine.version_id == FormulationVersion.id)
        .where(Entry.id.in_(ids), Entry.source_type == SESSION_SOURCE)
    )


def _ordered(ids: Sequence[Any]) -> sa.Select[int, int]:
    return sa.select(OrderLine.order_id, OrderLine.item_id).where(OrderLine.order_id.in_(ids))


def _ruled(ids: Sequence[Any]) -> sa.Select[int, int]:
    return sa.select(Policy.id, Policy.item_id).where(Policy.id.in_(ids))


def _held(ids: Sequence[Any]) -> sa.Select[int, int]:
    return sa.select(Lot.id, Lot.item_id).where(Lot.id.in_(ids))


def _sent(ids: Sequence[Any]) -> sa.Select[int, int]:
    return sa.select(TransferLine.transfer_id, TransferLine.item_id).where(
        TransferLine.transfer_id.in_(ids)
    )


_READS: Mapping[str, Sequence[Callable[[Sequence[Any]], sa.Select[int, int]]]] = {
    "entry": (_moved, _no_longer_booked),
    "purchase_order": (_ordered,),
    "policy": (_ruled,),
    "lot": (_held,),
    "transfer": (_sent,),
    "alert": (),
    "reading_import": (),
    "cold_excursion": (),
}
"""What reads the items of which subject; seeing to an alert touches none, nor do temperatures.

What is held for them says so of each lot.
"""
