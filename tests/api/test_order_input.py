"""What orders, shipments and receiving do not take over the API."""

from __future__ import annotations

from tests.api.bodies import goods, refused
from tests.api.calls import Api, Cast, assert_ledger_agrees, rows
from tests.factories import AMPOULE, BIOTIN


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
