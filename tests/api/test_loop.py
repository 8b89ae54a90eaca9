"""The whole loop over the API: stock in, used, low, ordered, shipped, received, traced."""

from __future__ import annotations

from typing import Any

from supply.db import transaction
from supply.replenishment.sweep import sweep
from tests.api.calls import Api, Cast, assert_ledger_agrees, rows
from tests.factories import BIOTIN, FORMULATION, NEEDLE, VIAL, make_formulation
from tests.support.time import Clock

LINES = [
    {"sku": BIOTIN, "lot": "B-1", "expiry": "2027-01-31", "quantity": "12.000"},
    {"sku": VIAL, "lot": "L-1", "expiry": "2027-03-31", "packs": 1},
    {"sku": NEEDLE, "lot": "N-1", "expiry": None, "packs": 1},
]


def item_of(api: Api, sku: str) -> dict[str, Any]:
    """Return what the clinic has of one item."""
    [item] = api.get(f"/clinics/riga/stock?sku={sku}").get_json()["items"]
    found: dict[str, Any] = item
    return found


def sweep_now(now: Clock) -> None:
    with transaction():
        sweep(now.now)


def alerts(api: Api, status: str) -> list[tuple[str, str]]:
    answer = api.get(f"/clinics/riga/alerts?status={status}").get_json()
    return [(alert["kind"], alert["sku"]) for alert in answer["alerts"]]


def test_the_whole_loop(cast: Cast, now: Clock) -> None:
    make_formulation(cast.world, [(BIOTIN, "3"), (VIAL, "2"), (NEEDLE, "1")])
    stock_comes_in(cast.api("manager"))
    now.forward(hours=1)
    session = a_session_draws(cast, now)
    order = what_is_low_is_ordered(cast, now)
    receive_in_two_parts(cast, order, now)
    the_order_has_ended(cast, order, now)
    every_lot_is_traced(cast.api("manager"), session)
    assert_ledger_agrees()


def stock_comes_in(manager: Api) -> None:
    came = manager.post("/clinics/riga/receipts", {"lines": LINES})
    assert came.status_code == 201
    assert set(came.get_json()) == {"entry"}
    policy = {"method": "fixed", "reorder_point": "10.000", "par_level": "30.000"}
    kept = manager.put(f"/clinics/riga/policies/{BIOTIN}", policy)
    assert kept.status_code == 200
    assert kept.get_json() == {"sku": BIOTIN, **policy, "service_level": None}


def a_session_draws(cast: Cast, now: Clock) -> int:
    """Record a session and return its id."""
    said = {"formulation": FORMULATION, "patient_ref": "P-7"}
    done = cast.api("practitioner").post("/clinics/riga/sessions", said)
    assert done.status_code == 201
    recorded = done.get_json()
    assert recorded["drawn"] == [
        {"sku": BIOTIN, "lot": "B-1", "quantity": "3.000"},
        {"sku": VIAL, "lot": "L-1", "quantity": "2.000"},
        {"sku": NEEDLE, "lot": "N-1", "quantity": "1.000"},
    ]
    assert recorded["wasted"] == []
    vial = item_of(cast.api("viewer"), VIAL)
    assert (vial["on_hand"], vial["available"], vial["on_order"]) == ("498.000", "498.000", "0.000")
    [opened] = vial["open_containers"]
    assert (opened["lot"], opened["remaining"]) == ("L-1", "18.000")
    assert opened["opened_at"] == now.now.isoformat()
    assert [lot["on_hand"] for lot in vial["lots"]] == ["498.000"]
    return int(recorded["session"])


def what_is_low_is_ordered(cast: Cast, now: Clock) -> str:
    """Sweep, order what is proposed, acknowledge it; return the order's address."""
    manager, fulfiller = cast.api("manager"), cast.api("fulfiller")
    sweep_now(now)
    assert alerts(manager, "open") == [("order_now", BIOTIN)]
    [proposal] = manager.get("/clinics/riga/proposals").get_json()["proposals"]
    assert (proposal["sku"], proposal["supplier"], proposal["packs"]) == (BIOTIN, "baltic", 3)
    assert proposal["order_by"] == "2026-06-15"
    assert "9 ampoules available" in proposal["why"]

    lines = [{"sku": proposal["supplier_sku"], "packs": proposal["packs"]}]
    drafted = manager.post("/clinics/riga/orders", {"supplier": "baltic", "lines": lines})
    assert drafted.status_code == 201
    draft = drafted.get_json()
    assert draft["status"] == "draft"
    assert draft["total"] == {"amount": "72.00", "currency": "EUR"}
    order = f"/orders/{draft['order']}"
    assert fulfiller.get(order).status_code == 404

    placed = manager.post(f"{order}/place", {})
    assert (placed.status_code, placed.get_json()["status"]) == (200, "placed")
    assert item_of(manager, BIOTIN)["on_order"] == "30.000"
    [waiting] = fulfiller.get("/supplier/orders?status=placed").get_json()["orders"]
    assert waiting["order"] == draft["order"]
    acknowledged = fulfiller.post(f"{order}/acknowledge", {})
    assert acknowledged.get_json()["status"] == "acknowledged"
    return order


def receive_in_two_parts(cast: Cast, order: str, now: Clock) -> None:
    """Ship two packs, then one; receive each, and the first again."""
    manager, fulfiller = cast.api("manager"), cast.api("fulfiller")
    entries = []
    for lot, packs in (("B-2", 2), ("B-3", 1)):
        now.forward(days=1)
        parcel = {"sku": BIOTIN, "lot": lot, "expiry": "2027-06-30", "packs": packs}
        shipped = fulfiller.post(f"{order}/shipments", {"lines": [parcel], "carrier": "Post"})
        assert shipped.status_code == 201
        code = shipped.get_json()["code"]
        status = "partly_shipped" if packs == 2 else "shipped"
        listed = fulfiller.get(f"/supplier/orders?status={status}").get_json()["orders"]
        assert [row["status"] for row in listed] == [status]
        receiving = f"/clinics/riga/shipments/{code}/receive"
        received = manager.post(receiving, {})
        assert received.status_code == 201
        before = rows()
        assert manager.post(receiving, {}).get_json() == received.get_json()
        assert rows() == before
        entries.append(received.get_json()["entry"])
    assert len(set(entries)) == 2
    assert item_of(manager, BIOTIN)["on_hand"] == "39.000"


def the_order_has_ended(cast: Cast, order: str, now: Clock) -> None:
    manager, fulfiller = cast.api("manager"), cast.api("fulfiller")
    after = manager.get(order).get_json()
    assert fulfiller.get(order).get_json() == after
    assert after["status"] == "closed"
    [line] = after["lines"]
    assert (line["packs"], line["shipped"], line["received"]) == (3, 3, 3)
    assert [shipment["lines"][0]["packs"] for shipment in after["shipments"]] == [2, 1]
    assert fulfiller.get("/supplier/orders?status=shipped").get_json()["orders"] == []
    sweep_now(now)
    assert alerts(manager, "open") == []
    assert alerts(manager, "resolved") == [("order_now", BIOTIN)]
    [resolved] = manager.get("/clinics/riga/alerts").get_json()["alerts"]
    assert resolved["resolved_at"] is not None


def every_lot_is_traced(manager: Api, session: int) -> None:
    traced = manager.get(f"/trace?sku={BIOTIN}&lot=b-1").get_json()
    assert [lot["lot"] for lot in traced["lots"]] == ["B-1"]
    assert traced["on_hand"] == [{"clinic": "riga", "location": "Cupboard", "quantity": "9.000"}]
    [given] = traced["sessions"]
    assert (given["session"], given["patient_ref"]) == (session, "P-7")
    assert given["quantity"] == "3.000"
    second = manager.get(f"/trace?sku={BIOTIN}&lot=B-3").get_json()
    assert [shipment["packs"] for shipment in second["shipments"]] == [1]
