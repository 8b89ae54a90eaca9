"""Recalled stock leaves a clinic: returned to the supplier, or destroyed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.accounts.models import Clinic
from supply.actor import Actor
from supply.db import AnyRow, db
from supply.inventory import ledger
from supply.inventory.availability import on_shelf
from supply.inventory.ledger import MoveDraft, Place
from supply.inventory.models import Balance, Lot
from supply.inventory.refusals import ShortageError, ShortItem
from supply.inventory.terms import EntryKind, WasteCause
from supply.items.models import Item, Location
from supply.quantity import ZERO, InvalidQuantityError, check
from supply.recalls.closing import settle
from supply.recalls.models import Recall, RecalledLot
from supply.recalls.raising import raise_alerts
from supply.recalls.terms import RECALL_SOURCE, Outcome
from supply.refusals import InvalidInput, Refusal


@dataclass(frozen=True, slots=True)
class Accounted:
    """What became of how much of a recalled lot (base unit); at one location, or wherever it is."""

    lot_id: int
    quantity: Decimal
    outcome: Outcome
    location_id: int | None = None
    note: str = ""
    balance_id: int | None = None
    """The one balance meant, where a page shows them apart."""


def account(
    clinic: Clinic, recall_id: int, said: Accounted, *, actor: Actor, now: dt.datetime
) -> int:
    """Post what became of recalled stock; return the entry. All of it gone, the recall closes.

    Sealed containers go first, whole; what is over comes out of open ones. Locks the lot's
    balances, in primary-key order.

    Raises:
        Refusal: a drill, a withdrawn recall, or not one of its lots.
        InvalidInput: a bad quantity, or part of a sealed container.
        ShortageError: less is on the shelves.
    """
    recall = db.session.get_one(Recall, recall_id)
    _check(recall, clinic, said.lot_id)
    rows = _shelves(clinic, said)
    lot = _lot(said.lot_id)
    quantity = _checked(said.quantity, lot)
    there = sum((row.quantity for row in rows), ZERO)
    if quantity > there:
        short = ShortItem(lot.item_id, lot.code, lot.name, lot.unit, quantity, there)
        raise ShortageError([short])
    taken = list(_taken(rows, quantity, lot))
    outside = ledger.outside_of(clinic.id)
    destroyed = said.outcome is Outcome.DESTROYED
    draft = ledger.Draft(
        clinic.id,
        EntryKind.WASTE if destroyed else EntryKind.TRANSFER,
        now,
        [_move(row, lot, amount, outside, destroyed=destroyed) for row, amount in taken],
        said.note.strip() or _reason(recall, said.outcome),
        (RECALL_SOURCE, recall.id),
    )
    places: list[Place] = [(row.location_id, row.lot_id, row.container_id) for row, _a in taken]
    entry_id = ledger.post(draft, outside, ledger.lock_places(places), actor=actor, now=now)
    for one in _recalls_of(said.lot_id):
        settle(one, actor=actor, now=now)
    raise_alerts([clinic.practice_id], now)
    return entry_id


def _check(recall: Recall, clinic: Clinic, lot_id: int) -> None:
    if recall.is_drill:
        raise Refusal(_("This is a drill: nothing is to be returned or destroyed."))
    if recall.withdrawn_at is not None:
        raise Refusal(_("This recall is withdrawn."))
    meant = db.session.get(RecalledLot, (lot_id, recall.id))
    if meant is None or meant.practice_id != clinic.practice_id:
        raise InvalidInput(("lot", _("This lot is not recalled.")))


def _recalls_of(lot_id: int) -> Sequence[int]:
    """Return the recalls that mean a lot, in order: a wider one may be over by it as well."""
    return db.session.scalars(
        sa.select(RecalledLot.recall_id)
        .join(Recall, Recall.id == RecalledLot.recall_id)
        .where(RecalledLot.lot_id == lot_id, Recall.is_drill.is_(False))
        .order_by(RecalledLot.recall_id)
    ).all()


def _shelves(clinic: Clinic, said: Accounted) -> Sequence[AnyRow]:
    """Lock and return where the lot lies: sealed first, then what is open, by id each."""
    query = (
        sa.select(
            Balance.id,
            Balance.location_id,
            Balance.lot_id,
            Balance.container_id,
            Balance.quantity,
        )
        .join(Location, Location.id == Balance.location_id)
        .where(Balance.clinic_id == clinic.id, Balance.lot_id == said.lot_id, on_shelf())
        .order_by(Balance.id)
        .with_for_update(of=Balance)
    )
    if said.location_id is not None:
        query = query.where(Balance.location_id == said.location_id)
    if said.balance_id is not None:
        query = query.where(Balance.id == said.balance_id)
    rows = db.session.execute(query).all()
    return sorted(rows, key=lambda row: (row.container_id is not None, row.id))


def _lot(lot_id: int) -> AnyRow:
    return db.session.execute(
        sa.select(Lot.item_id, Lot.content_per_container, Item.code, Item.name, Item.unit)
        .join(Item, Item.id == Lot.item_id)
        .where(Lot.id == lot_id)
    ).one()


def _checked(quantity: Decimal, lot: AnyRow) -> Decimal:
    try:
        return check(quantity, lot.unit)
    except InvalidQuantityError as error:
        raise InvalidInput(("quantity", str(error))) from error


def _taken(
    rows: Sequence[AnyRow], quantity: Decimal, lot: AnyRow
) -> Iterator[tuple[AnyRow, Decimal]]:
    """Yield how much to take from where; refuse what would leave part of a sealed container."""
    content = lot.content_per_container
    for row in rows:
        amount = min(row.quantity, quantity)
        if row.container_id is None:
            amount -= amount % content
        if amount:
            quantity -= amount
            yield row, amount
    if quantity:
        message = _(
            "Sealed stock comes in whole containers of %(content)s %(unit)s.",
            content=content.normalize().to_eng_string(),
            unit=lot.unit,
        )
        raise InvalidInput(("quantity", message))


def _move(
    row: AnyRow, lot: AnyRow, quantity: Decimal, outside: ledger.Outside, *, destroyed: bool
) -> MoveDraft:
    return MoveDraft(
        item_id=lot.item_id,
        lot_id=row.lot_id,
        content=lot.content_per_container,
        from_location_id=row.location_id,
        to_location_id=outside.waste if destroyed else outside.supplier,
        quantity=quantity,
        from_container=row.container_id,
        cause=WasteCause.RECALLED if destroyed else None,
    )


def _reason(recall: Recall, outcome: Outcome) -> str:
    words = {
        Outcome.DESTROYED: _("Destroyed for recall %(number)s", number=recall.id),
        Outcome.RETURNED: _("Returned for recall %(number)s", number=recall.id),
    }
    return str(words[outcome])
