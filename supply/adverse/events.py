"""Writing adverse events down, and finding the lots that several of them share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from supply import clock
from supply.accounts.models import Clinic, Supplier
from supply.actor import Actor
from supply.adverse.models import AdverseEvent, AdverseEventLot, AdverseEventNote
from supply.adverse.terms import LONGEST_KIND, Severity
from supply.audit import services as audit
from supply.catalogue.models import Product
from supply.db import AnyRow, db, unindexed
from supply.inventory.models import Entry, Hold, Lot, Move
from supply.inventory.terms import EntryKind
from supply.inventory.undone import not_undone
from supply.items.models import Item, ItemProduct, Location
from supply.items.terms import LocationKind
from supply.refusals import InvalidInput, Refusal
from supply.treatments.models import TreatmentSession
from supply.treatments.terms import SESSION_SOURCE, SessionStatus

ENOUGH = 2
"""Sessions of one lot with an event each that are flagged."""


@dataclass(frozen=True, slots=True)
class Noticed:
    """What somebody noticed after a session."""

    kind: str
    severity: Severity
    at: dt.datetime
    note: str = ""


@dataclass(frozen=True, slots=True)
class SharedLot:
    """A lot that went to the patients of several sessions with an event."""

    lot_id: int
    item_id: int
    sku: str
    name: str
    number: str
    injectable: bool
    events: int

    def as_json(self) -> dict[str, Any]:
        """Return it as programs get it."""
        return {"sku": self.sku, "lot": self.number, "events": self.events}


def record_event(
    session: TreatmentSession, noticed: Noticed, *, actor: Actor, now: dt.datetime
) -> AdverseEvent:
    """Write down what was noticed after ``session``, with the lots that went to the patient.

    Raises:
        InvalidInput: no kind, or noticed in the future or before the day of the session.
        Refusal: the session is not recorded.
    """
    if session.status is not SessionStatus.RECORDED or session.occurred_at is None:
        raise Refusal(_("Only a session that was given has adverse events."))
    _check(session.clinic, session.occurred_at, noticed, now)
    event = AdverseEvent(
        session_id=session.id,
        clinic_id=session.clinic_id,
        kind=noticed.kind.strip(),
        severity=noticed.severity,
        noticed_at=noticed.at,
        note=noticed.note.strip(),
        recorded_at=now,
        recorded_by_id=actor.person_id,
        lots=[_copied(row) for row in _given(session.id)],
    )
    db.session.add(event)
    db.session.flush()
    audit.record(
        actor,
        "event.recorded",
        (SESSION_SOURCE, session.id),
        now,
        clinic_id=session.clinic_id,
        after={"event": event.id, "kind": event.kind, "severity": event.severity.value},
    )
    return event


def add_note(event: AdverseEvent, note: str, *, actor: Actor, now: dt.datetime) -> None:
    """Add what was learned later to an event; what was written first stays.

    Raises:
        InvalidInput: no note.
    """
    if not note.strip():
        raise InvalidInput(("note", _("Write what is to be added.")))
    db.session.add(
        AdverseEventNote(
            event_id=event.id, note=note.strip(), noted_at=now, noted_by_id=actor.person_id
        )
    )
    db.session.flush()
    audit.record(
        actor,
        "event.noted",
        (SESSION_SOURCE, event.session_id),
        now,
        clinic_id=event.clinic_id,
        after={"event": event.id},
    )


def event_of(clinic: Clinic, event_id: int) -> AdverseEvent | None:
    """Return an event of ``clinic`` with its session."""
    return db.session.scalar(
        sa.select(AdverseEvent)
        .options(
            sa.orm.joinedload(AdverseEvent.session), sa.orm.joinedload(AdverseEvent.recorded_by)
        )
        .where(AdverseEvent.id == event_id, AdverseEvent.clinic_id == clinic.id)
    )


PAGE = 50
"""Events on a page."""


def how_many(clinic: Clinic) -> int:
    """Return how many events are written down at the clinic."""
    count = sa.select(sa.func.count(AdverseEvent.id)).where(AdverseEvent.clinic_id == clinic.id)
    return db.session.scalar(count) or 0


def events_of_clinic(clinic: Clinic, start: int = 0) -> list[AdverseEvent]:
    """Return a page of the clinic's events from ``start``, newest first, with sessions and lots."""
    return list(
        db.session.scalars(
            sa.select(AdverseEvent)
            .options(
                sa.orm.joinedload(AdverseEvent.session), sa.orm.selectinload(AdverseEvent.lots)
            )
            .where(AdverseEvent.clinic_id == clinic.id)
            .order_by(AdverseEvent.noticed_at.desc(), AdverseEvent.id.desc())
            .limit(PAGE)
            .offset(start)
        )
    )


def events_of_session(session_id: int) -> list[AdverseEvent]:
    """Return the events of a session, in the order they were written down."""
    return list(
        db.session.scalars(
            sa.select(AdverseEvent)
            .where(AdverseEvent.session_id == session_id)
            .order_by(AdverseEvent.id)
        )
    )


def shared_lots(
    practice_id: int, of_event: int | None = None, *, pressing: bool = False
) -> list[SharedLot]:
    """Return the practice's lots that two or more sessions with events have in common.

    What is injected comes first: needles, gloves and wipes are shared by nearly all sessions and
    say little, but a bad lot of needles is known by this too. ``of_event`` asks for those lots
    alone that this event has; ``pressing`` for those injected and not yet held as a whole.
    """
    sessions = sa.func.count(sa.distinct(AdverseEvent.session_id))
    said = (Lot.id, Item.id, Item.code, Item.name, Lot.number, Item.injectable)
    clinics = sa.select(Clinic.id).where(Clinic.practice_id == practice_id)
    statement = (
        sa.select(*said, sa.func.count(AdverseEvent.id))
        .join(Item, Item.id == Lot.item_id)
        .join(AdverseEventLot, AdverseEventLot.lot_id == Lot.id)
        .join(AdverseEvent, AdverseEvent.id == AdverseEventLot.event_id)
        .where(
            AdverseEvent.clinic_id.in_(clinics),
            # Of the lots that a practice ever had few were in a session with an event.
            unindexed(Lot.practice_id) == practice_id,
        )
        .group_by(*said)
        .having(sessions >= ENOUGH)
        .order_by(Item.injectable.desc(), sessions.desc(), Lot.id)
    )
    if pressing:
        held = sa.exists().where(
            Hold.lot_id == Lot.id, Hold.location_id.is_(None), Hold.released_at.is_(None)
        )
        statement = statement.where(Item.injectable.is_(sa.true()), ~held)
    if of_event is not None:
        mine = sa.select(AdverseEventLot.lot_id).where(AdverseEventLot.event_id == of_event)
        statement = statement.where(Lot.id.in_(mine))
    return [SharedLot(*row) for row in db.session.execute(statement)]


def _check(clinic: Clinic, occurred_at: dt.datetime, noticed: Noticed, now: dt.datetime) -> None:
    faults = []
    if not noticed.kind.strip() or len(noticed.kind) > LONGEST_KIND:
        faults.append(("kind", _("Say in a few words what was noticed.")))
    day = clock.local_date(noticed.at, clinic.timezone)
    if noticed.at > now:
        faults.append(("noticed_at", _("This is in the future.")))
    elif day < clock.local_date(occurred_at, clinic.timezone):
        faults.append(("noticed_at", _("This is before the session.")))
    if faults:
        raise InvalidInput(*faults)


def _given(session_id: int) -> Collection[AnyRow]:
    """Return what went to the patient of each lot, with all that names the lot."""
    lot = (
        Lot.id,
        Item.code,
        Item.name,
        Item.unit,
        Lot.number,
        Lot.expiry,
        Lot.gtin,
        Product.manufacturer,
        Supplier.name.label("supplier"),
    )
    return db.session.execute(
        sa.select(sa.func.sum(Move.quantity).label("quantity"), *lot)
        .select_from(Entry)
        .join(Move, Move.entry_id == Entry.id)
        .join(Location, Location.id == Move.to_location_id)
        .join(Lot, Lot.id == Move.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .outerjoin(Product, Product.id == sa.func.coalesce(Lot.product_id, _only_product()))
        .outerjoin(Supplier, Supplier.id == Product.supplier_id)
        .where(
            Entry.source_type == SESSION_SOURCE,
            Entry.source_id == session_id,
            Entry.kind == EntryKind.SESSION,
            Location.kind == LocationKind.PATIENT,
            not_undone(Entry.id),
        )
        .group_by(*lot)
        .order_by(sa.func.min(Move.id))
    ).all()


def _only_product() -> sa.ScalarSelect[int]:
    """Return the product that the item of a lot is bought as, if it is one alone."""
    return (
        sa.select(sa.func.min(ItemProduct.product_id))
        .where(ItemProduct.item_id == Item.id)
        .group_by(ItemProduct.item_id)
        .having(sa.func.count() == 1)
        .correlate(Item)
        .scalar_subquery()
    )


def _copied(row: AnyRow) -> AdverseEventLot:
    return AdverseEventLot(
        lot_id=row.id,
        sku=row.code,
        name=row.name,
        number=row.number,
        expiry=row.expiry,
        gtin=row.gtin,
        maker=row.manufacturer or "",
        supplier=row.supplier or "",
        quantity=row.quantity,
        unit=row.unit.value,
    )
