"""What receipts, waste and reorder points do not take over the API."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from supply.db import db
from supply.inventory.models import Entry, Move
from supply.inventory.terms import WasteCause
from tests.api.bodies import goods, refused, session, thrown
from tests.api.calls import Api, Cast, assert_ledger_agrees, fields_at_fault, rows
from tests.factories import BIOTIN, NEEDLE, VIAL
from tests.support.time import Clock

WRONG_GOODS: tuple[tuple[dict[str, Any], str], ...] = (
    ({"sku": "NO-SUCH"}, "lines.0.sku"),
    ({"sku": "A\u0000B"}, "lines.0.sku"),
    ({"sku": "A\ud800B"}, "lines.0.sku"),
    ({"sku": 7}, "lines.0.sku"),
    ({"lot": " "}, "lines.0.lot"),
    ({"lot": "--"}, "lines.0.lot"),
    ({"lot": "L" * 81}, "lines.0.lot"),
    ({"expiry": "2027-02-30"}, "lines.0.expiry"),
    ({"expiry": "20270131"}, "lines.0.expiry"),
    ({"expiry": "31.01.2027"}, "lines.0.expiry"),
    ({"expiry": "2027-01-31T00:00:00Z"}, "lines.0.expiry"),
    ({"expiry": "9999-12-31"}, "lines.0.expiry"),
    ({"expiry": "2026-06-14"}, "lines.0.expiry"),
    ({"expiry": ...}, "lines.0.expiry"),
    ({"location": "Attic"}, "lines.0.location"),
    ({"location": "Suppliers"}, "lines.0.location"),
    ({"packs": 1}, "lines.0.quantity"),
    ({"quantity": ...}, "lines.0.quantity"),
    ({"colour": "blue"}, "lines.0.colour"),
)


def test_receipts_that_are_not_taken(owner: Api) -> None:
    for changes, field in WRONG_GOODS:
        refused(owner, "/clinics/riga/receipts", [goods(**changes)], field)


def test_policies_that_are_not_taken(owner: Api) -> None:
    path = f"/clinics/riga/policies/{NEEDLE}"
    before = rows()
    fixed = {"method": "fixed", "reorder_point": "10", "par_level": "30"}
    for changes, field in (
        ({"method": "guess"}, "method"),
        ({"par_level": "10"}, "par_level"),
        ({"reorder_point": "1.5"}, "reorder_point"),
        ({"reorder_point": "-1"}, "reorder_point"),
        ({"method": "projected"}, "service_level"),
        ({"method": "projected", "service_level": "1"}, "service_level"),
        ({"method": "projected", "service_level": 0.98}, "service_level"),
    ):
        answer = owner.put(path, fixed | changes)
        assert (changes, answer.status_code, fields_at_fault(answer)) == (changes, 422, [field])
    assert owner.put("/clinics/riga/policies/NO-SUCH", fixed).status_code == 404
    assert rows() == before
    projected = owner.put(path, {"method": "projected", "service_level": "0.98"})
    assert projected.get_json()["service_level"] == "0.980"


def test_waste_finds_the_only_place(cast: Cast, owner: Api, now: Clock) -> None:
    owner.post("/clinics/riga/sessions", session(amounts={VIAL: "3"}))
    vial = thrown(sku=VIAL, lot="V1")
    first = owner.post("/clinics/riga/waste", vial | {"quantity": "2.500"})
    assert first.status_code == 201
    whole = owner.post("/clinics/riga/waste", vial | {"quantity": "20"})
    assert whole.status_code == 201
    [item] = owner.get(f"/clinics/riga/stock?sku={VIAL}").get_json()["items"]
    assert item["on_hand"] == "14.500"
    [opened] = item["open_containers"]
    assert opened["remaining"] == "14.500"
    rest = vial | {"quantity": "14.500", "container": opened["container"]}
    assert owner.post("/clinics/riga/waste", rest).status_code == 201
    none = owner.post("/clinics/riga/waste", vial | {"quantity": "20"})
    assert none.get_json()["shortages"] == [{"sku": VIAL, "needed": "20.000", "available": "0.000"}]
    elsewhere = goods(lot="A1", location="Fridge 2–8 °C")
    assert owner.post("/clinics/riga/receipts", elsewhere).status_code == 201
    refused(owner, "/clinics/riga/waste", [thrown()], "location")
    refused(owner, "/clinics/riga/waste", [thrown(lot="Z9")], "lot")
    refused(owner, "/clinics/riga/waste", [thrown(sku="NO-SUCH")], "sku")
    refused(owner, "/clinics/riga/waste", [thrown(container=99)], "container")
    here = thrown(location="Fridge 2–8 °C", quantity="11")
    short = owner.post("/clinics/riga/waste", here)
    assert short.get_json()["shortages"] == [
        {"sku": BIOTIN, "needed": "11.000", "available": "10.000"}
    ]
    assert_ledger_agrees()


def test_waste_has_a_cause_however_it_is_said(owner: Api) -> None:
    path = "/clinics/riga/waste"
    for said in ({}, {"reason": "broken: fell"}, {"cause": "spilled", "reason": "slipped"}):
        assert owner.post(path, thrown(**said)).status_code == 201
    refused(owner, path, [thrown(cause="dropped"), thrown(cause="dead_space")], "cause")
    kept = db.session.execute(
        sa.select(Move.cause, Entry.reason)
        .join(Entry)
        .where(Move.cause.is_not(None))
        .order_by(Move.id)
    )
    assert [tuple(row) for row in kept] == [
        (WasteCause.OTHER, "dropped"),
        (WasteCause.DAMAGED, "fell"),
        (WasteCause.SPILLED, "slipped"),
    ]
