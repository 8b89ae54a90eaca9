"""Adverse events by program: the answer, lots in common, refusals, and who may."""

from __future__ import annotations

from typing import Any

from tests.api.bodies import refused
from tests.api.calls import Api, Cast
from tests.factories import BIOTIN, FORMULATION, NEEDLE, NOW

EVENT: dict[str, Any] = {
    "kind": "nodule",
    "severity": "moderate",
    "noticed_at": NOW.isoformat(),
    "note": "Left cheek",
}


def given(api: Api, patient: str) -> str:
    """Record a session; return where its events are written down."""
    body = {"formulation": FORMULATION, "patient_ref": patient}
    session = api.post("/clinics/riga/sessions", body).get_json()["session"]
    return f"/sessions/{session}/events"


def test_events_with_a_lot_in_common_say_so(owner: Api) -> None:
    first = owner.post(given(owner, "P-1"), EVENT)
    assert (first.status_code, first.get_json()["shared_lots"]) == (201, [])
    path = given(owner, "P-2")
    second = owner.post(path, EVENT, key="e-1")
    assert second.get_json()["shared_lots"] == [
        {"sku": BIOTIN, "lot": "A1", "events": 2},
        {"sku": NEEDLE, "lot": "N1", "events": 2},
    ]
    assert owner.post(path, EVENT, key="e-1").get_json() == second.get_json()


def test_a_bad_event_names_its_field_and_only_some_may(cast: Cast, owner: Api) -> None:
    path = given(owner, "P-1")
    refused(owner, path, [EVENT | {"kind": kind} for kind in ("", None, "x" * 81)], "kind")
    refused(owner, path, [EVENT | {"severity": "bad"}], "severity")
    later = NOW.replace(year=NOW.year + 1).isoformat()
    refused(owner, path, [EVENT | {"noticed_at": at} for at in ("today", later)], "noticed_at")
    for name, status in (
        ("practitioner", 201),
        ("lapsed", 201),
        ("manager", 201),
        ("viewer", 403),
        ("outsider", 404),
        ("supplier_admin", 404),
        ("nobody", 401),
    ):
        assert (name, cast.api(name).post(path, EVENT).status_code) == (name, status)
    assert owner.post("/sessions/999999/events", EVENT).status_code == 404
