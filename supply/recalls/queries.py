"""Reading recalls: a supplier's, those that reach a practice, and what became of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from supply.accounts.access import NotFoundHereError
from supply.accounts.models import Clinic, Practice, Supplier
from supply.catalogue.models import Product
from supply.db import Quantity, db
from supply.inventory.models import Entry, Lot, Move
from supply.inventory.terms import EntryKind
from supply.inventory.undone import not_undone
from supply.items.models import Item, ItemProduct, Location
from supply.items.terms import LocationKind
from supply.outbox.models import Mail
from supply.recalls.figures import Row, items_of, rows_of
from supply.recalls.models import (
    Recall,
    RecalledLot,
    RecallPractice,
    RecallProduct,
    RecallTold,
)
from supply.recalls.reaching import Meant, meant_by
from supply.recalls.terms import RecallStatus
from supply.treatments.models import TreatmentSession
from supply.treatments.terms import SESSION_SOURCE

PAGE = 50
"""Recalls on a page."""

_WITH = (joinedload(Recall.supplier), selectinload(Recall.products), selectinload(Recall.lots))


@dataclass(frozen=True, slots=True)
class Given:
    """A session that gave some of a recalled lot; ``quantity`` went to the patient."""

    clinic_id: int
    session_id: int
    patient_reference: str
    occurred_at: dt.datetime
    lot_id: int
    item_id: int
    number: str
    quantity: Decimal


def recall_with_id(recall_id: int) -> Recall:
    """Return a recall. Whoever asks checks that it is theirs to see.

    Raises:
        NotFoundHereError: no such recall.
    """
    found = db.session.scalars(
        sa.select(Recall)
        .options(*_WITH, joinedload(Recall.declared_by))
        .where(Recall.id == recall_id)
    ).one_or_none()
    if found is None:
        raise NotFoundHereError(str(recall_id))
    return found


def recall_of_supplier(supplier: Supplier, recall_id: int) -> Recall:
    """Return a recall of ``supplier``; raises as :func:`recall_with_id`."""
    found = recall_with_id(recall_id)
    if found.supplier_id != supplier.id:
        raise NotFoundHereError(str(recall_id))
    return found


def reached(recall_id: int, practice_ids: Collection[int]) -> list[RecallPractice]:
    """Return the rows of those of the practices that a recall has reached, by practice."""
    return list(
        db.session.scalars(
            sa.select(RecallPractice)
            .options(joinedload(RecallPractice.acknowledged_by))
            .where(
                RecallPractice.recall_id == recall_id,
                RecallPractice.practice_id.in_(practice_ids),
                RecallPractice.reached_at.is_not(None),
            )
            .order_by(RecallPractice.practice_id)
        )
    )


def recall_of_practice(practice: Practice, recall_id: int) -> tuple[Recall, RecallPractice]:
    """Return a recall that reaches ``practice``, with its row; raises NotFoundHereError."""
    rows = reached(recall_id, [practice.id])
    if not rows:
        raise NotFoundHereError(str(recall_id))
    return recall_with_id(recall_id), rows[0]


def recalls_for(
    *,
    suppliers: Collection[int] = (),
    practices: Collection[int] = (),
    status: RecallStatus | None = None,
    before: int | None = None,
    most: int = PAGE,
) -> list[Recall]:
    """Return the recalls of suppliers and those that reached practices, the newest first."""
    query = (
        sa.select(Recall)
        .options(*_WITH)
        .where(*_those_of(suppliers, practices, status))
        .order_by(Recall.id.desc())
        .limit(most)
    )
    if before is not None:
        query = query.where(Recall.id < before)
    return list(db.session.scalars(query))


def how_many(
    *,
    suppliers: Collection[int] = (),
    practices: Collection[int] = (),
    status: RecallStatus | None = None,
) -> int:
    """Return how many recalls there are in all, on whatever page."""
    count = sa.select(sa.func.count(Recall.id)).where(*_those_of(suppliers, practices, status))
    return db.session.scalars(count).one()


def _those_of(
    suppliers: Collection[int], practices: Collection[int], status: RecallStatus | None
) -> list[sa.ColumnElement[bool]]:
    mine = sa.select(RecallPractice.recall_id).where(
        RecallPractice.practice_id.in_(practices), RecallPractice.reached_at.is_not(None)
    )
    which = [sa.or_(Recall.supplier_id.in_(suppliers), Recall.id.in_(mine))]
    return which if status is None else [*which, Recall.status == status]


def recalls_of_lots(practice_id: int, lot_ids: Collection[int]) -> list[Recall]:
    """Return the recalls in force that mean some of a practice's lots; no drills."""
    mine = sa.select(RecalledLot.recall_id).where(
        RecalledLot.lot_id.in_(lot_ids), RecalledLot.practice_id == practice_id
    )
    return list(
        db.session.scalars(
            sa.select(Recall)
            .options(*_WITH)
            .where(Recall.id.in_(mine), Recall.withdrawn_at.is_(None), Recall.is_drill.is_(False))
            .order_by(Recall.id.desc())
        )
    )


def answers_of(practice_id: int, recall_ids: Collection[int]) -> dict[int, RecallPractice]:
    """Return a practice's rows of recalls, by recall."""
    rows = db.session.scalars(
        sa.select(RecallPractice).where(
            RecallPractice.practice_id == practice_id, RecallPractice.recall_id.in_(recall_ids)
        )
    )
    return {row.recall_id: row for row in rows}


def practices_of(recall_id: int) -> list[RecallPractice]:
    """Return the practices of a recall, with names; who has not answered first."""
    return list(
        db.session.scalars(
            sa.select(RecallPractice)
            .options(
                joinedload(RecallPractice.practice), joinedload(RecallPractice.acknowledged_by)
            )
            .where(RecallPractice.recall_id == recall_id)
            .order_by(
                RecallPractice.acknowledged_at.is_not(None),
                RecallPractice.acknowledged_at,
                RecallPractice.id,
            )
        )
    )


def stock_of(
    recall: Recall, practice_ids: Collection[int] | None = None, what: Meant | None = None
) -> list[Row]:
    """Return what became of a recall's lots, by clinic; of some practices alone, if given.

    ``what`` it means, where that is known already.
    """
    return rows_of(recall.id, what or meant_by(recall), practice_ids)


def sessions_of(recall_id: int, clinic_ids: Collection[int]) -> list[Given]:
    """Return the sessions at ``clinic_ids`` that gave some of a recall's lots, newest first."""
    said = (
        Entry.clinic_id,
        TreatmentSession.id,
        TreatmentSession.patient_reference,
        Entry.occurred_at,
        Lot.id,
        Lot.item_id,
        Lot.number,
    )
    rows = db.session.execute(
        sa.select(*said, sa.func.sum(Move.quantity, type_=Quantity()))
        .select_from(RecalledLot)
        .join(Lot, Lot.id == RecalledLot.lot_id)
        .join(Move, Move.lot_id == Lot.id)
        .join(Entry, Entry.id == Move.entry_id)
        .join(Location, Location.id == Move.to_location_id)
        .join(TreatmentSession, TreatmentSession.id == Entry.source_id)
        .where(
            RecalledLot.recall_id == recall_id,
            Entry.clinic_id.in_(clinic_ids),
            Entry.kind == EntryKind.SESSION,
            Entry.source_type == SESSION_SOURCE,
            Location.kind == LocationKind.PATIENT,
            not_undone(Entry.id),
        )
        .group_by(*said)
        .order_by(Entry.occurred_at.desc(), TreatmentSession.id.desc(), Lot.id)
    )
    return [Given(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody who was told, and what became of the mail."""

    row: RecallTold
    practice_id: int
    sent_at: dt.datetime | None
    problem: str | None


TOLD = 30
"""Tellings shown at once."""


def told_of(
    recall_id: int, practice_ids: Collection[int], before: int | None = None
) -> tuple[list[Told], int | None]:
    """Return who of practices was told of a recall how and when, the latest first.

    With it the ``before`` of those that are left, if there are any.
    """
    query = (
        sa.select(RecallTold, RecallPractice.practice_id, Mail.sent_at, Mail.last_error)
        .join(RecallPractice, RecallPractice.id == RecallTold.recall_practice_id)
        .outerjoin(Mail, Mail.id == RecallTold.mail_id)
        .where(RecallPractice.recall_id == recall_id, RecallPractice.practice_id.in_(practice_ids))
        .order_by(RecallTold.id.desc())
        .limit(TOLD + 1)
    )
    if before is not None:
        query = query.where(RecallTold.id < before)
    found = [Told(*row) for row in db.session.execute(query)]
    shown = found[:TOLD]
    return shown, shown[-1].row.id if len(found) > TOLD else None


def own_skus(recall_id: int, item_ids: Collection[int]) -> dict[int, str]:
    """Return the SKU that a recall names for each of practices' items, where it does."""
    rows = db.session.execute(
        sa.select(ItemProduct.item_id, sa.func.min(Product.sku))
        .join(Product, Product.id == ItemProduct.product_id)
        .join(RecallProduct, RecallProduct.product_id == Product.id)
        .where(RecallProduct.recall_id == recall_id, ItemProduct.item_id.in_(item_ids))
        .group_by(ItemProduct.item_id)
    )
    return {row[0]: row[1] for row in rows}


def clinics_named(clinic_ids: Collection[int]) -> dict[int, Clinic]:
    """Return clinics by id."""
    query = sa.select(Clinic).where(Clinic.id.in_(clinic_ids))
    return {clinic.id: clinic for clinic in db.session.scalars(query)}


Summed = dict[tuple[int, str, str, str], Row]
"""Rows by practice, SKU, lot and unit: what one item counts in ml another counts in pieces."""


def summed(rows: Sequence[Row], skus: dict[int, str]) -> Summed:
    """Return rows added up by practice, SKU and lot, as the supplier sees them."""
    items: dict[int, Item] = items_of(rows)
    found: Summed = {}
    for row in rows:
        item = items[row.item_id]
        sku = skus.get(row.item_id) or item.code
        key = (row.practice_id, sku, row.number, item.unit)
        if key not in found:
            found[key] = Row(
                practice_id=row.practice_id,
                clinic_id=row.clinic_id,
                item_id=row.item_id,
                lot_id=None,
                number=row.number,
            )
        found[key].add(row)
    return found


def by_practice(summed: Summed) -> dict[int, list[Row]]:
    """Return rows as the supplier sees them by practice."""
    found: dict[int, list[Row]] = {}
    for (practice_id, _sku, _lot, _unit), row in summed.items():
        found.setdefault(practice_id, []).append(row)
    return found


def answered_of(recall_ids: Collection[int]) -> dict[int, tuple[int, int]]:
    """Return of how many practices of each recall how many have answered."""
    rows = db.session.execute(
        sa.select(
            RecallPractice.recall_id,
            sa.func.count(RecallPractice.acknowledged_at),
            sa.func.count(RecallPractice.id),
        )
        .where(RecallPractice.recall_id.in_(recall_ids), RecallPractice.depot_of_id.is_(None))
        .group_by(RecallPractice.recall_id)
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def last_drill(supplier: Supplier) -> Recall | None:
    """Return the supplier's latest drill."""
    return db.session.scalars(
        sa.select(Recall)
        .where(
            Recall.supplier_id == supplier.id,
            Recall.is_drill.is_(sa.true()),
            Recall.withdrawn_at.is_(None),
        )
        .order_by(Recall.id.desc())
        .limit(1)
    ).one_or_none()


def quantities(row: Row) -> dict[str, Any]:
    """Return the quantities of a row by name."""
    return {name: getattr(row, name) for name in QUANTITIES}


QUANTITIES = (
    "received",
    "used",
    "wasted",
    "on_hand",
    "in_transit",
    "returned",
    "destroyed",
    "unaccounted",
)
