"""From a patient reference to its lots and back; holding a lot everywhere; what is taken along."""

from __future__ import annotations

import csv
import datetime as dt
import io
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from supply import clock
from supply.accounts.models import Clinic
from supply.db import db, transaction
from supply.inventory.models import Hold
from supply.inventory.reversal import reverse
from supply.refusals import InvalidInput
from supply.reports.patient_trace import trace_patient
from supply.treatments.recording import record_session
from supply.treatments.session_lines import SessionRequest
from tests.factories import AMPOULE, FORMULATION, NOW, VIAL, World, make_formulation, stock
from tests.support.people import sign_in


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def record(world: World, patient: str, clinic: Clinic, hours: int = 1) -> int:
    """Record a session some hours ago; return its entry."""
    with transaction():
        return record_session(
            clinic,
            SessionRequest(FORMULATION, patient, occurred_at=NOW - dt.timedelta(hours=hours)),
            actor=world.actor(world.practitioner),
            now=NOW,
        ).entry_id


@pytest.fixture
def given(world: World) -> World:
    """P-1 got lot TX-1 in both clinics, P-2 in one; what P-1 got besides was undone."""
    stock(world, AMPOULE, "20", lot="TX-1")
    stock(world, AMPOULE, "10", lot="TX-1", clinic=world.sister)
    make_formulation(world, [(AMPOULE, "2")])
    record(world, "P-1", world.clinic, 3)
    record(world, "P-2", world.clinic, 2)
    record(world, "p -1", world.sister, 1)
    undone = record(world, "P-1", world.clinic)
    with transaction():
        reverse(undone, reason="", actor=world.actor(), now=NOW)
    return world


def test_a_reference_is_followed_to_its_lots_in_both_clinics(given: World) -> None:
    found = trace_patient([given.clinic, given.sister], "p-1")
    assert [
        (row.clinic.code, row.patient_reference, one.lot.number, one.quantity)
        for row in found.sessions
        for one in row.given
    ] == [("riga", "P-1", "TX-1", Decimal(2)), ("dublin", "p -1", "TX-1", Decimal(2))]
    assert [(lot.sku, lot.number) for lot in found.lots] == [(AMPOULE, "TX-1")]
    assert [(row.clinic.code, row.quantity) for row in found.on_hand] == [
        ("riga", Decimal(10)),
        ("dublin", Decimal(5)),
    ]
    here = trace_patient([given.clinic], "P-1")
    assert [row.clinic.code for row in here.sessions] == ["riga"]
    assert trace_patient([given.other_clinic], "P-1").sessions == []
    with pytest.raises(InvalidInput):
        trace_patient([given.clinic], " \u200b")


def test_the_page_goes_from_a_reference_to_lots_and_back(given: World, client: FlaskClient) -> None:
    sign_in(client, "practitioner@example.org")
    page = client.get("/c/riga/trace?q=p-1").text
    assert "2 sessions" in page
    assert "/c/riga/trace?sku=BIOTIN" in page or f"sku={AMPOULE}" in page
    lot = client.get(f"/c/riga/trace?sku={AMPOULE}&lot=TX-1").text
    assert "/c/riga/trace?patient=P-2" in lot
    assert "/c/riga/sessions/" in lot
    rows = list(
        csv.DictReader(
            io.StringIO(client.get("/c/riga/trace.csv?patient=P-1").text.lstrip("\ufeff"))
        )
    )
    assert [(row["clinic"], row["lot"], row["quantity"]) for row in rows] == [
        ("riga", "TX-1", "2.000"),
        ("dublin", "TX-1", "2.000"),
    ]
    for what in ("patient=P-1", f"sku={AMPOULE}&lot=TX-1"):
        paper = client.get(f"/c/riga/trace.pdf?{what}")
        assert (paper.status_code, paper.data[:5]) == (200, b"%PDF-")
    assert client.get("/c/riga/trace.pdf?lot=NONE&sku=NONE").status_code == 404
    sign_in(client, "viewer@example.org")
    page = client.get("/c/riga/trace?patient=P-1").text
    assert "Your role does not include patient references." in page
    assert "sessions of P-1" not in page


def test_a_lot_is_held_everywhere_and_that_is_undone(given: World, client: FlaskClient) -> None:
    stock(given, VIAL, "20", lot="TX-1")
    sign_in(client, "manager@example.org")
    lot = {"sku": AMPOULE, "lot": "tx-1"}
    assert client.post("/c/riga/trace/hold", data={**lot, "reason": " "}).status_code == 400
    sent = {**lot, "reason": "Maker's warning", "form_key": "k"}
    page = client.get(client.post("/c/riga/trace/hold", data=sent).headers["Location"]).text
    assert client.post("/c/riga/trace/hold", data=sent).status_code == 302
    holds = db.session.scalars(sa.select(Hold).order_by(Hold.id)).all()
    assert {(hold.clinic_id, hold.location_id, hold.reason) for hold in holds} == {
        (given.clinic.id, None, "Maker's warning"),
        (given.sister.id, None, "Maker's warning"),
    }
    ids = " ".join(str(hold.id) for hold in holds)
    assert f'name="holds" value="{ids}"' in page
    again = client.post("/c/riga/trace/hold", data={**lot, "reason": "Again"})
    assert "All of it is on hold already." in again.text
    for email, status in (("viewer@example.org", 403), ("outsider@example.com", 404)):
        sign_in(client, email)
        assert client.post("/c/riga/trace/hold", data=sent).status_code == status
        assert client.post("/c/riga/trace/release", data={"holds": ids}).status_code == status
    sign_in(client, "manager@example.org")
    client.post("/c/riga/trace/release", data={"holds": ids, "form_key": "u"})
    db.session.expire_all()
    assert {hold.released_at for hold in db.session.scalars(sa.select(Hold))} == {NOW}
