"""The catalogue's call: what it answers, how its pages go on, and who may ask."""

from __future__ import annotations

import datetime as dt
from urllib.parse import quote

import pytest
import sqlalchemy as sa

from supply.actor import SYSTEM
from supply.api import catalogue
from supply.catalogue.models import Product
from supply.catalogue.services import import_catalogue, read_catalogue
from supply.db import db, transaction
from tests.api.calls import Cast, fields_at_fault
from tests.catalogue.conftest import catalogue_file
from tests.factories import AMPOULE, BIOTIN, COLD, CREAM, NEEDLE, NOW, VIAL, World, stock

PATH = "/clinics/riga/catalogue"


@pytest.fixture
def goods(world: World) -> World:
    """The world, whose other supplier sells a hyaluronic acid and a hyaluronidase."""
    rows = [
        {"sku": "HA-2", "name": "Hyaluronic acid 2%", "price": "25", "currency": "EUR",
         "lead_time_days": "2"},
        {"sku": "HY-1", "name": "Hyaluronidase", "category": "enzyme", "ingredients": ""},
    ]  # fmt: skip
    with transaction():
        table = read_catalogue(catalogue_file(rows), "rows.csv")
        import_catalogue(table, world.other_supplier, actor=SYSTEM, now=NOW)
    return world


def test_a_product_is_told_as_it_is_offered_here(cast: Cast, goods: World) -> None:
    stock(goods, NEEDLE, "250")
    answer = cast.api("viewer").get(f"{PATH}?q=needle%2030g&gauge=30")
    assert answer.status_code == 200
    body = answer.get_json()
    [product] = body["products"]
    assert isinstance(product.pop("product"), int)
    assert product == {
        "sku": NEEDLE,
        "supplier": "baltic",
        "name": "Mesotherapy needle 30G x 4 mm",
        "pack": "100 pieces",
        "price": {"amount": "18.00", "currency": "EUR"},
        "unit_price": {"amount": "0.18", "currency": "EUR"},
        "lead_time_days": 5,
        "available": "250.000",
        "on_hand": "250.000",
        "availability": {"status": "available", "expected_on": None},
    }
    assert (body["total"], body["next"]) == (1, None)
    assert body["facets"]["gauge"] == [{"value": "30G", "count": 1}]
    assert body["facets"]["stock"] == [{"value": "here", "count": 1}]
    assert "correction" not in body


def test_what_has_no_price_says_null_and_what_was_never_here_zero(cast: Cast, goods: World) -> None:
    with transaction():
        changed = {"availability": "short", "expected_on": dt.date(2026, 12, 4)}
        short = sa.update(Product).where(Product.category == "enzyme").values(**changed)
        db.session.execute(short)
    [product] = cast.api("owner").get(f"{PATH}?category=enzyme").get_json()["products"]
    assert (product["price"], product["unit_price"]) == (None, None)
    assert (product["on_hand"], product["available"]) == ("0.000", "0.000")
    assert product["availability"] == {"status": "short", "expected_on": "2026-12-04"}


def test_a_correction_is_told(cast: Cast, goods: World) -> None:
    body = cast.api("owner").get(f"{PATH}?q=hyalronic").get_json()
    assert [product["sku"] for product in body["products"]] == ["HA-2"]
    assert body["correction"] == {"was": "hyalronic", "now": "hyaluronic"}


def test_facets_take_several_values_and_empty_ones_ask_for_nothing(
    cast: Cast, goods: World
) -> None:
    query = "q=&category=needle&category=enzyme&concern=&ingredient=&supplier=&gauge=&cursor="
    body = cast.api("owner").get(f"{PATH}?{query}").get_json()
    assert [product["sku"] for product in body["products"]] == ["HY-1", NEEDLE]
    assert {"value": "vitamin", "count": 1} in body["facets"]["category"]
    ingredient = quote("Sodium Hyaluronate")
    body = cast.api("owner").get(f"{PATH}?ingredient={ingredient}").get_json()
    assert [product["sku"] for product in body["products"]] == ["HA-2"]
    assert {"value": "sodium hyaluronate", "count": 1} in body["facets"]["ingredient"]
    assert cast.api("owner").get(f"{PATH}?category=unheard").get_json()["total"] == 0


@pytest.mark.parametrize("wrong", ["gauge=fat", "storage=warm", "prescription=maybe", "stock=1"])
def test_no_value_of_a_facet_is_refused_by_name(cast: Cast, goods: World, wrong: str) -> None:
    answer = cast.api("owner").get(f"{PATH}?{wrong}")
    assert answer.status_code == 422
    assert fields_at_fault(answer) == [wrong.partition("=")[0]]


@pytest.mark.parametrize("wrong", ["gauges=30", "cursor=abc", "start=1"])
def test_what_nobody_asks_for_is_refused(cast: Cast, goods: World, wrong: str) -> None:
    assert cast.api("owner").get(f"{PATH}?{wrong}").status_code == 422


@pytest.mark.parametrize("q", ["", "&q=a"])
def test_pages_go_on(cast: Cast, goods: World, monkeypatch: pytest.MonkeyPatch, q: str) -> None:
    everything = [
        product["sku"] for product in cast.api("owner").get(f"{PATH}?{q}").get_json()["products"]
    ]
    monkeypatch.setattr(catalogue, "PAGE", 3)
    seen: list[str] = []
    cursor = ""
    for _page in range(9):
        body = cast.api("owner").get(f"{PATH}?cursor={cursor}{q}").get_json()
        seen += [product["sku"] for product in body["products"]]
        cursor = body["next"] or ""
        if not cursor:
            break
    assert seen == everything
    if not q:
        assert sorted(seen) == sorted([AMPOULE, VIAL, CREAM, NEEDLE, COLD, BIOTIN, "HA-2", "HY-1"])


def test_outsiders_find_no_clinic(cast: Cast, goods: World) -> None:
    assert cast.api("outsider").get(PATH).status_code == 404
    assert cast.api("nobody").get(PATH).status_code == 401
