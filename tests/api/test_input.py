"""What the API does not take: every fault is named, and nothing changes."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
import sqlalchemy as sa

from supply.db import db, transaction
from supply.formulations.models import Formulation
from supply.inventory.models import Entry, Move
from supply.inventory.terms import WasteCause
from supply.items.models import Item
from supply.treatments.models import Protocol, ProtocolDay
from tests.api.calls import Api, Cast, assert_ledger_agrees, fields_at_fault, rows
from tests.factories import (
    AMPOULE,
    BIOTIN,
    COLD,
    FORMULATION,
    NEEDLE,
    NOW,
    VIAL,
    item,
    make_formulation,
    stock,
)
from tests.support.time import Clock

NONSENSE: tuple[Any, ...] = (
    "-1",
    "0",
    "0.000",
    "NaN",
    "Infinity",
    "1e3",
    "1e12",
    "1000000000000",
    "2.5001",
    "1.0000000000000000000000000000001",
    "",
    " ",
    "two",
    "1,5",
    "٣",
    "0x10",
    2.5,
    1e12,
    0,
    -1,
    10**30,
    True,
    [],
    {},
    None,
)


def goods(**changes: Any) -> dict[str, Any]:
    """Return a receipt of one line."""
    line = {"sku": BIOTIN, "lot": "G-1", "expiry": "2027-01-31", "quantity": "10"} | changes
    return {"lines": [{name: value for name, value in line.items() if value is not ...}]}


def session(**changes: Any) -> dict[str, Any]:
    return {"formulation": FORMULATION, "patient_ref": "P-1"} | changes


def thrown(**changes: Any) -> dict[str, Any]:
    return {"sku": BIOTIN, "lot": "A1", "quantity": "1", "reason": "dropped"} | changes


@pytest.fixture
def owner(cast: Cast) -> Api:
    """The owner, at a clinic that has some of everything."""
    stock(cast.world, BIOTIN, "20")
    stock(cast.world, NEEDLE, "100", lot="N1")
    stock(cast.world, VIAL, "40", lot="V1")
    make_formulation(cast.world, [(BIOTIN, "2"), (NEEDLE, "1")])
    return cast.api("owner")


def refused(api: Api, path: str, bodies: list[Any], field: str) -> None:
    """Hold that each body is refused for ``field`` alone, and that nothing changed."""
    before = rows()
    for body in bodies:
        answer = api.post(path, body)
        assert (body, answer.status_code, set(fields_at_fault(answer))) == (body, 422, {field})
        assert answer.mimetype == "application/problem+json"
    assert rows() == before
    assert_ledger_agrees()


def test_nonsense_quantities(owner: Api) -> None:
    receipts = [goods(quantity=value) for value in (*NONSENSE, "10.5")]
    refused(owner, "/clinics/riga/receipts", receipts, "lines.0.quantity")
    wasted = [thrown(quantity=value) for value in (*NONSENSE, "0.5")]
    refused(owner, "/clinics/riga/waste", wasted, "quantity")
    # Null leaves a line out of a session: it is the one that means something.
    amounts = [session(amounts={BIOTIN: value}) for value in NONSENSE if value is not None]
    refused(owner, "/clinics/riga/sessions", amounts, f"amounts.{BIOTIN}")
    each = [session(amounts={NEEDLE: "1.5"})]
    refused(owner, "/clinics/riga/sessions", each, f"amounts.{NEEDLE}")
    pieces = [thrown(sku=NEEDLE, lot="N1", quantity="0.5")]
    refused(owner, "/clinics/riga/waste", pieces, "quantity")


def test_nonsense_packs(owner: Api) -> None:
    packs: list[Any] = [0, -1, 1.5, 2.0, "2", True, 10_001, 10**30]
    receipts = [goods(packs=value, quantity=...) for value in packs]
    refused(owner, "/clinics/riga/receipts", receipts, "lines.0.packs")
    orders = [
        {"supplier": "baltic", "lines": [{"sku": BIOTIN, "packs": value}]}
        for value in [*packs, None]
    ]
    refused(owner, "/clinics/riga/orders", orders, "lines.0.packs")


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


def test_every_fault_is_named_at_once(owner: Api) -> None:
    answer = owner.post(
        "/clinics/riga/receipts",
        {"lines": [{"lot": "", "expiry": "soon", "packs": "two"}], "by": "me"},
    )
    assert sorted(fields_at_fault(answer)) == [
        "by",
        "lines.0.expiry",
        "lines.0.lot",
        "lines.0.packs",
        "lines.0.sku",
    ]


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


def test_what_is_no_json_object(owner: Api) -> None:
    before = rows()
    path = "/clinics/riga/waste"
    for data in (
        b"{",
        b"[]",
        b"7",
        b"null",
        b'"text"',
        b'{"sku": NaN}',
        b'{"sku": "a", "sku": "b"}',
        b"\xff\xfe\xfa",
        b"[" * 100_000,
        b'{"quantity": ' + b"9" * 5_000 + b"}",
    ):
        answer = owner.call("POST", path, data=data, content_type="application/json")
        assert (data[:20], answer.status_code) == (data[:20], 422)
        assert answer.mimetype == "application/problem+json"
    form = owner.call("POST", path, data={"sku": BIOTIN})
    assert form.status_code == 415
    assert owner.call("DELETE", path).status_code == 405
    assert owner.call("DELETE", path).mimetype == "application/problem+json"
    assert owner.get("/nowhere").status_code == 404
    assert owner.get("/orders/99999999999999999999").status_code == 404
    assert owner.get("/clinics/%00/stock").status_code == 404
    assert rows() == before


def test_queries_that_are_not_taken(owner: Api) -> None:
    for query, field in (
        ("stock?cursor=%00", "cursor"),
        ("alerts?cursor=x", "cursor"),
        ("alerts?cursor=99999999999999999999", "cursor"),
        ("alerts?status=shut", "status"),
    ):
        answer = owner.get(f"/clinics/riga/{query}")
        assert (query, answer.status_code, fields_at_fault(answer)) == (query, 422, [field])
    assert fields_at_fault(owner.get("/trace?sku=X")) == ["lot"]
    assert fields_at_fault(owner.get("/trace?lot=X")) == ["sku"]


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


def test_orders_and_shipments_that_are_not_taken(cast: Cast, owner: Api) -> None:
    orders = "/clinics/riga/orders"
    line = {"sku": BIOTIN, "packs": 1}
    refused(owner, orders, [{"supplier": "none", "lines": [line]}], "supplier")
    refused(owner, orders, [{"supplier": "other", "lines": [line]}], "lines.0.sku")
    refused(owner, orders, [{"supplier": "baltic", "lines": []}], "lines")
    refused(owner, orders, [{"supplier": "baltic", "lines": {}}], "lines")
    many = [line] * 501
    refused(owner, orders, [{"supplier": "baltic", "lines": many}], "lines")

    order_id = owner.post(orders, {"supplier": "baltic", "lines": [line]}).get_json()["order"]
    order = f"/orders/{order_id}"
    owner.post(f"{order}/place", {})
    fulfiller = cast.api("fulfiller")
    refused(fulfiller, f"{order}/cancel", [{}], "reason")
    for said, field in (
        ({"confirm": 2}, "confirm"),
        ({"confirm": 1, "decline": "Gone"}, "confirm"),
        ({"confirm": 1.5}, "confirm"),
        ({"backorder_until": "2026-06-01"}, "backorder_until"),
        ({"backorder_until": "soon"}, "backorder_until"),
        ({"decline": ""}, "decline"),
        ({"decline": "Gone", "backorder_until": "2026-12-01"}, "substitute"),
        ({"substitute": {"sku": "NONE", "packs": 1}}, "substitute"),
        ({"substitute": {"sku": AMPOULE, "packs": 0}}, "substitute.packs"),
    ):
        told = {"lines": [{"sku": BIOTIN, **said}]}
        refused(fulfiller, f"{order}/acknowledge", [told], f"lines.0.{field}")
    twice = {"lines": [{"sku": BIOTIN}, {"sku": BIOTIN}]}
    refused(fulfiller, f"{order}/acknowledge", [twice], "lines.1.sku")
    refused(owner, f"{order}/substitutes", [{"sku": BIOTIN, "accept": True}], "sku")
    refused(owner, f"{order}/substitutes", [{"sku": BIOTIN, "accept": "yes"}], "accept")
    packed = {"sku": BIOTIN, "lot": "S-1", "expiry": "2027-06-30", "packs": 1}
    for changes, field in (
        ({"sku": "NONE"}, "lines.0.sku"),
        ({"packs": 2}, "lines.0.packs"),
        ({"lot": "-"}, "lines.0.lot"),
        ({"expiry": "2026-07-01"}, "lines.0.expiry"),
    ):
        refused(fulfiller, f"{order}/shipments", [{"lines": [packed | changes]}], field)
    refused(owner, "/clinics/riga/receipts", [goods() | {"order": 99}], "order")
    late = owner.post("/clinics/riga/orders", {"supplier": "baltic", "lines": [line]}).get_json()
    before = rows()
    unplaced = goods(packs=1, quantity=...) | {"order": late["order"]}
    assert owner.post("/clinics/riga/receipts", unplaced).status_code == 409
    assert rows() == before


def test_a_delivery_short_and_damaged(cast: Cast, owner: Api) -> None:
    lines = [{"sku": AMPOULE, "packs": 3}]
    drafted = owner.post("/clinics/riga/orders", {"supplier": "baltic", "lines": lines})
    order = f"/orders/{drafted.get_json()['order']}"
    owner.post(f"{order}/place", {})
    parcel = [{"sku": AMPOULE, "lot": "T-1", "expiry": "2027-06-30", "packs": 3}]
    fulfiller = cast.api("fulfiller")
    code = fulfiller.post(f"{order}/shipments", {"lines": parcel}).get_json()["code"]
    receiving = f"/clinics/riga/shipments/{code}/receive"
    part = {"sku": AMPOULE, "lot": "t-1"}
    refused(owner, receiving, [{"lines": [part | {"packs": 4}]}], "lines.0.packs")
    refused(owner, receiving, [{"lines": [part | {"lot": "X", "packs": 1}]}], "lines.0.lot")
    odd = [{"lines": [part | {"packs": 1, "condition": "wet"}]}]
    refused(owner, receiving, odd, "lines.0.condition")
    said = [
        part | {"packs": 1, "condition": "good"},
        part | {"packs": 1, "condition": "damaged"},
        part | {"packs": 1, "condition": "missing"},
    ]
    assert owner.post(receiving, {"lines": said}).status_code == 201
    [item] = owner.get(f"/clinics/riga/stock?sku={AMPOULE}").get_json()["items"]
    assert (item["on_hand"], item["available"]) == ("100.000", "50.000")
    assert {lot["status"]: lot["on_hand"] for lot in item["lots"]} == {
        "ok": "50.000",
        "on_hold": "50.000",
    }
    assert item["on_order"] == "50.000"
    assert_ledger_agrees()


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


def test_scans(cast: Cast, owner: Api) -> None:
    read = owner.post("/scan", {"text": "0109506000134352172701311000X\u001d21S1"})
    assert read.status_code == 200
    answer = read.get_json()
    assert set(answer) == {"gtin", "sku", "lot", "expiry", "serial", "count", "problems"}
    assert (answer["gtin"], answer["lot"]) == ("09506000134352", "00X")
    assert (answer["expiry"], answer["serial"]) == ("2027-01-31", "S1")
    assert (answer["sku"], answer["count"]) == (None, None)
    poor = owner.post("/scan", {"text": "+A123"}).get_json()
    assert [problem["code"] for problem in poor["problems"]] == ["not_gs1"]
    assert fields_at_fault(owner.post("/scan", {"text": ""})) == ["text"]
    assert fields_at_fault(owner.post("/scan", {"text": "x" * 1001})) == ["text"]


@pytest.mark.parametrize("code", ["HA/20 5%", "A//B", "a?b#c", "50%25", "..", "Ä/β", "x+y&z=1"])
def test_codes_of_any_letters_in_an_address(cast: Cast, owner: Api, code: str) -> None:
    with transaction():
        model = item(cast.world, NEEDLE)
        made = Item(
            practice_id=cast.world.practice.id,
            code=code,
            name="Odd",
            unit=model.unit,
            content_per_container=1,
            dose=model.dose,
            storage=model.storage,
            created_at=NOW,
        )
        db.session.add(made)
    fixed = {"method": "fixed", "reorder_point": "5", "par_level": "10"}
    answer = owner.put(f"/clinics/riga/policies/{quote(code, safe='')}", fixed)
    assert (answer.status_code, answer.get_json()["sku"]) == (200, code)
    listed = owner.get(f"/clinics/riga/stock?sku={quote(code, safe='')}").get_json()
    assert [row["sku"] for row in listed["items"]] == [code]


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
