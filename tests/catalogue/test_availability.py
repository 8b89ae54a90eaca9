"""Whether a product can be had, and what replaces it: said by suppliers, seen by clinics."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from supply import clock
from supply.accounts.models import Supplier
from supply.actor import SYSTEM
from supply.audit.models import AuditRow
from supply.baskets import drafts
from supply.baskets.drafts import BasketLine
from supply.catalogue import rules
from supply.catalogue.models import Product
from supply.catalogue.services import import_catalogue, read_catalogue, withdraw
from supply.catalogue.successors import links_of, name_successor, replacements, successor_of
from supply.catalogue.terms import Availability
from supply.db import db, transaction
from supply.ordering.models import OrderLine
from supply.tables import FaultyTable
from tests.catalogue.conftest import catalogue_file
from tests.factories import AMPOULE, BIOTIN, NEEDLE, NOW, TODAY, World, stock
from tests.support.people import AsPerson

SQLITE_ALONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SOON = TODAY + dt.timedelta(days=12)


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.mark.parametrize(
    ("links", "back"),
    [
        ({}, False),
        ({"A": "B"}, False),
        ({"A": "B", "B": "C"}, False),
        ({"A": "B", "B": "A"}, True),
        ({"A": "B", "B": "C", "C": "A"}, True),
        ({"A": "B", "B": "C", "C": "B"}, False),
        ({"A": "A"}, True),
    ],
)
def test_successors_that_lead_back_are_known(links: dict[str, str], back: bool) -> None:
    assert rules.leads_back(links, "A") is back


def product(sku: str) -> Product:
    return db.session.scalars(sa.select(Product).where(Product.sku == sku)).one()


def take(world: World, rows: list[dict[str, str]], supplier: Supplier | None = None) -> None:
    content = catalogue_file(rows)
    with transaction():
        table = read_catalogue(content, "goods.csv")
        import_catalogue(table, supplier or world.other_supplier, actor=SYSTEM, now=NOW)


def faults_of(world: World, rows: list[dict[str, str]]) -> list[tuple[int, str, str]]:
    with pytest.raises(FaultyTable) as refused:
        take(world, rows)
    return [(fault.row, fault.column, fault.message) for fault in refused.value.errors]


def said(sku: str) -> tuple[str, dt.date | None, str | None]:
    found = product(sku)
    follower = successor_of(found.id)
    return found.availability.value, found.expected_on, follower.sku if follower else None


def test_a_file_says_what_can_be_had_and_what_replaces_what(world: World) -> None:
    old = {"sku": "OLD-1", "availability": "Unavailable", "expected_on": SOON.isoformat()}
    take(world, [{**old, "successor": "new-1"}, {"sku": "NEW-1"}])
    assert said("OLD-1") == ("unavailable", SOON, "NEW-1")
    assert said("NEW-1") == ("available", None, None)
    audits = sa.select(sa.func.count()).select_from(AuditRow)
    before = db.session.scalar(audits)
    take(world, [{**old, "successor": "NEW-1"}, {"sku": "NEW-1"}])
    assert db.session.scalar(audits) == before, "the same again changes nothing"
    take(world, [{"sku": "OLD-1"}])
    assert said("OLD-1") == ("unavailable", SOON, "NEW-1"), "columns it lacks stay"
    take(world, [{"sku": "OLD-1", "availability": "", "successor": ""}])
    assert said("OLD-1") == ("available", None, None)


@SQLITE_ALONE
def test_a_file_with_wrong_ones_is_refused_by_cell(world: World) -> None:
    found = faults_of(
        world,
        [
            {"sku": "A", "successor": "B"},
            {"sku": "B", "successor": "A"},
            {"sku": "C", "successor": "NOWHERE"},
            {"sku": "D", "successor": "d"},
            {"sku": "E", "successor": NEEDLE},
        ],
    )
    back = "That product is replaced by this one in its turn."
    none = "You have no product with this SKU."
    assert found == [
        (2, "successor", back),
        (3, "successor", back),
        (4, "successor", none),
        (5, "successor", "A product is not its own successor."),
        (6, "successor", none),
    ]
    found = faults_of(
        world,
        [
            {"sku": "A", "availability": "some"},
            {"sku": "B", "availability": "", "expected_on": "2026-12-04"},
            {"sku": "C", "availability": "short", "expected_on": "04.12.2026"},
            {"sku": "D", "availability": "short", "expected_on": "2026-02-30"},
        ],
    )
    assert [(row, column) for row, column, _message in found] == [
        (2, "availability"),
        (3, "expected_on"),
        (4, "expected_on"),
        (5, "expected_on"),
    ]
    assert db.session.scalars(sa.select(Product).where(Product.sku == "A")).all() == []


TERMS = {"name": "Needle 30G", "minimum_order_packs": "1"}


def test_a_supplier_says_it_on_the_products_page(world: World, as_person: AsPerson) -> None:
    client = as_person(world.supplier_admin)
    address = f"/s/baltic/products/{product(NEEDLE).id}"
    form = {**TERMS, "availability": "short", "expected_on": SOON.isoformat()}
    assert client.post(address, data={**form, "successor": BIOTIN.lower()}).status_code == 302
    assert said(NEEDLE) == ("short", SOON, BIOTIN)
    audit = db.session.scalars(sa.select(AuditRow).order_by(AuditRow.id.desc()).limit(1)).one()
    assert audit.action == "product.changed"
    assert audit.before is not None
    assert audit.after is not None
    assert (audit.before["successor"], audit.before["availability"]) == (None, "available")
    assert (audit.after["successor"], audit.after["availability"]) == (BIOTIN, "short")
    page = client.get(address).get_data(as_text=True)
    assert f'value="{BIOTIN}"' in page
    for wrong, says in (
        ({"successor": NEEDLE}, "A product is not its own successor."),
        ({"successor": "NOWHERE"}, "You have no product with this SKU."),
        ({"availability": "available"}, "Leave the day empty for what is available."),
        ({"availability": "plenty"}, "Choose from the list."),
    ):
        refused = client.post(address, data={**form, **wrong})
        assert refused.status_code == 400
        assert says in refused.get_data(as_text=True)
    back = {**TERMS, "name": "Biotin", "successor": NEEDLE}
    refused = client.post(f"/s/baltic/products/{product(BIOTIN).id}", data=back)
    assert "replaced by this one in its turn" in refused.get_data(as_text=True)
    assert said(NEEDLE) == ("short", SOON, BIOTIN)
    assert client.post(address, data=TERMS).status_code == 302
    assert said(NEEDLE) == ("short", None, None)


@SQLITE_ALONE
def test_changing_what_it_is_keeps_what_the_form_shows(world: World, as_person: AsPerson) -> None:
    take(
        world,
        [
            {
                "sku": "HA-1", "regulatory_class": "class III", "source": "typical",
                "availability": "short", "expected_on": SOON.isoformat(), "successor": "HA-2",
                "tax_class": "device", "kind": "vial", "lead_time_days": "9",
            },
            {"sku": "HA-2"},
        ],
        world.supplier,
    )  # fmt: skip
    client = as_person(world.supplier_admin)
    address = f"/s/baltic/products/{product('HA-1').id}/edit"
    page = client.get(address).get_data(as_text=True)
    assert 'value="class III"' in page
    form = {
        "name": "Other name", "category": "hyaluronic_acid", "kind": "vial", "unit": "ml",
        "containers_per_pack": "5", "content_per_container": "5", "storage": "either",
        "regulatory_class": "class III", "source": "typical", "availability": "short",
        "expected_on": SOON.isoformat(), "successor": "HA-2", "tax_class": "device",
        "lead_time_days": "9",
    }  # fmt: skip
    assert client.post(address, data=form).status_code == 302
    changed = product("HA-1")
    assert (changed.name, changed.regulatory_class, changed.source) == (
        "Other name",
        "class III",
        "typical",
    )
    assert (changed.tax_class.value, changed.lead_time_days) == ("device", 9)
    assert said("HA-1") == ("short", SOON, "HA-2")
    wrong = client.post(address, data={**form, "successor": "NOWHERE"})
    assert wrong.status_code == 400
    assert "You have no product with this SKU." in wrong.get_data(as_text=True)


def test_of_a_chain_the_first_that_is_sold_replaces(world: World) -> None:
    ids = [product(sku).id for sku in (AMPOULE, BIOTIN, NEEDLE)]
    with transaction():
        first, second, third = (db.session.get_one(Product, key) for key in ids)
        name_successor(first, second)
        name_successor(second, third)
        withdraw(first, actor=SYSTEM, now=NOW)
    assert links_of(world.supplier.id) == {AMPOULE: BIOTIN, BIOTIN: NEEDLE}
    assert {k: p.sku for k, p in replacements([product(AMPOULE)]).items()} == {ids[0]: BIOTIN}
    assert replacements([product(BIOTIN)]) == {}
    with transaction():
        withdraw(db.session.get_one(Product, ids[1]), actor=SYSTEM, now=NOW)
    both = replacements([product(AMPOULE), product(BIOTIN), product(NEEDLE)])
    assert {key: one.sku for key, one in both.items()} == {ids[0]: NEEDLE, ids[1]: NEEDLE}
    with transaction():
        withdraw(db.session.get_one(Product, ids[2]), actor=SYSTEM, now=NOW)
    assert replacements([product(AMPOULE)]) == {}


@SQLITE_ALONE
def test_clinics_see_it_wherever_they_order(world: World, as_person: AsPerson) -> None:
    stock(world, NEEDLE, "100")
    client = as_person(world.manager)
    with transaction():
        needle, biotin = product(NEEDLE), product(BIOTIN)
        needle.availability, needle.expected_on = Availability.SHORT, SOON
        biotin.availability = Availability.UNAVAILABLE
        biotin.expected_on = TODAY - dt.timedelta(days=1)
        name_successor(needle, biotin)
        lines = [BasketLine(needle.id, 3, "Low")]
        (order,) = drafts.add_to_basket(world.clinic, lines, actor=SYSTEM, now=NOW)
        order_id, line_id, item_id = order.id, order.lines[0].id, order.lines[0].item_id
    short = "expected 27 Jun 2026"
    found = client.get("/c/riga/catalogue").get_data(as_text=True)
    assert "Short for 12 days" in found
    assert found.count("Not available") == 1
    assert "14 Jun" not in found, "a day that has passed is not shown"
    page = client.get(f"/c/riga/catalogue/{product(NEEDLE).id}").get_data(as_text=True)
    assert short in page
    assert "It will be replaced." in page
    assert short in client.get("/c/riga/basket").get_data(as_text=True)
    item_page = f"/c/riga/items/{item_id}"
    assert short in client.get(item_page).get_data(as_text=True)

    with transaction():
        withdraw(product(NEEDLE), actor=SYSTEM, now=NOW)
    for address in (f"/c/riga/catalogue/{product(NEEDLE).id}", item_page, "/c/riga/basket"):
        page = client.get(address).get_data(as_text=True)
        assert "Replaced by" in page
        assert "Order that instead" in page
        assert product(BIOTIN).name in page
    viewer = as_person(world.viewer)
    assert "Order that instead" not in viewer.get(item_page).get_data(as_text=True)
    replace = f"/c/riga/basket/{order_id}/lines/{line_id}/replace"
    assert viewer.post(replace).status_code == 403
    assert as_person(world.outsider).post(replace).status_code == 404
    assert lines_of(order_id) == [(NEEDLE, 3, "Low")]
    for _twice in range(2):
        assert client.post(replace, data={"form_key": "k"}).location == "/c/riga/basket"
    assert lines_of(order_id) == [(BIOTIN, 3, "Low")]


def lines_of(order_id: int) -> list[tuple[str, int, str]]:
    rows = db.session.scalars(sa.select(OrderLine).where(OrderLine.order_id == order_id))
    return [(line.sku, line.packs, line.why) for line in rows]
