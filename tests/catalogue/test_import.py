"""Importing a catalogue: all rows or none, and every fault by row and column."""

import datetime as dt
import io
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from openpyxl import Workbook

from supply.actor import SYSTEM
from supply.audit.models import AuditRow
from supply.catalogue.importing.reading import REQUIRED
from supply.catalogue.models import Price, Product
from supply.catalogue.rules import check_digit
from supply.catalogue.services import ImportSummary, import_catalogue, read_catalogue
from supply.catalogue.terms import Dose, PackLevel, Storage
from supply.db import db, transaction
from supply.quantity import Unit
from supply.tables import Fault, FaultyTable
from tests.catalogue.conftest import ROW, catalogue_file
from tests.factories import NEEDLE, NOW, TODAY, World, item

GTIN = "4006381333931"


def take(
    world: World,
    content: bytes,
    *,
    dry_run: bool = False,
    now: dt.datetime = NOW,
) -> ImportSummary:
    with transaction():
        return import_catalogue(
            read_catalogue(content, "goods.csv"),
            world.other_supplier,
            dry_run=dry_run,
            actor=SYSTEM,
            now=now,
        )


def product(world: World, sku: str = ROW["sku"]) -> Product:
    return db.session.scalars(
        sa.select(Product).where(Product.supplier_id == world.other_supplier.id, Product.sku == sku)
    ).one()


def count(world: World) -> int | None:
    return db.session.scalar(
        sa.select(sa.func.count())
        .select_from(Product)
        .where(Product.supplier_id == world.other_supplier.id)
    )


def prices(world: World) -> list[tuple[str, dt.date, int, int]]:
    rows = db.session.scalars(
        sa.select(Price)
        .join(Product)
        .where(Product.supplier_id == world.other_supplier.id)
        .order_by(Price.currency, Price.valid_from, Price.from_packs)
    )
    return [(row.currency, row.valid_from, row.from_packs, row.pack_minor) for row in rows]


def test_a_row_becomes_a_product_with_all_it_says(world: World) -> None:
    row = {
        "allergens": "fish soy",
        "dose": "multi",
        "after_opening_hours": "672",
        "prescription_only": "yes",
        "price": "49.90",
        "currency": "eur",
        "gtin": GTIN,
        "manufacturer": "Maker",
        "lead_time_days": "3",
        "minimum_order_packs": "2",
        "minimum_remaining_days": "180",
    }
    summary = take(world, catalogue_file([row]))
    assert (summary.rows, summary.added, summary.changed, summary.prices) == (1, 1, 0, 1)
    made = product(world)
    assert (made.name, made.category, made.kind) == (ROW["name"], "hyaluronic_acid", "vial")
    assert (made.unit, made.containers_per_pack, made.content_per_container) == (
        Unit.ML,
        5,
        Decimal(5),
    )
    assert made.pack_quantity == Decimal("25.000")
    assert (made.dose, made.storage, made.do_not_freeze) == (Dose.MULTI, Storage.EITHER, True)
    assert (made.keep_dark, made.prescription_only, made.shelf_life_months) == (False, True, 24)
    assert (made.manufacturer, made.lead_time_days) == ("Maker", 3)
    assert (made.minimum_order_packs, made.minimum_remaining_days) == (2, 180)
    assert [row.concern for row in made.concerns] == ["hydration", "laxity"]
    assert [row.allergen for row in made.allergens] == ["fish", "soy"]
    assert [(part.position, part.name, part.strength) for part in made.ingredients] == [
        (1, "sodium hyaluronate", "10 mg/ml"),
        (2, "water for injections", ""),
    ]
    assert [(rule.storage, rule.hours) for rule in made.opening_rules] == [(None, 672)]
    assert [(row.gtin, row.level, row.containers) for row in made.gtins] == [
        ("0" + GTIN, PackLevel.PACK, 5)
    ]
    assert prices(world) == [("EUR", TODAY, 1, 4990)]


def test_blank_promises_are_none_and_no_hours_are_no_rule(world: World) -> None:
    blank = dict.fromkeys(("lead_time_days", "minimum_order_packs", "minimum_remaining_days"), "")
    take(world, catalogue_file([{**blank, "after_opening_hours": "", "shelf_life_months": ""}]))
    made = product(world)
    assert (made.lead_time_days, made.minimum_order_packs) == (None, 1)
    assert (made.minimum_remaining_days, made.shelf_life_months) == (None, None)
    assert made.opening_rules == []
    assert prices(world) == []


def test_the_same_file_again_changes_nothing(world: World) -> None:
    content = catalogue_file([{"price": "10", "currency": "EUR", "gtin": GTIN}, {"sku": "B"}])
    take(world, content)
    audits = db.session.scalar(sa.select(sa.func.count()).select_from(AuditRow))
    again = take(world, content, now=NOW + dt.timedelta(days=9))
    assert (again.added, again.changed, again.unchanged, again.prices) == (0, 0, 2, 0)
    assert prices(world) == [("EUR", TODAY, 1, 1000)]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(AuditRow)) == audits


def test_a_changed_row_updates_its_product_and_says_so(world: World) -> None:
    take(world, catalogue_file([{"gtin": GTIN}, {"sku": "B"}]))
    before = product(world).id
    changed = {"name": "New name", "ingredients": "biotin 5 mg/ml", "gtin": "96385074"}
    summary = take(world, catalogue_file([changed, {"sku": "B"}]))
    assert (summary.added, summary.changed, summary.unchanged) == (0, 1, 1)
    made = product(world)
    assert (made.id, made.name) == (before, "New name")
    assert [(part.name, part.strength) for part in made.ingredients] == [("biotin", "5 mg/ml")]
    assert sorted(row.gtin for row in made.gtins) == ["00000096385074", "0" + GTIN]
    audit = db.session.scalars(sa.select(AuditRow).order_by(AuditRow.id.desc()).limit(1)).one()
    assert (audit.action, audit.supplier_id) == ("catalogue.imported", world.other_supplier.id)
    assert audit.before is not None
    assert audit.after is not None
    assert audit.before[ROW["sku"]]["name"] == ROW["name"]
    assert audit.after["changed"][ROW["sku"]]["name"] == "New name"


def test_columns_a_file_lacks_stay_as_they_are(world: World) -> None:
    take(world, catalogue_file([{"lead_time_days": "3", "manufacturer": "Maker", "gtin": GTIN}]))
    take(world, catalogue_file([{"name": "Other"}]))
    made = product(world)
    assert (made.name, made.lead_time_days, made.manufacturer) == ("Other", 3, "Maker")
    assert [row.gtin for row in made.gtins] == ["0" + GTIN]


def test_a_new_price_starts_today_and_the_old_one_stays_on_file(world: World) -> None:
    later = NOW + dt.timedelta(days=1)
    take(world, catalogue_file([{"price": "10", "currency": "EUR"}]))
    take(world, catalogue_file([{"price": "11", "currency": "EUR"}]), now=later)
    take(world, catalogue_file([{"price": "11.50", "currency": "EUR"}]), now=later)
    take(world, catalogue_file([{"price": "9", "currency": "USD"}]), now=later)
    tomorrow = TODAY + dt.timedelta(days=1)
    assert prices(world) == [
        ("EUR", TODAY, 1, 1000),
        ("EUR", tomorrow, 1, 1150),
        ("USD", tomorrow, 1, 900),
    ]


def test_a_dry_run_says_what_would_be_and_writes_nothing(world: World) -> None:
    summary = take(world, catalogue_file([{"price": "10", "currency": "EUR"}]), dry_run=True)
    assert summary.as_json() == {
        "rows": 1,
        "added": 1,
        "changed": 0,
        "unchanged": 0,
        "prices": 1,
        "ignored_columns": [],
        "dry_run": True,
        "notes": [],
    }
    assert (count(world), prices(world)) == (0, [])


def test_columns_nobody_knows_are_named(world: World) -> None:
    assert take(world, catalogue_file([{"colour": "red"}])).ignored_columns == ["colour"]


WHOLE = "Enter a whole number from {} to {}."

FAULTS: list[tuple[Mapping[str, str], str, str]] = [
    ({"sku": ""}, "sku", "This cell is empty."),
    ({"sku": "x" * 81}, "sku", "Use at most 80 characters."),
    ({"name": ""}, "name", "This cell is empty."),
    ({"category": ""}, "category", "This cell is empty."),
    ({"unit": "litre"}, "unit", "Use one of: ml, g, mg, each."),
    ({"containers_per_pack": "0"}, "containers_per_pack", WHOLE.format(1, 1_000_000)),
    ({"containers_per_pack": "-5"}, "containers_per_pack", WHOLE.format(1, 1_000_000)),
    ({"containers_per_pack": "2.5"}, "containers_per_pack", WHOLE.format(1, 1_000_000)),
    ({"containers_per_pack": "1e3"}, "containers_per_pack", WHOLE.format(1, 1_000_000)),
    (
        {"containers_per_pack": "9" * 400},
        "containers_per_pack",
        WHOLE.format(1, 1_000_000),
    ),
    ({"content_per_container": "0"}, "content_per_container", "Enter a quantity above zero."),
    ({"content_per_container": "-1"}, "content_per_container", "Enter a quantity above zero."),
    ({"content_per_container": "NaN"}, "content_per_container", "Enter a number, such as 2.5."),
    ({"content_per_container": "1e12"}, "content_per_container", "Enter a number, such as 2.5."),
    (
        {"content_per_container": "1000000000000"},
        "content_per_container",
        "That is too large: check the number.",
    ),
    ({"content_per_container": "0.0001"}, "content_per_container", "Use at most three decimals."),
    (
        {"unit": "each", "content_per_container": "1.5"},
        "content_per_container",
        "This item is counted in whole pieces.",
    ),
    (
        {"containers_per_pack": "1000000", "content_per_container": "1000000"},
        "containers_per_pack",
        "That is too large: check the number.",
    ),
    ({"dose": "twice"}, "dose", "Use single, multi or none, or leave it blank."),
    (
        {"dose": "multi", "after_opening_hours": "0"},
        "after_opening_hours",
        "A multi-dose container lasts some hours. Leave blank: to its expiry.",
    ),
    ({"after_opening_hours": "-1"}, "after_opening_hours", WHOLE.format(0, 87_600)),
    ({"shelf_life_months": "0"}, "shelf_life_months", WHOLE.format(1, 600)),
    ({"prescription_only": ""}, "prescription_only", "Enter yes or no."),
    ({"concerns": "hair loss!"}, "concerns", "“loss!” is no code: use letters, digits and _."),
    (
        {"ingredients": "x" * 201},
        "ingredients",
        "Use at most 200 characters for each ingredient.",
    ),
    ({"price": "10"}, "currency", "Say which currency the price is in, such as EUR."),
    (
        {"price": "10", "currency": "EURO"},
        "currency",
        "EURO is no currency code. Use one such as EUR.",
    ),
    ({"price": "0", "currency": "EUR"}, "price", "Enter a price above zero."),
    ({"price": "-1", "currency": "EUR"}, "price", "Enter a price, such as 12.50."),
    ({"price": "1,50", "currency": "EUR"}, "price", "Enter a price, such as 12.50."),
    ({"price": "1.005", "currency": "EUR"}, "price", "EUR has 2 decimals."),
    ({"price": "1.5", "currency": "JPY"}, "price", "JPY has 0 decimals."),
    (
        {"price": "1000000000000", "currency": "EUR"},
        "price",
        "This sum is too large: check it.",
    ),
    ({"gtin": "123"}, "gtin", "A GTIN has 8, 12, 13 or 14 digits."),
    (
        {"gtin": "4006381333930"},
        "gtin",
        "The check digit should be 1. Check the digits.",
    ),
    ({"lead_time_days": "soon"}, "lead_time_days", WHOLE.format(0, 3650)),
    ({"lead_time_days": "000000000000999999999999"}, "lead_time_days", WHOLE.format(0, 3650)),
    ({"lead_time_days": "9" * 5_000}, "lead_time_days", WHOLE.format(0, 3650)),
    (
        {"price": "$1.50", "currency": "EUR"},
        "price",
        "The price is in $, and its currency is EUR. Write it in one.",
    ),
    (
        {"price": "1.50 RSD", "currency": "EUR"},
        "price",
        "The price is in RSD, and its currency is EUR. Write it in one.",
    ),
    ({"price": "1.50 a box", "currency": "EUR"}, "price", "Enter a price, such as 12.50."),
    (
        {"price": "1.5000000000000000000000000000001", "currency": "EUR"},
        "price",
        "EUR has 2 decimals.",
    ),
    (
        {"content_per_container": "1.0000000000000000000000000000001"},
        "content_per_container",
        "Use at most three decimals.",
    ),
    ({"minimum_order_packs": "0"}, "minimum_order_packs", WHOLE.format(1, 1_000_000)),
    ({"minimum_remaining_days": "-1"}, "minimum_remaining_days", WHOLE.format(0, 3650)),
]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_fault_of_every_row_is_named_and_nothing_is_taken(world: World) -> None:
    rows = [{"sku": f"S{number}", **row} for number, (row, _, _) in enumerate(FAULTS)]
    with pytest.raises(FaultyTable) as refused:
        take(world, catalogue_file([*rows, {"sku": "GOOD"}]))
    expected = [
        Fault(number, column, message)
        for number, (_, column, message) in enumerate(FAULTS, start=2)
    ]
    assert refused.value.errors == expected
    assert count(world) == 0


@pytest.mark.parametrize(
    ("price", "currency", "minor"),
    [
        ("€ 12.50", "EUR", 1250),
        ("12.50 EUR", "EUR", 1250),
        ("$12.50", "CAD", 1250),
        ("1,250.50 kr.", "SEK", 125050),
        ("1'250.50 CHF", "CHF", 125050),
        ("1250.50 дин.", "RSD", 125050),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_price_may_have_its_own_currency_beside_it(
    world: World, price: str, currency: str, minor: int
) -> None:
    take(world, catalogue_file([{"price": price, "currency": currency}]))
    [kept] = db.session.scalars(sa.select(Price).where(Price.product_id == product(world).id)).all()
    assert (kept.pack_minor, kept.currency) == (minor, currency)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_file_full_of_faults_is_refused_before_its_end(world: World) -> None:
    rows = [{"sku": f"S{number}", "unit": "litre"} for number in range(3_000)]
    with pytest.raises(FaultyTable) as refused:
        take(world, catalogue_file(rows))
    assert len(refused.value.errors) == 1_000
    assert refused.value.rest.startswith("… and very many more.")
    assert count(world) == 0


def test_unknown_storage_is_refused_with_its_place(world: World) -> None:
    with pytest.raises(FaultyTable) as refused:
        take(world, catalogue_file([{}, {"sku": "B", "storage": "cool"}]))
    [fault] = refused.value.errors
    assert (fault.row, fault.column) == (3, "storage")
    assert fault.message.startswith("“cool” is no storage this catalogue knows.")
    assert count(world) == 0


def test_two_rows_with_one_sku_or_gtin_are_refused(world: World) -> None:
    rows = [{"gtin": GTIN}, {"sku": "B", "gtin": GTIN}, {"sku": ROW["sku"]}]
    with pytest.raises(FaultyTable) as refused:
        take(world, catalogue_file(rows))
    assert refused.value.errors == [
        Fault(3, "gtin", "Row 2 has the same one."),
        Fault(4, "sku", "Row 2 has the same one."),
    ]


def test_a_gtin_of_another_of_the_suppliers_products_is_refused(world: World) -> None:
    take(world, catalogue_file([{"gtin": GTIN}]))
    with pytest.raises(FaultyTable) as refused:
        take(world, catalogue_file([{"sku": "B", "gtin": GTIN}]))
    message = f"Your product {ROW['sku']} has this GTIN already."
    assert refused.value.errors == [Fault(2, "gtin", message)]


@pytest.mark.parametrize("column", REQUIRED)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_missing_column_is_named(world: World, column: str) -> None:
    columns = [name for name in REQUIRED if name != column]
    with pytest.raises(FaultyTable) as refused:
        take(world, catalogue_file([{}], columns))
    assert refused.value.errors == [Fault(1, column, "This column is missing.")]


@pytest.mark.parametrize(
    ("change", "column"),
    [({"content_per_container": "2"}, "content_per_container"), ({"unit": "ml"}, "unit")],
)
def test_what_practices_keep_already_keeps_its_unit_and_content(
    world: World, change: Mapping[str, str], column: str
) -> None:
    row = {"sku": "KEPT", "unit": "each", "content_per_container": "1"}
    take(world, catalogue_file([row]))
    with transaction():
        item(world, "KEPT")
    with pytest.raises(FaultyTable) as refused:
        take(world, catalogue_file([{**row, **change}]))
    message = "Practices keep this product already. Give what changed a new SKU."
    assert refused.value.errors == [Fault(2, column, message)]
    assert product(world, "KEPT").unit is Unit.EACH
    assert take(world, catalogue_file([{**row, "name": "Renamed"}])).changed == 1


def test_what_nobody_keeps_may_change_its_unit(world: World) -> None:
    take(world, catalogue_file([{}]))
    take(world, catalogue_file([{"unit": "g", "dose": "", "kind": "consumable"}]))
    assert (product(world).unit, product(world).dose) == (Unit.G, Dose.MULTI)


def test_the_same_sku_of_another_supplier_is_another_product(world: World) -> None:
    take(world, catalogue_file([{"sku": NEEDLE}]))
    ours = db.session.scalars(sa.select(Product).where(Product.sku == NEEDLE)).all()
    assert {found.supplier_id for found in ours} == {world.supplier.id, world.other_supplier.id}


def test_a_workbook_says_the_same_as_text(world: World) -> None:
    book = Workbook()
    columns = [*REQUIRED, "price", "currency", "gtin"]
    typed: dict[str, Any] = {**ROW, "containers_per_pack": 5, "content_per_container": 5.0}
    typed |= {"price": 49.9, "currency": "EUR", "gtin": int(GTIN)}
    book.worksheets[0].append(columns)
    book.worksheets[0].append([typed[name] for name in columns])
    buffer = io.BytesIO()
    book.save(buffer)
    take(world, buffer.getvalue())
    text = catalogue_file([{"price": "49.90", "currency": "EUR", "gtin": GTIN}])
    again = take(world, text)
    assert (again.unchanged, again.prices) == (1, 0)


def many(bad: int | None = None) -> bytes:
    def gtin(number: int) -> str:
        digits = f"{400638100000 + number}"
        return digits + str(check_digit(digits))

    rows = [
        {"sku": f"S{n}", "gtin": gtin(n), "price": "5", "currency": "EUR"} for n in range(10_000)
    ]
    if bad is not None:
        rows[bad]["price"] = "free"
    return catalogue_file(rows)


def test_ten_thousand_rows_are_taken_in_or_none_of_them(world: World) -> None:
    with pytest.raises(FaultyTable) as refused:
        take(world, many(bad=7_000))
    assert refused.value.errors == [Fault(7_002, "price", "Enter a price, such as 12.50.")]
    assert count(world) == 0
    summary = take(world, many())
    assert (summary.added, summary.prices, count(world)) == (10_000, 10_000, 10_000)


OTHER_GTIN = f"0950600014000{check_digit('0950600014000')}"


def counts(world: World) -> dict[str, int]:
    """Return how many containers each GTIN of the product stands for."""
    return {gtin.gtin: gtin.containers for gtin in product(world).gtins}


@pytest.mark.parametrize("named", [GTIN, ""])
def test_the_barcode_of_a_pack_follows_the_pack(world: World, named: str) -> None:
    take(world, catalogue_file([{"gtin": GTIN, "containers_per_pack": "10"}]))
    assert counts(world) == {f"0{GTIN}": 10}
    summary = take(world, catalogue_file([{"gtin": named, "containers_per_pack": "5"}]))
    assert (summary.changed, counts(world)) == (1, {f"0{GTIN}": 5})
    again = take(world, catalogue_file([{"gtin": named, "containers_per_pack": "5"}]))
    assert (again.changed, again.unchanged) == (0, 1)


def test_beside_a_new_barcode_the_old_one_keeps_its_count(world: World) -> None:
    take(world, catalogue_file([{"gtin": GTIN, "containers_per_pack": "10"}]))
    take(world, catalogue_file([{"gtin": OTHER_GTIN, "containers_per_pack": "5"}]))
    assert counts(world) == {f"0{GTIN}": 10, OTHER_GTIN: 5}
