"""Claims over the API, and a shipment received twice in different words."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.calls import Cast, rows
from tests.factories import BIOTIN
from tests.support.time import Clock


def received(cast: Cast) -> tuple[int, str]:
    """Order, ship and receive three packs; return the order and the receiving address."""
    manager, fulfiller = cast.api("manager"), cast.api("fulfiller")
    wanted = {"supplier": "baltic", "lines": [{"sku": BIOTIN, "packs": 3}]}
    order: int = manager.post("/clinics/riga/orders", wanted).get_json()["order"]
    manager.post(f"/orders/{order}/place", {})
    parcel = {"lines": [{"sku": BIOTIN, "lot": "S-1", "expiry": "2027-06-30", "packs": 3}]}
    code = fulfiller.post(f"/orders/{order}/shipments", parcel).get_json()["code"]
    address = f"/clinics/riga/shipments/{code}/receive"
    assert manager.post(address, {}).status_code == 201
    return order, address


def test_a_damage_report_on_a_received_shipment_is_not_answered_as_done(
    cast: Cast, now: Clock
) -> None:
    order, address = received(cast)
    first = cast.api("manager").post(address, {})
    owner = cast.api("owner")
    before = rows()
    for lines in (
        [{"sku": BIOTIN, "lot": "S-1", "packs": 3, "condition": "damaged"}],
        [{"sku": "FOREIGN", "lot": "S-1", "packs": 1}],
    ):
        answer = owner.post(address, {"lines": lines}, key=f"own-{lines[0]['sku']}")
        assert answer.status_code == 409
        problem = answer.get_json()
        assert problem["entry"] == first.get_json()["entry"]
        assert problem["received_by"] in problem["detail"]
        assert problem["claims"] == f"/api/v1/orders/{order}/claims"
    assert rows() == before
    same = owner.post(address, {"lines": [{"sku": BIOTIN, "lot": " s-1", "packs": 3}]})
    assert (same.status_code, same.get_json()) == (201, first.get_json())


def test_a_claim_is_raised_seen_and_settled(cast: Cast, now: Clock) -> None:
    order, _ = received(cast)
    manager, fulfiller = cast.api("manager"), cast.api("fulfiller")
    wanted = {"sku": BIOTIN, "packs": 1, "kind": "damaged", "want": "resend"}
    raised = manager.post(f"/orders/{order}/claims", wanted, key="c")
    assert raised.status_code == 201
    claim = raised.get_json()["claim"]
    assert raised.get_json() == {"claim": claim, "status": "open"}
    assert manager.post(f"/orders/{order}/claims", wanted, key="c").get_json() == raised.get_json()

    seen: dict[str, Any] = fulfiller.get(f"/orders/{order}").get_json()
    assert [(one["claim"], one["kind"], one["packs"], one["want"]) for one in seen["claims"]] == [
        (claim, "damaged", 1, "resend")
    ]
    settled = fulfiller.post(f"/claims/{claim}/settle", {"outcome": "resend", "note": "Sorry"})
    assert (settled.status_code, settled.get_json()) == (200, {"claim": claim, "status": "settled"})
    again = fulfiller.post(f"/claims/{claim}/settle", {"outcome": "refused"})
    assert again.status_code == 409
    parcel = {"lines": [{"sku": BIOTIN, "lot": "S-2", "expiry": "2027-06-30", "packs": 1}]}
    assert fulfiller.post(f"/orders/{order}/shipments", parcel).status_code == 201
    goods = manager.post(f"/claims/{claim}/goods", {"goods": "returned"})
    assert goods.status_code == 200
    assert goods.get_json()["entry"] is not None


@pytest.mark.parametrize(
    ("who", "status"),
    [("viewer", 403), ("fulfiller", 403), ("outsider", 404), ("other_fulfiller", 404)],
)
def test_who_may_not_claim(cast: Cast, now: Clock, who: str, status: int) -> None:
    order, _ = received(cast)
    wanted = {"sku": BIOTIN, "packs": 1, "kind": "damaged", "want": "credit"}
    assert cast.api(who).post(f"/orders/{order}/claims", wanted).status_code == status
    claim = cast.api("manager").post(f"/orders/{order}/claims", wanted).get_json()["claim"]
    settle = cast.api(who).post(f"/claims/{claim}/settle", {"outcome": "credit"})
    assert settle.status_code == (200 if who == "fulfiller" else status)
    assert cast.api("manager").post("/claims/999/settle", {"outcome": "credit"}).status_code == 404


def test_what_is_owed_is_said_once_packs_are_cancelled(cast: Cast, now: Clock) -> None:
    manager = cast.api("manager")
    wanted = {"supplier": "baltic", "lines": [{"sku": BIOTIN, "packs": 3}]}
    drawn: dict[str, Any] = manager.post("/clinics/riga/orders", wanted).get_json()
    order, total = drawn["order"], drawn["total"]
    manager.post(f"/orders/{order}/place", {})
    parcel = {"lines": [{"sku": BIOTIN, "lot": "S-1", "expiry": "2027-06-30", "packs": 1}]}
    cast.api("fulfiller").post(f"/orders/{order}/shipments", parcel)
    cancelled = manager.post(f"/orders/{order}/cancel", {}).get_json()
    seen = manager.get(f"/orders/{order}").get_json()
    price = seen["lines"][0]["price"]

    assert cancelled["total"] == seen["total"] == price
    assert seen["ordered_total"] == total
    assert float(seen["cancelled_total"]["amount"]) == 2 * float(price["amount"])
