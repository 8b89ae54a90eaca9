"""The page of a product: what does for it, where it is used, what was paid, who says so."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa

from supply import clock
from supply.actor import SYSTEM
from supply.baskets import drafts, placing
from supply.baskets.drafts import BasketLine
from supply.catalogue import told
from supply.catalogue.models import Price, Product, ProductGtin
from supply.catalogue.product_page.alternatives import alternatives
from supply.catalogue.product_page.rules import (
    Contents,
    Strength,
    do_for_one_another,
    shape,
    strength,
    substance,
)
from supply.catalogue.rules import parse_ingredients
from supply.catalogue.services import import_catalogue, read_catalogue
from supply.catalogue.terms import PackLevel
from supply.db import db, transaction
from supply.formulations.models import Formulation, FormulationLine, FormulationVersion
from supply.quantity import Unit
from tests.catalogue.conftest import catalogue_file
from tests.factories import AMPOULE, NEEDLE, NOW, TODAY, World, item, stock
from tests.support.people import AsPerson
from tests.support.queries import recorded_statements

SQLITE_ALONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("sodium hyaluronate", "Hyaluronsäure", True),
        ("hyaluronic acid", "acide hyaluronique", True),
        ("lidocaine HCl", "Lidocain", True),
        ("ascorbic acid", "Vitamin C", True),
        ("sodium chloride", "Natriumchlorid", True),
        ("hyaluronidase", "hyaluronic acid", False),
        ("calcium hydroxyapatite", "hyaluronic acid", False),
        ("zinc", "zinc sulfate", False),
        ("biotin", "dexpanthenol", False),
    ],
)
def test_an_ingredient_by_any_of_its_names(one: str, other: str, same: bool) -> None:
    assert (substance(one) == substance(other)) is same


MG = "mg/ml"


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("10 mg/ml", Unit.ML, Strength(Decimal(10), MG)),
        ("1%", Unit.ML, Strength(Decimal(10), MG)),
        ("1 %", Unit.ML, Strength(Decimal(10), MG)),
        ("0,9 %", Unit.ML, Strength(Decimal(9), MG)),
        ("10 g/l", Unit.ML, Strength(Decimal(10), MG)),
        ("40 mcg/ml", Unit.ML, Strength(Decimal("0.040"), MG)),
        ("40 µg/ml", Unit.ML, Strength(Decimal("0.040"), MG)),
        ("2.5%", Unit.G, Strength(Decimal("25.0"), "mg/g")),
        ("1500 IU", Unit.EACH, Strength(Decimal(1500), "iu")),
        ("10 mg/ml (non-crosslinked)", Unit.ML, Strength(Decimal(10), MG, "non-crosslinked")),
        ("some", Unit.ML, Strength(None, "some")),
        ("", Unit.ML, Strength(None, "")),
    ],
)
def test_strengths_are_compared_in_one_unit(text: str, unit: Unit, expected: Strength) -> None:
    assert strength(text, unit) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Mesotherapy needle 30G x 4 mm", ""),
        ("Blunt cannula 25G x 50 mm with pilot needle", "cannula"),
        ("Kanüle 25G", "cannula"),
        ("5-pin multi-needle tip 32G x 1.5 mm", "several"),
        ("Linear 3-needle plate 27G x 4 mm", "several"),
    ],
)
def test_what_is_no_single_needle(name: str, expected: str) -> None:
    assert shape(name) == expected


def contents(
    ingredients: str = "",
    category: str = "vitamin",
    unit: Unit = Unit.ML,
    needle: tuple[int | None, str | None] = (None, None),
    allergens: str = "",
    name: str = "A product",
) -> Contents:
    gauge, length = needle
    return Contents(
        name,
        category,
        unit,
        gauge,
        Decimal(length) if length else None,
        tuple(parse_ingredients(ingredients)),
        frozenset(allergens.split()),
    )


HA = contents("sodium hyaluronate 10 mg/ml (non-crosslinked); water for injections")
NDL = contents(category="needle", unit=Unit.EACH, needle=(30, "4"))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (HA, contents("hyaluronic acid 1%"), True),
        (HA, contents("hyaluronic acid 1% (crosslinked)"), False),
        (HA, contents("hyaluronic acid 2%"), False),
        (HA, contents("hyaluronic acid 10 mg/ml; lidocaine 3 mg/ml"), False),
        (HA, contents("hyaluronic acid 1%", category="filler"), False),
        (HA, contents("hyaluronic acid 1%", unit=Unit.EACH), False),
        (HA, contents("hyaluronic acid 1%", allergens="bovine"), False),
        (contents("vitamins; minerals"), contents("minerals; vitamins"), True),
        (contents("vitamins"), contents("vitamins; minerals"), False),
        (contents(), contents(), False),
        (NDL, contents(category="needle", unit=Unit.EACH, needle=(30, "4")), True),
        (NDL, contents(category="needle", unit=Unit.EACH, needle=(30, "6")), False),
        (NDL, contents(category="needle", unit=Unit.EACH, needle=(32, "4")), False),
        (NDL, contents(category="needle", unit=Unit.EACH, needle=(30, None)), False),
        (
            NDL,
            contents(category="needle", unit=Unit.EACH, needle=(30, "4"), name="Cannula"),
            False,
        ),
    ],
)
def test_products_do_for_one_another_either_way(one: Contents, other: Contents, same: bool) -> None:
    assert do_for_one_another(one, other) is same
    assert do_for_one_another(other, one) is same


def product(sku: str) -> Product:
    return db.session.scalars(sa.select(Product).where(Product.sku == sku)).one()


NEEDLES = {
    "category": "needle", "kind": "needle", "unit": "each", "content_per_container": "1",
    "containers_per_pack": "100", "ingredients": "", "dose": "none", "currency": "EUR",
}  # fmt: skip


@pytest.fixture
def market(world: World) -> World:
    """The world, whose other supplier sells needles too, one dear, one cheap, one without price."""
    rows = [
        {**NEEDLES, "sku": "N-DEAR", "name": "Nadel 30G 4mm", "price": "30"},
        {**NEEDLES, "sku": "N-CHEAP", "name": "Needle, best 30G x 4 mm", "price": "15"},
        {**NEEDLES, "sku": "N-ASK", "name": "Needle 30 G x 4 mm", "price": "", "currency": ""},
        {**NEEDLES, "sku": "N-POUND", "name": "Needle G30 4 mm", "price": "1", "currency": "GBP"},
        {**NEEDLES, "sku": "N-LONG", "name": "Needle 30G x 6 mm", "price": "1"},
        {**NEEDLES, "sku": "N-PLATE", "name": "3-needle plate 30G x 4 mm", "price": "1"},
        {"sku": "BIO", "name": "Biotin", "category": "vitamin", "ingredients": "biotin 0.5%",
         "price": "20", "currency": "EUR"},
        {"sku": "OTHER", "name": "Box", "category": "hair", "ingredients": ""},
    ]  # fmt: skip
    with transaction():
        table = read_catalogue(catalogue_file(rows), "spring.csv")
        import_catalogue(table, world.other_supplier, actor=SYSTEM, now=NOW)
    return world


def found(world: World, sku: str) -> list[str]:
    rows = alternatives(world.clinic, product(sku), NOW, TODAY)
    return [row.product.sku for row in rows]


def test_alternatives_are_the_cheapest_by_the_piece_first(market: World) -> None:
    assert found(market, NEEDLE) == ["N-CHEAP", "N-DEAR", "N-ASK", "N-POUND"]
    assert found(market, "N-CHEAP") == [NEEDLE], "not of the same supplier"
    assert found(market, "OTHER") == []
    with transaction():
        product("N-CHEAP").withdrawn_at = NOW
        half = Price(
            product_id=product("N-DEAR").id, practice_id=market.practice.id, currency="EUR",
            valid_from=TODAY, from_packs=1, pack_minor=100,
        )  # fmt: skip
        db.session.add(half)
    assert found(market, NEEDLE) == ["N-DEAR", "N-ASK", "N-POUND"]
    with transaction():
        gtin = product(NEEDLE).gtins[0].gtin
        box = ProductGtin(
            product_id=product("OTHER").id, gtin=gtin, level=PackLevel.PACK, containers=1
        )
        db.session.add(box)
    assert "OTHER" not in found(market, NEEDLE), "a barcode of what is measured otherwise"
    with transaction():
        product("OTHER").unit = Unit.EACH
    assert "OTHER" in found(market, NEEDLE)


@SQLITE_ALONE
def test_a_clinic_reads_all_of_it_before_it_buys(market: World, as_person: AsPerson) -> None:
    stock(market, NEEDLE, "250")
    formulation_id = use(market, NEEDLE)
    with transaction():
        lines = [BasketLine(product(NEEDLE).id, 2)]
        (order,) = drafts.add_to_basket(market.clinic, lines, actor=SYSTEM, now=NOW)
        order_id = order.id
    address = f"/c/riga/catalogue/{product(NEEDLE).id}"
    client = as_person(market.viewer)
    before = client.get(address).get_data(as_text=True)
    assert "Last paid" not in before, "a basket is no price paid"
    with transaction():
        who = market.actor(market.owner)
        number = placing.place(order_id, limit=None, actor=who, now=NOW).number
    with transaction():
        row = db.session.scalars(sa.select(Price).where(Price.product_id == product(NEEDLE).id))
        row.one().pack_minor = 2000
    page = client.get(address).get_data(as_text=True)
    for says in (
        "Alternatives of other suppliers", "Needle, best 30G x 4 mm", "€0.15 per piece", "Cheaper",
        "Of the same gauge and length.", "Used here in", "Face one",
        f"/c/riga/formulations/{formulation_id}", "Last paid", "€18.00 a pack", number,
        f"/c/riga/items/{item(market, NEEDLE).id}", "usual for this supplier",
        "Stated by Baltic Meso Supplies.",
    ):  # fmt: skip
        assert says in page, says
    assert page.count("Cheaper") == 1
    other = client.get(f"/c/riga/catalogue/{product('N-CHEAP').id}").get_data(as_text=True)
    assert "Stated by Other Supplies in spring.csv, taken on" in other
    assert "read from its name" in other
    assert "never stocked" in other
    elsewhere = (
        as_person(market.outsider)
        .get(f"/c/elsewhere-1/catalogue/{product(NEEDLE).id}")
        .get_data(as_text=True)
    )
    for theirs in ("Face one", "Last paid", number):
        assert theirs not in elsewhere
    client.get(address)
    with recorded_statements(db.engine) as statements:
        client.get(address)
    assert len(statements) <= 27, "\n".join(statements)


def use(world: World, sku: str) -> int:
    """Make a formulation of the practice that uses an item, and an archived one that does too."""
    with transaction():
        for name, archived in (("Face one", None), ("Face old", NOW)):
            formulation = Formulation(
                practice_id=world.practice.id, code=name, name=name, created_at=NOW,
                archived_at=archived,
            )  # fmt: skip
            db.session.add(formulation)
            db.session.flush()
            line = FormulationLine(position=1, item_id=item(world, sku).id, quantity=Decimal(1))
            version = FormulationVersion(
                formulation_id=formulation.id, number=1, created_at=NOW, lines=[line]
            )
            db.session.add(version)
    rows = sa.select(Formulation.id).where(Formulation.name == "Face one")
    return db.session.scalars(rows).one()


def test_what_uses_a_product_is_the_newest_version_of_what_is_in_use(world: World) -> None:
    use(world, NEEDLE)
    [(name, code, [page])] = told.uses(world.practice.id, product(NEEDLE).id)
    assert (name, code, page.key, page.substitute) == (
        "Face one",
        "Face one",
        "formulation_id",
        False,
    )
    assert told.uses(world.other_clinic.practice_id, product(NEEDLE).id) == []
    with transaction():
        formulation = db.session.scalars(
            sa.select(Formulation).where(Formulation.name == "Face one")
        ).one()
        line = FormulationLine(position=1, item_id=item(world, AMPOULE).id, quantity=Decimal(1))
        newer = FormulationVersion(
            formulation_id=formulation.id, number=2, created_at=NOW, lines=[line]
        )
        db.session.add(newer)
    assert told.uses(world.practice.id, product(NEEDLE).id) == []


def test_a_product_says_when_and_in_which_file_it_was_stated(market: World) -> None:
    first = product("N-DEAR")
    assert (first.stated_at, first.stated_in) == (NOW, "spring.csv")
    later = NOW + dt.timedelta(days=30)
    rows = [
        {**NEEDLES, "sku": "N-DEAR", "name": "Needle 30G x 4 mm, new", "price": "30"},
        {**NEEDLES, "sku": "N-CHEAP", "name": "Needle, best 30G x 4 mm", "price": "16"},
    ]
    with transaction():
        table = read_catalogue(catalogue_file(rows), "summer.csv")
        import_catalogue(table, market.other_supplier, actor=SYSTEM, now=later)
    changed, same = product("N-DEAR"), product("N-CHEAP")
    assert (changed.stated_at, changed.stated_in) == (later, "summer.csv")
    assert (same.stated_at, same.stated_in) == (NOW, "spring.csv")
