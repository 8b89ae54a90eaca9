"""The pages of transfers: chosen by scan, sent, received with differences, written off, undone."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from supply import clock
from supply.accounts.models import Clinic, Membership
from supply.accounts.terms import Role
from supply.catalogue.models import Product, ProductGtin
from supply.db import db, transaction
from supply.diary.by_hand import Wanted, book_session
from supply.inventory.models import Balance, Lot
from supply.inventory.verification import verify
from supply.items.models import Location
from supply.replenishment.models import ProposedTransfer
from supply.transfers.models import Transfer, TransferLine
from supply.transfers.terms import TransferStatus
from tests.factories import (
    BIOTIN,
    COLD,
    NEEDLE,
    NOW,
    TODAY,
    VIAL,
    World,
    make_formulation,
    make_world,
    stock,
)
from tests.support.people import sign_in

D = Decimal
NEW = "/c/riga/transfers/new"
GTIN = "09506000134352"


@pytest.fixture
def world(app: Flask, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return make_world()


@pytest.fixture
def manager(world: World, client: FlaskClient) -> FlaskClient:
    sign_in(client, "manager@example.org")
    return client


def balance(lot: Lot, clinic: Clinic) -> int:
    return db.session.scalars(
        sa.select(Balance.id).where(Balance.lot_id == lot.id, Balance.clinic_id == clinic.id)
    ).one()


def place(clinic: Clinic, name: str) -> int:
    return db.session.scalars(
        sa.select(Location.id).where(
            Location.clinic_id == clinic.id, Location.name.startswith(name)
        )
    ).one()


def latest() -> Transfer:
    db.session.rollback()
    return db.session.scalars(sa.select(Transfer).order_by(Transfer.id.desc()).limit(1)).one()


def figures(transfer: Transfer) -> list[tuple[D, D, D, D]]:
    db.session.rollback()
    rows = db.session.scalars(
        sa.select(TransferLine)
        .where(TransferLine.transfer_id == transfer.id)
        .order_by(TransferLine.id)
    )
    return [(one.sent, one.received, one.written_off, one.in_transit) for one in rows]


def test_what_is_scanned_or_looked_for_becomes_rows_first_expired_first(
    world: World, manager: FlaskClient
) -> None:
    late = stock(world, BIOTIN, "20", lot="LATE", expiry=dt.date(2027, 5, 1))
    soon = stock(world, BIOTIN, "10", lot="SOON", expiry=dt.date(2026, 9, 1))
    field = f"much_{balance(soon, world.clinic)}"
    with transaction():
        biotin = sa.select(Product.id).where(Product.sku == BIOTIN).scalar_subquery()
        db.session.execute(
            sa.update(ProductGtin).where(ProductGtin.product_id == biotin).values(gtin=GTIN)
        )
    page = manager.post(NEW, data={"scan": f"01{GTIN}10SOON"})
    assert f'name="{field}"' in page.text
    assert f'name="much_{balance(late, world.clinic)}"' not in page.text
    again = manager.post(NEW, data={"scan": "SOON", field: "1", "to": "clinic:dublin"})
    assert re.search(rf'name="{field}"[^>]* value="2"', again.text)
    assert "Send to Dublin Quay" in again.text
    offered = manager.post(NEW, data={"scan": "biotin", field: "2"})
    assert offered.text.index("Lot SOON") < offered.text.index("Lot LATE")
    assert f'value="add:{balance(late, world.clinic)}"' in offered.text
    picked = manager.post(NEW, data={"do": f"add:{balance(late, world.clinic)}", field: "2"})
    assert f'name="much_{balance(late, world.clinic)}"' in picked.text
    removed = manager.post(NEW, data={"do": f"remove:{balance(soon, world.clinic)}", field: "2"})
    assert f'name="{field}"' not in removed.text
    nothing = manager.post(NEW, data={"scan": "unheard of"})
    assert nothing.status_code == 400
    assert "Nothing here is called “unheard of”." in nothing.text


def test_several_lots_are_sent_once_and_found_by_their_code_where_they_arrive(
    world: World, manager: FlaskClient
) -> None:
    vials = stock(world, VIAL, "60", lot="V1")
    needles = stock(world, NEEDLE, "100", lot="N1")
    form = {
        f"much_{balance(vials, world.clinic)}": "2",
        f"much_{balance(needles, world.clinic)}": "30",
        "to": "clinic:dublin",
        "note": "With the van",
        "form_key": "once",
    }
    manager.post(NEW, data=form)
    answer = manager.post(NEW, data=form)
    transfer = latest()
    here = f"/c/riga/transfers/{transfer.id}"
    assert answer.headers["Location"] == here
    assert db.session.scalar(sa.select(sa.func.count(Transfer.id))) == 1
    page = manager.get(here)
    assert f"Transfer {transfer.code} is on its way to Dublin Quay." in page.text
    assert "yours until it is received there" in page.text
    for clinic in ("riga", "dublin"):
        shown = manager.get(f"/c/{clinic}/transfers/{transfer.id}").text
        assert f'href="/c/{clinic}/trace?sku={VIAL}&amp;lot=V1"' in shown
    assert manager.get(f"{here}/slip.pdf").data.startswith(b"%PDF")
    there = f"/c/dublin/transfers/{transfer.id}"
    arriving = manager.get("/c/dublin/receive")
    assert transfer.code in arriving.text
    assert transfer.code in manager.get("/c/dublin/today").text
    code = transfer.code.replace("-", "").lower()
    assert manager.get(f"/c/dublin/receive?code={code}").headers["Location"] == there


def test_who_sends_what_booked_sessions_need_is_asked_first(
    world: World, manager: FlaskClient
) -> None:
    vials = stock(world, VIAL, "60", lot="V1")
    formulation = make_formulation(world, [(VIAL, "20")])
    with transaction():
        for ahead in (2, 5):
            wanted = Wanted(formulation.id, f"P-{ahead}", TODAY + dt.timedelta(days=ahead))
            book_session(world.clinic, wanted, though_closed=True, actor=world.actor(), now=NOW)
    form = {f"much_{balance(vials, world.clinic)}": "2", "to": "clinic:dublin", "form_key": "k"}
    asked = manager.post(NEW, data=form)
    assert asked.status_code == 400
    assert "Nothing is sent yet: sessions booked here need it." in asked.text
    assert "1 session booked from" in asked.text
    assert 'value="2"' in asked.text
    assert db.session.scalar(sa.select(sa.func.count(Transfer.id))) == 0
    one = {**form, f"much_{balance(vials, world.clinic)}": "1", "form_key": "one"}
    assert manager.post(NEW, data=one).status_code == 302
    answer = manager.post(NEW, data={**form, "though_short": "yes"})
    assert answer.status_code == 302
    assert figures(latest()) == [(D(40), D(0), D(0), D(40))]


def test_what_does_not_come_stays_in_transit_until_written_off_or_taken_back(
    world: World, manager: FlaskClient
) -> None:
    vials = stock(world, VIAL, "60", lot="V1")
    needles = stock(world, NEEDLE, "100", lot="N1")
    much = {balance(vials, world.clinic): "2", balance(needles, world.clinic): "30"}
    form = {f"much_{spot}": number for spot, number in much.items()}
    manager.post(NEW, data={**form, "to": "clinic:dublin"})
    transfer = latest()
    here, there = (f"/c/{code}/transfers/{transfer.id}" for code in ("riga", "dublin"))
    lines = {line.lot_id: line.id for line in transfer.lines}
    came = {
        f"left_{lines[vials.id]}": "40.000",
        f"left_{lines[needles.id]}": "30.000",
        f"came_{lines[vials.id]}": "1",
        f"came_{lines[needles.id]}": "30",
        f"place_{lines[vials.id]}": str(place(world.sister, "Fridge")),
    }
    over = manager.post(f"{there}/receive", data={**came, f"came_{lines[vials.id]}": "3"})
    assert over.status_code == 400
    assert "lot V1: only 40 of it is on its way" in over.text
    assert f'name="came_{lines[vials.id]}"' in over.text
    done = manager.post(f"{there}/receive", data={**came, "form_key": "r"})
    assert done.headers["Location"] == there
    assert figures(transfer) == [(D(40), D(20), D(0), D(20)), (D(30), D(30), D(0), D(0))]
    page = manager.get(there)
    assert "1 lot is not complete: what is missing stays in transit." in page.text
    assert "is kept at 15 to 25 °C. Check that it may lie in Fridge 2–8 °C." in page.text
    assert "What is missing is yours." in manager.get(here).text
    vague = manager.post(f"{here}/write-off", data={"why": ""})
    assert (vague.status_code, "Choose what became of it." in vague.text) == (400, True)
    manager.post(f"{here}/write-off", data={"why": "lost", "form_key": "w"})
    assert figures(transfer)[0] == (D(40), D(20), D(20), D(0))
    assert latest().status is TransferStatus.DONE
    assert "Some written off" in manager.get("/c/riga/transfers").text
    entry = next(one.entry_id for one in latest().events if one.kind == "written_off")
    manager.post(f"/c/riga/entries/{entry}/undo", data={"next": here})
    assert figures(transfer)[0] == (D(40), D(20), D(0), D(20))
    manager.post(f"{here}/take-back", data={"form_key": "b"})
    assert figures(transfer)[0] == (D(40), D(20), D(0), D(0))
    assert verify() == []


def test_what_came_is_counted_by_scan_and_one_too_many_is_said(
    world: World, manager: FlaskClient
) -> None:
    lot = stock(world, BIOTIN, "10", lot="B1", expiry=dt.date(2027, 5, 1))
    other = stock(world, VIAL, "60", lot="V1")
    with transaction():
        biotin = sa.select(Product.id).where(Product.sku == BIOTIN).scalar_subquery()
        row = {"product_id": biotin, "gtin": GTIN, "level": "pack", "containers": 1}
        db.session.execute(sa.insert(ProductGtin).values(row))
    form = {f"much_{balance(lot, world.clinic)}": "2", f"much_{balance(other, world.clinic)}": "1"}
    manager.post(NEW, data={**form, "to": "clinic:dublin"})
    first, second = (f"came_{line.id}" for line in latest().lines)
    here = f"/c/dublin/transfers/{latest().id}"
    typed: dict[str, str] = {}

    def scanned(code: str) -> tuple[int, str]:
        answer = manager.post(f"{here}/receive", data={**typed, "scan": code})
        typed["counting"] = "1"
        for field in (first, second):
            found = re.search(rf'name="{field}"[^>]* value="(\d*)"', answer.text)
            typed[field] = found[1] if found else ""
        return answer.status_code, answer.text

    assert [scanned(code)[0] for code in (f"01{GTIN}10B1", "v1", f"01{GTIN}10B1")] == [200] * 3
    assert (typed[first], typed[second]) == ("2", "1")
    for code, said in (
        (f"01{GTIN}10B1", "all of this lot is counted already."),
        (f"01{GTIN}10Z9", "“Z9” is not in this transfer."),
        ("+A123BJC5D6E71G", "This is a HIBC code."),
    ):
        status, page = scanned(code)
        assert (status, said in page, typed[first]) == (400, True, "2"), code
    manager.post(f"{here}/receive", data={**typed, "do": "take"})
    assert latest().status is TransferStatus.DONE


def test_a_move_within_the_clinic_warns_where_it_does_not_fit_and_is_undone(
    world: World, manager: FlaskClient
) -> None:
    cold = stock(world, COLD, "25", lot="C1")
    spot = balance(cold, world.clinic)
    link = f"/c/riga/transfers/new?balance={spot}"
    assert link in manager.get(f"/c/riga/items/{cold.item_id}").text.replace("&amp;", "&")
    assert re.search(rf'name="much_{spot}"[^>]* value="5"', manager.get(link).text)
    form = {f"much_{spot}": "2", "to": f"place:{place(world.clinic, 'Cupboard')}"}
    page = manager.get(manager.post(NEW, data=form).headers["Location"])
    assert "is kept at 2 to 8 °C. Check that it may lie in Cupboard." in page.text
    assert "In transit" not in page.text
    transfer = latest()
    manager.post(f"/c/riga/entries/{transfer.entry_id}/undo", data={})
    assert latest().status is TransferStatus.TAKEN_BACK
    for form, message in (
        ({f"much_{spot}": "2"}, "Choose where it goes."),
        ({"to": "clinic:dublin"}, "Say what is moved"),
        ({f"much_{spot}": "two", "to": "clinic:dublin"}, "Enter a number"),
        ({f"much_{spot}": "9", "to": "clinic:dublin"}, "45 ml needed, 25 ml available"),
        ({f"much_{spot}": "2", "to": "clinic:elsewhere-1"}, "Choose where it goes."),
    ):
        answer = manager.post(NEW, data=form)
        assert (answer.status_code, message in answer.text) == (400, True), message
    assert latest().id == transfer.id


def test_what_another_clinic_would_let_expire_is_one_click_from_sent(
    world: World, manager: FlaskClient
) -> None:
    lot = stock(world, BIOTIN, "20", expiry=dt.date(2026, 7, 20), clinic=world.sister)
    with transaction():
        db.session.add(
            ProposedTransfer(
                clinic_id=world.clinic.id,
                from_clinic_id=world.sister.id,
                item_id=lot.item_id,
                lot_id=lot.id,
                quantity=D(6),
                by=TODAY,
                facts={
                    "brought": "6.000",
                    "from_clinic": "Dublin Quay",
                    "lot": "A1",
                    "lot_ends": "2026-07-20",
                    "bring_by": "2026-07-01",
                },
            )
        )
    found = re.search(
        r'href="(/c/dublin/transfers/new[^"]*)"', manager.get("/c/riga/proposals").text
    )
    assert found is not None
    form = manager.get(found[1].replace("&amp;", "&"))
    assert re.search(rf'name="much_{balance(lot, world.sister)}"[^>]* value="6"', form.text)
    assert "Send to Riga Centre" in form.text


def test_outsiders_see_nothing_and_who_keeps_no_stock_only_looks(
    world: World, app: Flask, manager: FlaskClient
) -> None:
    vials = stock(world, VIAL, "60", lot="V1")
    form = {f"much_{balance(vials, world.clinic)}": "2", "to": "clinic:dublin"}
    manager.post(NEW, data=form)
    transfer = latest()
    here = f"/c/riga/transfers/{transfer.id}"
    assert manager.post(f"{here}/receive", data={}).status_code == 403
    assert manager.post(f"/c/dublin/transfers/{transfer.id}/take-back").status_code == 403
    for email, seen, done in (
        ("viewer@example.org", 200, 403),
        ("practitioner@example.org", 200, 403),
        ("outsider@example.com", 404, 404),
    ):
        other = app.test_client()
        sign_in(other, email)
        assert [other.get(p).status_code for p in (here, f"{here}/slip.pdf")] == [seen, seen]
        for step in ("take-back", "write-off"):
            assert other.post(f"{here}/{step}", data={"why": "lost"}).status_code == done
        at_sister = f"/c/dublin/transfers/{transfer.id}/receive"
        assert [other.post(p, data={}).status_code for p in (NEW, at_sister)] == [done, done]
    assert figures(transfer) == [(D(40), D(0), D(0), D(40))]


def test_prescription_only_goods_from_a_sister_clinic_need_a_person_allowed(
    world: World, manager: FlaskClient
) -> None:
    vials = stock(world, VIAL, "60", lot="V1")
    form = {f"much_{balance(vials, world.clinic)}": "2", "to": "clinic:dublin"}
    assert manager.post(NEW, data=form).status_code == 302
    transfer = latest()
    line = transfer.lines[0].id
    with transaction():
        db.session.execute(
            sa.update(Membership)
            .where(Membership.role == Role.STOCK_MANAGER)
            .values(receives_prescription_only=False)
        )

    page = manager.post(f"/c/dublin/transfers/{transfer.id}/receive", data={f"came_{line}": "2"})

    assert page.status_code == 403
    assert "is prescription only: you may not receive it." in page.text
    assert figures(transfer)[0][1] == D(0)
