"""The pages of stock and items: who sees them, what they say, what they cost."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from html import unescape

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from supply import clock
from supply.catalogue.models import ProductGtin
from supply.catalogue.terms import PackLevel
from supply.db import db, transaction
from supply.handling import actions
from supply.inventory.models import Balance, Entry
from supply.inventory.terms import WasteCause
from supply.items.models import Item
from supply.replenishment.services import set_policy
from supply.replenishment.terms import Method
from tests.factories import AMPOULE, BIOTIN, COLD, NEEDLE, NOW, TODAY, VIAL, World, item, stock
from tests.support.people import sign_in
from tests.support.queries import recorded_statements


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def text_of(client: FlaskClient, path: str) -> str:
    """Return the words of a page, spaces as one."""
    answer = client.get(path)
    assert answer.status_code == 200, answer.status
    words = unescape(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)))
    return re.sub(r"\s+", " ", words)


def item_id(world: World, code: str) -> int:
    """Return the id of an item that is there."""
    found = db.session.scalar(
        sa.select(Item.id).where(Item.practice_id == world.practice.id, Item.code == code)
    )
    assert found is not None
    return found


def first_entry() -> int:
    """Return the id of the first entry."""
    return db.session.scalars(sa.select(Entry.id).order_by(Entry.id)).first() or 0


@pytest.fixture
def shelves(world: World) -> World:
    """Ampoules in three lots, one expired; an open vial; needles; a cold lot on hold."""
    stock(world, AMPOULE, "40", lot="TX-1", expiry=TODAY + dt.timedelta(days=20))
    stock(world, AMPOULE, "50", lot="TX-2", expiry=TODAY + dt.timedelta(days=400))
    stock(world, AMPOULE, "10", lot="TX-0", expiry=TODAY - dt.timedelta(days=3))
    stock(world, VIAL, "60", lot="LD-7", expiry=TODAY + dt.timedelta(days=300))
    stock(world, NEEDLE, "240", lot="N-1", expiry=None)
    stock(world, COLD, "15", lot="PEP-3", hold_reason="Box was warm")
    with transaction():
        sealed = db.session.scalars(
            sa.select(Balance).where(Balance.item_id == item_id(world, VIAL))
        ).one()
        actions.open_container(
            world.clinic,
            sealed.location_id,
            sealed.lot_id,
            actor=world.actor(world.practitioner),
            now=NOW,
        )
        set_policy(
            world.clinic.id,
            item(world, NEEDLE).id,
            method=Method.FIXED,
            reorder_point=Decimal(250),
            par_level=Decimal(600),
            actor=world.actor(),
            now=NOW,
        )
    return world


@pytest.mark.parametrize(
    ("email", "status"),
    [
        ("owner@example.org", 200),
        ("manager@example.org", 200),
        ("practitioner@example.org", 200),
        ("viewer@example.org", 200),
        ("outsider@example.com", 404),
        ("fulfiller@example.net", 404),
    ],
)
def test_who_sees_the_pages(shelves: World, client: FlaskClient, email: str, status: int) -> None:
    sign_in(client, email)
    ampoule = item_id(shelves, AMPOULE)
    for path in (
        "stock",
        f"items/{ampoule}",
        f"entries/{first_entry()}",
        "trace",
        "today",
        "stock.csv",
    ):
        assert client.get(f"/c/riga/{path}").status_code == status, path


def test_another_practices_item_and_entry_are_not_there(
    shelves: World, client: FlaskClient
) -> None:
    sign_in(client, "outsider@example.com")
    ampoule = item_id(shelves, AMPOULE)
    assert client.get(f"/c/elsewhere-1/items/{ampoule}").status_code == 404
    assert client.get(f"/c/elsewhere-1/entries/{first_entry()}").status_code == 404
    sign_in(client, "owner@example.org")
    assert client.get(f"/c/dublin/entries/{first_entry()}").status_code == 404


def test_the_list_says_what_is_there(shelves: World, client: FlaskClient) -> None:
    sign_in(client, "viewer@example.org")
    page = text_of(client, "/c/riga/stock")
    assert "1 item is out, 1 is low; 4 items in all." in page
    assert "3 vials" in page
    assert "240 needles" in page
    assert "18 ampoules of 20 ampoules" in page
    assert "in 20 days, 5 Jul" in page


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("show=low", [NEEDLE]),
        ("show=out", [COLD]),
        ("show=hold", [COLD]),
        ("show=cold", [COLD]),
        ("show=open", [VIAL]),
        ("show=expiring", [AMPOULE]),
        ("q=tranexamic+100", [AMPOULE]),
        ("q=ndl-30", [NEEDLE]),
        ("q=tx1", [AMPOULE]),
        ("q=nothing+like+it", []),
        ("show=nonsense", [VIAL, NEEDLE, COLD, AMPOULE]),
        ("sort=-available", [NEEDLE, AMPOULE, VIAL, COLD]),
        ("sort=expiry", [AMPOULE, VIAL, NEEDLE, COLD]),
        ("sort=-expiry", [VIAL, AMPOULE, NEEDLE, COLD]),
        ("page=99", [VIAL, NEEDLE, COLD, AMPOULE]),
        ("page=-1", [VIAL, NEEDLE, COLD, AMPOULE]),
    ],
)
def test_filters_search_and_sort(
    shelves: World, client: FlaskClient, query: str, codes: list[str]
) -> None:
    sign_in(client, "viewer@example.org")
    page = client.get(f"/c/riga/stock?{query}").get_data(as_text=True)
    assert re.findall(r'class="row-code">([^<]+)<', page) == codes


@pytest.mark.parametrize("page", ["stock", "use", "trace", "catalogue"])
@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("01040123456789011728053110Q-7", "GTIN 04012345678901, lot Q-7, expires 31 May 2028"),
        ("+A123BJC5D6E71G", "This is a HIBC code. Enter lot and expiry by hand."),
        ("nothing such", ""),
    ],
)
def test_a_search_says_what_was_scanned_into_it(
    shelves: World, client: FlaskClient, page: str, code: str, said: str
) -> None:
    sign_in(client, shelves.owner.email)
    found = client.get(f"/c/{shelves.clinic.code}/{page}", query_string={"q": code}).text
    assert said in " ".join(found.split())
    assert ("Scanned" in found) is bool(said)


def test_a_scan_leads_to_the_item(shelves: World, client: FlaskClient) -> None:
    gtin = "04006381333931"
    ampoule = db.session.get_one(Item, item_id(shelves, AMPOULE))
    with transaction():
        db.session.add(
            ProductGtin(
                product_id=ampoule.products[0].id, gtin=gtin, level=PackLevel.EACH, containers=1
            )
        )
    sign_in(client, "viewer@example.org")
    answer = client.get("/c/riga/stock", query_string={"q": f"01{gtin}10TX-1"})
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/c/riga/items/{item_id(shelves, AMPOULE)}"


def test_an_empty_clinic_says_what_to_do_first(world: World, client: FlaskClient) -> None:
    sign_in(client, "owner@example.org")
    page = text_of(client, "/c/riga/stock")
    assert "Nothing is on the shelves yet" in page
    assert "Add opening stock" in page


def test_an_item_says_what_is_there_and_why_some_is_not(
    shelves: World, client: FlaskClient
) -> None:
    sign_in(client, "owner@example.org")
    page = text_of(client, f"/c/riga/items/{item_id(shelves, AMPOULE)}")
    assert (
        "18 ampoules (90 ml) available of 20 ampoules here; the next expires in 20 days, 5 Jul."
        in page
    )
    assert "10 expired" in page
    assert page.index("Lot TX-0") < page.index("Lot TX-1") < page.index("Lot TX-2")
    held = text_of(client, f"/c/riga/items/{item_id(shelves, COLD)}")
    assert "On hold since receipt, Fridge 2–8 °C, 15 ml: Box was warm" in held
    opened = text_of(client, f"/c/riga/items/{item_id(shelves, VIAL)}")
    assert "20 ml of 20" in opened
    assert "use by 13 Jul 2026, 12:00" in opened


def test_movements_are_paged_by_thirty(world: World, client: FlaskClient) -> None:
    lot = stock(world, BIOTIN, "100", lot="B")
    spot = db.session.execute(sa.select(Balance.location_id, Balance.lot_id)).one()
    for number in range(33):
        with transaction():
            actions.waste(
                world.clinic,
                (spot.location_id, lot.id, None),
                Decimal(1),
                cause=WasteCause.DAMAGED,
                note=f"number {number}",
                actor=world.actor(),
                now=NOW,
            )
    sign_in(client, "viewer@example.org")
    path = f"/c/riga/items/{item_id(world, BIOTIN)}"
    first = client.get(path).get_data(as_text=True)
    wasted = r"waste \(Broken or damaged\)\. number (\d+)"
    assert re.findall(wasted, first) == [str(n) for n in range(32, 2, -1)]
    older = re.search(r'rel="next" href="([^"#]+)', first)
    assert older is not None
    second = text_of(client, older[1])
    assert re.findall(wasted, second) == ["2", "1", "0"]
    assert "Received" in second


def test_an_entry_shows_its_moves(shelves: World, client: FlaskClient) -> None:
    sign_in(client, "viewer@example.org")
    entry = first_entry()
    page = text_of(client, f"/c/riga/entries/{entry}")
    assert f"Received, entry {entry}" in page
    assert "TX-1 supplier Cupboard 40 ml" in page
    assert "Undo this entry" not in page


@pytest.mark.parametrize("path", ["stock", "today", "items/{item}"])
def test_the_number_of_statements_does_not_grow(
    shelves: World, client: FlaskClient, path: str
) -> None:
    sign_in(client, "owner@example.org")
    address = f"/c/riga/{path.format(item=item_id(shelves, AMPOULE))}"
    client.get(address)
    with recorded_statements(db.engine) as before:
        assert client.get(address).status_code == 200
    for number in range(5):
        for code in (AMPOULE, VIAL, BIOTIN, NEEDLE, COLD):
            stock(shelves, code, "100", lot=f"MORE-{number}")
    with recorded_statements(db.engine) as after:
        assert client.get(address).status_code == 200
    assert len(after) == len(before)
