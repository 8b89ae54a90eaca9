"""A practice's own suppliers: kept in the browser, and nobody else's to see or buy from."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import DatabaseError, IntegrityError

from supply.accounts import services as accounts
from supply.accounts.models import Membership, Supplier
from supply.accounts.terms import Role
from supply.actor import SYSTEM
from supply.audit.models import AuditRow
from supply.baskets.drafts import BasketLine, add_to_basket
from supply.catalogue.models import Price, Product, ProductGtin
from supply.catalogue.services import import_catalogue, read_catalogue
from supply.db import db, transaction
from supply.items.models import Item, ItemProduct
from supply.items.services import item_for_code
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.ordering.terms import Stage
from supply.outbox.models import Mail
from supply.refusals import InvalidInput
from tests.catalogue.conftest import catalogue_file
from tests.factories import NOW, World
from tests.support.people import AsPerson

SUPPLIERS = "/p/derma/suppliers"
SUPPLIER = {
    "name": "Rīgas Farma",
    "email": "orders@farma.example",
    "address": "Brīvības 1",
    "currency": "EUR",
    "lead_time_days": "3",
}
GTIN = "04006381333931"
PRODUCT = {
    "name": "Saline 0.9%, ampoule",
    "sku": "NaCl-10",
    "category": "diluent",
    "kind": "ampoule",
    "unit": "ml",
    "containers_per_pack": "20",
    "content_per_container": "10",
    "dose": "",
    "storage": "either",
    "keeping": "keep_dark",
    "price": "12,50",
    "gtin": "4006381333931",
    "ingredients": "sodium chloride 9 mg/ml\nwater for injections",
    "concerns": "hydration",
}


def _sent(client: FlaskClient, address: str, fields: dict[str, str]) -> str:
    """Post a form that is taken; return where it leads."""
    answer = client.post(address, data={name: value for name, value in fields.items() if value})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 302, page.partition("data-error-summary")[2][:500]
    return str(answer.headers["Location"])


@pytest.fixture
def own(world: World, as_person: AsPerson) -> Supplier:
    """A supplier of the practice's own that sells one product, both made in the browser."""
    client = as_person(world.manager)
    products = _sent(client, f"{SUPPLIERS}/new", SUPPLIER)
    assert products == f"{SUPPLIERS}/derma-rigas-farma/products"
    _sent(client, f"{products}/new", PRODUCT)
    return db.session.scalars(sa.select(Supplier).where(Supplier.practice_id.is_not(None))).one()


def _product() -> Product:
    return db.session.scalars(sa.select(Product).where(Product.sku == "NaCl-10")).one()


def test_a_stock_manager_adds_a_supplier_and_a_product(world: World, own: Supplier) -> None:
    assert (own.name, own.email, own.address) == (
        "Rīgas Farma", "orders@farma.example", "Brīvības 1",
    )  # fmt: skip
    assert (own.currency, own.lead_time_days, own.uses_supply) == ("EUR", 3, False)
    assert (own.practice_id, own.timezone) == (world.practice.id, "Europe/Dublin")
    product = _product()
    assert (product.supplier_id, product.containers_per_pack) == (own.id, 20)
    assert (str(product.content_per_container), product.dose.value) == ("10.000", "single")
    assert (product.storage.value, product.keep_dark, product.flammable) == ("either", True, False)
    assert [(part.name, part.strength) for part in product.ingredients] == [
        ("sodium chloride", "9 mg/ml"), ("water for injections", ""),
    ]  # fmt: skip
    assert [row.concern for row in product.concerns] == ["hydration"]
    assert [(row.gtin, row.containers) for row in product.gtins] == [(GTIN, 20)]
    price = db.session.scalars(sa.select(Price).where(Price.product_id == product.id)).one()
    assert (price.pack_minor, price.currency, price.practice_id) == (1250, "EUR", None)
    kept = db.session.scalars(
        sa.select(AuditRow).where(AuditRow.supplier_id == own.id).order_by(AuditRow.id)
    ).all()
    assert [(row.action, row.practice_id) for row in kept] == [
        ("supplier.created", world.practice.id), ("catalogue.imported", world.practice.id),
    ]  # fmt: skip


def test_its_clinics_find_it_and_nobody_else_does(
    world: World, own: Supplier, as_person: AsPerson
) -> None:
    product = _product().id
    ours, theirs = as_person(world.viewer), as_person(world.outsider)
    for asked in ("", "?q=saline", f"?q={GTIN}", "?supplier=derma-rigas-farma"):
        assert "Saline 0.9%" in ours.get(f"/c/riga/catalogue{asked}").get_data(as_text=True)
        page = theirs.get(f"/c/elsewhere-1/catalogue{asked}").get_data(as_text=True)
        assert "Saline" not in page
        assert "Farma" not in page
    assert ours.get(f"/c/riga/catalogue/{product}").status_code == 200
    assert theirs.get(f"/c/elsewhere-1/catalogue/{product}").status_code == 404
    found = theirs.get("/c/elsewhere-1/items?q=saline").get_data(as_text=True)
    assert "NaCl-10" not in found
    added = theirs.post("/c/elsewhere-1/items", data={"product_id": product})
    assert added.status_code == 404


def test_the_api_knows_it_for_its_practice_only(app: Flask, world: World, own: Supplier) -> None:
    with transaction():
        tokens = [
            accounts.issue_token(person, actor=SYSTEM, now=NOW)
            for person in (world.owner, world.outsider)
        ]
    ours, theirs = ({"Authorization": f"Bearer {token}"} for token in tokens)
    client = app.test_client()

    def sku(headers: dict[str, str]) -> object:
        return client.post("/api/v1/scan", json={"text": GTIN}, headers=headers).get_json()["sku"]

    assert (sku(ours), sku(theirs)) == ("NaCl-10", None)
    draft = {"supplier": own.code, "lines": [{"sku": "NaCl-10", "packs": 2}]}
    refused = client.post("/api/v1/clinics/elsewhere-1/orders", json=draft, headers=theirs)
    assert refused.status_code == 422
    assert refused.get_json()["errors"] == [
        {"field": "supplier", "message": "There is no such supplier."}
    ]
    taken = client.post("/api/v1/clinics/riga/orders", json=draft, headers=ours)
    assert (taken.status_code, taken.get_json()["total"]) == (
        201,
        {"amount": "25.00", "currency": "EUR"},
    )


def test_files_of_others_do_not_know_its_codes(
    world: World, own: Supplier, as_person: AsPerson
) -> None:
    content = b"sku,lot,expiry,quantity,location\nNaCl-10,L1,2027-01-31,10,\n"
    for person, clinic, known in (
        (world.outsider, "elsewhere-1", False), (world.manager, "riga", True),
    ):  # fmt: skip
        file = (io.BytesIO(content), "stock.csv")
        answer = as_person(person).post(
            f"/c/{clinic}/stock/import", data={"file": file, "do": "check"}
        )
        page = answer.get_data(as_text=True)
        assert ("No item or product has the code NaCl-10." in page) is not known


def test_it_takes_an_order_by_mail(world: World, own: Supplier, as_person: AsPerson) -> None:
    client = as_person(world.manager)
    _sent(client, "/c/riga/basket", {"product_id": str(_product().id), "packs": "2"})
    order = db.session.scalars(sa.select(PurchaseOrder)).one()
    placed = client.post(f"/c/riga/basket/{order.id}", data={"do": "place"})
    assert placed.status_code == 302
    mail = db.session.scalars(sa.select(Mail)).one()
    assert (mail.to_address, mail.supplier_id) == ("orders@farma.example", own.id)
    db.session.refresh(order)
    assert (order.stage, order.total_minor, order.currency) == (Stage.PLACED, 2500, "EUR")


def test_another_practice_cannot_put_it_into_a_basket(world: World, own: Supplier) -> None:
    line = BasketLine(_product().id, 1)
    with pytest.raises(InvalidInput), transaction():
        add_to_basket(world.other_clinic, [line], actor=SYSTEM, now=NOW)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(PurchaseOrder)) == 0


def test_the_database_refuses_what_no_page_asks_for(world: World, own: Supplier) -> None:
    """An order, a line, an item and a member of somebody else's; and changing whose it is."""
    product = _product()
    ours = add_order(world.clinic.id, world.supplier.id)
    theirs = add_order(world.other_clinic.id, world.other_supplier.id)
    item = _item(world.outsider.memberships[0].practice_id)
    _refused(lambda: add_order(world.other_clinic.id, own.id))
    _refused(lambda: _update(PurchaseOrder, theirs, supplier_id=own.id))
    _refused(lambda: _line(theirs, product.id))
    _line(ours, product.id)
    _refused(lambda: _link(item, product.id))
    _refused(lambda: _member(world.outsider.id, own.id))
    _refused(lambda: _update(Supplier, own.id, practice_id=None))
    _refused(lambda: _update(Supplier, world.supplier.id, practice_id=world.practice.id))
    _refused(lambda: _update(Product, product.id, supplier_id=world.supplier.id))
    with pytest.raises(IntegrityError), transaction():
        db.session.execute(sa.update(Supplier).where(Supplier.id == own.id).values(email=None))


def _refused(write: Callable[[], object]) -> None:
    with pytest.raises(DatabaseError, match=r"its own practice|stays whose"):
        write()


def add_order(clinic_id: int, supplier_id: int) -> int:
    with transaction():
        order = PurchaseOrder(
            number=f"PO-{clinic_id}-{supplier_id}",
            clinic_id=clinic_id,
            supplier_id=supplier_id,
            currency="EUR",
            created_at=NOW,
        )
        db.session.add(order)
        db.session.flush()
        return order.id


def _update(model: type[PurchaseOrder | Supplier | Product], key: int, **values: object) -> None:
    with transaction():
        db.session.execute(sa.update(model).where(model.id == key).values(**values))


def _line(order_id: int, product_id: int) -> None:
    product = db.session.get_one(Product, product_id)
    with transaction():
        item = db.session.scalars(sa.select(Item.id)).first()
        values = {
            "order_id": order_id,
            "position": 1,
            "product_id": product_id,
            "item_id": item,
            "sku": product.sku,
            "name": product.name,
            "packs": 1,
            "containers_per_pack": product.containers_per_pack,
            "content_per_container": product.content_per_container,
            "pack_minor": 1,
        }
        db.session.execute(sa.insert(OrderLine).values(**values))


def _item(practice_id: int | None) -> int:
    like = _product()
    with transaction():
        item = Item(
            practice_id=practice_id,
            code="X",
            name="X",
            unit=like.unit,
            content_per_container=1,
            dose=like.dose,
            storage=like.storage,
            created_at=NOW,
        )
        db.session.add(item)
        db.session.flush()
        return item.id


def _link(item_id: int, product_id: int) -> None:
    with transaction():
        db.session.add(ItemProduct(item_id=item_id, product_id=product_id))


def _member(person_id: int, supplier_id: int) -> None:
    with transaction():
        db.session.add(
            Membership(
                person_id=person_id,
                supplier_id=supplier_id,
                role=Role.FULFILLER,
                created_at=NOW,
            )
        )


def test_nobody_becomes_a_member_of_it(world: World, own: Supplier) -> None:
    with pytest.raises(InvalidInput, match="one practice's own supplier"), transaction():
        accounts.create_person(
            email="x@example.org", name="X", role=Role.FULFILLER, supplier=own,
            actor=SYSTEM, now=NOW,
        )  # fmt: skip


KEEPERS = {"owner": 200, "manager": 200, "practitioner": 403, "viewer": 403, "outsider": 404}


@pytest.mark.parametrize("who", KEEPERS)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_who_keeps_suppliers(world: World, own: Supplier, as_person: AsPerson, who: str) -> None:
    status = KEEPERS[who]
    client = as_person(getattr(world, who))
    here = f"{SUPPLIERS}/{own.code}"
    product = f"{here}/products/{_product().id}"
    for address in (
        SUPPLIERS, f"{SUPPLIERS}/new", here, f"{here}/products", f"{here}/products/new",
        f"{here}/products/file", product, f"{product}/edit",
    ):  # fmt: skip
        assert client.get(address).status_code == status, address
    if status == 200:
        return
    for address in (
        f"{SUPPLIERS}/new", here, f"{here}/products/new", f"{here}/products/file", product,
        f"{product}/edit", f"{product}/prices", f"{product}/withdrawal",
    ):  # fmt: skip
        assert client.post(address, data={**SUPPLIER, **PRODUCT}).status_code == status, address
    assert db.session.scalar(sa.select(sa.func.count()).select_from(AuditRow).where(
        AuditRow.supplier_id == own.id)) == 2  # fmt: skip


def test_suppliers_of_all_are_not_a_practices_to_change(world: World, as_person: AsPerson) -> None:
    client = as_person(world.owner)
    assert client.get(f"{SUPPLIERS}/baltic").status_code == 404
    assert client.get(f"{SUPPLIERS}/baltic/products").status_code == 404
    assert client.post(f"{SUPPLIERS}/baltic/products/new", data=PRODUCT).status_code == 404


WRONG_SUPPLIERS = [
    ({"name": " \u200b "}, "Enter the supplier&#39;s name."),
    ({"name": "x" * 201}, "Name: Use at most 200 characters."),
    ({"email": ""}, "Enter the e-mail its orders go to."),
    ({"email": "farma"}, "E-mail for orders:"),
    ({"currency": "GBP"}, "Currency of its prices: Choose from the list."),
    ({"lead_time_days": "soon"}, "Lead time: Enter a whole number from 0 to 365."),
    ({"lead_time_days": "-1"}, "Lead time: Enter a whole number from 0 to 365."),
    ({"lead_time_days": "366"}, "Lead time: Enter a whole number from 0 to 365."),
    ({"name": "RĪGAS  farma"}, "You have a supplier named RĪGAS farma already."),
]


def test_a_wrong_supplier_is_refused_by_field(
    world: World, own: Supplier, as_person: AsPerson
) -> None:
    client = as_person(world.owner)
    for typed, said in WRONG_SUPPLIERS:
        answer = client.post(f"{SUPPLIERS}/new", data={**SUPPLIER, **typed})
        assert (answer.status_code, said in answer.get_data(as_text=True)) == (400, True), typed
    assert len(db.session.scalars(sa.select(Supplier)).all()) == 3


def test_another_address_gets_what_waits(world: World, own: Supplier, as_person: AsPerson) -> None:
    client = as_person(world.manager)
    _sent(client, "/c/riga/basket", {"product_id": str(_product().id), "packs": "2"})
    order = db.session.scalars(sa.select(PurchaseOrder)).one()
    client.post(f"/c/riga/basket/{order.id}", data={"do": "place"})
    changed = {**SUPPLIER, "email": "new@farma.example", "lead_time_days": "9"}
    assert _sent(client, f"{SUPPLIERS}/{own.code}", changed) == SUPPLIERS
    db.session.refresh(own)
    assert (own.email, own.lead_time_days) == ("new@farma.example", 9)
    assert db.session.scalars(sa.select(Mail.to_address)).all() == ["new@farma.example"]


WRONG_PRODUCTS = [
    ({"name": ""}, "Enter a name."),
    ({"sku": "\u200e"}, "Enter the SKU: the code it is ordered by."),
    ({"sku": "NaCl-10"}, "SKU: You have a product with the SKU NaCl-10 already."),
    ({"category": ""}, "Choose a category."),
    ({"category": "weapons"}, "Category: Choose from the list."),
    ({"unit": ""}, "Choose what it is measured in."),
    ({"storage": ""}, "Choose at what temperature it is kept."),
    ({"containers_per_pack": "ten"}, "Containers in a pack: Enter a whole number from 1 to"),
    ({"containers_per_pack": "0"}, "Containers in a pack: Enter a whole number from 1 to"),
    ({"containers_per_pack": "1" * 13}, "Containers in a pack: Enter a whole number from 1"),
    ({"content_per_container": "a lot"}, "Content of a container: Enter a number, such as 2.5"),
    ({"content_per_container": "-5"}, "Content of a container: Enter a quantity above zero."),
    ({"content_per_container": "1000000000000"}, "Content of a container: That is too large"),
    ({"price": "free"}, "Pack price: Enter a price, such as 12.50."),
    ({"price": "-3"}, "Pack price: Enter a price, such as 12.50."),
    ({"price": "0"}, "Pack price: Enter a price above zero."),
    ({"gtin": "4006381333930"}, "Barcode of a pack (GTIN): The check digit should be 1."),
    ({"gtin": "4006381333931"}, "Barcode of a pack (GTIN): Your product NaCl-10 has this GTIN"),
    ({"shelf_life_months": "2,5"}, "Shelf life: Enter a whole number from 1 to 600."),
    ({"manufacturer": "m" * 201}, "Manufacturer: Use at most 200 characters."),
    ({"name": "a\x1db"}, "Name: Retype this: a character in it cannot be kept."),
]


def test_a_wrong_product_is_refused_by_field(
    world: World, own: Supplier, as_person: AsPerson
) -> None:
    client = as_person(world.manager)
    for typed, said in WRONG_PRODUCTS:
        other = {**PRODUCT, "sku": "NEW-1", "gtin": "", **typed}
        answer = client.post(f"{SUPPLIERS}/{own.code}/products/new", data=other)
        assert (answer.status_code, said in answer.get_data(as_text=True)) == (400, True), typed
    assert [p.sku for p in db.session.scalars(
        sa.select(Product).where(Product.supplier_id == own.id))] == ["NaCl-10"]  # fmt: skip


def test_a_product_is_changed_and_its_price_and_sku_stay(
    world: World, own: Supplier, as_person: AsPerson
) -> None:
    product = _product()
    client = as_person(world.manager)
    here = f"{SUPPLIERS}/{own.code}/products/{product.id}"
    shown = client.get(f"{here}/edit").get_data(as_text=True)
    assert "sodium chloride 9 mg/ml\nwater for injections" in shown
    changed = {
        **PRODUCT,
        "sku": "OTHER",
        "storage": "cold",
        "containers_per_pack": "10",
        "price": "99",
    }
    assert _sent(client, f"{here}/edit", {**changed, "gtin": ""}) == here
    db.session.refresh(product)
    assert (product.sku, product.storage.value, product.containers_per_pack) == (
        "NaCl-10",
        "cold",
        10,
    )
    assert [price.pack_minor for price in db.session.scalars(sa.select(Price).where(
        Price.product_id == product.id))] == [1250]  # fmt: skip
    assert len(db.session.scalars(sa.select(ProductGtin).where(
        ProductGtin.product_id == product.id)).all()) == 1  # fmt: skip


def test_a_file_of_products_is_taken(world: World, own: Supplier, as_person: AsPerson) -> None:
    client = as_person(world.manager)
    here = f"{SUPPLIERS}/{own.code}/products"
    content = catalogue_file([{"sku": "OWN-1", "price": "5", "currency": "EUR"}])
    checked = client.post(f"{here}/file", data={"file": (io.BytesIO(content), "own.csv")})
    assert "Nothing is taken yet" in checked.get_data(as_text=True)
    taken = client.post(
        f"{here}/file", data={"file": (io.BytesIO(content), "own.csv"), "do": "take"}
    )
    assert taken.headers["Location"] == here
    page = client.get(here).get_data(as_text=True)
    assert "1 product added or changed. 1 price begins today." in page
    assert "OWN-1" in page


def test_an_item_takes_its_name_from_the_practices_own_supplier(
    world: World, own: Supplier
) -> None:
    listed = catalogue_file([{"sku": "NaCl-10", "name": "Saline of everybody"}])
    with transaction():
        import_catalogue(
            read_catalogue(listed, "all.csv"), world.other_supplier, actor=SYSTEM, now=NOW
        )
        outsiders = world.outsider.memberships[0].practice_id
        assert outsiders is not None
        names = [
            item_for_code(practice, "NaCl-10", now=NOW).name
            for practice in (world.practice.id, outsiders)
        ]
    assert names == ["Saline 0.9%, ampoule", "Saline of everybody"]
