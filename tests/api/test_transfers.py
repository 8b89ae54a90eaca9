"""Transfers over the API: moved, sent, received with differences, written off, taken back."""

from __future__ import annotations

from typing import Any

from supply.db import transaction
from tests.api.calls import Api, Cast, assert_ledger_agrees, fields_at_fault, rows
from tests.factories import BIOTIN, NEEDLE, World, item, stock

LINE = {"sku": BIOTIN, "lot": "a1", "quantity": "8"}


def sent(cast: Cast, *, key: str | None = None, **line: Any) -> dict[str, Any]:
    """Send some of a lot from Riga to Dublin; return the answer."""
    body = {"to_clinic": "dublin", "lines": [{**LINE, **line}]}
    answer = cast.api("manager").post("/clinics/riga/transfers", body, key=key)
    assert answer.status_code == 201, answer.get_json()
    found: dict[str, Any] = answer.get_json()
    return found


def stock_of(api: Api, clinic: str) -> tuple[str, str, str]:
    """Return what a clinic has of biotin: on hand, available, on order."""
    (found,) = api.get(f"/clinics/{clinic}/stock?sku={BIOTIN}").get_json()["items"]
    return found["on_hand"], found["available"], found["on_order"]


def test_a_transfer_is_sent_received_in_parts_and_its_rest_written_off(cast: Cast) -> None:
    stock(cast.world, BIOTIN, "20")
    stock(cast.world, BIOTIN, "10", lot="D1", clinic=cast.world.sister)
    manager = cast.api("manager")
    whole = sent(cast, key="once")
    assert whole == {
        "transfer": whole["transfer"],
        "code": whole["code"],
        "status": "in_transit",
        "entry": whole["entry"],
    }
    assert sent(cast, key="once") == whole
    assert stock_of(manager, "riga") == ("12.000", "12.000", "0.000")
    assert stock_of(manager, "dublin") == ("10.000", "10.000", "8.000")
    path = f"/transfers/{whole['transfer']}"
    came = {"lines": [{"sku": BIOTIN, "lot": "A1", "quantity": "5", "location": "Cupboard"}]}
    first = manager.post(f"{path}/receive", came, key="r")
    assert first.status_code == 201
    assert first.get_json() == {
        "entry": first.get_json()["entry"],
        "missing": [{"sku": BIOTIN, "lot": "A1", "quantity": "3.000"}],
    }
    assert manager.post(f"{path}/receive", came, key="r").get_json() == first.get_json()
    assert stock_of(manager, "dublin") == ("15.000", "15.000", "3.000")
    lost = manager.post(f"{path}/write-off", {"reason": "Never came"})
    assert (lost.status_code, lost.get_json()["entry"] > 0) == (201, True)
    assert manager.get(path).get_json() == {
        **whole,
        "status": "done",
        "from_clinic": "riga",
        "to_clinic": "dublin",
        "to_location": None,
        "lines": [
            {
                "sku": BIOTIN,
                "lot": "A1",
                "sent": "8.000",
                "received": "5.000",
                "written_off": "3.000",
                "returned": "0.000",
                "in_transit": "0.000",
            }
        ],
    }
    assert manager.post(f"{path}/write-off", {"reason": "Again"}).status_code == 409
    assert manager.post(f"{path}/take-back", {}).status_code == 409
    assert stock_of(manager, "dublin") == ("15.000", "15.000", "0.000")
    assert_ledger_agrees()


def test_within_the_clinic_it_is_done_and_over_the_api_undone(cast: Cast) -> None:
    stock(cast.world, BIOTIN, "20")
    manager = cast.api("manager")
    body = {"to_location": "Fridge 2–8 °C", "lines": [LINE]}
    done = manager.post("/clinics/riga/transfers", body)
    assert (done.status_code, done.get_json()["status"]) == (201, "done")
    (found,) = manager.get(f"/clinics/riga/stock?sku={BIOTIN}").get_json()["items"]
    assert [(lot["location"], lot["on_hand"]) for lot in found["lots"]] == [
        ("Cupboard", "12.000"),
        ("Fridge 2–8 °C", "8.000"),
    ]
    undone = manager.post(f"/entries/{done.get_json()['entry']}/reversal", {"reason": "slip"})
    assert undone.status_code == 201
    seen = manager.get(f"/transfers/{done.get_json()['transfer']}").get_json()
    assert (seen["status"], seen["lines"][0]["returned"]) == ("taken_back", "8.000")
    assert_ledger_agrees()


def test_what_is_wrong_is_named_by_line_and_nothing_moves(cast: Cast) -> None:
    stock(cast.world, BIOTIN, "20")
    with transaction():
        item(cast.world, NEEDLE)
    manager = cast.api("manager")
    nowhere = {"to_clinic": "dublin", "to_location": "Cupboard", "lines": [LINE]}
    elsewhere = {"to_clinic": "elsewhere-1", "lines": [LINE]}
    itself = {"to_clinic": "riga", "lines": [LINE]}
    lines = [
        {**LINE, "sku": "NONE"},
        {**LINE, "sku": NEEDLE},
        {**LINE, "location": "Attic"},
    ]
    before = rows()
    for body, fields in (
        (nowhere, ["to_clinic"]),
        ({"lines": [LINE]}, ["to_clinic"]),
        (elsewhere, ["to_clinic"]),
        (itself, ["to_clinic"]),
        ({"to_location": "Attic", "lines": [LINE]}, ["to_location"]),
        (
            {"to_clinic": "dublin", "lines": lines},
            ["lines.0.sku", "lines.1.lot", "lines.2.location"],
        ),
    ):
        answer = manager.post("/clinics/riga/transfers", body)
        assert (answer.status_code, fields_at_fault(answer)) == (422, fields), body
    short = manager.post(
        "/clinics/riga/transfers", {"to_clinic": "dublin", "lines": [{**LINE, "quantity": "21"}]}
    )
    assert short.status_code == 409
    assert short.get_json()["shortages"] == [
        {"sku": BIOTIN, "needed": "21.000", "available": "20.000"}
    ]
    assert rows() == before


def test_the_sender_sends_and_gives_up_the_receiver_receives(cast: Cast) -> None:
    world: World = cast.world
    stock(world, BIOTIN, "20")
    whole = sent(cast)
    path = f"/transfers/{whole['transfer']}"
    with transaction():
        world.manager.memberships[0].clinics = [world.clinic]
        world.practitioner.memberships[0].clinics = [world.sister]
    callers = {
        name: cast.api(name) for name in ("nobody", "outsider", "viewer", "practitioner", "manager")
    }
    before = rows()
    for name, receive, rest in (
        ("nobody", 401, 401),
        ("outsider", 404, 404),
        ("viewer", 403, 403),
        ("practitioner", 403, 403),
        ("manager", 403, None),
    ):
        api = callers[name]
        assert api.post(f"{path}/receive", {}).status_code == receive, name
        for step, body in (("write-off", {"reason": "x"}), ("take-back", {})):
            if rest is not None:
                assert api.post(f"{path}/{step}", body).status_code == rest, name
        new: dict[str, Any] = {"to_clinic": "dublin", "lines": [LINE]}
        answer = api.post("/clinics/riga/transfers", new) if rest is not None else None
        expected = {"practitioner": 404}.get(name, rest)
        assert answer is None or answer.status_code == expected, name
    assert callers["viewer"].get(path).status_code == 200
    assert callers["outsider"].get(path).status_code == 404
    assert rows() == before
    assert cast.api("owner").post(f"{path}/receive", {}).status_code == 201
