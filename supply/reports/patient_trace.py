"""What a patient reference got: its sessions, each with its lots, and where those lots are."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.accounts.models import Clinic
from supply.db import AnyRow, db
from supply.inventory.models import Entry, Lot, Move
from supply.inventory.rules import normalise_lot
from supply.inventory.terms import EntryKind
from supply.inventory.undone import not_undone
from supply.items.models import Item, Location
from supply.items.terms import LocationKind
from supply.ordering.models import OrderLine
from supply.quantity import as_text
from supply.refusals import InvalidInput
from supply.reports.trace import OnHand, TracedLot, TracedShipment, on_hand_of, shipments_where
from supply.shipping.models import ShipmentLine
from supply.treatments.models import TreatmentSession
from supply.treatments.references import reference_key
from supply.treatments.session_queries import overrides_of
from supply.treatments.terms import SESSION_SOURCE, SessionStatus

MOST_SESSIONS = 500
"""Sessions of a reference listed at most, the newest: more is no patient's."""


@dataclass(frozen=True, slots=True)
class Given:
    """What of a lot went to the patient in a session."""

    lot: TracedLot
    quantity: Decimal

    def as_json(self) -> dict[str, Any]:
        """Return it as programs get it."""
        return {**self.lot.as_json(), "quantity": as_text(self.quantity)}


@dataclass(frozen=True, slots=True)
class GivenSession:
    """A session of the reference, with the lots that it got."""

    clinic: Clinic
    session_id: int
    patient_reference: str
    occurred_at: dt.datetime
    given: tuple[Given, ...]
    overrides: tuple[tuple[str, str], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return it as programs get it."""
        return {
            "clinic": self.clinic.code,
            "session": self.session_id,
            "patient_ref": self.patient_reference,
            "occurred_at": self.occurred_at.isoformat(),
            "lots": [one.as_json() for one in self.given],
            "overrides": [
                {"message": message, "reason": reason} for message, reason in self.overrides
            ],
        }


@dataclass(slots=True)
class PatientTrace:
    """All that is known of a reference's lots within the clinics that were asked about."""

    reference: str
    sessions: list[GivenSession] = field(default_factory=list)
    lots: list[TracedLot] = field(default_factory=list)
    on_hand: list[OnHand] = field(default_factory=list)
    shipments: list[TracedShipment] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the answer that programs get."""
        return {
            "lots": [row.as_json() for row in self.lots],
            "on_hand": [row.as_json() for row in self.on_hand],
            "sessions": [row.as_json() for row in self.sessions],
            "shipments": [row.as_json() for row in self.shipments],
        }


def trace_patient(clinics: Sequence[Clinic], reference: str) -> PatientTrace:
    """Return the sessions of a patient reference within ``clinics``, oldest first, with lots.

    However the reference is written; sessions that were undone do not count.

    Raises:
        InvalidInput: no reference.
    """
    key = reference_key(reference)
    if not key:
        raise InvalidInput(("patient_ref", _("Give the clinic's own patient reference.")))
    by_id = {clinic.id: clinic for clinic in clinics}
    sessions = _sessions(by_id, key)
    given = _given([session.id for session in sessions])
    overrides = overrides_of(list(given))
    found = PatientTrace(reference)
    found.sessions = [
        GivenSession(
            by_id[row.clinic_id],
            row.id,
            row.patient_reference,
            row.occurred_at,
            tuple(given.get(row.id, ())),
            overrides.get(row.id, ()),
        )
        for row in sessions
    ]
    lots = {one.lot.id: one.lot for parts in given.values() for one in parts}
    found.lots = [lots[lot_id] for lot_id in sorted(lots)]
    found.on_hand = on_hand_of(by_id, lots)
    found.shipments = _shipments(by_id, found.lots)
    return found


def sessions_known(clinics: Sequence[Clinic], reference: str) -> int:
    """Return how many recorded sessions a reference has within ``clinics``."""
    key = reference_key(reference)
    if not key or not clinics:
        return 0
    counted = sa.select(sa.func.count(TreatmentSession.id)).where(
        *_of_reference([clinic.id for clinic in clinics], key)
    )
    return db.session.scalar(counted) or 0


def _of_reference(clinic_ids: Collection[int], key: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        TreatmentSession.reference_key == key,
        TreatmentSession.clinic_id.in_(clinic_ids),
        TreatmentSession.status == SessionStatus.RECORDED,
    )


def _sessions(clinics: Mapping[int, Clinic], key: str) -> list[AnyRow]:
    newest = db.session.execute(
        sa.select(
            TreatmentSession.id,
            TreatmentSession.clinic_id,
            TreatmentSession.patient_reference,
            TreatmentSession.occurred_at,
        )
        .where(*_of_reference(list(clinics), key))
        .order_by(TreatmentSession.occurred_at.desc(), TreatmentSession.id.desc())
        .limit(MOST_SESSIONS)
    ).all()
    return list(reversed(newest))


def _given(session_ids: Collection[int]) -> dict[int, list[Given]]:
    """Return by session what went to the patient of each lot, in the order it was drawn."""
    lot = (Lot.id, Item.id, Item.code, Item.name, Item.unit, Lot.number, Lot.expiry)
    rows = db.session.execute(
        sa.select(Entry.source_id, sa.func.sum(Move.quantity), *lot)
        .select_from(Entry)
        .join(Move, Move.entry_id == Entry.id)
        .join(Location, Location.id == Move.to_location_id)
        .join(Lot, Lot.id == Move.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .where(
            Entry.source_type == SESSION_SOURCE,
            Entry.source_id.in_(session_ids),
            Entry.kind == EntryKind.SESSION,
            Location.kind == LocationKind.PATIENT,
            not_undone(Entry.id),
        )
        .group_by(Entry.source_id, *lot)
        .order_by(Entry.source_id, sa.func.min(Move.id))
    )
    given: dict[int, list[Given]] = defaultdict(list)
    for row in rows:
        given[row.source_id or 0].append(Given(TracedLot(*row[2:]), row[1]))
    return given


def _shipments(clinics: dict[int, Clinic], lots: Sequence[TracedLot]) -> list[TracedShipment]:
    """Return the shipments that name one of ``lots``."""
    pairs = [(lot.item_id, normalise_lot(lot.number)) for lot in lots]
    return shipments_where(
        clinics,
        ShipmentLine.normalised.in_([number for _item, number in pairs]),
        sa.tuple_(OrderLine.item_id, ShipmentLine.normalised).in_(pairs),
    )
