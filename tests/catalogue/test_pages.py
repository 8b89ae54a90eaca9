"""The catalogue on screen: what a clinic finds, what a supplier changes, and who may not."""

from __future__ import annotations

import datetime as dt
import io
import re
from decimal import Decimal

import pytest
import sqlalchemy as sa
from werkzeug.datastructures import MultiDict

from supply import clock
from supply.actor import SYSTEM
from supply.catalogue import search, shelf
from supply.catalogue.models import Price, Product
from supply.catalogue.search import Search, search_products, wanted_from
from supply.catalogue.services import import_catalogue, read_catalogue
from supply.db import db, transaction
from tests.catalogue.conftest import catalogue_file
from tests.factories import AMPOULE, BIOTIN, COLD, NEEDLE, NOW, TODAY, World, stock
from tests.support.people import AsPerson
from tests.support.queries import recorded_statements

GTIN = "4006381333931"

GOODS = [
    {
        "sku": "HA-10",
        "name": "Hyaluronic acid 1%",
        "gtin": GTIN,
        "price": "25",
        "currency": "EUR",
        "manufacturer": "Maker",
    },
    {
        "sku": "PDRN-5",
        "name": "Salmon 100%_pure",
        "category": "polynucleotide",
        "concerns": "regeneration",
        "ingredients": "PDRN 1.875 mg/ml (fish DNA)",
        "allergens": "fish",
        "storage": "2-8C",
        "prescription_only": "yes",
        "price": "99.50",
        "currency": "EUR",
    },
]


@pytest.fixture
def goods(world: World) -> World:
    """The world, whose other supplier sells two more products."""
    with transaction():
        import_catalogue(
            read_catalogue(catalogue_file(GOODS), "g.csv"),
            world.other_supplier,
            actor=SYSTEM,
            now=NOW,
        )
    return world


def product_id(sku: str) -> int:
    return db.session.scalars(sa.select(Product.id).where(Product.sku == sku)).one()


def choosing(**facets: str) -> Search:
    return Search(chosen={facet: (value,) for facet, value in facets.items()})


def skus(world: World, wanted: Search) -> list[str]:
    return [product.sku for product in search_products(wanted, world.clinic, today=TODAY).products]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Search(q="hyaluronic"), ["HA-10"]),
        (Search(q="HYALURONIC acid"), ["HA-10"]),
        (Search(q="ha-10"), ["HA-10"]),
        (Search(q="maker"), ["HA-10"]),
        (Search(q="pdrn"), ["PDRN-5"]),
        (Search(q="100%_pure"), ["PDRN-5"]),
        (Search(q="hyaluronic nothing"), []),
        (Search(q=GTIN), ["HA-10"]),
        (Search(q=f"010{GTIN}1727033110AB"), ["HA-10"]),
        (Search(q=f"]d2010{GTIN}10AB\x1d21S1"), ["HA-10"]),
        (Search(q="9506000134352"), []),
        (choosing(category="polynucleotide"), ["PDRN-5"]),
        (choosing(concern="hydration"), ["HA-10"]),
        (choosing(ingredient="pdrn"), ["PDRN-5"]),
        (choosing(supplier="other"), ["HA-10", "PDRN-5"]),
        (choosing(storage="cold"), [COLD, "PDRN-5"]),
        (choosing(storage="cold", prescription="yes"), ["PDRN-5"]),
        (choosing(supplier="other", prescription="no"), ["HA-10"]),
    ],
)
def test_words_scans_and_facets_find(goods: World, wanted: Search, expected: list[str]) -> None:
    assert skus(goods, wanted) == expected


def test_facets_count_under_the_other_choices(goods: World) -> None:
    found = search_products(choosing(supplier="other", storage="cold"), goods.clinic, today=TODAY)
    counts = {
        facet: [(value.value, value.count) for value in values]
        for facet, values in found.facets.items()
    }
    assert found.total == 1
    assert counts == {
        "category": [("polynucleotide", 1)],
        "concern": [("regeneration", 1)],
        "ingredient": [("pdrn", 1)],
        "strength": [("pdrn 1.875 mg/ml (fish dna)", 1)],
        "gauge": [],
        "length": [],
        "stock": [],
        "supplier": [("baltic", 1), ("other", 1)],
        "storage": [("cold", 1), ("either", 1)],
        "prescription": [("yes", 1)],
    }


def test_pages_follow_one_another(goods: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "PAGE", 3)
    everything = [skus(goods, Search(start=start)) for start in (0, 3, 6, 9)]
    assert [len(page) for page in everything] == [3, 3, 2, 0]
    assert len({sku for page in everything for sku in page}) == 8


def test_withdrawn_products_are_not_found(goods: World) -> None:
    with transaction():
        db.session.get_one(Product, product_id("HA-10")).withdrawn_at = NOW
    assert skus(goods, Search(q="hyaluronic")) == []


def test_an_address_with_nonsense_asks_for_nothing() -> None:
    nonsense = {"storage": "warm", "prescription": "maybe", "start": "x", "q": " a\x00 "}
    assert wanted_from(MultiDict(nonsense)) == Search(q="a")
    assert wanted_from(MultiDict({"start": "50"})) == Search(start=50)


def test_a_clinic_sees_its_price_and_what_it_has(goods: World, as_person: AsPerson) -> None:
    stock(goods, NEEDLE, "250")
    with transaction():
        db.session.add(
            Price(
                product_id=product_id(NEEDLE),
                practice_id=goods.practice.id,
                currency="EUR",
                valid_from=TODAY,
                pack_minor=1500,
            )
        )
    page = as_person(goods.owner).get("/c/riga/catalogue?q=needle").get_data(as_text=True)
    assert "€15.00" in page
    assert "€0.15 per piece" in page
    assert "€18.00" not in page
    assert re.search(r'<td class="num" data-label="Lead time">\d+ days?</td>', page)
    assert '250 <span class="unit">pieces</span>' in page
    elsewhere = as_person(goods.outsider).get("/c/elsewhere-1/catalogue?q=needle")
    assert "€18.00" in elsewhere.get_data(as_text=True)


def test_what_a_clinic_has_is_told_for_many_products_at_once(goods: World) -> None:
    stock(goods, NEEDLE, "250")
    ids = [product_id(NEEDLE), product_id("HA-10")]
    there = shelf.on_hand(goods.clinic, ids, NOW)
    assert {key: (value.on_hand, value.unit.value) for key, value in there.items()} == {
        ids[0]: (Decimal(250), "each")
    }


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_number_of_statements_does_not_grow_with_the_rows(
    goods: World, as_person: AsPerson
) -> None:
    for sku in (NEEDLE, AMPOULE, BIOTIN):
        stock(goods, sku, "100")
    client = as_person(goods.owner)
    client.get("/c/riga/catalogue")
    with recorded_statements(db.engine) as one:
        client.get("/c/riga/catalogue?category=needle&supplier=baltic")
    with recorded_statements(db.engine) as searched:
        client.get("/c/riga/catalogue?q=nedle 30g")
    with recorded_statements(db.engine) as all_of_them:
        client.get("/c/riga/catalogue")
    assert len(all_of_them) == len(one)
    assert len(searched) == len(one) + 1 <= 12


def test_a_scan_says_what_to_check(goods: World, as_person: AsPerson) -> None:
    client = as_person(goods.owner)
    page = client.get(f"/c/riga/catalogue?q=010{GTIN}10AB17270531").get_data(as_text=True)
    assert "ends like a date" in page
    wrong = client.get("/c/riga/catalogue?q=4006381333930").get_data(as_text=True)
    assert "The check digit should be 1." in wrong


def test_a_product_page_has_all_its_facts(goods: World, as_person: AsPerson) -> None:
    with transaction():
        db.session.add(
            Price(
                product_id=product_id("PDRN-5"),
                currency="EUR",
                valid_from=TODAY,
                from_packs=10,
                pack_minor=8990,
            )
        )
    address = f"/c/riga/catalogue/{product_id('PDRN-5')}"
    page = as_person(goods.viewer).get(address).get_data(as_text=True)
    for words in ("Salmon 100%_pure", "Fish", "1.875 mg/ml (fish DNA)", "2 to 8 °C", "€89.90"):
        assert words in page
    assert "Add to basket" not in page
    assert "Add to basket" in as_person(goods.manager).get(address).get_data(as_text=True)


def test_an_unknown_product_is_not_there(goods: World, as_person: AsPerson) -> None:
    assert as_person(goods.owner).get("/c/riga/catalogue/99999").status_code == 404


def test_an_outsider_sees_neither_clinic_nor_supplier(goods: World, as_person: AsPerson) -> None:
    client = as_person(goods.outsider)
    number = product_id(NEEDLE)
    for address in ("/c/riga/catalogue", f"/c/riga/catalogue/{number}"):
        assert client.get(address).status_code == 404
    for address in ("", f"/{number}", "/file"):
        assert client.get(f"/s/baltic/products{address}").status_code == 404
    for address in ("/file", f"/{number}", f"/{number}/prices", f"/{number}/withdrawal"):
        assert client.post(f"/s/baltic/products{address}").status_code == 404


def test_a_fulfiller_looks_and_does_not_change(goods: World, as_person: AsPerson) -> None:
    client = as_person(goods.fulfiller)
    number = product_id(NEEDLE)
    assert client.get("/s/baltic/products").status_code == 200
    assert client.get(f"/s/baltic/products/{number}").status_code == 200
    assert client.get("/s/baltic/products/file").status_code == 403
    for address in ("/file", f"/{number}", f"/{number}/prices", f"/{number}/withdrawal"):
        assert client.post(f"/s/baltic/products{address}").status_code == 403
    found = db.session.get_one(Product, number)
    assert (found.withdrawn_at, found.minimum_order_packs) == (None, 1)


def test_another_suppliers_product_is_not_there(goods: World, as_person: AsPerson) -> None:
    client = as_person(goods.supplier_admin)
    number = product_id("HA-10")
    assert client.get(f"/s/baltic/products/{number}").status_code == 404
    assert client.post(f"/s/baltic/products/{number}/withdrawal").status_code == 404
    assert db.session.get_one(Product, number).withdrawn_at is None


def test_a_supplier_changes_terms(goods: World, as_person: AsPerson) -> None:
    number = product_id(NEEDLE)
    form = {"name": "Needle 30G", "lead_time_days": "2", "minimum_order_packs": "3"}
    answer = as_person(goods.supplier_admin).post(f"/s/baltic/products/{number}", data=form)
    assert answer.status_code == 302
    found = db.session.get_one(Product, number)
    assert (found.name, found.lead_time_days, found.minimum_order_packs) == ("Needle 30G", 2, 3)
    assert found.minimum_remaining_days is None


@pytest.mark.parametrize(
    ("field", "value"),
    [("minimum_order_packs", "0"), ("lead_time_days", "-1"), ("name", ""), ("name", "x" * 301)],
)
def test_wrong_terms_are_refused_and_stay_typed(
    goods: World, as_person: AsPerson, field: str, value: str
) -> None:
    number = product_id(NEEDLE)
    form = {"name": "Kept", "lead_time_days": "2", "minimum_order_packs": "3", field: value}
    answer = as_person(goods.supplier_admin).post(f"/s/baltic/products/{number}", data=form)
    assert answer.status_code == 400
    assert 'class="error-summary"' in answer.get_data(as_text=True)
    assert db.session.get_one(Product, number).minimum_order_packs == 1


def test_a_supplier_starts_a_price_and_a_break(goods: World, as_person: AsPerson) -> None:
    client = as_person(goods.supplier_admin)
    number = product_id(NEEDLE)
    today = clock.now().date()
    for packs, price in (("1", "20"), ("10", "17,50")):
        form = {"price": price, "currency": "eur", "from_packs": packs}
        form["valid_from"] = (today + dt.timedelta(days=5)).isoformat()
        answer = client.post(f"/s/baltic/products/{number}/prices", data=form)
        assert answer.status_code == 302
    rows = db.session.scalars(
        sa.select(Price).where(Price.product_id == number, Price.valid_from > today)
    )
    assert {(row.from_packs, row.pack_minor, row.currency) for row in rows} == {
        (1, 2000, "EUR"),
        (10, 1750, "EUR"),
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"price": "0"},
        {"price": "-1"},
        {"price": "1.005"},
        {"currency": "ZZZ"},
        {"from_packs": "0"},
        {"valid_from": "2020-01-01"},
        {"valid_from": "soon"},
    ],
)
def test_wrong_prices_are_refused(goods: World, as_person: AsPerson, wrong: dict[str, str]) -> None:
    number = product_id(NEEDLE)
    form = {"price": "20", "currency": "EUR", "from_packs": "1", "valid_from": "2099-01-01"}
    answer = as_person(goods.supplier_admin).post(
        f"/s/baltic/products/{number}/prices", data={**form, **wrong}
    )
    assert answer.status_code == 400
    rows = db.session.scalars(sa.select(Price.pack_minor).where(Price.product_id == number))
    assert rows.all() == [1800]


def test_withdrawing_is_undone_in_one_click(goods: World, as_person: AsPerson) -> None:
    client = as_person(goods.supplier_admin)
    address = f"/s/baltic/products/{product_id(NEEDLE)}"
    page = client.post(f"{address}/withdrawal", follow_redirects=True).get_data(as_text=True)
    assert "The product is withdrawn." in page
    assert db.session.get_one(Product, product_id(NEEDLE)).withdrawn_at is not None
    client.post(f"{address}/withdrawal", data={"again": "yes"})
    assert db.session.get_one(Product, product_id(NEEDLE)).withdrawn_at is None


def upload(content: bytes, do: str) -> dict[str, object]:
    return {"file": (io.BytesIO(content), "new.csv"), "do": do}


def test_a_file_is_checked_first_and_then_taken(goods: World, as_person: AsPerson) -> None:
    client = as_person(goods.supplier_admin)
    content = catalogue_file([{"sku": "NEW-1"}])
    checked = client.post("/s/baltic/products/file", data=upload(content, "check"))
    page = checked.get_data(as_text=True)
    assert "The file is in order." in page
    new = sa.select(Product.id).where(Product.sku == "NEW-1")
    assert db.session.scalars(new).all() == []
    kept = page.partition('name="kept" value="')[2].partition('"')[0]
    again = {"kept": kept, "filename": "new.csv", "do": "take"}
    assert client.post("/s/baltic/products/file", data=again).status_code == 302
    assert len(db.session.scalars(new).all()) == 1


def test_a_faulty_file_shows_rows_and_columns(goods: World, as_person: AsPerson) -> None:
    client = as_person(goods.supplier_admin)
    content = catalogue_file([{"unit": "litre"}])
    for do in ("check", "take"):
        answer = client.post("/s/baltic/products/file", data=upload(content, do))
        assert answer.status_code == 400
        page = answer.get_data(as_text=True)
        assert "Use one of: ml, g, mg, each." in page
        assert '<td data-label="Column">unit</td>' in page


@pytest.mark.parametrize("kept", ["", "nonsense", "bm9uc2Vuc2U="])
def test_no_file_is_asked_for_again(goods: World, as_person: AsPerson, kept: str) -> None:
    client = as_person(goods.supplier_admin)
    answer = client.post("/s/baltic/products/file", data={"do": "take", "kept": kept})
    assert answer.status_code == 400
    assert "Choose a CSV or XLSX file." in answer.get_data(as_text=True)


def test_the_cheaper_offer_of_a_sku_is_marked(goods: World, as_person: AsPerson) -> None:
    dearer = {**GOODS[0], "gtin": "", "price": "26"}
    with transaction():
        import_catalogue(
            read_catalogue(catalogue_file([dearer]), "g.csv"), goods.supplier, actor=SYSTEM, now=NOW
        )
    page = as_person(goods.owner).get("/c/riga/catalogue?q=hyaluronic").text
    rows = [row for row in page.split("<tr>") if "row-link" in row]

    assert [("Cheapest" in row, "€25.00" in row) for row in rows] in (
        [(True, True), (False, False)],
        [(False, False), (True, True)],
    )


def test_prices_at_home_come_first(goods: World, as_person: AsPerson) -> None:
    product = db.session.get_one(Product, product_id("HA-10"))
    supplier = product.supplier
    with transaction():
        supplier.timezone = "Europe/Riga"
        db.session.add(
            Price(
                product=product,
                pack_minor=2100,
                currency="GBP",
                from_packs=1,
                valid_from=TODAY,
            )
        )
    page = as_person(goods.other_fulfiller).get("/s/other/products?q=HA-10").text
    assert page.index("€25.00") < page.index("£21.00")


def test_an_empty_catalogue_says_how_it_is_filled(world: World, as_person: AsPerson) -> None:
    with transaction():
        db.session.execute(sa.update(Product).values(withdrawn_at=NOW))
    address = f"/c/{world.clinic.code}/catalogue"
    page = as_person(world.owner).get(address).text
    assert "Nobody sells to you here yet." in page
    assert f'href="/p/{world.practice.code}/suppliers"' in page
    assert "Take a filter off" not in page
    assert "Add a supplier</a>" not in as_person(world.viewer).get(address).text
    assert "Take a filter off" in as_person(world.owner).get(f"{address}?q=biotin").text
