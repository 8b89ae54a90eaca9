"""What people do to a lot on its pages: the rows it writes, undo, refusals, and who may."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from supply import clock
from supply.catalogue.models import Product, ProductGtin
from supply.db import db, transaction
from supply.inventory.models import Balance, Entry, Hold, Lot, Move
from supply.inventory.terms import EntryKind, WasteCause
from supply.inventory.verification import verify
from supply.items.models import Location
from tests.factories import AMPOULE, NOW, TODAY, VIAL, World, stock
from tests.support.people import sign_in

Row = tuple[EntryKind, WasteCause | None, str, Decimal]


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def vials(world: World) -> Lot:
    """Three vials of 20 ml."""
    return stock(world, VIAL, "60", lot="LD-7")


def sealed(lot: Lot) -> int:
    """Return the balance of what is sealed of ``lot``."""
    return (
        db.session.scalars(
            sa.select(Balance.id).where(Balance.lot_id == lot.id, Balance.container_id.is_(None))
        ).first()
        or 0
    )


def last() -> Row:
    """Return (kind, cause of waste, reason, quantity) of the last entry."""
    row = db.session.execute(
        sa.select(Entry.kind, Move.cause, Entry.reason, Move.quantity)
        .join(Move, Move.entry_id == Entry.id)
        .order_by(Move.id.desc())
        .limit(1)
    ).one()
    return (row[0], row[1], row[2], row[3])


def entries() -> int:
    """Return how many entries there are."""
    return db.session.scalar(sa.select(sa.func.count(Entry.id))) or 0


def there(lot: Lot) -> list[tuple[bool, Decimal]]:
    """Return (open, quantity) of what is left of ``lot``."""
    rows = db.session.execute(
        sa.select(Balance.container_id, Balance.quantity)
        .where(Balance.lot_id == lot.id, Balance.quantity > sa.literal_column("0"))
        .order_by(Balance.id)
    )
    return [(row[0] is not None, row[1]) for row in rows]


def test_waste_is_undone_from_its_toast(world: World, vials: Lot, client: FlaskClient) -> None:
    sign_in(client, "practitioner@example.org")
    path = f"/c/riga/shelves/{sealed(vials)}/waste"
    form = {"quantity": "1", "why": "damaged", "note": "fell", "form_key": "k1"}
    answer = client.post(path, data=form)
    assert answer.headers["Location"] == f"/c/riga/items/{vials.item_id}"
    assert last() == (EntryKind.WASTE, WasteCause.DAMAGED, "fell", Decimal(20))
    assert there(vials) == [(False, Decimal(40))]
    client.post(path, data=form)
    assert entries() == 2, "a double click wastes once"
    page = client.get(answer.headers["Location"]).get_data(as_text=True)
    entry = db.session.scalar(sa.select(sa.func.max(Entry.id)))
    undo = f"/c/riga/entries/{entry}/undo"
    assert f'action="{undo}"' in page
    client.post(undo, data={"form_key": "k2", "next": f"/c/riga/items/{vials.item_id}"})
    assert last() == (EntryKind.REVERSAL, WasteCause.DAMAGED, "", Decimal(20))
    assert there(vials) == [(False, Decimal(60))]
    assert verify() == []


def test_what_is_wasted_is_counted_by_scan_and_another_lot_is_named(
    world: World, vials: Lot, client: FlaskClient
) -> None:
    gtin = "09506000134352"
    other = stock(world, VIAL, "20", lot="LD-8")
    with transaction():
        vial = sa.select(Product.id).where(Product.sku == VIAL).scalar_subquery()
        db.session.execute(sa.delete(ProductGtin).where(ProductGtin.product_id == vial))
        row = {"product_id": vial, "gtin": gtin, "level": "each", "containers": 1}
        db.session.execute(sa.insert(ProductGtin).values(row))
    sign_in(client, "manager@example.org")
    address, before = f"/c/riga/shelves/{sealed(vials)}/waste", entries()

    def counted(**typed: str) -> tuple[int, str, str]:
        page = client.post(address, data={"quantity": "", "note": "", **typed})
        found = re.search(r'name="quantity"[^>]* value="([^"]*)"', page.text)
        return page.status_code, found[1] if found else "", page.text

    box = f"01{gtin}10LD-7"
    assert counted(scan=box)[:2] == (200, "1")
    assert counted(scan=box, quantity="2")[:2] == (200, "3")
    assert counted(quantity=box)[:2] == (200, "1")
    status, left, page = counted(scan=box, quantity="3")
    assert (status, left) == (400, "3")
    assert "no more of this lot is in" in page
    status, left, page = counted(scan=f"01{gtin}10LD-8", quantity="2")
    assert (status, left) == (400, "2")
    assert "this is lot LD-8, and you waste lot LD-7." in page
    assert f"/c/riga/shelves/{sealed(other)}/waste" in page, "the way to waste that"
    assert entries() == before


def test_the_cause_of_waste_is_chosen_and_expired_only_where_it_has(
    world: World, vials: Lot, client: FlaskClient
) -> None:
    sign_in(client, "practitioner@example.org")
    path = f"/c/riga/shelves/{sealed(vials)}/waste"
    page = client.get(path).text
    assert '<option value="">Choose</option>' in page
    assert "<option selected" not in page
    answer = client.post(path, data={"quantity": "1", "why": ""})
    assert answer.status_code == 400
    assert "Choose why it is wasted." in answer.text
    assert entries() == 1
    with transaction():
        db.session.get_one(Lot, vials.id).expiry = TODAY - dt.timedelta(days=1)
    assert '<option selected value="expired">' in client.get(path).text


def test_open_draw_and_discard(world: World, vials: Lot, client: FlaskClient) -> None:
    sign_in(client, "practitioner@example.org")
    assert client.post(f"/c/riga/shelves/{sealed(vials)}/open").status_code == 302
    assert there(vials) == [(False, Decimal(40)), (True, Decimal(20))]
    opened = db.session.scalars(
        sa.select(Balance.id).where(Balance.container_id.is_not(None))
    ).one()
    answer = client.post(
        f"/c/riga/shelves/{opened}/discard",
        data={"why": "past_time", "next": "/c/riga/today"},
    )
    assert answer.headers["Location"] == "/c/riga/today"
    assert last() == (EntryKind.DISCARD, WasteCause.PAST_TIME, "", Decimal(20))
    assert there(vials) == [(False, Decimal(40))]


def test_correct(world: World, vials: Lot, client: FlaskClient) -> None:
    sign_in(client, "manager@example.org")
    spot = sealed(vials)
    client.post(f"/c/riga/shelves/{spot}/correct", data={"counted": "2", "reason": "counted"})
    assert last() == (EntryKind.CORRECTION, None, "counted", Decimal(20))
    assert verify() == []


def test_hold_release_and_undo_of_the_release(
    world: World, vials: Lot, client: FlaskClient
) -> None:
    sign_in(client, "manager@example.org")
    at = f"/c/riga/lots/{vials.id}/hold"
    page = client.get(at).text
    assert "Sealed containers, if only some are held." in page
    none = client.post(at, data={"location": "0", "reason": " ", "stands_at": "Box 1"})
    assert none.status_code == 400
    assert 'value="Box 1"' in none.text, "nothing typed is lost"
    data = {"location": "0", "quantity": "2", "reason": "Odd colour", "stands_at": "Red box"}
    client.post(at, data=data)
    held = db.session.scalars(sa.select(Hold)).one()
    place = db.session.get_one(Location, held.location_id)
    assert (held.reason, held.stands_at, held.quantity) == ("Odd colour", "Red box", Decimal(40))
    assert (place.name, held.released_at) == ("Cupboard", None)
    assert (
        "40 ml: Odd colour · stands at Red box" in client.get(f"/c/riga/items/{vials.item_id}").text
    )
    path = f"/c/riga/holds/{held.id}/release"
    assert "It stands at Red box." in client.get(path).text
    assert client.post(path, data={"form_key": "q"}).status_code == 400
    why = {"form_key": "r", "reason": "The maker says it is normal"}
    assert client.post(path, data=why).status_code == 302
    page = client.get(client.post(path, data=why).headers["Location"]).text
    for name, value in (data | {"location": held.location_id}).items():
        assert f'name="{name}" value="{value}"' in page
    assert "already been released" in client.post(path, data={"reason": "Once more"}).text
    db.session.expire_all()
    held = db.session.scalars(sa.select(Hold)).one()
    assert (held.released_at, held.release_reason) == (NOW, "The maker says it is normal")
    many = client.post(at, data={"location": "0", "quantity": "4", "reason": "All"})
    assert "80 ml needed, 60 ml available" in many.text
    assert db.session.scalar(sa.select(sa.func.count(Hold.id))) == 1


@pytest.mark.parametrize(
    ("action", "form", "message"),
    [
        ("waste", {"quantity": "4", "why": "damaged"}, "80 ml needed, 60 ml available"),
        ("waste", {"quantity": "1.5", "why": "damaged"}, "whole containers of 20 ml"),
        ("waste", {"quantity": "-1", "why": "damaged"}, "number"),
        ("waste", {"quantity": "0", "why": "damaged"}, "above zero"),
        ("waste", {"quantity": "NaN", "why": "damaged"}, "Enter a number"),
        ("waste", {"quantity": "1e12", "why": "damaged"}, "Enter a number"),
        ("waste", {"quantity": "1000000000000", "why": "damaged"}, "too large"),
        ("waste", {"quantity": "1.2345", "why": "damaged"}, "three decimals"),
        ("waste", {"quantity": "", "why": "damaged"}, "Enter how much."),
        ("waste", {"quantity": "1", "why": "whim"}, "Choose from the list."),
        ("correct", {"counted": "3"}, "nothing to correct"),
    ],
)
def test_a_refusal_says_why_and_changes_nothing(
    world: World, vials: Lot, client: FlaskClient, action: str, form: dict[str, str], message: str
) -> None:
    sign_in(client, "owner@example.org")
    answer = client.post(f"/c/riga/shelves/{sealed(vials)}/{action}", data=form)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert message in page
    typed = form.get("quantity") or form.get("counted")
    assert not typed or f'value="{typed}"' in page, "nothing typed is lost"
    assert entries() == 1
    assert there(vials) == [(False, Decimal(60))]


@pytest.mark.parametrize(
    ("email", "waste", "open_one", "correct"),
    [
        ("owner@example.org", 200, 200, 200),
        ("manager@example.org", 200, 403, 200),
        ("practitioner@example.org", 200, 200, 403),
        ("lapsed@example.org", 403, 403, 403),
        ("viewer@example.org", 403, 403, 403),
        ("outsider@example.com", 404, 404, 404),
    ],
)
def test_who_may_do_what(
    world: World,
    vials: Lot,
    client: FlaskClient,
    email: str,
    waste: int,
    open_one: int,
    correct: int,
) -> None:
    sign_in(client, email)
    spot = f"/c/riga/shelves/{sealed(vials)}"
    assert client.get(f"{spot}/waste").status_code == waste
    assert client.get(f"{spot}/open").status_code == open_one
    assert client.get(f"{spot}/correct").status_code == correct
    assert client.get("/c/riga/transfers/new").status_code == correct
    assert client.get(f"/c/riga/lots/{vials.id}/hold").status_code == correct
    assert client.get("/c/riga/locations").status_code == correct
    assert client.get("/c/riga/items").status_code == correct
    assert client.get("/c/riga/stock/import").status_code == correct


def test_who_may_undo(world: World, vials: Lot, client: FlaskClient) -> None:
    entry = db.session.scalar(sa.select(sa.func.max(Entry.id)))
    for email, status in (
        ("outsider@example.com", 404),
        ("viewer@example.org", 403),
        ("practitioner@example.org", 403),
        ("manager@example.org", 302),
    ):
        sign_in(client, email)
        assert client.post(f"/c/riga/entries/{entry}/undo").status_code == status
        assert entries() == (2 if status == 302 else 1)
    assert client.post(f"/c/dublin/entries/{entry}/undo").status_code == 404


def test_undo_names_what_stands_in_the_way(world: World, client: FlaskClient) -> None:
    lot = stock(world, AMPOULE, "10", lot="TX-1")
    received = db.session.scalar(sa.select(sa.func.max(Entry.id)))
    sign_in(client, "owner@example.org")
    client.post(f"/c/riga/shelves/{sealed(lot)}/waste", data={"quantity": "1", "why": "damaged"})
    answer = client.post(f"/c/riga/entries/{received}/undo", data={"next": "//evil.example"})
    assert answer.headers["Location"] == f"/c/riga/items/{lot.item_id}"
    page = client.get(answer.headers["Location"]).get_data(as_text=True)
    assert "This cannot be undone, because of what came after: waste of 2026-06-15" in page
    assert entries() == 2
