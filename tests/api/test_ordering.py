"""Changes by consent, templates, accounts and orders written by suppliers, over the API."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from supply.accounts.models import Membership, Supplier
from supply.accounts.services import create_person
from supply.accounts.terms import Role
from supply.actor import SYSTEM
from supply.baskets.drafts import BasketLine
from supply.catalogue.models import Product
from supply.catalogue.successors import name_successor
from supply.db import db, transaction
from supply.filling import templates
from supply.filling.models import OrderTemplate
from tests.api.calls import Api, Cast, fields_at_fault, rows
from tests.factories import BIOTIN, COLD, NOW

DAY = "2026-06-29"


def placed(cast: Cast, packs: int = 3) -> int:
    manager = cast.api("manager")
    lines = [{"sku": BIOTIN, "packs": packs}, {"sku": COLD, "packs": 2}]
    drafted = manager.post("/clinics/riga/orders", {"supplier": "baltic", "lines": lines})
    order: int = drafted.get_json()["order"]
    assert manager.post(f"/orders/{order}/place", {}).status_code == 200
    return order


def packs_of(api: Api, order: int) -> dict[str, int]:
    lines = api.get(f"/orders/{order}").get_json()["lines"]
    return {line["sku"]: line["packs"] - line["cancelled"] for line in lines}


def test_a_change_is_made_at_once_or_by_consent(cast: Cast) -> None:
    manager, fulfiller = cast.api("manager"), cast.api("fulfiller")
    order = placed(cast)
    path = f"/orders/{order}/changes"
    first = {"lines": [{"sku": BIOTIN, "packs": 4}], "requested_on": DAY}
    assert fulfiller.post(path, first).status_code == 409
    made = manager.post(path, first, key="one")
    assert (made.status_code, made.get_json()) == (
        201,
        {"order": order, "made": True, "change": None},
    )
    assert manager.post(path, first, key="one").get_json() == made.get_json()
    assert packs_of(manager, order) == {BIOTIN: 4, COLD: 2}
    assert manager.get(f"/orders/{order}").get_json()["expected_on"] == DAY

    fulfiller.post(f"/orders/{order}/acknowledge", {})
    asked = manager.post(path, {"lines": [{"sku": COLD, "packs": 0}], "reason": "Full"})
    change = asked.get_json()["change"]
    assert (asked.status_code, asked.get_json()["made"]) == (201, False)
    assert {key: change[key] for key in ("status", "proposed_by", "lines", "reason")} == {
        "status": "open",
        "proposed_by": "clinic",
        "lines": [{"sku": COLD, "packs": 0}],
        "reason": "Full",
    }
    assert manager.post(path, {"requested_on": DAY}).status_code == 409
    one = f"{path}/{change['change']}"
    assert manager.post(f"{one}/accept", {}).status_code == 409
    taken = fulfiller.post(f"{one}/accept", {}, key="yes")
    assert (taken.status_code, taken.get_json()["status"]) == (200, "accepted")
    assert fulfiller.post(f"{one}/accept", {}, key="yes").get_json() == taken.get_json()
    assert fulfiller.post(f"{one}/refuse", {}).status_code == 409
    assert packs_of(fulfiller, order) == {BIOTIN: 4, COLD: 0}

    for answer, by in (("refuse", manager), ("withdraw", fulfiller)):
        other = fulfiller.post(path, {"lines": [{"sku": BIOTIN, "packs": 1}]}).get_json()["change"]
        assert by.post(f"{path}/{other['change']}/{answer}", {}).status_code == 200
    assert packs_of(fulfiller, order) == {BIOTIN: 4, COLD: 0}
    listed = cast.api("viewer").get(path).get_json()["changes"]
    assert [one["status"] for one in listed] == ["withdrawn", "declined", "accepted"]
    assert fulfiller.post(f"{path}/999999/accept", {}).status_code == 404


def test_changes_that_are_not_taken(cast: Cast) -> None:
    manager, order = cast.api("manager"), placed(cast)
    path, before = f"/orders/{order}/changes", None
    manager.get(path)
    before = rows()
    for body, fields in (
        ({}, [""]),
        ({"lines": [{"sku": "NONE", "packs": 1}]}, ["lines.0.sku"]),
        ({"lines": [{"sku": BIOTIN, "packs": 1}] * 2}, ["lines.1.sku"]),
        ({"lines": [{"sku": BIOTIN, "packs": -1}]}, ["lines.0.packs"]),
        ({"lines": []}, ["lines"]),
        ({"requested_on": "2020-01-01"}, ["requested_on"]),
        ({"requested_on": "soon"}, ["requested_on"]),
        ({"other": 1}, ["other"]),
    ):
        answer = manager.post(path, body)
        assert (answer.status_code, fields_at_fault(answer)) == (422, fields), body
    assert rows() == before
    for name, status in (("viewer", 403), ("outsider", 404), ("other_fulfiller", 404)):
        assert cast.api(name).post(path, {"requested_on": DAY}).status_code == status


def kept(cast: Cast) -> int:
    with transaction():
        found = {one.sku: one.id for one in db.session.scalars(sa.select(Product))}
        lines = [BasketLine(found[BIOTIN], 3), BasketLine(found[COLD], 2)]
        who: dict[str, Any] = {"actor": cast.world.actor(cast.world.manager), "now": NOW}
        return templates.save_template(cast.world.clinic, "Monday", lines, **who).id


def test_a_template_fills_the_basket_and_names_what_replaces_what_is_gone(cast: Cast) -> None:
    manager, template = cast.api("manager"), kept(cast)
    with transaction():
        query = sa.select(Product).where(Product.supplier_id == cast.world.supplier.id)
        found = {one.sku: one for one in db.session.scalars(query)}
        found[COLD].withdrawn_at = NOW
        name_successor(found[COLD], found[BIOTIN])
    listed = manager.get("/clinics/riga/templates").get_json()
    biotin = next(line for line in listed["templates"][0]["lines"] if line["sku"] == BIOTIN)
    cold = next(line for line in listed["templates"][0]["lines"] if line["sku"] == COLD)
    assert (listed["next"], listed["templates"][0]["name"]) == (None, "Monday")
    assert (biotin["supplier"], biotin["packs"], biotin["sold"]) == ("baltic", 3, True)
    assert biotin["replaced_by"] is None
    assert (cold["sold"], cold["replaced_by"]["sku"]) == (False, BIOTIN)

    path = f"/clinics/riga/templates/{template}/fill"
    done = manager.post(path, {}, key="fill")
    assert done.status_code == 200
    answer = done.get_json()
    assert (answer["lines"], answer["packs"]) == (1, 3)
    assert [(one["sku"], one["replaced_by"]["sku"]) for one in answer["left_out"]] == [
        (COLD, BIOTIN)
    ]
    assert [basket["status"] for basket in answer["baskets"]] == ["draft"]
    assert manager.post(path, {}, key="fill").get_json() == answer
    assert packs_of(manager, answer["baskets"][0]["order"]) == {BIOTIN: 3}

    with transaction():
        db.session.execute(sa.update(Product).values(withdrawn_at=NOW))
    assert manager.post(path, {}).status_code == 409
    assert manager.post("/clinics/riga/templates/999999/fill", {}).status_code == 404
    for name, status in (("viewer", 403), ("outsider", 404), ("fulfiller", 404)):
        assert cast.api(name).get("/clinics/riga/templates").status_code == status
        assert cast.api(name).post(path, {}).status_code == status


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_templates_in_pages(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("supply.api.order_templates.PAGE", 2)
    with transaction():
        clinic = cast.world.clinic.id
        for name in ("A", "B", "C"):
            row = OrderTemplate(clinic_id=clinic, name=name, created_at=NOW, changed_at=NOW)
            db.session.add(row)
    manager = cast.api("manager")
    first = manager.get("/clinics/riga/templates").get_json()
    assert [one["name"] for one in first["templates"]] == ["A", "B"]
    rest = manager.get(f"/clinics/riga/templates?cursor={first['next']}").get_json()
    assert ([one["name"] for one in rest["templates"]], rest["next"]) == (["C"], None)


def invoiced(cast: Cast) -> int:
    order = placed(cast)
    parcel = {"lines": [{"sku": BIOTIN, "lot": "S-1", "expiry": "2027-06-30", "packs": 3}]}
    assert cast.api("fulfiller").post(f"/orders/{order}/shipments", parcel).status_code == 201
    return order


def test_what_is_open_on_an_account_is_read_from_both_sides(cast: Cast) -> None:
    world = cast.world
    path = f"/practices/{world.practice.code}/accounts/{world.supplier.code}/items"
    assert cast.api("viewer").get(path).status_code == 404
    order = invoiced(cast)
    answers = [cast.api(name).get(path) for name in ("viewer", "manager", "fulfiller")]
    assert [answer.status_code for answer in answers] == [200] * 3
    (item,) = answers[0].get_json()["items"]
    assert answers[0].get_json() == answers[1].get_json() == answers[2].get_json()
    assert (item["kind"], item["order"], item["clinic"], item["overdue"]) == (
        "invoice", order, "riga", False,
    )  # fmt: skip
    assert item["total"] == item["open"]
    viewer = cast.api("viewer")
    assert viewer.get(f"{path}?currency=USD").get_json() == {"items": [], "next": None}
    assert viewer.get(f"{path}?currency=eur").status_code == 422
    with transaction():
        found = create_person(
            email="one@example.org", name="One", role=Role.STOCK_MANAGER, practice=world.practice,
            clinics=[world.sister], actor=SYSTEM, now=NOW,
        )  # fmt: skip
    limited = Cast(cast.app, replace(world, lapsed=found))
    assert limited.api("lapsed").get(path).get_json()["items"] == []
    for name in ("outsider", "other_fulfiller"):
        assert cast.api(name).get(path).status_code == 404


def test_a_supplier_writes_an_order_and_the_clinic_accepts_it(cast: Cast) -> None:
    fulfiller, manager = cast.api("fulfiller"), cast.api("manager")
    body: dict[str, Any] = {"clinic": "riga", "lines": [{"sku": BIOTIN, "packs": 2}], "note": "Hi"}
    stranger = fulfiller.post("/supplier/orders", body)
    assert (stranger.status_code, fields_at_fault(stranger)) == (422, ["clinic"])
    placed(cast)
    written = fulfiller.post("/supplier/orders", body, key="w")
    assert written.status_code == 201
    order = written.get_json()["order"]
    assert (written.get_json()["status"], written.get_json()["clinic"]) == ("draft", "riga")
    assert fulfiller.post("/supplier/orders", body, key="w").get_json() == written.get_json()
    assert fulfiller.get(f"/orders/{order}").status_code == 404
    for wrong, fields in (
        ({"lines": [{"sku": "NONE", "packs": 1}]}, ["lines.0.sku"]),
        ({"lines": [{"sku": BIOTIN, "packs": 1}] * 2}, ["lines.1.sku"]),
        ({"supplier": "nobody"}, ["supplier"]),
        ({"clinic": "elsewhere"}, ["clinic"]),
    ):
        answer = fulfiller.post("/supplier/orders", body | wrong)
        assert (answer.status_code, fields_at_fault(answer)) == (422, fields)
    assert cast.api("owner").post("/supplier/orders", body).status_code == 403

    approve = f"/orders/{order}/approve"
    assert cast.api("viewer").post(approve, {}).status_code == 403
    assert cast.api("outsider").post(approve, {}).status_code == 404
    taken = manager.post(approve, {}, key="yes")
    assert (taken.status_code, taken.get_json()["status"]) == (200, "placed")
    assert manager.post(approve, {}, key="yes").get_json() == taken.get_json()
    assert manager.post(approve, {}).status_code == 409
    assert packs_of(fulfiller, order) == {BIOTIN: 2}


def test_an_order_over_a_limit_takes_an_owner(cast: Cast) -> None:
    manager, owner = cast.api("manager"), cast.api("owner")
    placed(cast)
    with transaction():
        member = db.session.query(Membership).filter_by(person_id=cast.world.manager.id).one()
        member.order_limit_minor = 1
    body = {"clinic": "riga", "lines": [{"sku": BIOTIN, "packs": 2}]}
    order = cast.api("fulfiller").post("/supplier/orders", body).get_json()["order"]
    asked = manager.post(f"/orders/{order}/approve", {})
    assert asked.get_json()["status"] == "awaiting_approval"
    assert manager.post(f"/orders/{order}/approve", {}).status_code == 403
    stale = owner.post(f"/orders/{order}/approve", {"total": "1.00"})
    assert (stale.status_code, asked.get_json()["status"]) == (409, "awaiting_approval")
    said = {"total": asked.get_json()["total"]["amount"]}
    assert owner.post(f"/orders/{order}/approve", said).get_json()["status"] == "placed"
    lines = {"supplier": "baltic", "lines": [{"sku": BIOTIN, "packs": 1}]}
    own = owner.post("/clinics/riga/orders", lines).get_json()["order"]
    assert owner.post(f"/orders/{own}/approve", {}).status_code == 409


def test_who_works_for_two_suppliers_says_for_which(cast: Cast) -> None:
    placed(cast)
    with transaction():
        other = db.session.get_one(Supplier, cast.world.other_supplier.id)
        more = Membership(
            person_id=cast.world.fulfiller.id, supplier_id=other.id, role=Role.FULFILLER,
            created_at=NOW,
        )  # fmt: skip
        db.session.add(more)
    fulfiller = cast.api("fulfiller")
    body: dict[str, Any] = {"clinic": "riga", "lines": [{"sku": BIOTIN, "packs": 2}]}
    unsaid = fulfiller.post("/supplier/orders", body)
    assert (unsaid.status_code, fields_at_fault(unsaid)) == (422, ["supplier"])
    code = cast.world.supplier.code
    assert fulfiller.post("/supplier/orders", body | {"supplier": code}).status_code == 201
