"""The catalogue's search on both databases: words, corrections, facets, and what it follows."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import flask_migrate
import pytest
import sqlalchemy as sa
from flask import Flask

from supply.accounts.models import Supplier
from supply.actor import SYSTEM
from supply.catalogue import search
from supply.catalogue.finding.needles import Needle
from supply.catalogue.finding.sheets import read_sheets
from supply.catalogue.models import Product, ProductConcern, ProductGtin, ProductIngredient
from supply.catalogue.search import Search, SearchPage, search_products
from supply.catalogue.services import import_catalogue, read_catalogue
from supply.db import db, transaction
from tests.catalogue.conftest import catalogue_file
from tests.factories import BIOTIN, NEEDLE, NOW, TODAY, World, stock
from tests.support.people import AsPerson

HA, HAYS, VIT_C, TXA, AA_TXA = "HA-20-A10x2", "HYAL-1500", "ASC-20", "TX-1", "AA-9"

ROWS: list[dict[str, str]] = [
    {"sku": HA, "name": "Hyaluronic acid 2%, ampoule", "ingredients": "sodium hyaluronate 2%"},
    {"sku": HAYS, "name": "Hyaluronidase 1500 IU", "category": "enzyme", "concerns": "laxity",
     "ingredients": "hyaluronidase 1500 IU"},
    {"sku": VIT_C, "name": "Ascorbic acid 20%", "ingredients": "ascorbic acid 200 mg/ml"},
    {"sku": TXA, "name": "Bright blend", "ingredients": "tranexamic acid 100 mg/ml; kojic acid 4%",
     "manufacturer": "Zenith"},
    {"sku": AA_TXA, "name": "Tranexamic acid serum", "ingredients": "Tranexamic Acid 50 mg/ml",
     "manufacturer": "Zenith", "prescription_only": "yes"},
    {"sku": "N-27-13", "name": "Needle 27G x 13 mm", "category": "needle", "kind": "needle",
     "unit": "each", "content_per_container": "1", "dose": "", "ingredients": "",
     "concerns": "", "storage": "15-25C"},
]  # fmt: skip


def take(world: World, rows: list[dict[str, str]]) -> None:
    with transaction():
        table = read_catalogue(catalogue_file(rows), "rows.csv")
        import_catalogue(table, world.other_supplier, actor=SYSTEM, now=NOW)


@pytest.fixture
def goods(world: World) -> World:
    """The world, whose other supplier sells what :data:`ROWS` says."""
    take(world, ROWS)
    return world


def found(world: World, q: str = "", **chosen: tuple[str, ...]) -> SearchPage:
    db.session.rollback()
    return search_products(Search(q, chosen), world.clinic, today=TODAY)


def skus(world: World, q: str = "", **chosen: tuple[str, ...]) -> list[str]:
    return [product.sku for product in found(world, q, **chosen).products]


def counts(page: SearchPage, facet: str) -> Mapping[str, int]:
    return {value.value: value.count for value in page.facets[facet]}


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("HA", [HA]),
        ("acide hyaluronique", [HA]),
        ("hialuronskābe", [HA]),
        ("hyaluron", [HA, HAYS]),
        ("acid hyaluronic", [HA]),
        ("hya acid amp", [HA]),
        ("vit c", [VIT_C]),
        ("Ascorbinsäure", [VIT_C]),
        ("tranexamic", [AA_TXA, TXA]),
        ("txa", [AA_TXA, TXA]),
        ("zenith kojic", [TXA]),
        ("serum zenith", [AA_TXA]),
        ("aa9", [AA_TXA]),
        ("n 27 13", ["N-27-13"]),
        ("27 G x 13", ["N-27-13"]),
        ("nadel 27g", ["N-27-13"]),
        ("needle 30g 4mm", [NEEDLE]),
        ("needle 30g 13mm", []),
        ("tranexamic 100 mg", [TXA, "TXA-100-A10x5"]),
        ('\' OR "x" NEAR(', []),
        ("tranexamic (acid) & | ! :* {named}", []),
    ],
)
def test_words_find_the_best_first(goods: World, typed: str, expected: list[str]) -> None:
    extra = ["TXA-100-A10x5"] if typed in ("tranexamic", "txa") else []
    if extra:
        assert skus(goods, typed) == [*extra, *expected]
    elif typed == "tranexamic 100 mg":
        assert sorted(skus(goods, typed)) == sorted(expected)
    else:
        assert skus(goods, typed) == expected


def test_a_correction_is_shown_and_never_mixed_in(goods: World) -> None:
    page = found(goods, "hyalronic")
    assert [product.sku for product in page.products] == [HA]
    assert page.correction == search.Correction("hyalronic", "hyaluronic")
    exact = search_products(Search("hyalronic", exact=True), goods.clinic, today=TODAY)
    assert (exact.total, exact.correction) == (0, None)
    assert found(goods, "hyaluronic").correction is None
    assert found(goods, "hyalronic nothing").correction is None


def test_the_page_says_what_it_shows_instead(goods: World, as_person: AsPerson) -> None:
    client = as_person(goods.owner)
    page = client.get("/c/riga/catalogue?q=hyalronic&category=hyaluronic_acid").text
    assert "Nothing for hyalronic: showing hyaluronic." in page
    assert "Search for hyalronic instead" in page
    assert HA in page
    assert HAYS not in page
    exact = "/c/riga/catalogue?q=hyalronic&category=hyaluronic_acid&exact=yes"
    assert exact.replace("&", "&amp;") in page
    as_typed = client.get(exact).text
    assert "No product matches" in as_typed
    assert "Nothing for" not in as_typed


def test_values_of_a_facet_add_and_facets_narrow(goods: World) -> None:
    page = found(goods, category=("enzyme", "needle"))
    assert [product.sku for product in page.products] == [HAYS, NEEDLE, "N-27-13"]
    assert counts(page, "category")["hyaluronic_acid"] == 4
    assert counts(page, "gauge") == {"30G": 1, "27G": 1}
    assert counts(page, "length") == {"4 mm": 1, "13 mm": 1}
    assert counts(page, "supplier") == {"baltic": 1, "other": 2}
    narrow = found(goods, category=("enzyme", "needle"), supplier=("other",), gauge=("27G", "30G"))
    assert [product.sku for product in narrow.products] == ["N-27-13"]
    assert counts(narrow, "supplier") == {"baltic": 1, "other": 1}
    assert counts(narrow, "category") == {"needle": 1, "enzyme": 0}


def test_strengths_are_those_of_the_chosen_ingredients(goods: World) -> None:
    page = found(goods, ingredient=("tranexamic acid",))
    assert {product.sku for product in page.products} == {TXA, AA_TXA}
    assert {value.label: value.count for value in page.facets["strength"]} == {
        "tranexamic acid 100 mg/ml": 1,
        "Tranexamic Acid 50 mg/ml": 1,
    }
    strong = ("tranexamic acid 100 mg/ml",)
    assert skus(goods, ingredient=("tranexamic acid",), strength=strong) == [TXA]


def test_what_is_in_stock_here_is_a_facet(goods: World) -> None:
    stock(goods, NEEDLE, "100")
    stock(goods, BIOTIN, "10", clinic=goods.sister)
    assert counts(found(goods), "stock") == {"here": 1}
    assert skus(goods, stock=("here",)) == [NEEDLE]
    assert counts(found(goods, prescription=("yes",), stock=("here",)), "stock") == {"here": 0}


def test_another_practices_own_supplier_is_not_counted(world: World) -> None:
    theirs = Supplier(
        code="theirs",
        name="Theirs",
        email="a@example.org",
        currency="EUR",
        uses_supply=False,
        practice_id=world.other_clinic.practice_id,
        created_at=NOW,
    )
    with transaction():
        db.session.add(theirs)
        table = read_catalogue(catalogue_file(ROWS), "rows.csv")
        import_catalogue(table, theirs, actor=SYSTEM, now=NOW)
    assert counts(found(world), "supplier") == {"baltic": 6}
    assert found(world, "hyaluronidase").total == 0
    assert found(world, "hyalronic").correction is None
    db.session.rollback()
    of_them = search_products(Search("hyaluronidase"), world.other_clinic, today=TODAY)
    assert [product.sku for product in of_them.products] == [HAYS]


def run(statement: str) -> None:
    with transaction():
        db.session.execute(sa.text(statement))


def of_sku(sku: str) -> Product:
    return db.session.scalars(sa.select(Product).where(Product.sku == sku)).one()


def needle_of(sku: str) -> Needle:
    product = of_sku(sku)
    return Needle(product.needle_gauge, product.needle_length)


def test_the_index_follows_what_a_session_writes(goods: World) -> None:
    assert skus(goods, "aquaglow") == []
    with transaction():
        product = of_sku(HA)
        product.name, product.manufacturer = "Aquaglow 2%", "Lumen"
        product.ingredients[0].name, product.ingredients[0].strength = "betaine", "3 mg/ml"
        product.concerns = [ProductConcern(concern="acne_scars")]
    assert [skus(goods, word) for word in ("aquaglow", "lumen", "betaine")] == [[HA]] * 3
    assert HA not in skus(goods, "sodium")
    assert skus(goods, concern=("acne_scars",)) == [HA]
    with transaction():
        of_sku(HA).withdrawn_at = NOW
    assert skus(goods, "aquaglow") == []
    with transaction():
        product = of_sku(HA)
        product.withdrawn_at = None
        product.ingredients.append(ProductIngredient(position=9, name="choline"))
    assert skus(goods, "choline betaine") == [HA]


def test_the_index_follows_a_file(goods: World) -> None:
    assert counts(found(goods), "gauge") == {"30G": 1, "27G": 1}
    changed = {**ROWS[-1], "name": "Fine needle 33G x 6 mm", "concerns": "hydration"}
    take(goods, [{**ROWS[0], "ingredients": "betaine"}, changed, {"sku": "NEW-1", "name": "Novum"}])
    assert skus(goods, "betaine") == [HA]
    assert skus(goods, "sodium") == ["NEW-1"]
    assert skus(goods, "novum") == ["NEW-1"]
    assert skus(goods, "33g 6mm") == ["N-27-13"]
    assert counts(found(goods), "gauge") == {"30G": 1, "33G": 1}


def test_the_index_follows_plain_statements_and_deleted_rows(goods: World) -> None:
    assert counts(found(goods), "category")["enzyme"] == 1
    key = of_sku(HAYS).id
    run(f"UPDATE product SET named = 'zebra stripes', category = 'zoo' WHERE id = {key}")  # noqa: S608
    assert skus(goods, "zebra") == [HAYS]
    assert counts(found(goods), "category")["zoo"] == 1
    run("DELETE FROM product_ingredient WHERE name LIKE 'hyaluronidase%'")
    assert skus(goods, "hyaluronidase") == []
    with transaction():
        for part in (ProductConcern, ProductGtin):
            db.session.execute(sa.delete(part).where(part.product_id == key))
        db.session.execute(sa.delete(Product).where(Product.id == key))
    assert skus(goods, "zebra") == []
    assert "zoo" not in counts(found(goods), "category")


def test_what_is_undone_is_never_counted(goods: World) -> None:
    before = found(goods).total

    def withdraw_and_fail() -> None:
        with transaction():
            of_sku(HA).withdrawn_at = NOW
            db.session.flush()
            inside = search_products(Search(), goods.clinic, today=TODAY)
            assert inside.total == before - 1
            raise RuntimeError

    with pytest.raises(RuntimeError):
        withdraw_and_fail()
    assert found(goods).total == before


def test_a_sheet_is_read_again_only_when_its_supplier_changed(
    goods: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    found(goods)
    read: list[set[int]] = []

    def reading(editions: Mapping[int, int]) -> object:
        read.append(set(editions))
        return read_sheets(editions)

    monkeypatch.setattr("supply.catalogue.finding.sheets.read_sheets", reading)
    found(goods)
    assert read == []
    with transaction():
        of_sku(NEEDLE).lead_time_days = 3
    found(goods)
    found(goods)
    assert read == [{goods.supplier.id}]


def test_pages_go_on_after_a_place(goods: World) -> None:
    for q in ("", "acid"):
        everything = [
            product.sku
            for product in search_products(Search(q), goods.clinic, today=TODAY, limit=99).products
        ]
        seen: list[str] = []
        after = None
        while len(seen) < 99:
            page = search_products(Search(q), goods.clinic, today=TODAY, after=after, limit=2)
            seen += [product.sku for product in page.products]
            after = page.last
            if after is None:
                break
        assert seen == everything


def test_chosen_values_are_chips_and_stay_while_searching(
    goods: World, as_person: AsPerson
) -> None:
    address = "/c/riga/catalogue?category=enzyme&category=needle&gauge=27"
    page = as_person(goods.owner).get(address).text
    for name, value in (("category", "enzyme"), ("category", "needle"), ("gauge", "27G")):
        assert f'<input type="hidden" name="{name}" value="{value}">' in page
    off = 'href="/c/riga/catalogue?category=enzyme&amp;category=needle"'
    assert page.count(off) == 2  # the chip, and the value in its facet
    assert "N-27-13" in page
    assert HAYS not in page


def test_a_supplier_says_a_needles_gauge(goods: World) -> None:
    row = {**ROWS[-1], "sku": "MESO-1", "name": "Mesoline fine"}
    take(goods, [{**row, "needle_gauge": "G 32", "needle_length": "4 mm"}])
    assert needle_of("MESO-1") == Needle(32, Decimal(4))
    take(goods, [{**row, "name": "Mesoline finest"}])
    assert of_sku("MESO-1").needle_gauge == 32
    assert skus(goods, "mesoline 32g 4 mm") == ["MESO-1"]
    with transaction():
        of_sku(NEEDLE).name = "Mesotherapy needle 31G x 6 mm"
    assert needle_of(NEEDLE) == Needle(31, Decimal(6))


def test_the_form_keeps_a_needle_and_reads_a_new_name(goods: World, as_person: AsPerson) -> None:
    client = as_person(goods.supplier_admin)
    number = of_sku(NEEDLE).id
    form = {
        "name": "Needle 33G x 13 mm", "category": "needle", "kind": "needle", "unit": "each",
        "containers_per_pack": "100", "content_per_container": "1", "storage": "ambient",
        "needle_gauge": "30", "needle_length": "4",
    }  # fmt: skip
    assert client.post(f"/s/baltic/products/{number}/edit", data=form).status_code == 302
    db.session.rollback()
    assert needle_of(NEEDLE) == Needle(33, Decimal(13))
    form |= {"needle_gauge": "32G", "needle_length": "x"}
    refused = client.post(f"/s/baltic/products/{number}/edit", data=form)
    assert refused.status_code == 400
    assert "Enter the length in millimetres" in refused.text
    form["needle_length"] = ""
    assert client.post(f"/s/baltic/products/{number}/edit", data=form).status_code == 302
    db.session.rollback()
    assert needle_of(NEEDLE) == Needle(32, Decimal(13))


def test_the_migration_fills_the_index(goods: World, app: Flask) -> None:
    expected = {q: skus(goods, q) for q in ("tranexamic", "zenith", "27g 13mm", "aa9", "2%")}
    rows = words_kept()
    db.session.remove()
    flask_migrate.downgrade(revision="0018")
    flask_migrate.upgrade()
    assert words_kept() == rows
    assert {q: skus(goods, q) for q in expected} == expected
    with transaction():
        of_sku(HA).name = "Aquaglow"
    assert skus(goods, "aquaglow") == [HA]


def words_kept() -> list[tuple[object, ...]]:
    columns = (Product.sku, Product.named, Product.made)
    needle = (Product.needle_gauge, Product.needle_length)
    products = db.session.execute(sa.select(*columns, *needle).order_by(Product.id))
    ingredients = db.session.scalars(
        sa.select(ProductIngredient.searched).order_by(ProductIngredient.id)
    )
    return [*(tuple(row) for row in products), tuple(ingredients)]
