"""Adverse events: what is kept of them, lots in common, holding those, and who may."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.exc import DatabaseError

from supply import clock
from supply.accounts.models import Clinic
from supply.adverse.events import Noticed, record_event, shared_lots
from supply.adverse.models import AdverseEvent
from supply.adverse.terms import Severity
from supply.db import db, transaction
from supply.inventory.models import Hold
from supply.inventory.reversal import reverse
from supply.inventory.terms import HoldSource
from supply.inventory.verification import verify
from supply.refusals import InvalidInput, Refusal
from supply.treatments.models import TreatmentSession
from supply.treatments.recording import record_session
from supply.treatments.session_lines import SessionRequest
from tests.factories import AMPOULE, FORMULATION, NOW, VIAL, World, make_formulation, stock
from tests.support.people import sign_in

HOUR = dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def given(world: World) -> World:
    """Ampoules of one lot in both clinics; vials of another."""
    stock(world, AMPOULE, "20", lot="TX-1")
    stock(world, AMPOULE, "10", lot="TX-1", clinic=world.sister)
    stock(world, VIAL, "40", lot="V-9", clinic=world.clinic)
    make_formulation(world, [(AMPOULE, "2")])
    return world


def give(world: World, patient: str, clinic: Clinic | None = None) -> TreatmentSession:
    """Record a session an hour ago."""
    with transaction():
        done = record_session(
            clinic or world.clinic,
            SessionRequest(FORMULATION, patient, occurred_at=NOW - HOUR),
            actor=world.actor(world.practitioner),
            now=NOW,
        )
    return db.session.get_one(TreatmentSession, done.session_id)


def note(world: World, session: TreatmentSession, kind: str = "Nodule") -> int:
    """Write an event of a session down; return its id."""
    with transaction():
        noticed = Noticed(kind, Severity.MILD, NOW)
        return record_event(session, noticed, actor=world.actor(), now=NOW).id


def test_an_event_keeps_the_lots_as_they_were(given: World) -> None:
    event = db.session.get_one(AdverseEvent, note(given, give(given, "P-1")))
    [lot] = event.lots
    assert (lot.sku, lot.number, lot.quantity, lot.unit) == (AMPOULE, "TX-1", Decimal(2), "ml")
    assert (lot.expiry, lot.supplier) == (dt.date(2027, 1, 31), "Baltic Meso Supplies")
    for table in ("adverse_event", "adverse_event_lot"):
        for change in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}"):  # noqa: S608
            with pytest.raises(DatabaseError, match="append-only"):
                db.session.execute(sa.text(change))
            db.session.rollback()
    assert verify() == []


def test_two_sessions_with_an_event_share_their_lot(given: World) -> None:
    practice = given.practice.id
    first = give(given, "P-1")
    note(given, first)
    note(given, first, "Swelling")
    assert shared_lots(practice) == [], "one patient alone says nothing of the lot"
    second = note(given, give(given, "P-2", given.sister))
    assert [(lot.sku, lot.number, lot.events) for lot in shared_lots(practice, second)] == [
        (AMPOULE, "TX-1", 3)
    ]
    assert shared_lots(given.other_clinic.practice_id) == []


def test_what_cannot_be_an_event_is_refused(given: World) -> None:
    session = give(given, "P-1")
    for at, field in ((NOW + HOUR, "noticed_at"), (NOW - 30 * HOUR, "noticed_at")):
        noticed = Noticed("Nodule", Severity.MILD, at)
        with pytest.raises(InvalidInput) as refused, transaction():
            record_event(session, noticed, actor=given.actor(), now=NOW)
        assert [error[0] for error in refused.value.errors] == [field]
    assert session.entry is not None
    with transaction():
        reverse(session.entry.id, reason="", actor=given.actor(), now=NOW)
    with pytest.raises(Refusal, match="Only a session that was given"), transaction():
        record_event(session, Noticed("Nodule", Severity.MILD, NOW), actor=given.actor(), now=NOW)
    assert db.session.scalar(sa.select(sa.func.count(AdverseEvent.id))) == 0


def test_from_the_session_to_the_hold(given: World, client: FlaskClient) -> None:
    other = give(given, "P-2", given.sister)
    note(given, other)
    session = give(given, "P-1")
    at = f"/c/riga/sessions/{session.id}"
    sign_in(client, "manager@example.org")
    assert f"{at}/events" in client.get(at).text
    told = {"kind": "Infection", "severity": "severe", "noticed_at": "2026-06-15T11:00"}
    bad = client.post(f"{at}/events", data=told | {"severity": ""})
    assert (bad.status_code, 'value="Infection"' in bad.text) == (400, True)
    answer = client.post(f"{at}/events", data=told | {"form_key": "k"})
    client.post(f"{at}/events", data=told | {"form_key": "k"})
    event = db.session.scalars(sa.select(AdverseEvent).order_by(AdverseEvent.id.desc())).first()
    assert event is not None
    assert (event.kind, event.severity) == ("Infection", Severity.SEVERE)
    assert db.session.scalar(sa.select(sa.func.count(AdverseEvent.id))) == 2
    page = answer.headers["Location"]
    assert "1 lot is shared by several adverse events." in client.get(page).text
    client.post(page, data={"note": "Settled by itself"})
    assert "Settled by itself" in client.get(page).text
    assert client.get(f"{page}/report.pdf").data[:5] == b"%PDF-"
    [lot] = event.lots
    hold = f"/c/riga/events/lots/{lot.lot_id}/hold"
    client.post(hold)
    held = db.session.scalars(sa.select(Hold).order_by(Hold.id)).all()
    assert {(one.source, one.reason) for one in held} == {
        (HoldSource.ADVERSE_EVENT, "2 adverse events have this lot")
    }
    assert {one.clinic_id for one in held} == {given.clinic.id, given.sister.id}
    for email, status in (("viewer@example.org", 403), ("outsider@example.com", 404)):
        sign_in(client, email)
        answers = [
            client.get(page),
            client.get("/c/riga/events"),
            client.post(f"{at}/events"),
            client.post(hold),
        ]
        assert [one.status_code for one in answers] == [status] * 4


def test_today_names_a_shared_lot_until_it_is_held(given: World, client: FlaskClient) -> None:
    for patient, clinic in (("P-1", None), ("P-2", given.sister)):
        note(given, give(given, patient, clinic))
    sign_in(client, "manager@example.org")
    assert "1 lot shared by adverse events" in client.get("/c/riga/today").text
    (lot,) = shared_lots(given.practice.id, pressing=True)
    client.post(f"/c/riga/events/lots/{lot.lot_id}/hold", data={"form_key": "h"})
    assert "shared by adverse events" not in client.get("/c/riga/today").text
    assert len(shared_lots(given.practice.id)) == 1
