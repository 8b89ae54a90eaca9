"""What is looked for is found on both databases, in every search there is."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from supply import searching
from supply.catalogue.models import Product, ProductIngredient
from supply.db import db, transaction
from supply.formulations.models import Formulation
from supply.items.models import Item
from tests.factories import (
    AMPOULE,
    FORMULATION,
    NEEDLE,
    World,
    item,
    make_formulation,
    make_world,
    stock,
)
from tests.support.people import sign_in


@pytest.mark.parametrize(
    ("kept", "typed"),
    [
        ("Hyaluronsäure", "HYALURONSÄURE"),
        ("Hyaluronsäure", "hyaluronsaure"),
        ("Hyaluronsa\u0308ure", "HYALURONSÄURE"),
        ("Weißöl", "WEISSÖL"),
        ("Weißöl", "weissol"),
        ("İğne 30G", "igne"),
        ("Iğne 30G", "ığne"),
        ("Ｈｙａｌ １％", "hyal 1%"),
        ("Crème à 5 %", "creme 5\u00a0%"),
        ("Œuf", "oeuf"),
        ("Soro fisiológico", "FISIOLO\u0301GICO"),
        ("Łódź", "lodz"),
        ("100_% Aqua", "_%"),
        ("Гиалурон", "ГИАЛУРОН"),
        ("Ένεση", "ενεση"),
        ("注射用水", "注射"),
    ],
)
def test_what_is_kept_has_the_words_that_are_typed(kept: str, typed: str) -> None:
    words = searching.words_of(kept)
    assert [word for word in searching.wanted(typed) if word not in words] == []


def test_two_letters_stay_two() -> None:
    assert searching.wanted("жоба") != searching.wanted("zhoba")
    assert searching.words_of("が") != searching.words_of("か")
    assert searching.words_of(None, "", "A") == "a"


@pytest.fixture
def world(app: Flask) -> World:
    """A product, an item, a formulation and an ingredient with letters beyond ASCII."""
    world = make_world()
    stock(world, NEEDLE, "100", lot="LÖT-1")
    make_formulation(world, [(AMPOULE, "1")])
    with transaction():
        product = db.session.scalars(sa.select(Product).where(Product.sku == NEEDLE)).one()
        product.name, product.manufacturer = "Hyaluronsäure Weiß", "Łódź İlaç"
        product.ingredients = [ProductIngredient(position=1, name="Crème d'Œuf")]
        item(world, NEEDLE).name = "Hyaluronsäure Weiß"
        db.session.scalars(sa.select(Formulation)).one().name = "Élan für Haut"
    return world


FOUND = ["HYALURONSÄURE", "hyaluronsaure", "HYALURONSA\u0308URE", "weiss", "ｗｅｉß"]


@pytest.mark.parametrize("page", ["catalogue", "stock", "items"])
def test_lists_find_it_however_it_is_typed(client: FlaskClient, world: World, page: str) -> None:
    sign_in(client, world.manager.email)
    for typed in FOUND:
        assert "Hyaluronsäure Weiß" in client.get(f"/c/riga/{page}", query_string={"q": typed}).text
    assert "Hyaluronsäure Weiß" not in client.get(f"/c/riga/{page}?q=hyaluronix&exact=yes").text


def test_the_catalogue_looks_at_makers_and_ingredients(client: FlaskClient, world: World) -> None:
    sign_in(client, world.manager.email)
    for typed in ("ŁÓDŹ", "lodz ilac", "İLAÇ", "creme OEUF", "weiss œuf"):
        page = client.get("/c/riga/catalogue", query_string={"q": typed}).text
        assert "Hyaluronsäure Weiß" in page, typed


def test_the_supplier_finds_its_own(client: FlaskClient, world: World) -> None:
    sign_in(client, world.supplier_admin.email)
    page = client.get("/s/baltic/products", query_string={"q": "HYALURONSÄURE weiss"}).text
    assert "Hyaluronsäure Weiß" in page


def test_use_finds_formulations_by_name_and_by_what_is_in_them(
    client: FlaskClient, world: World
) -> None:
    sign_in(client, world.practitioner.email)
    for typed in ("ELAN FUR", "élan", "txa-100"):
        answer = client.get("/c/riga/use", query_string={"q": typed}, follow_redirects=True)
        assert "Élan für Haut" in answer.text, typed


def test_stock_is_found_by_lot(client: FlaskClient, world: World) -> None:
    sign_in(client, world.manager.email)
    for typed in ("löt-1", "LO\u0308T1", "LÖT-I"):
        page = client.get("/c/riga/stock", query_string={"q": typed}).text
        assert "Hyaluronsäure Weiß" in page, typed


def test_what_is_searched_follows_a_new_name(world: World) -> None:
    with transaction():
        found = item(world, NEEDLE)
        found.name = "Aiguille fine"
        formulation = db.session.scalars(sa.select(Formulation)).one()
        formulation.name = "Peau d'été"
    rows = db.session.scalars(sa.select(Item.searched)).all()
    assert f"aiguille fine {NEEDLE.lower()}" in rows
    assert db.session.scalars(sa.select(Formulation.searched)).all() == [
        f"peau d'ete {FORMULATION.lower()} hair_loss"
    ]
