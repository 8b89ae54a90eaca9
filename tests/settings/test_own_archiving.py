"""A practice's own supplier: its terms, put away and brought back, and what still names it."""

import re
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from supply.accounts.models import Supplier
from supply.accounts.own_suppliers import SupplierArchived, SupplierFacts, add_supplier
from supply.actor import SYSTEM
from supply.audit.models import AuditRow
from supply.baskets import drafts, placing
from supply.baskets.drafts import BasketLine
from supply.catalogue.models import Product
from supply.catalogue.search import products_called
from supply.catalogue.services import import_catalogue, read_catalogue, withdraw
from supply.db import db, transaction
from supply.filling import templates
from supply.items.services import item_of_product
from supply.jobs import work
from supply.ordering.models import PurchaseOrder
from supply.ordering.refusals import Withdrawn
from supply.replenishment.services import set_policy
from supply.replenishment.sweep import sweep
from supply.replenishment.terms import Method
from supply.settings.own_archiving import archive_supplier, bring_back_supplier, what_names
from supply.standing import services as standing
from tests.catalogue.conftest import catalogue_file
from tests.ordering.world import LATER, NOW, World, mails, make_product, make_world
from tests.standing.test_running import ON_MONDAY, WEEKLY
from tests.support.people import sign_in

WHO: dict[str, Any] = {"actor": SYSTEM, "now": NOW}
ADDRESS = "/p/skin/suppliers/skin-farma"


@pytest.fixture
def world(app: Flask) -> World:
    """The cast of ordering, and a supplier of the practice's own that sells two products."""
    found = make_world()
    with transaction():
        facts = SupplierFacts("Farma", "orders@farma.example", "", "EUR", 2)
        own = add_supplier(found.practice, facts, **WHO)
        make_product(own, "SAL-10", "Saline", minor=1_000)
        make_product(own, "SAL-20", "Saline, large", minor=1_800)
        withdraw(make_product(own, "OLD-1", "Old saline"), **WHO)
    return found


def farma() -> Supplier:
    db.session.rollback()
    return db.session.scalars(sa.select(Supplier).where(Supplier.code == "skin-farma")).one()


def product(sku: str) -> Product:
    return db.session.scalars(sa.select(Product).where(Product.sku == sku)).one()


def on_sale() -> list[str]:
    query = sa.select(Product.sku).where(
        Product.supplier_id == farma().id, Product.withdrawn_at.is_(None)
    )
    return sorted(db.session.scalars(query))


def named(world: World) -> None:
    """Let a basket, a standing order and a reorder point name it, and another's point besides."""
    clinic = world.clinic
    who: dict[str, Any] = {"actor": world.manager_acts, "now": NOW}
    saline = product("SAL-10")
    with transaction():
        drafts.add_to_basket(clinic, [BasketLine(saline.id, 3)], **who)
        lines = [BasketLine(saline.id, 3), BasketLine(world.caffeine.id, 1)]
        template = templates.save_template(clinic, "Basics", lines, **who)
        standing.set_up(clinic, standing.Plan(template.id, WEEKLY), **who)
        for one in (saline, world.caffeine):
            item = item_of_product(world.practice.id, db.session.get_one(Product, one.id), now=NOW)
            points: dict[str, Any] = {"reorder_point": Decimal(5), "par_level": Decimal(50)}
            set_policy(clinic.id, item.id, method=Method.FIXED, **points, **who)


def archived() -> None:
    with transaction():
        archive_supplier(farma_here(), actor=SYSTEM, now=LATER)


def farma_here() -> Supplier:
    return db.session.scalars(sa.select(Supplier).where(Supplier.code == "skin-farma")).one()


def test_nothing_of_it_is_offered_and_all_of_it_comes_back(world: World) -> None:
    assert on_sale() == ["SAL-10", "SAL-20"]
    for _ in range(2):
        archived()
    assert on_sale() == []
    assert farma().archived_at == LATER
    found, _spelled = products_called(["Saline"], world.practice.id, 5)["Saline"]
    assert found == []
    line = BasketLine(product("SAL-10").id, 1)
    with pytest.raises(Withdrawn), transaction():
        drafts.add_to_basket(world.clinic, [line], actor=world.manager_acts, now=NOW)
    table = read_catalogue(catalogue_file([{"sku": "NEW-1"}]), "new.csv")
    with pytest.raises(SupplierArchived), transaction():
        import_catalogue(table, farma_here(), **WHO)
    for _ in range(2):
        with transaction():
            bring_back_supplier(farma_here(), **WHO)
    assert on_sale() == ["SAL-10", "SAL-20"]
    assert farma().archived_at is None
    ended = AuditRow.action.in_(("supplier.archived", "supplier.brought_back"))
    rows = db.session.scalars(sa.select(AuditRow).where(ended).order_by(AuditRow.id))
    said = [(row.action, row.after or {}) for row in rows]
    assert [action for action, _after in said] == ["supplier.archived", "supplier.brought_back"]
    assert said[0][1]["withdrawn"] == said[1][1]["reinstated"] == ["SAL-10", "SAL-20"]


def test_what_names_it_is_said_and_not_broken(world: World) -> None:
    assert what_names(farma()) == []
    named(world)
    archived()
    (one,) = what_names(farma())
    assert (one.clinic.code, one.drafts, one.standing, one.points) == ("mitte", 1, 1, 1)

    order_id = db.session.scalars(sa.select(PurchaseOrder.id)).one()
    with pytest.raises(Withdrawn, match="Saline"), transaction():
        placing.place(order_id, actor=world.manager_acts, now=NOW)
    sweep(now=NOW)
    assert work.standing_orders(ON_MONDAY) == {"ordered": 1}
    assert "No longer sold: Saline." in mails()[-1].text
    db.session.rollback()
    placed = db.session.scalars(
        sa.select(PurchaseOrder).where(PurchaseOrder.placed_at.is_not(None))
    )
    assert [order.supplier.code for order in placed] == ["post"]
    with transaction():
        bring_back_supplier(farma_here(), **WHO)
        placing.place(order_id, actor=world.manager_acts, now=NOW)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_its_pages(client: FlaskClient, world: World) -> None:
    named(world)
    sign_in(client, "mia@example.org")
    page = client.get(ADDRESS).text
    assert "1 basket or draft, 1 standing order, 1 reorder point that nobody else sells for" in page
    answer = client.post(f"{ADDRESS}/archive", data={})
    assert answer.location == ADDRESS
    page = client.get(ADDRESS).text
    assert "Farma is archived." in page
    assert "Bring it back" in page
    assert "Archived" in client.get("/p/skin/suppliers").text
    assert "Farma is archived." in client.get("/c/mitte/basket").text
    products = f"{ADDRESS}/products"
    assert "Add a product" not in client.get(products).text
    refused = client.post(f"{products}/new", data={})
    assert refused.status_code == 403
    assert "Farma is archived. Bring it back under Settings, Suppliers first." in refused.text
    again = client.post(
        "/p/skin/suppliers/new",
        data={"name": "FARMA", "email": "a@b.example", "currency": "EUR", "lead_time_days": "3"},
    )
    assert "You have archived a supplier named FARMA: bring it back" in again.text
    (undo,) = set(re.findall(r'action="([^"]*/restore)"', page))
    assert client.post(undo, data={}, follow_redirects=True).status_code == 200
    assert on_sale() == ["SAL-10", "SAL-20"]
    sign_in(client, "vera@example.org")
    assert client.post(f"{ADDRESS}/archive", data={}).status_code == 403
    sign_in(client, "otto@example.org")
    assert client.post(f"{ADDRESS}/archive", data={}).status_code == 404
    assert on_sale() == ["SAL-10", "SAL-20"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_its_terms_are_set_by_the_practice_and_hold(client: FlaskClient, world: World) -> None:
    sign_in(client, "mia@example.org")
    terms = f"{ADDRESS}/terms"
    assert "payment_days" not in client.get(terms).text
    wrong = client.post(terms, data={"minimum": "many", "free_from": "100"})
    assert wrong.status_code == 400
    good = {"minimum": "50", "carriage": "7,90", "free_from": "100"}
    assert client.post(terms, data=good).location == "/p/skin/suppliers"
    page = " ".join(client.get("/p/skin/suppliers").text.split())
    assert "Orders from €50.00 · Carriage €7.90, free from €100.00" in page
    row = db.session.scalars(
        sa.select(AuditRow).where(AuditRow.action == "supplier.terms_set")
    ).one()
    assert row.practice_id == world.practice.id

    saline = product("SAL-10").id
    client.post("/c/mitte/basket", data={"product_id": saline, "packs": "3"})
    page = client.get("/c/mitte/basket").text
    assert "€20.00 more are needed." in page
    assert "€7.90" in page
    for email, status in (("vera@example.org", 403), ("otto@example.org", 404)):
        sign_in(client, email)
        assert client.post(terms, data=good).status_code == status
