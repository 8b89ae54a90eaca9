"""Orders answered line by line over the API, and substitutes accepted and refused."""

from __future__ import annotations

from tests.api.calls import Api, Cast
from tests.factories import AMPOULE, BIOTIN, COLD, VIAL
from tests.support.time import Clock


def placed(manager: Api, *packs: tuple[str, int]) -> str:
    """Place an order of ``packs`` by SKU; return its address."""
    lines = [{"sku": sku, "packs": count} for sku, count in packs]
    drawn = manager.post("/clinics/riga/orders", {"supplier": "baltic", "lines": lines})
    address = f"/orders/{drawn.get_json()['order']}"
    assert manager.post(f"{address}/place", {}).status_code == 200
    return address


def test_lines_are_answered_and_a_substitute_accepted(cast: Cast, now: Clock) -> None:
    manager, fulfiller = cast.api("manager"), cast.api("fulfiller")
    order = placed(manager, (BIOTIN, 5), (AMPOULE, 2), (COLD, 3))
    said = {
        "lines": [
            {"sku": BIOTIN, "confirm": 1, "substitute": {"sku": VIAL, "packs": 2}},
            {"sku": AMPOULE, "backorder_until": "2026-07-20"},
            {"sku": COLD, "confirm": 2, "decline": "Last ones"},
        ]
    }
    answer = fulfiller.post(f"{order}/acknowledge", said, key="a")
    assert (answer.status_code, answer.get_json()["status"]) == (200, "acknowledged")
    again = fulfiller.post(f"{order}/acknowledge", said, key="a")
    assert again.get_json() == answer.get_json()
    assert fulfiller.post(f"{order}/acknowledge", said).status_code == 409

    biotin, ampoule, cold = manager.get(order).get_json()["lines"]
    assert (biotin["confirmed"], biotin["cancelled"], biotin["offered"]) == (1, 0, 4)
    offered = biotin["substitute"]
    assert (offered["sku"], offered["packs"], offered["replaces"]) == (VIAL, 2, 4)
    assert offered["status"] == "open"
    assert (ampoule["confirmed"], ampoule["backorder_until"]) == (0, "2026-07-20")
    assert (cold["confirmed"], cold["cancelled"]) == (2, 1)
    assert cold["declined_because"] == "Last ones"

    assert fulfiller.post(f"{order}/substitutes", {"sku": VIAL, "accept": True}).status_code == 403
    swap = {"sku": BIOTIN, "accept": True}
    taken = manager.post(f"{order}/substitutes", swap, key="s")
    assert (taken.status_code, taken.get_json()["status"]) == (200, "acknowledged")
    assert manager.post(f"{order}/substitutes", swap, key="s").get_json() == taken.get_json()
    assert manager.post(f"{order}/substitutes", swap).status_code == 409
    lines = {line["sku"]: line for line in manager.get(order).get_json()["lines"]}
    assert (lines[BIOTIN]["cancelled"], lines[BIOTIN]["offered"]) == (4, 0)
    assert (lines[VIAL]["packs"], lines[VIAL]["confirmed"]) == (2, 2)
    assert (lines[VIAL]["instead_of"], lines[VIAL]["price"]) == (BIOTIN, offered["price"])


def test_a_substitute_refused_by_its_own_sku(cast: Cast, now: Clock) -> None:
    manager, fulfiller = cast.api("manager"), cast.api("fulfiller")
    order = placed(manager, (BIOTIN, 5), (AMPOULE, 1))
    line = {"sku": BIOTIN, "substitute": {"sku": VIAL, "packs": 2}}
    fulfiller.post(f"{order}/acknowledge", {"lines": [line]})

    refused = manager.post(f"{order}/substitutes", {"sku": VIAL, "accept": False})
    assert refused.status_code == 200
    biotin, _ampoule = manager.get(order).get_json()["lines"]
    assert (biotin["cancelled"], biotin["substitute"]["status"]) == (5, "refused")
