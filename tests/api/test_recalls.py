"""Recalls over the API: declared by a supplier, held everywhere, answered, accounted for, over."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from supply.catalogue.models import Product, ProductGtin
from supply.catalogue.terms import PackLevel
from supply.db import db, transaction
from supply.outbox.models import Mail
from supply.recalls import spreading, work
from supply.recalls.models import Recall
from tests.api.calls import Api, Cast, assert_ledger_agrees, fields_at_fault, rows
from tests.factories import (
    AMPOULE,
    FORMULATION,
    KINDS,
    NEEDLE,
    NOW,
    VIAL,
    make_formulation,
    make_product,
    stock,
)
from tests.support.time import Clock

NOTICE = {
    "products": [{"sku": AMPOULE}],
    "lots": ["TX-1"],
    "class": "II",
    "reason": "Particles seen",
    "action": "Set apart, return",
    "deadline": "2026-07-01",
}
GTIN = "4006381333931"


@pytest.fixture
def given(cast: Cast) -> Cast:
    """Twenty ml of a lot in Riga, of which a patient had two, ten in Dublin, fifty elsewhere."""
    stock(cast.world, AMPOULE, "20", lot="TX-1")
    stock(cast.world, AMPOULE, "10", lot="TX-1", clinic=cast.world.sister)
    stock(cast.world, AMPOULE, "10", lot="TX-2")
    make_formulation(cast.world, [(AMPOULE, "2")])
    gave = cast.api("practitioner").post(
        "/clinics/riga/sessions",
        {"formulation": FORMULATION, "patient_ref": "P-1", "lots": {AMPOULE: "TX-1"}},
    )
    assert gave.status_code == 201, gave.get_json()
    line = {"sku": AMPOULE, "lot": " tx-1", "expiry": "2027-01-31", "packs": 1}
    came = cast.api("outsider").post("/clinics/elsewhere-1/receipts", {"lines": [line]})
    assert came.status_code == 201, came.get_json()
    return cast


def declared(cast: Cast, **more: Any) -> dict[str, Any]:
    """Declare a recall; return the answer."""
    answer = cast.api("supplier_admin").post("/recalls", {**NOTICE, **more})
    assert answer.status_code == 201, answer.get_json()
    found: dict[str, Any] = answer.get_json()
    return found


def row(
    clinic: str | None, received: str, *, practice: str = "derma", **more: str
) -> dict[str, str | None]:
    """Return a row of what became of the lot, by default untouched."""
    return {
        "practice": practice, "clinic": clinic, "sku": AMPOULE, "lot": "TX-1",
        "received": received, "used": "0.000", "wasted": "0.000", "on_hand": received,
        "in_transit": "0.000", "returned": "0.000", "destroyed": "0.000",
        "unaccounted": received, **more,
    }  # fmt: skip


def levels(api: Api, clinic: str) -> dict[str, tuple[str, str]]:
    """Return how a clinic's lots of the product stand: status and quantity by number."""
    (found,) = api.get(f"/clinics/{clinic}/stock?sku={AMPOULE}").get_json()["items"]
    return {lot["lot"]: (lot["status"], lot["on_hand"]) for lot in found["lots"]}


def account(api: Api, recall: int, clinic: str, quantity: str, outcome: str) -> Any:
    """Say what became of some of the lot."""
    said = {"clinic": clinic, "sku": AMPOULE, "lot": "TX-1", "quantity": quantity}
    return api.post(f"/recalls/{recall}/account", {**said, "outcome": outcome})


def test_from_the_supplier_to_all_accounted_for(given: Cast) -> None:
    admin, owner, elsewhere = (given.api(who) for who in ("supplier_admin", "owner", "outsider"))
    whole = declared(given)
    recall = whole["recall"]
    assert whole == {"recall": recall, "lots": 2, "practices": 2, "alike": []}
    assert declared(given) == whole, "the same again is the same recall"
    assert levels(owner, "riga") == {"TX-1": ("recalled", "15.000"), "TX-2": ("ok", "10.000")}
    assert levels(elsewhere, "elsewhere-1") == {" tx-1".strip(): ("recalled", "50.000")}
    mine = owner.get(f"/recalls/{recall}").get_json()
    used = {"used": "2.000", "wasted": "3.000", "on_hand": "15.000", "unaccounted": "15.000"}
    assert mine["stock"] == [row("riga", "20.000", **used), row("dublin", "10.000")]
    assert [(one["patient_ref"], one["quantity"]) for one in mine["sessions"]] == [("P-1", "2.000")]
    theirs = admin.get(f"/recalls/{recall}").get_json()
    total = row(
        None, "30.000", used="2.000", wasted="3.000", on_hand="25.000", unaccounted="25.000"
    )
    assert theirs["stock"] == [total, row(None, "50.000", practice="elsewhere") | {"lot": "tx-1"}]
    assert (theirs["sessions"], "P-1" in str(theirs)) == ([], False)
    assert owner.post(f"/recalls/{recall}/acknowledge", {}).get_json() == {
        "recall": recall, "status": "open", "answer": "found",
    }  # fmt: skip
    assert elsewhere.post(f"/recalls/{recall}/acknowledge", {}).status_code == 200
    assert account(owner, recall, "riga", "5", "returned").get_json()["status"] == "open"
    assert account(owner, recall, "riga", "10", "destroyed").status_code == 201
    assert account(owner, recall, "riga", "5", "destroyed").status_code == 409, "nothing is left"
    account(owner, recall, "dublin", "10", "returned")
    said = {"clinic": "elsewhere-1", "sku": AMPOULE, "lot": "TX-1", "quantity": "50"}
    last = elsewhere.post(f"/recalls/{recall}/account", {**said, "outcome": "returned"})
    assert (last.status_code, last.get_json()["status"]) == (201, "closed")
    assert [one["recall"] for one in owner.get("/recalls?status=closed").get_json()["recalls"]] == [
        recall
    ]
    done = owner.get(f"/recalls/{recall}").get_json()["stock"][0]
    assert (done["returned"], done["destroyed"], done["wasted"], done["unaccounted"]) == (
        "5.000", "10.000", "3.000", "0.000",
    )  # fmt: skip
    entry = last.get_json()["entry"]
    assert elsewhere.post(f"/entries/{entry}/reversal", {"reason": "Not sent"}).status_code == 201
    assert admin.get(f"/recalls/{recall}").get_json()["status"] == "open", "undone, it is open"
    assert levels(elsewhere, "elsewhere-1") == {"tx-1": ("recalled", "50.000")}
    untouched = row("elsewhere-1", "50.000", practice="elsewhere") | {"lot": "tx-1"}
    assert elsewhere.get(f"/recalls/{recall}").get_json()["stock"] == [untouched]
    assert_ledger_agrees()


def test_what_comes_in_later_is_held_and_said(given: Cast) -> None:
    manager = given.api("manager")
    recall = declared(given, lots=["Z-9"])
    assert (recall["lots"], recall["practices"]) == (0, 0)
    admin = given.api("supplier_admin")
    assert admin.get(f"/recalls/{recall['recall']}").get_json()["status"] == "closed"
    line = {"sku": AMPOULE, "lot": "z-9", "expiry": "2027-01-31", "packs": 1}
    came = manager.post("/clinics/riga/receipts", {"lines": [line]})
    assert came.status_code == 201
    assert levels(manager, "riga")["z-9"] == ("recalled", "50.000")
    assert manager.get(f"/recalls/{recall['recall']}").get_json()["status"] == "open"
    alerts = manager.get("/clinics/riga/alerts?status=open").get_json()["alerts"]
    assert [one["message"] for one in alerts if one["kind"] == "recall"] == [
        "Class II, lot Z-9. It is on hold: do not use it, and answer."
    ]
    undone = manager.post(f"/entries/{came.get_json()['entry']}/reversal", {"reason": "A slip"})
    assert undone.status_code == 201
    assert manager.get(f"/recalls/{recall['recall']}").get_json()["stock"] == []
    sent = db.session.scalars(sa.select(Mail.to_address).order_by(Mail.id)).all()
    assert sorted(sent) == ["manager@example.org", "owner@example.org"]


def test_by_the_gtin_of_any_pack_and_under_anothers_sku(given: Cast) -> None:
    """A case's GTIN, which another supplier has for what it sells under an SKU of its own."""
    with transaction():
        other = make_product(given.world.other_supplier, replace(KINDS[0], sku="TXA-OTHER"))
        case = {"gtin": GTIN.zfill(14), "level": PackLevel.CASE, "containers": 100}
        ampoule = db.session.scalars(sa.select(Product).where(Product.sku == AMPOULE)).one()
        db.session.add_all(ProductGtin(product_id=one.id, **case) for one in (other, ampoule))
    line = {"sku": "TXA-OTHER", "lot": "TX-2", "expiry": "2027-01-31", "packs": 1}
    elsewhere = given.api("outsider")
    assert elsewhere.post("/clinics/elsewhere-1/receipts", {"lines": [line]}).status_code == 201
    wrong = given.api("supplier_admin").post(
        "/recalls", {**NOTICE, "products": [{"sku": "TXA-OTHER"}, {"gtin": "5901234123457"}]}
    )
    assert (wrong.status_code, fields_at_fault(wrong)) == (
        422, ["products.0.sku", "products.1.gtin"],
    )  # fmt: skip
    assert declared(given, products=[{"gtin": GTIN}], lots=["tx-2 "])["lots"] == 2
    (theirs,) = elsewhere.get("/clinics/elsewhere-1/stock?sku=TXA-OTHER").get_json()["items"]
    assert [lot["status"] for lot in theirs["lots"]] == ["recalled"]
    assert levels(given.api("owner"), "riga")["TX-2"][0] == "recalled"
    assert declared(given, lots=["TX-I"])["alike"] == ["TX-1", "tx-1"]
    assert declared(given, lots=[], all_lots=True)["lots"] == 4


@pytest.mark.parametrize(
    ("who", "status"),
    [("nobody", 401), ("viewer", 403), ("fulfiller", 403), ("owner", 403)],
)
def test_who_may_not_declare(given: Cast, who: str, status: int) -> None:
    api = given.api(who)
    before = rows()
    assert api.post("/recalls", NOTICE).status_code == status
    assert rows() == before


def test_who_may_see_and_answer(given: Cast) -> None:
    recall = declared(given, lots=["TX-2"])["recall"]
    for who, status in (("outsider", 404), ("other_fulfiller", 404)):
        api = given.api(who)
        assert api.get(f"/recalls/{recall}").status_code == status
        assert api.post(f"/recalls/{recall}/acknowledge", {}).status_code == status
        assert account(api, recall, "riga", "5", "returned").status_code == status
        assert api.get("/recalls").get_json()["recalls"] == []
    viewer, owner = given.api("viewer"), given.api("owner")
    before = rows()
    assert viewer.post(f"/recalls/{recall}/acknowledge", {}).status_code == 403
    assert account(viewer, recall, "riga", "5", "returned").status_code == 403
    assert viewer.get(f"/recalls/{recall}").get_json()["sessions"] == []
    none = owner.post(f"/recalls/{recall}/acknowledge", {"answer": "none_here"})
    assert (none.status_code, fields_at_fault(none)) == (422, ["answer"])
    held = db.session.scalar(sa.text("SELECT id FROM hold WHERE source = 'recall'"))
    freed = owner.post(f"/holds/{held}/release", {"reason": "It looks fine"})
    assert (freed.status_code, freed.get_json()["detail"]) == (
        409, f"Recall {recall} holds it: return it or destroy it.",
    )  # fmt: skip
    assert rows() == before


def test_a_bad_notice_is_refused_whole(given: Cast) -> None:
    admin = given.api("supplier_admin")
    before = rows()
    for change, field in (
        ({"lots": []}, "lots"),
        ({"lots": ["-"]}, "lots.0"),
        ({"lots": ["A"], "all_lots": True}, "lots"),
        ({"deadline": "2026-06-14"}, "deadline"),
        ({"class": "IV"}, "class"),
        ({"products": []}, "products"),
        ({"products": [{"sku": AMPOULE, "gtin": GTIN}]}, "products.0"),
    ):
        answer = admin.post("/recalls", {**NOTICE, **change})
        assert (answer.status_code, fields_at_fault(answer)) == (422, [field])
    assert rows() == before


def test_silence_is_reminded_of_by_class(given: Cast, now: Clock) -> None:
    recall = declared(given)["recall"]
    given.api("outsider").post(f"/recalls/{recall}/acknowledge", {})

    def mails() -> list[tuple[str, str]]:
        db.session.rollback()
        found = db.session.execute(sa.select(Mail.to_address, Mail.subject).order_by(Mail.id))
        return [(row[0], row[1]) for row in found]

    headline = "Class II recall: Tranexamic acid 100 mg/ml, ampoule, lot TX-1"
    told = ["owner@example.org", "manager@example.org"]
    first = [*((one, headline) for one in told), ("outsider@example.com", headline)]
    assert mails() == first
    assert work.run(NOW + dt.timedelta(days=3, seconds=-1)) == {}
    assert work.run(NOW + dt.timedelta(days=3)) == {"reminded": 1, "told": 1}
    assert work.run(NOW + dt.timedelta(days=3)) == {}
    silence = ("admin@example.net", f"1 practice is silent: {headline}")
    reminded = [*((one, f"Not answered yet: {headline}") for one in told), silence]
    assert mails() == [*first, *reminded]
    text = db.session.scalars(sa.select(Mail.text).order_by(Mail.id.desc())).first() or ""
    assert "1 practice has not answered for 3 days or more. Call it." in text
    assert "Derma Riga: told 18 Jun 2026, 09:00, reminded 1 time" in text
    assert work.run(NOW + dt.timedelta(days=5)) == {}, "no mail without news"
    assert work.run(NOW + dt.timedelta(days=6)) == {"reminded": 1, "told": 1}
    found = given.api("supplier_admin").get(f"/recalls/{recall}").get_json()["practices"]
    assert {one["practice"]: (one["answer"], one["reminders"]) for one in found} == {
        "derma": (None, 2), "elsewhere": ("found", 0),
    }  # fmt: skip


def test_a_drill_holds_nothing_and_is_over_once_answered(given: Cast) -> None:
    recall = declared(given, drill=True)["recall"]
    owner = given.api("owner")
    assert levels(owner, "riga")["TX-1"] == ("ok", "15.000")
    assert account(owner, recall, "riga", "5", "returned").status_code == 409
    looked = {"answer": "none_here", "note": "Looked"}
    first = owner.post(f"/recalls/{recall}/acknowledge", looked)
    assert first.get_json()["status"] == "open", "the other practice is silent"
    last = given.api("outsider").post(f"/recalls/{recall}/acknowledge", {})
    assert last.get_json()["status"] == "closed"


def test_what_a_kill_left_undone_is_taken_up(given: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed after it was declared, and one practice that fails stops not the other."""
    with monkeypatch.context() as killed:
        killed.setattr("supply.api.recalls.spread", lambda *_args: 0)
        recall = declared(given)["recall"]
    owner, derma = given.api("owner"), given.world.practice.id
    assert levels(owner, "riga")["TX-1"][0] == "ok"
    reach = spreading.reach_practice

    def broken(recall_id: int, practice_id: int, **more: Any) -> bool:
        done = reach(recall_id, practice_id, **more)
        if practice_id == derma:
            raise ValueError("killed")
        return done

    with monkeypatch.context() as broke:
        for module in (spreading, work):
            broke.setattr(module, "reach_practice", broken)
        assert work.run(NOW) == {"reached": 1}
    elsewhere = given.api("outsider")
    assert levels(elsewhere, "elsewhere-1")["tx-1"][0] == "recalled"
    assert levels(owner, "riga")["TX-1"][0] == "ok"
    assert work.run(NOW) == {"reached": 1}
    assert levels(owner, "riga")["TX-1"][0] == "recalled"
    assert work.run(NOW) == {}
    assert db.session.get_one(Recall, recall).is_open


@pytest.mark.parametrize("sku", [VIAL, NEEDLE])
def test_open_containers_are_accounted_for_last(cast: Cast, sku: str) -> None:
    content = "20" if sku == VIAL else "1"
    stock(cast.world, sku, "40", lot="O-1")
    recall = declared(cast, products=[{"sku": sku}], lots=["O-1"])["recall"]
    owner = cast.api("owner")
    said = {"clinic": "riga", "sku": sku, "lot": "o-1", "outcome": "destroyed"}
    bad = owner.post(f"/recalls/{recall}/account", {**said, "quantity": "0.5"})
    assert (bad.status_code, fields_at_fault(bad)) == (422, ["quantity"])
    good = owner.post(f"/recalls/{recall}/account", {**said, "quantity": content})
    assert good.status_code == 201
    assert_ledger_agrees()


def test_what_is_on_the_road_is_held_on_arrival_and_nothing_more_leaves(cast: Cast) -> None:
    buyer, seller = cast.api("outsider"), cast.api("fulfiller")
    body = {"supplier": "baltic", "lines": [{"sku": AMPOULE, "packs": 2}]}
    order = buyer.post("/clinics/elsewhere-1/orders", body).get_json()["order"]
    assert buyer.post(f"/orders/{order}/place", {}).status_code == 200
    line = {"sku": AMPOULE, "lot": "TX-1", "expiry": "2027-01-31", "packs": 1}
    sent = seller.post(f"/orders/{order}/shipments", {"lines": [line]})
    assert sent.status_code == 201, sent.get_json()
    recall = declared(cast)
    assert (recall["lots"], recall["practices"]) == (0, 1)
    at = f"/recalls/{recall['recall']}"
    coming = row("elsewhere-1", "0.000", practice="elsewhere") | {
        "in_transit": "50.000", "unaccounted": "50.000",
    }  # fmt: skip
    assert buyer.get(at).get_json()["stock"] == [coming]
    more = seller.post(f"/orders/{order}/shipments", {"lines": [line]})
    assert (more.status_code, fields_at_fault(more)) == (422, ["lines.0.lot"])
    assert f"This lot is recalled (recall {recall['recall']})." in more.get_json()["detail"]
    code = sent.get_json()["code"]
    came = buyer.post(f"/clinics/elsewhere-1/shipments/{code}/receive", {})
    assert came.status_code == 201
    assert levels(buyer, "elsewhere-1") == {"TX-1": ("recalled", "50.000")}
    assert buyer.get(at).get_json()["stock"] == [row("elsewhere-1", "50.000", practice="elsewhere")]
    assert_ledger_agrees()
