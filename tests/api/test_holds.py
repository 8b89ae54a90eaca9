"""Putting lots on hold and releasing them by program: the rows, what may be drawn, refusals."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from supply.accounts.models import Clinic
from supply.audit.models import AuditRow
from supply.db import db
from supply.handling.holding import hold
from supply.inventory.models import Hold
from supply.inventory.terms import HoldSource
from tests.api.bodies import refused
from tests.api.calls import Api, Cast, assert_ledger_agrees, rows
from tests.factories import BIOTIN, NOW, stock
from tests.support.racing import at_once

PATH = "/clinics/riga/holds"


def body(**changes: Any) -> dict[str, Any]:
    return {"sku": BIOTIN, "lot": "a1", "reason": "Leaking"} | changes


def lots(api: Api) -> list[tuple[str, str, str]]:
    """Return (location, status, on hand) of the ampoules."""
    [item] = api.get(f"/clinics/riga/stock?sku={BIOTIN}").get_json()["items"]
    return [(lot["location"], lot["status"], lot["on_hand"]) for lot in item["lots"]]


def test_a_lot_a_place_or_a_quantity_is_held_and_released(cast: Cast, owner: Api) -> None:
    elsewhere = {"sku": BIOTIN, "lot": "A1", "quantity": "10", "location": "Fridge 2–8 °C"}
    lines = {"lines": [elsewhere | {"expiry": "2027-01-31"}]}
    assert owner.post("/clinics/riga/receipts", lines).status_code == 201
    refused(owner, PATH, [body(quantity="5")], "location")
    answer = owner.post(PATH, body(quantity="5", location="Cupboard", stands_at="Red box"))
    assert answer.status_code == 201
    part = answer.get_json()["hold"]
    held = db.session.get_one(Hold, part)
    assert (held.quantity, held.stands_at, held.source) == (
        Decimal(5),
        "Red box",
        HoldSource.MANUAL,
    )
    assert sorted(lots(owner)) == [
        ("Cupboard", "ok", "15.000"),
        ("Cupboard", "on_hold", "5.000"),
        ("Fridge 2–8 °C", "ok", "10.000"),
    ]
    place = owner.post(PATH, body(location="Fridge 2–8 °C")).get_json()["hold"]
    assert ("Fridge 2–8 °C", "on_hold", "10.000") in lots(owner)
    whole = owner.post(PATH, body()).get_json()["hold"]
    assert {status for _place, status, _quantity in lots(owner)} == {"on_hold"}
    too_much = owner.post(PATH, body(quantity="5", location="Cupboard"))
    assert too_much.get_json()["shortages"] == [
        {"sku": BIOTIN, "needed": "5.000", "available": "0.000"}
    ]
    for one in (part, place, whole):
        answer = owner.post(f"/holds/{one}/release", {"reason": "Found sound"})
        assert (answer.status_code, answer.get_json()) == (200, {"hold": one})
    assert {status for _place, status, _quantity in lots(owner)} == {"ok"}
    before = rows()
    assert owner.post(f"/holds/{whole}/release", {"reason": "Again"}).status_code == 409
    assert rows() == before
    db.session.expire_all()
    assert db.session.get_one(Hold, whole).release_reason == "Found sound"
    said = db.session.scalars(
        sa.select(AuditRow.action).where(AuditRow.action.startswith("hold.")).order_by(AuditRow.id)
    )
    assert list(said) == ["hold.placed"] * 3 + ["hold.released"] * 3
    assert_ledger_agrees()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_bad_hold_names_its_field(owner: Api) -> None:
    refused(owner, PATH, [body(sku="NO-SUCH")], "sku")
    refused(owner, PATH, [body(lot="Z9")], "lot")
    refused(owner, PATH, [body(location="Cellar")], "location")
    refused(owner, PATH, [body(quantity=quantity) for quantity in ("0", "-1", 1.5)], "quantity")
    refused(owner, PATH, [body(reason=reason) for reason in ("", " ", None)], "reason")


def test_twins_hold_one_box_once(cast: Cast) -> None:
    world = cast.world
    lot_id = stock(world, BIOTIN, "5").id
    clinic_id, actor = world.clinic.id, world.actor()

    def work() -> object:
        clinic = db.session.get_one(Clinic, clinic_id)
        return hold(
            clinic,
            lot_id,
            location_id=None,
            quantity=Decimal(5),
            reason="Leaking",
            actor=actor,
            now=NOW,
        ).reason

    told = at_once(cast.app, work)
    assert sorted(type(answer).__name__ for answer in told) == ["ShortageError"] * 3 + ["str"]
    assert list(db.session.scalars(sa.select(Hold.quantity))) == [Decimal(5)]
