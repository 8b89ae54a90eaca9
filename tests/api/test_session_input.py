"""What sessions and courses do not take over the API, and what they make of what they do."""

from __future__ import annotations

import sqlalchemy as sa

from supply.db import db, transaction
from supply.formulations.models import Formulation
from supply.treatments.models import Protocol, ProtocolDay
from tests.api.bodies import refused, session
from tests.api.calls import Api, Cast, assert_ledger_agrees, rows
from tests.factories import BIOTIN, COLD, NEEDLE, VIAL


def test_sessions_that_are_not_taken(owner: Api) -> None:
    cases = {
        "formulation": session(formulation="NONE"),
        "patient_ref": session(patient_ref=" "),
        "occurred_at": session(occurred_at="2026-06-15T09:00:00"),
        f"lots.{BIOTIN}": session(lots={BIOTIN: "NONE"}),
        "amounts.NO-SUCH": session(amounts={"NO-SUCH": "1"}),
        "amounts": session(amounts={BIOTIN: None, NEEDLE: None}),
        "planned_session": session(planned_session=99),
        "areas": session(areas=0),
        "amount": session(amount={}),
    }
    for field, body in cases.items():
        refused(owner, "/clinics/riga/sessions", [body], field)
    later = [session(occurred_at="2026-06-15T09:00:01+00:00")]
    refused(owner, "/clinics/riga/sessions", later, "occurred_at")
    odd = ["2026-06-15", "yesterday", "0001-01-01T00:00:00+14:00", 1750000000]
    bodies = [session(occurred_at=value) for value in odd]
    refused(owner, "/clinics/riga/sessions", bodies, "occurred_at")


def test_all_shortages_are_named(owner: Api) -> None:
    before = rows()
    said = session(amounts={BIOTIN: "21", COLD: "5", NEEDLE: "1"})
    answer = owner.post("/clinics/riga/sessions", said)
    assert answer.status_code == 409
    assert answer.get_json()["shortages"] == [
        {"sku": BIOTIN, "needed": "21.000", "available": "20.000"},
        {"sku": COLD, "needed": "5.000", "available": "0.000"},
    ]
    assert rows() == before
    assert_ledger_agrees()


def test_a_session_blended_differently(owner: Api) -> None:
    """Null leaves out, a figure replaces, another code adds; an integer is a quantity too."""
    said = session(
        amounts={NEEDLE: None, BIOTIN: "1.500", VIAL: 3},
        reasons={BIOTIN: "small area"},
        occurred_at="2026-06-15T10:30:00+03:00",
    )
    answer = owner.post("/clinics/riga/sessions", said)
    assert answer.status_code == 201
    assert answer.get_json()["drawn"] == [
        {"sku": BIOTIN, "lot": "A1", "quantity": "1.500"},
        {"sku": VIAL, "lot": "V1", "quantity": "3.000"},
    ]
    [wasted] = answer.get_json()["wasted"]
    assert (wasted["sku"], wasted["lot"], wasted["quantity"]) == (BIOTIN, "A1", "0.500")
    assert wasted["reason"]


def test_a_course_is_planned(cast: Cast, owner: Api) -> None:
    with transaction():
        formulation = db.session.scalars(sa.select(Formulation)).one()
    wanted = {"protocol": "HAIR-3", "patient_ref": "P-9", "start": "2026-07-01"}
    refused(owner, "/clinics/riga/courses", [wanted], "protocol")
    refused(owner, "/clinics/riga/courses", [wanted | {"start": "July"}], "start")
    with transaction():
        db.session.add(
            Protocol(
                practice_id=cast.world.practice.id,
                code="HAIR-3",
                name="Hair",
                formulation_id=formulation.id,
                days=[ProtocolDay(day=0), ProtocolDay(day=14), ProtocolDay(day=35)],
            )
        )
    planned = owner.post("/clinics/riga/courses", wanted)
    assert planned.status_code == 201
    sessions = planned.get_json()["sessions"]
    assert [one["planned_on"] for one in sessions] == ["2026-07-01", "2026-07-15", "2026-08-05"]
    booked = sessions[0]["session"]
    done = owner.post("/clinics/riga/sessions", session(planned_session=booked))
    assert done.get_json()["session"] == booked
    again = owner.post("/clinics/riga/sessions", session(planned_session=booked))
    assert again.status_code == 409
