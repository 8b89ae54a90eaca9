"""Reading for the Use page: recipes, what may be drawn, warnings, booked sessions."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from supply import searching
from supply.accounts.models import Clinic
from supply.catalogue.barcodes import scan
from supply.catalogue.terms import Dose
from supply.db import Quantity, db
from supply.formulations.models import (
    Formulation,
    FormulationLine,
    FormulationSubstitute,
    FormulationVersion,
)
from supply.formulations.terms import Per
from supply.inventory.boxes import item_behind
from supply.inventory.models import Lot
from supply.inventory.rules import normalise_lot
from supply.items.models import ClinicItem, Item, Location
from supply.items.terms import LocationKind
from supply.quantity import Unit, whole_containers
from supply.text import fold
from supply.treatments.models import Course, TreatmentSession
from supply.treatments.terms import SessionStatus

RECENT = dt.timedelta(days=30)
"""How far back use counts for the order of the tiles."""

SHORTEST_CODE = 8
"""Characters of the shortest bar code, an EAN-8."""

FORGOTTEN = dt.timedelta(days=14)
"""How long a booked session that nobody recorded is still shown."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A formulation to choose, and how often it was used lately."""

    id: int
    code: str
    name: str
    concern: str
    uses: int


def tiles(
    clinic: Clinic, search: str = "", item_id: int | None = None, *, now: dt.datetime
) -> list[Tile]:
    """Return the practice's formulations, most used at ``clinic`` in the last 30 days first.

    ``search`` looks at their codes, names and concerns, and at the items they are made of;
    with ``item_id`` those that contain that item are returned.
    """
    # One count a formulation, each of its last days only: grouping would read all of history.
    used = (
        sa.select(sa.func.count())
        .where(
            TreatmentSession.clinic_id == clinic.id,
            TreatmentSession.formulation_id == Formulation.id,
            TreatmentSession.status == SessionStatus.RECORDED,
            TreatmentSession.occurred_at > now - RECENT,
        )
        .correlate(Formulation)
        .scalar_subquery()
        .label("uses")
    )
    statement = (
        sa.select(Formulation.id, Formulation.code, Formulation.name, Formulation.concern, used)
        .where(
            Formulation.practice_id == clinic.practice_id,
            Formulation.archived_at.is_(None),
            sa.exists().where(FormulationVersion.formulation_id == Formulation.id),
        )
        .order_by(used.desc(), Formulation.name, Formulation.id)
    )
    if item_id is not None:
        statement = statement.where(_made_of(Item.id == item_id))
    elif search:
        statement = statement.where(_matches(search))
    return [Tile(*row) for row in db.session.execute(statement)]


def _matches(search: str) -> sa.ColumnElement[bool]:
    return sa.and_(
        *(
            sa.or_(
                searching.mentions(Formulation.searched, word),
                _made_of(searching.mentions(Item.searched, word)),
            )
            for word in searching.wanted(search)
        )
    )


def _made_of(item: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return (
        sa.select(FormulationVersion.formulation_id)
        .join(FormulationLine, FormulationLine.version_id == FormulationVersion.id)
        .join(Item, Item.id == FormulationLine.item_id)
        .where(FormulationVersion.formulation_id == Formulation.id, item)
        .exists()
    )


def booked(clinic: Clinic, today: dt.date) -> list[TreatmentSession]:
    """Return the sessions booked for ``today`` by their times, then those nobody recorded."""
    return list(
        db.session.scalars(
            sa.select(TreatmentSession)
            .join(TreatmentSession.formulation)
            .options(
                contains_eager(TreatmentSession.formulation),
                joinedload(TreatmentSession.course).joinedload(Course.protocol),
            )
            .where(
                TreatmentSession.clinic_id == clinic.id,
                TreatmentSession.status == SessionStatus.PLANNED,
                TreatmentSession.planned_on <= today,
                TreatmentSession.planned_on >= today - FORGOTTEN,
                Formulation.archived_at.is_(None),
            )
            .order_by(
                TreatmentSession.planned_on.desc(),
                TreatmentSession.planned_at.is_(None),
                TreatmentSession.planned_at,
                TreatmentSession.id,
            )
        )
    )


def newest_version(clinic: Clinic, formulation_id: int) -> FormulationVersion | None:
    """Return what the formulation says now, with its lines, items and substitutes loaded.

    None where this practice has no such formulation, or keeps it no more.
    """
    return db.session.scalar(
        sa.select(FormulationVersion)
        .join(FormulationVersion.formulation)
        .options(
            contains_eager(FormulationVersion.formulation),
            selectinload(FormulationVersion.lines).options(
                joinedload(FormulationLine.item),
                selectinload(FormulationLine.substitutes).joinedload(FormulationSubstitute.item),
            ),
        )
        .where(
            FormulationVersion.formulation_id == formulation_id,
            Formulation.practice_id == clinic.practice_id,
            Formulation.archived_at.is_(None),
        )
        .order_by(FormulationVersion.number.desc())
        .limit(1)
    )


def items(clinic: Clinic, item_ids: Collection[int]) -> list[Item]:
    """Return those of the practice's items, in the order of ``item_ids``."""
    if not item_ids:
        return []
    found = db.session.scalars(
        sa.select(Item).where(Item.practice_id == clinic.practice_id, Item.id.in_(item_ids))
    )
    by_id = {item.id: item for item in found}
    return [by_id[item_id] for item_id in item_ids if item_id in by_id]


def item_called(clinic: Clinic, text: str) -> int | None:
    """Return the practice's item whose code or whole name ``text`` is, or the only one it is in."""
    words = searching.wanted(text)
    if not words:
        return None
    found = db.session.scalars(
        sa.select(Item)
        .where(
            Item.practice_id == clinic.practice_id,
            Item.archived_at.is_(None),
            *(searching.mentions(Item.searched, word) for word in words),
        )
        .order_by(Item.searched)
        .limit(50)
    ).all()
    exact = [item for item in found if fold(text) in (item.code_key, fold(item.name))]
    if exact:
        return exact[0].id
    return found[0].id if len(found) == 1 else None


def stocked_items(clinic: Clinic) -> list[tuple[str, str]]:
    """Return (code, name) of every item once stocked at ``clinic``, by name; to choose from."""
    rows = db.session.execute(
        sa.select(Item.code, Item.name)
        .join(ClinicItem, ClinicItem.item_id == Item.id)
        .where(ClinicItem.clinic_id == clinic.id, Item.archived_at.is_(None))
        .order_by(Item.name)
    )
    return [(row.code, row.name) for row in rows]


def places(clinic: Clinic) -> dict[int, str]:
    """Return the names of the clinic's shelves, fridges and rooms by id."""
    rows = db.session.execute(
        sa.select(Location.id, Location.name).where(
            Location.clinic_id == clinic.id, Location.kind == LocationKind.SHELF
        )
    )
    return {row.id: row.name for row in rows}


def lot_called(clinic: Clinic, item_ids: Collection[int], text: str, today: dt.date) -> Lot | None:
    """Return the lot of ``item_ids`` that ``text`` names: by its number, or by a scan of it."""
    numbers = {normalise_lot(said) for said in (text, scan(text, today=today).lot) if said}
    return db.session.scalar(
        sa.select(Lot)
        .where(
            Lot.practice_id == clinic.practice_id,
            Lot.item_id.in_(item_ids),
            Lot.normalised.in_(numbers - {""}),
        )
        .order_by(Lot.id.desc())
        .limit(1)
    )


def item_scanned(clinic: Clinic, text: str, today: dt.date) -> int | None:
    """Return the practice's item behind a scanned bar code; None where ``text`` is no code."""
    if len(text) < SHORTEST_CODE or not any(character.isdigit() for character in text):
        return None
    item = item_behind(clinic.practice_id, scan(text, today=today))
    return item.id if item else None


def planned_session(clinic: Clinic, session_id: int) -> TreatmentSession | None:
    """Return a session booked at ``clinic``, with its course."""
    return db.session.scalar(
        sa.select(TreatmentSession)
        .options(joinedload(TreatmentSession.course))
        .where(
            TreatmentSession.id == session_id,
            TreatmentSession.clinic_id == clinic.id,
            TreatmentSession.planned_on.is_not(None),
        )
    )


class BookedItem(NamedTuple):
    """What is to be known of an item that booked sessions take."""

    id: int
    name: str
    unit: Unit
    container: str
    content_per_container: Decimal
    dose: Dose


@dataclass(frozen=True, slots=True)
class Booked:
    """What is booked at a clinic: how many sessions each day, and what they will take."""

    sessions: Mapping[dt.date, int]
    needs: Sequence[tuple[int, dt.date, int, Decimal]]
    """(session id, planned on, item id, quantity in the base unit), by day."""
    items: Mapping[int, BookedItem]


def bookings(clinic_id: int, first: dt.date, last: dt.date) -> Booked:
    """Return the sessions booked from ``first`` to ``last`` and what they take. One statement.

    A session takes what its formulation's newest version says for the areas booked, dead space
    with it, in whole containers where a container serves one patient. Items that the clinic does
    not keep count of are left out.
    """
    return bookings_at([clinic_id], first, last)[clinic_id]


def bookings_at(clinic_ids: Collection[int], first: dt.date, last: dt.date) -> dict[int, Booked]:
    """Return by clinic what :func:`bookings` says, in one statement for all of them."""
    asked = {"clinics": list(clinic_ids), "first": first, "last": last}
    rows: dict[int, list[Any]] = {clinic_id: [] for clinic_id in clinic_ids}
    for row in db.session.execute(_booked_between(), asked):
        rows[row.clinic_id].append(row)
    return {clinic_id: _booked(theirs) for clinic_id, theirs in rows.items()}


def _booked(rows: Sequence[Any]) -> Booked:
    taken = [
        (session_id, day, BookedItem(*item), quantity)
        for session_id, _clinic, day, tracked, quantity, *item in rows
        if quantity is not None and tracked
    ]
    return Booked(
        sessions=Counter({row.id: row.planned_on for row in rows}.values()),
        needs=[(key, day, item.id, _taken(item, quantity)) for key, day, item, quantity in taken],
        items={item.id: item for _key, _day, item, _quantity in taken},
    )


@cache
def _booked_between() -> sa.Select[*tuple[Any, ...]]:
    clinic_id = TreatmentSession.clinic_id
    here = sa.and_(ClinicItem.item_id == Item.id, ClinicItem.clinic_id == clinic_id)
    return (
        sa.select(
            TreatmentSession.id,
            clinic_id,
            TreatmentSession.planned_on,
            sa.func.coalesce(ClinicItem.tracked, sa.true()),
            quantity_taken(),
            *(getattr(Item, name) for name in BookedItem._fields),
        )
        .select_from(TreatmentSession)
        .outerjoin(FormulationVersion, is_newest_version())
        .outerjoin(FormulationLine, FormulationLine.version_id == FormulationVersion.id)
        .outerjoin(Item, Item.id == FormulationLine.item_id)
        .outerjoin(ClinicItem, here)
        .where(
            clinic_id.in_(sa.bindparam("clinics", expanding=True)),
            TreatmentSession.status == SessionStatus.PLANNED,
            TreatmentSession.planned_on.between(sa.bindparam("first"), sa.bindparam("last")),
        )
        .order_by(TreatmentSession.planned_on, TreatmentSession.id, FormulationLine.position)
    )


def is_newest_version() -> sa.ColumnElement[bool]:
    """Return how a session is joined to what its formulation says now."""
    newest = (
        sa.select(sa.func.max(FormulationVersion.number))
        .where(FormulationVersion.formulation_id == TreatmentSession.formulation_id)
        .correlate(TreatmentSession)
        .scalar_subquery()
    )
    return sa.and_(
        FormulationVersion.formulation_id == TreatmentSession.formulation_id,
        FormulationVersion.number == newest,
    )


def quantity_taken() -> sa.ColumnElement[Decimal]:
    """Return what a session takes of a line: for each area where it says so, with dead space."""
    times = sa.case((FormulationLine.per == Per.AREA, TreatmentSession.areas), else_=1)
    return sa.type_coerce(FormulationLine.quantity * times + FormulationLine.dead_space, Quantity)


def _taken(item: BookedItem, quantity: Decimal) -> Decimal:
    if item.dose is Dose.SINGLE:
        content = item.content_per_container
        return whole_containers(quantity, content) * content
    return quantity
