"""Prices as suppliers keep them: on a product's page and as a file; what has begun stays."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from supply import clock
from supply.accounts.own_suppliers import SupplierFacts, add_supplier
from supply.actor import SYSTEM
from supply.audit.models import AuditRow
from supply.catalogue import rules
from supply.catalogue.models import Price, Product
from supply.catalogue.prices.files import export_prices, import_prices, read_prices
from supply.catalogue.queries import practices_with_prices
from supply.catalogue.rules import PriceRow
from supply.db import db, transaction
from supply.tables import FaultyTable
from tests.factories import AMPOULE, BIOTIN, NEEDLE, NOW, TODAY, World
from tests.support.people import AsPerson

SQLITE_ALONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SOON = TODAY + dt.timedelta(days=10)
LATER = TODAY + dt.timedelta(days=40)
YESTERDAY = TODAY - dt.timedelta(days=1)
LONG_AGO = TODAY - dt.timedelta(days=400)


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def row(
    minor: int,
    valid_from: dt.date = LONG_AGO,
    from_packs: int = 1,
    practice: int | None = None,
    valid_to: dt.date | None = None,
) -> PriceRow:
    return PriceRow(7, practice, "EUR", valid_from, from_packs, minor, valid_to)


@pytest.mark.parametrize(
    ("rows", "minors"),
    [
        ([], set()),
        ([row(900), row(800, SOON)], {900}),
        ([row(900), row(950, YESTERDAY)], {950}),
        ([row(900), row(850, from_packs=10)], {900, 850}),
        ([row(900), row(850, from_packs=10), row(950, YESTERDAY)], {950}),
        ([row(900), row(700, YESTERDAY, practice=3)], {900, 700}),
        ([row(900), row(700, practice=3, valid_to=YESTERDAY)], {900}),
        ([row(900), row(700, practice=3, valid_to=TODAY)], {900, 700}),
    ],
)
def test_what_is_in_force_prices_some_number_of_packs(
    rows: list[PriceRow], minors: set[int]
) -> None:
    assert {one.pack_minor for one in rules.in_force(rows, TODAY)} == minors


def product(sku: str) -> Product:
    return db.session.scalars(sa.select(Product).where(Product.sku == sku)).one()


Stored = tuple[str | None, str, dt.date, dt.date | None, int, int]


def stored(sku: str = NEEDLE) -> list[Stored]:
    """Return the prices of a product but its first: for whom, currency, days, packs, cents."""
    rows = db.session.scalars(
        sa.select(Price).where(Price.product_id == product(sku).id).order_by(Price.id)
    ).all()
    return [
        (
            "derma" if one.practice_id else None,
            one.currency,
            one.valid_from,
            one.valid_to,
            one.from_packs,
            one.pack_minor,
        )
        for one in rows[1:]
    ]


FORM = {"price": "15,50", "currency": "eur", "from_packs": "1", "valid_from": SOON.isoformat()}


def words(answer: TestResponse) -> str:
    return answer.get_data(as_text=True)


def test_a_supplier_keeps_the_prices_of_a_product(world: World, as_person: AsPerson) -> None:
    client = as_person(world.supplier_admin)
    here = f"/s/baltic/products/{product(NEEDLE).id}/prices"
    own = {**FORM, "practice": "DERMA", "valid_to": LATER.isoformat(), "form_key": "a"}
    for _twice in range(2):
        assert client.post(here, data=own).location == here
    assert stored() == [("derma", "EUR", SOON, LATER, 1, 1550)]
    page = words(client.get(here))
    assert "Derma Riga" in page
    assert "To come" in page

    to_come = db.session.scalars(sa.select(Price.id).where(Price.valid_from == SOON)).one()
    changed = {**own, "price": "14", "from_packs": "5", "valid_to": "", "form_key": "b"}
    assert "15.50" in words(client.get(f"{here}/{to_come}"))
    assert client.post(f"{here}/{to_come}", data=changed).location == here
    assert stored() == [("derma", "EUR", SOON, None, 5, 1400)]
    taken_off = client.post(f"{here}/{to_come}/remove", follow_redirects=True)
    assert "The price is taken off." in words(taken_off)
    assert stored() == []
    actions = db.session.scalars(sa.select(AuditRow.action).order_by(AuditRow.id.desc()).limit(3))
    assert actions.all() == ["price.removed", "price.changed", "price.set"]


def test_a_price_that_has_begun_stays_and_is_ended(world: World, as_person: AsPerson) -> None:
    client = as_person(world.supplier_admin)
    here = f"/s/baltic/products/{product(NEEDLE).id}/prices"
    begun = db.session.scalars(
        sa.select(Price.id).where(Price.product_id == product(NEEDLE).id)
    ).one()
    for what in ("", "/remove"):
        client.post(f"{here}/{begun}{what}", data=FORM)
        assert db.session.get_one(Price, begun).pack_minor == 1800
    refused = client.post(f"{here}/{begun}/end", data={"valid_to": YESTERDAY.isoformat()})
    assert refused.status_code == 400
    assert "Its last day is today or later" in words(refused)
    ended = client.post(
        f"{here}/{begun}/end", data={"valid_to": TODAY.isoformat()}, follow_redirects=True
    )
    assert "The price has a last day." in words(ended)
    assert db.session.get_one(Price, begun).valid_to == TODAY
    client.post(f"{here}/{begun}/end", data={"valid_to": ""})
    assert db.session.get_one(Price, begun).valid_to is None
    with transaction():
        db.session.get_one(Price, begun).valid_to = YESTERDAY
    refused = client.post(f"{here}/{begun}/end", data={"valid_to": ""})
    assert "This price has ended. Start a new one." in words(refused)
    assert "Past prices" in words(client.get(here))
    assert "On request" in words(as_person(world.owner).get("/c/riga/catalogue?q=needle"))


@SQLITE_ALONE
def test_wrong_prices_are_refused_by_field(world: World, as_person: AsPerson) -> None:
    client = as_person(world.supplier_admin)
    here = f"/s/baltic/products/{product(NEEDLE).id}/prices"
    for wrong, says in (
        ({"practice": "nobody"}, "There is no practice with this code."),
        ({"valid_to": TODAY.isoformat()}, "Its last day is not before its first."),
        ({"valid_from": YESTERDAY.isoformat()}, "A price starts today or later."),
        ({"currency": "ZZZ"}, "Enter a currency, such as EUR."),
        ({"price": "0"}, "Enter a price above zero."),
        ({"from_packs": "1.5"}, "Enter a whole number from 1"),
    ):
        refused = client.post(here, data={**FORM, **wrong})
        assert refused.status_code == 400
        assert says in words(refused)
    client.post(here, data=FORM)
    client.post(here, data={**FORM, "from_packs": "5"})
    five = db.session.scalars(sa.select(Price.id).where(Price.from_packs == 5)).one()
    refused = client.post(f"{here}/{five}", data=FORM)
    assert "There is a price from that day for these packs." in words(refused)
    assert len(stored()) == 2


@SQLITE_ALONE
def test_prices_are_the_suppliers_own_affair(world: World, as_person: AsPerson) -> None:
    here = f"/s/baltic/products/{product(NEEDLE).id}/prices"
    begun = db.session.scalars(sa.select(Price.id)).first()
    fulfiller = as_person(world.fulfiller)
    assert fulfiller.get(here).status_code == 200
    other = f"/s/other/products/{product(NEEDLE).id}/prices"
    for client, status, address in (
        (fulfiller, 403, here),
        (as_person(world.owner), 404, here),
        (as_person(world.other_fulfiller), 404, here),
        (as_person(world.other_fulfiller), 404, other),
    ):
        assert client.get(f"{address}/{begun}").status_code in (status, 403)
        for what in ("", f"/{begun}", f"/{begun}/end", f"/{begun}/remove"):
            assert client.post(f"{address}{what}", data=FORM).status_code in (status, 403)
    assert as_person(world.other_fulfiller).get(other).status_code == 404
    assert fulfiller.get("/s/baltic/products/prices").status_code == 403
    assert fulfiller.get("/s/baltic/products/prices.csv").status_code == 403
    assert stored() == []
    assert as_person(world.supplier_admin).get(f"{here}/99999").status_code == 404


HEADING = "sku,practice,currency,valid_from,valid_to,from_packs,price"


def take(world: World, text: str, *, dry_run: bool = False) -> tuple[int, int, int]:
    with transaction():
        table = read_prices(text.encode(), "prices.csv")
        summary = import_prices(table, world.supplier, dry_run=dry_run, actor=SYSTEM, now=NOW)
    return summary.added, summary.changed, summary.unchanged


def faults_of(world: World, text: str) -> list[tuple[int, str, str]]:
    with pytest.raises(FaultyTable) as refused:
        take(world, text)
    return [(fault.row, fault.column, fault.message) for fault in refused.value.errors]


def test_a_file_of_prices_is_taken_whole_and_again_changes_nothing(world: World) -> None:
    text = "\n".join(
        [
            HEADING,
            f"{NEEDLE},,EUR,{SOON},,1,€19.00",
            f"{NEEDLE.lower()},Derma,eur,{SOON},{LATER},10,15.5",
            f"{BIOTIN},,EUR,,,,25",
            f"{AMPOULE},,EUR,,,,45.00",
        ]
    )
    assert take(world, text, dry_run=True) == (3, 0, 1)
    assert stored() == []
    assert take(world, text) == (3, 0, 1)
    assert stored() == [
        (None, "EUR", SOON, None, 1, 1900),
        ("derma", "EUR", SOON, LATER, 10, 1550),
    ]
    assert stored(BIOTIN) == [(None, "EUR", TODAY, None, 1, 2500)]
    audits = sa.select(sa.func.count()).select_from(AuditRow)
    before = db.session.scalar(audits)
    assert take(world, text) == (0, 0, 4)
    assert db.session.scalar(audits) == before
    in_german = text.replace(",", ";").replace("€19.00", "18,5 EUR").replace("15.5", "15,5")
    assert take(world, in_german.replace("45.00", "45,00")) == (0, 1, 3)
    assert stored()[0] == (None, "EUR", SOON, None, 1, 1850)
    assert [practice.code for practice in practices_with_prices(world.supplier.id)] == ["derma"]
    assert practices_with_prices(world.other_supplier.id) == []

    out = export_prices(world.supplier, TODAY)
    rows = list(csv.DictReader(io.StringIO(out)))
    assert {(one["practice"], one["price"], one["from_packs"]) for one in rows} >= {
        ("derma", "15.50", "10"),
        ("", "18.50", "1"),
    }
    assert take(world, out) == (0, 0, len(rows))


@SQLITE_ALONE
def test_a_file_with_a_wrong_row_changes_nothing(world: World) -> None:
    found = faults_of(
        world,
        "\n".join(
            [
                HEADING,
                f"{NEEDLE},,EUR,{SOON},,1,19.00",
                f"{NEEDLE},,EUR,{SOON},,1,18.00",
                f"NOWHERE,,EUR,{SOON},,1,19.00",
                f"{BIOTIN},nobody,EUR,{SOON},,1,19.00",
                f"{BIOTIN},,EUR,{YESTERDAY},,1,19.00",
                f"{BIOTIN},,EUR,{SOON},{TODAY},1,19.00",
                f"{BIOTIN},,,{SOON},,1,19.00",
                f"{BIOTIN},,GBP,{SOON},,1,€19.00",
                f"{BIOTIN},,EUR,{SOON},,0,19.00",
                f"{BIOTIN},,EUR,{SOON},,1,",
                f"{BIOTIN},,EUR,{SOON},,1,0",
                f"{BIOTIN},,EUR,31.12.2026,,2,19.00",
            ]
        ),
    )
    assert {(row, column) for row, column, _message in found} == {
        (4, "sku"),
        (5, "practice"),
        (7, "valid_to"),
        (8, "currency"),
        (9, "price"),
        (10, "from_packs"),
        (11, "price"),
        (12, "price"),
        (13, "valid_from"),
    }
    later = faults_of(
        world,
        f"{HEADING}\n{NEEDLE},,EUR,{SOON},,1,19\n{NEEDLE},,EUR,{SOON},,1,18\n"
        f"{BIOTIN},,EUR,{YESTERDAY},,1,19",
    )
    assert [(row, column) for row, column, _message in later] == [(3, "sku"), (4, "valid_from")]
    assert stored() == []
    assert faults_of(world, "sku,currency\nA,EUR") == [(1, "price", "This column is missing.")]


@SQLITE_ALONE
def test_a_file_is_looked_at_before_it_is_taken(world: World, as_person: AsPerson) -> None:
    client = as_person(world.supplier_admin)
    here = "/s/baltic/products/prices"
    content = f"{HEADING}\n{NEEDLE},derma,EUR,{SOON},,1,15.50".encode()
    file = {"file": (io.BytesIO(content), "Preise März.csv"), "do": "check"}
    page = words(client.post(here, data=file))
    for says in ("The file is in order.", "€18.00", "€15.50", "derma", "Preise März.csv"):
        assert says in page
    assert stored() == []
    kept = page.partition('name="kept" value="')[2].partition('"')[0]
    taken = client.post(here, data={"kept": kept, "filename": "p.csv", "do": "take"})
    assert taken.location == "/s/baltic/products"
    assert stored() == [("derma", "EUR", SOON, None, 1, 1550)]
    wrong = {"file": (io.BytesIO(content.replace(b"derma", b"nobody")), "p.csv"), "do": "check"}
    refused = client.post(here, data=wrong)
    assert refused.status_code == 400
    assert "There is no practice with this code." in words(refused)
    assert client.post(here, data={"do": "take"}).status_code == 400
    out = client.get(f"{here}.csv")
    assert out.mimetype == "text/csv"
    assert "derma" in out.get_data(as_text=True)


@SQLITE_ALONE
def test_of_an_own_supplier_only_its_practice_buys(world: World, as_person: AsPerson) -> None:
    with transaction():
        facts = SupplierFacts("Pharmacy", "p@example.org", "", "EUR", 3)
        add_supplier(world.practice, facts, actor=SYSTEM, now=NOW)
    code = db.session.scalars(
        sa.select(sa.text("code"))
        .select_from(sa.table("supplier"))
        .where(sa.text("practice_id IS NOT NULL"))
    ).one()
    here = f"/p/derma/suppliers/{code}/products"
    client = as_person(world.manager)
    form = {
        "name": "Cream", "sku": "C-1", "category": "hair", "kind": "tube", "unit": "g",
        "containers_per_pack": "1", "content_per_container": "30", "storage": "ambient",
        "price": "10",
    }  # fmt: skip
    assert client.post(f"{here}/new", data=form).status_code == 302
    prices = f"{here}/{product('C-1').id}/prices"
    assert "For" not in words(client.get(prices)).partition("New price")[2].partition("Currency")[0]
    refused = client.post(prices, data={**FORM, "practice": "elsewhere"})
    assert refused.status_code == 400
    assert client.post(prices, data={**FORM, "valid_from": TODAY.isoformat()}).status_code == 302
    content = b"sku,practice,currency,price\nC-1,elsewhere,EUR,9"
    file = {"file": (io.BytesIO(content), "p.csv"), "do": "check"}
    assert "Only your own practice buys" in words(client.post(f"{here}/prices", data=file))


@SQLITE_ALONE
def test_prices_come_from_the_command_line_too(app: Flask, world: World, tmp_path: Path) -> None:
    file = tmp_path / "prices.csv"
    file.write_text(f"{HEADING}\n{NEEDLE},derma,EUR,{SOON},,1,15.50\n")
    runner = app.test_cli_runner()
    command = ["import", "prices", str(file), "--supplier", "baltic", "--json"]
    tried = runner.invoke(args=[*command, "--dry-run"])
    assert json.loads(tried.stdout) == {
        "rows": 1, "added": 1, "changed": 0, "unchanged": 0, "dry_run": True
    }  # fmt: skip
    assert stored() == []
    assert runner.invoke(args=command).exit_code == 0
    assert stored() == [("derma", "EUR", SOON, None, 1, 1550)]
    file.write_text("sku,currency,price\nNOWHERE,EUR,1\n")
    refused = runner.invoke(args=command)
    says = "prices.csv: Row 2, sku: You have no product with this SKU."
    assert str(refused.exception) == says
