"""Who may call what: each call by each of the cast, and nothing changes when it is refused."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from supply.accounts.tokens import issue_token
from supply.actor import SYSTEM
from supply.baskets import drafts, placing
from supply.baskets.drafts import BasketLine
from supply.counting.beginning import begin
from supply.counting.saying import Counted, say
from supply.db import db, transaction
from supply.diary.bookings import Booking, take_in
from supply.handling.holding import hold
from supply.inventory.models import Entry
from supply.treatments.models import TreatmentSession
from tests.api.calls import Cast, assert_ledger_agrees, rows
from tests.factories import (
    BIOTIN,
    COLD,
    FORMULATION,
    NOW,
    TODAY,
    World,
    item,
    make_formulation,
    stock,
)
from tests.support.people import sign_in
from tests.support.time import Clock

PEOPLE = (
    "owner",
    "manager",
    "practitioner",
    "lapsed",
    "viewer",
    "supplier_admin",
    "fulfiller",
    "outsider",
    "other_fulfiller",
)


@dataclass(frozen=True)
class Call:
    """A call, who may make it and who knows of it (403, others 404), and what it answers."""

    method: str
    path: str
    body: dict[str, Any] | None
    may: frozenset[str]
    knows: frozenset[str]
    done: int = 200


CLINIC = frozenset({"owner", "manager", "practitioner", "lapsed", "viewer"})
SUPPLIER = frozenset({"supplier_admin", "fulfiller"})
STOCK = frozenset({"owner", "manager"})
RECORD = frozenset({"owner", "practitioner"})
WASTE = STOCK | {"practitioner"}

GOODS = {"sku": BIOTIN, "lot": "G-1", "expiry": "2027-01-31", "quantity": "10"}
SESSION = {"formulation": FORMULATION, "patient_ref": "P-1"}
THROWN = {"sku": BIOTIN, "lot": "A1", "quantity": "1", "reason": "dropped"}
HELD = {"sku": BIOTIN, "lot": "A1", "reason": "leaking"}
COUNTED = {"sku": BIOTIN, "lot": "A1", "location": "Cupboard", "quantity": "50"}
POLICY = {"method": "fixed", "reorder_point": "10", "par_level": "30"}
DRAFT = {"supplier": "baltic", "lines": [{"sku": BIOTIN, "packs": 1}]}
COURSE = {"protocol": "none", "patient_ref": "P-1", "start": "2026-07-01"}
BOOKING = {
    "external_id": "D-1",
    "patient_ref": "P-1",
    "formulation": FORMULATION,
    "date": "2026-06-15",
}
PARCEL = {"lines": [{"sku": BIOTIN, "lot": "S-1", "expiry": "2027-06-30", "packs": 1}]}
REASON = {"reason": "a slip"}
SWAP = {"sku": BIOTIN, "accept": True}

CALLS = (
    Call("GET", "/clinics/riga/stock", None, CLINIC, CLINIC),
    Call("GET", "/clinics/riga/alerts", None, CLINIC, CLINIC),
    Call("GET", "/clinics/riga/proposals", None, CLINIC, CLINIC),
    Call("POST", "/clinics/riga/receipts", {"lines": [GOODS]}, STOCK, CLINIC, 201),
    Call("POST", "/clinics/riga/sessions", SESSION, RECORD, CLINIC, 201),
    Call("POST", "/clinics/riga/waste", THROWN, WASTE, CLINIC, 201),
    Call("POST", "/clinics/riga/holds", HELD, STOCK, CLINIC, 201),
    Call("POST", "/holds/{hold}/release", REASON, STOCK, CLINIC),
    Call("POST", "/clinics/riga/counts", {}, WASTE, CLINIC, 201),
    Call("GET", "/counts/{count}", None, CLINIC, CLINIC),
    Call("POST", "/counts/{count}/entries", {"lines": [COUNTED]}, WASTE, CLINIC),
    Call("POST", "/counts/{count}/post", {}, STOCK, CLINIC, 201),
    Call("POST", "/counts/{count}/cancel", {}, STOCK, CLINIC),
    Call("POST", "/clinics/riga/courses", COURSE, RECORD, CLINIC, 422),
    Call("GET", "/clinics/riga/sessions", None, CLINIC, CLINIC),
    Call("GET", "/clinics/riga/readiness", None, CLINIC, CLINIC),
    Call("POST", "/clinics/riga/bookings", {"bookings": [BOOKING]}, RECORD, CLINIC),
    Call("POST", "/sessions/{booked}/move", {"date": "2026-07-02"}, RECORD, CLINIC),
    Call("POST", "/sessions/{booked}/no-show", {}, RECORD, CLINIC),
    Call("POST", "/sessions/{booked}/cancel", {}, RECORD, CLINIC),
    Call("PUT", f"/clinics/riga/policies/{BIOTIN}", POLICY, STOCK, CLINIC),
    Call("POST", "/clinics/riga/orders", DRAFT, STOCK, CLINIC, 201),
    Call("POST", "/clinics/riga/shipments/SH-NONE/receive", {}, STOCK, CLINIC, 404),
    Call("POST", "/entries/{entry}/reversal", REASON, STOCK, CLINIC, 201),
    Call("GET", "/orders/{draft}", None, CLINIC, CLINIC),
    Call("POST", "/orders/{draft}/place", {}, STOCK, CLINIC),
    Call("POST", "/orders/{draft}/cancel", {}, STOCK, CLINIC),
    Call("GET", "/orders/{placed}", None, CLINIC | SUPPLIER, CLINIC | SUPPLIER),
    Call("POST", "/orders/{placed}/cancel", REASON, STOCK | SUPPLIER, CLINIC | SUPPLIER),
    Call("POST", "/orders/{placed}/acknowledge", {}, SUPPLIER, CLINIC | SUPPLIER),
    Call("POST", "/orders/{placed}/substitutes", SWAP, STOCK, CLINIC | SUPPLIER, 422),
    Call("POST", "/orders/{placed}/shipments", PARCEL, SUPPLIER, CLINIC | SUPPLIER, 201),
    Call("POST", "/orders/{placed}/place", {}, STOCK, CLINIC | SUPPLIER, 409),
)


@pytest.fixture
def ready(cast: Cast) -> Cast:
    """Stock and a formulation at the clinic."""
    stock(cast.world, BIOTIN, "50")
    make_formulation(cast.world, [(BIOTIN, "1")])
    return cast


def addresses(world: World) -> dict[str, int]:
    """Return a fresh draft, a fresh placed order and an entry that nothing stands on."""
    stock(world, COLD, "25", lot=f"C-{len(entries())}")
    return {
        "entry": entries()[-1],
        "hold": _held(world),
        "count": _count(world),
        "booked": _booked(world),
        "draft": _order(world),
        "placed": _order(world, place=True),
    }


def entries() -> list[int]:
    """Return the ids of the ledger's entries, in order."""
    db.session.rollback()
    return list(db.session.scalars(sa.select(Entry.id).order_by(Entry.id)))


def _held(world: World) -> int:
    lot = stock(world, COLD, "25", lot=f"H-{len(entries())}")
    with transaction():
        held = hold(
            world.clinic, lot.id, location_id=None, reason="Warm", actor=world.actor(), now=NOW
        )
        return held.id


def _count(world: World) -> int:
    with transaction():
        count = begin(world.clinic, actor=world.actor(), now=NOW)
        line = Counted(BIOTIN, "A1", "Cupboard", Decimal(50))
        say(count.id, [line], actor=world.actor(), now=NOW)
        return count.id


def _booked(world: World) -> int:
    with transaction():
        booking = Booking(f"D-{len(entries())}", "P-1", FORMULATION, TODAY)
        take_in(world.clinic, [booking], actor=world.actor(), now=NOW)
    return max(db.session.scalars(sa.select(TreatmentSession.id)))


def _order(world: World, *, place: bool = False) -> int:
    with transaction():
        [product] = item(world, BIOTIN).products
        order = drafts.create_draft(
            world.clinic,
            world.supplier,
            [BasketLine(product.id, 1)],
            actor=world.actor(),
            now=NOW,
        )
        if place:
            placing.place(order.id, actor=world.actor(), now=NOW)
        return order.id


def test_who_may_not_is_told_and_nothing_changes(ready: Cast) -> None:
    named = addresses(ready.world)
    apis = {name: ready.api(name) for name in PEOPLE}
    before = rows()
    told, expected = [], []
    for call in CALLS:
        path = call.path.format(**named)
        for name in PEOPLE:
            if name not in call.may:
                answer = apis[name].call(call.method, path, call.body)
                assert answer.mimetype == "application/problem+json"
                told.append((call.method, call.path, name, answer.get_json()["status"]))
                expected.append((call.method, call.path, name, 403 if name in call.knows else 404))
    assert told == expected
    assert rows() == before
    assert_ledger_agrees()


def test_who_may_does_it(ready: Cast) -> None:
    told, expected = [], []
    for call in CALLS:
        path = call.path.format(**addresses(ready.world))
        answer = ready.api(sorted(call.may)[-1]).call(call.method, path, call.body)
        told.append((call.method, call.path, answer.status_code))
        expected.append((call.method, call.path, call.done))
    assert told == expected
    assert_ledger_agrees()


def test_who_may_not_is_told_before_the_body_is_looked_at(ready: Cast) -> None:
    named = addresses(ready.world)
    for call in CALLS:
        path = call.path.format(**named)
        told = [
            ready.api(name).call(call.method, path, {"nonsense": 1}).status_code
            for name in ("outsider", "nobody")
        ]
        assert (call.path, told) == (call.path, [404, 401])


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer wrong", "Basic b3duZXI6cGFzc3dvcmQ=", "Béarer x"]
)
def test_without_a_good_token_nothing_is_told(cast: Cast, header: str) -> None:
    api = cast.api("nobody")
    api.headers["Authorization"] = header
    answer = api.get("/clinics")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="Supply"'
    assert answer.mimetype == "application/problem+json"
    assert answer.get_json()["errors"] == []


def test_a_sessions_cookie_is_no_token(cast: Cast) -> None:
    client = cast.app.test_client()
    sign_in(client, "owner@example.org")
    assert client.get("/api/v1/clinics").status_code == 401


def test_a_token_ends_with_its_day_or_its_person(cast: Cast, now: Clock) -> None:
    api = cast.api("viewer")
    with transaction():
        api.token = issue_token(cast.world.viewer, expires_days=1, actor=SYSTEM, now=NOW)
    assert api.get("/clinics").status_code == 200
    now.forward(days=1)
    assert api.get("/clinics").status_code == 401
    lasting = cast.api("practitioner")
    with transaction():
        cast.world.practitioner.disabled_at = NOW
    assert lasting.get("/clinics").status_code == 401


def test_the_clinics_a_token_may_see(cast: Cast) -> None:
    answer = cast.api("manager").get("/clinics").get_json()
    assert [clinic["code"] for clinic in answer["clinics"]] == ["dublin", "riga"]
    assert answer["clinics"][1] == {
        "code": "riga",
        "name": "Riga Centre",
        "practice": "derma",
        "timezone": "Europe/Riga",
        "currency": "EUR",
        "role": "stock_manager",
    }
    assert answer["next"] is None
    assert cast.api("fulfiller").get("/clinics").get_json()["clinics"] == []


def test_the_suppliers_side_is_for_suppliers(cast: Cast) -> None:
    assert cast.api("owner").get("/supplier/orders").status_code == 403
    assert cast.api("other_fulfiller").get("/supplier/orders").get_json()["orders"] == []
    assert cast.api("fulfiller").get(f"/trace?sku={BIOTIN}&lot=A1").status_code == 403


def test_an_outsiders_trace_finds_nothing(cast: Cast) -> None:
    stock(cast.world, BIOTIN, "20")
    found = cast.api("outsider").get(f"/trace?sku={BIOTIN}&lot=A1").get_json()
    assert found == {"lots": [], "on_hand": [], "sessions": [], "shipments": []}


def test_who_recorded_it_may_undo_it(cast: Cast) -> None:
    stock(cast.world, BIOTIN, "20")
    practitioner = cast.api("practitioner")
    entry = practitioner.post("/clinics/riga/waste", THROWN).get_json()["entry"]
    undoing = f"/entries/{entry}/reversal"
    assert cast.api("lapsed").post(undoing, REASON).status_code == 403
    assert practitioner.post(undoing, {"reason": " "}).status_code == 422
    assert practitioner.post(undoing, REASON).status_code == 201
    assert practitioner.post(undoing, REASON).status_code == 409
    assert_ledger_agrees()
