"""Returns over the API: asked for, authorised, sent, received, and what each refuses."""

from __future__ import annotations

from typing import Any

import pytest

from supply.accounts.models import Supplier
from supply.db import db, transaction
from tests.api.calls import Cast
from tests.api.test_claims import received
from tests.factories import BIOTIN
from tests.support.time import Clock


def asked(cast: Cast, packs: int = 2) -> tuple[int, int]:
    """Return an order of three packs, received, and a return that is asked for."""
    order, _address = received(cast)
    wanted = {"reason": "not_needed", "lines": [{"sku": BIOTIN, "lot": " s-1", "packs": packs}]}
    done = cast.api("manager").post(f"/orders/{order}/returns", wanted, key="r")
    assert done.status_code == 201
    assert done.get_json() == {"return": done.get_json()["return"], "status": "asked", "rma": None}
    again = cast.api("manager").post(f"/orders/{order}/returns", wanted, key="r")
    assert again.get_json() == done.get_json()
    return order, done.get_json()["return"]


def test_a_return_goes_its_way_and_is_credited_to_the_cent(cast: Cast, now: Clock) -> None:
    order, return_id = asked(cast)
    manager, fulfiller = cast.api("manager"), cast.api("fulfiller")
    price: str = manager.get(f"/orders/{order}").get_json()["lines"][0]["price"]["amount"]
    assert manager.post(f"/returns/{return_id}/send", {}).status_code == 409
    terms: dict[str, Any] = {"carriage": "clinic", "credit": [{"sku": BIOTIN, "per_pack": "1.50"}]}
    done = fulfiller.post(f"/returns/{return_id}/authorise", terms)
    assert (done.status_code, done.get_json()["status"]) == (200, "authorised")
    rma = done.get_json()["rma"]
    sent = manager.post(f"/returns/{return_id}/send", {"carrier": "DHL"}, key="s")
    assert sent.get_json()["status"] == "sent"
    assert sent.get_json()["entry"] > 0
    assert manager.post(f"/returns/{return_id}/send", {"carrier": "DHL"}, key="s").get_json() == (
        sent.get_json()
    )
    line: dict[str, Any] = {"sku": BIOTIN, "lot": "S-1", "accepted": 1}
    short = fulfiller.post(f"/returns/{return_id}/settle", {"lines": [line]})
    assert short.status_code == 422
    assert [one["field"] for one in short.get_json()["errors"]] == [
        "lines.0.refused_because",
        "lines.0.fate",
    ]
    line |= {"refused_because": "Opened", "fate": "come_back"}
    assert fulfiller.post(f"/returns/{return_id}/settle", {"lines": [line]}).status_code == 200
    assert fulfiller.post(f"/returns/{return_id}/settle", {}).status_code == 409
    assert manager.post(f"/returns/{return_id}/back", {}).get_json()["entry"] > 0
    assert manager.post(f"/returns/{return_id}/back", {}).status_code == 409
    seen = manager.get(f"/orders/{order}").get_json()
    (whole,) = seen["returns"]
    assert (whole["rma"], whole["status"], whole["carrier"]) == (rma, "settled", "DHL")
    (said,) = whole["lines"]
    assert said["credit"] == {"amount": "1.50", "currency": "EUR"}
    assert float(said["restocking"]["amount"]) == float(price) - 1.5
    assert (said["accepted"], said["refused_because"], said["fate"]) == (1, "Opened", "come_back")
    assert seen["credited_total"] == {"amount": "1.50", "currency": "EUR"}
    note = seen["invoices"][-1]
    assert (note["reason"], note["return"]) == ("return", return_id)
    assert note["net"] == {"amount": "1.50", "currency": "EUR"}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_a_return_refuses_is_named_as_it_was_sent(cast: Cast, now: Clock) -> None:
    order, return_id = asked(cast)
    manager, fulfiller = cast.api("manager"), cast.api("fulfiller")
    line = {"sku": BIOTIN, "lot": "S-1", "packs": 1}
    for lines, fields in (
        ([line, {**line, "packs": 9}], ["lines.1.packs"]),
        ([{**line, "lot": "X"}], ["lines.0.packs"]),
        ([], ["lines"]),
    ):
        wanted = {"reason": "wrong", "lines": lines}
        refused = manager.post(f"/orders/{order}/returns", wanted)
        assert refused.status_code == 422
        assert [one["field"] for one in refused.get_json()["errors"]] == fields
    for credit, field in (
        ([{"sku": "X", "per_pack": "1"}], "credit.0.sku"),
        ([{"sku": BIOTIN, "per_pack": "x"}], "credit.0.per_pack"),
        ([{"sku": BIOTIN, "per_pack": "9999"}], "credit.0.per_pack"),
        ([{"sku": BIOTIN, "per_pack": "1"}] * 2, "credit.1.sku"),
    ):
        terms = {"carriage": "supplier", "credit": credit}
        refused = fulfiller.post(f"/returns/{return_id}/authorise", terms)
        assert refused.status_code == 422
        assert [one["field"] for one in refused.get_json()["errors"]] == [field]
    assert fulfiller.post(f"/returns/{return_id}/refuse", {}).status_code == 422
    done = fulfiller.post(f"/returns/{return_id}/refuse", {"reason": "Made to order"})
    assert done.get_json()["status"] == "refused"
    assert manager.post(f"/returns/{return_id}/withdraw", {}).status_code == 409
    lots = [{"sku": BIOTIN, "lot": "X", "accepted": 1}]
    assert fulfiller.post(f"/returns/{return_id}/settle", {"lines": lots}).status_code == 422


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_who_may_do_what(cast: Cast, now: Clock) -> None:
    order, return_id = asked(cast)
    steps = {
        "authorise": {"carriage": "clinic"},
        "refuse": {"reason": "No"},
        "settle": {},
        "send": {},
        "withdraw": {},
        "back": {},
    }
    buyers = {"send", "withdraw", "back"}
    wanted = {"reason": "wrong", "lines": [{"sku": BIOTIN, "lot": "S-1", "packs": 1}]}
    for who in ("viewer", "outsider", "other_fulfiller", "manager", "fulfiller"):
        stranger = who in ("outsider", "other_fulfiller")
        for step, body in steps.items():
            if (who == "manager" and step in buyers) or (who == "fulfiller" and step not in buyers):
                continue
            status = cast.api(who).post(f"/returns/{return_id}/{step}", body).status_code
            assert status == (404 if stranger else 403), (who, step)
        if who != "manager":
            status = cast.api(who).post(f"/orders/{order}/returns", wanted).status_code
            assert status == (404 if stranger else 403), who
    assert cast.api("manager").post("/returns/999/send", {}).status_code == 404
    with transaction():
        supplier = db.session.get_one(Supplier, cast.world.supplier.id)
        supplier.uses_supply = False
    noted = cast.api("manager").post(f"/returns/{return_id}/authorise", {"carriage": "clinic"})
    assert noted.get_json()["status"] == "authorised"
