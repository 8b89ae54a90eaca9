"""The first page of the catalogue and the counts of every facet, at 50 thousand products.

Against the plain read of a page by its keys. What a process reads once for each edition of a
supplier's catalogue is measured apart.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import sqlalchemy as sa
from flask import Flask

from benchmarks.databases import ENGINES, application
from benchmarks.sweeping import analyse
from supply.accounts.models import Clinic, Practice, Supplier
from supply.catalogue.finding.needles import read_needle
from supply.catalogue.models import Product, ProductConcern, ProductIngredient, words_of_product
from supply.catalogue.search import PAGE, Search, search_products
from supply.catalogue.terms import Dose, Storage
from supply.catalogue.wording import CATEGORY_WORDS, CONCERN_WORDS
from supply.db import db, transaction
from supply.quantity import Unit
from tests.factories import NOW, TODAY

SUPPLIERS, PRODUCTS = 100, 500
RUNS = 15
LIMIT = 50
"""Milliseconds."""

MAKERS = ("Aurelia", "Borealis", "Cutis", "Dermalis", "Estetika", "Fontaine", "Galen", "Helix")
WHAT = (
    "Hyaluronic acid", "Hyaluronidase", "Vitamin C", "Glutathione", "Tranexamic acid", "Biotin",
    "Lidocaine", "Polynucleotide", "Peptide complex", "Artichoke extract", "Caffeine", "Zinc",
)  # fmt: skip
FORMS = ("ampoule", "vial", "prefilled syringe", "mesotherapy needle", "cream tube", "solution")

ASKED: Mapping[str, Search] = {
    "everything": Search(),
    "one facet of most": Search(chosen={"prescription": ("no",)}),
    "four facets": Search(
        chosen={
            "category": ("vitamin", "enzyme", "needle"),
            "concern": ("hydration", "laxity"),
            "storage": ("cold", "ambient"),
            "supplier": ("house-1", "house-2", "house-3"),
        }
    ),
    "a word of a sixth": Search("ampoule"),
    "a word of a sixth and a facet": Search("ampoule", {"prescription": ("no",)}),
    "three words": Search("vial tranexamic 100 mg"),
    "a synonym": Search("vit c"),
    "a needle": Search("30 G x 4"),
    "a SKU": Search("S7-A120"),
    "a misspelt word": Search("hyalronic"),
}


def main() -> None:
    """Print, per engine and search, its milliseconds and those of the database alone."""
    for engine in ENGINES:
        with application(engine) as app:
            with transaction():
                clinic_id = _fill()
            analyse()
            db.session.rollback()
            _measure(app, engine, clinic_id)


def _measure(app: Flask, engine: str, clinic_id: int) -> None:
    clinic = db.session.get_one(Clinic, clinic_id)
    keys = db.session.scalars(sa.select(Product.id).order_by(Product.sku).limit(PAGE)).all()
    with app.test_request_context():
        spent = _database_seconds(db.engine)
        first = _seconds(lambda: search_products(Search(), clinic, today=TODAY))
        print(f"catalogue, {engine}: first {first:.2f} s, {PRODUCTS * SUPPLIERS:,} products")
        plain, _inside = _typical(lambda: _read_page(keys), spent)
        for name, wanted in ASKED.items():
            look = partial(search_products, wanted, clinic, today=TODAY)
            whole, inside = _typical(look, spent)
            print(
                f"catalogue, {engine}, {name}: {whole:.1f} ms, {inside:.1f} in the database "
                f"(aim < {LIMIT}); {whole / plain:.1f} plain reads of a page"
            )


def _read_page(keys: Sequence[int]) -> None:
    db.session.scalars(sa.select(Product).where(Product.id.in_(keys))).all()


def _typical(work: Callable[[], object], spent: list[float]) -> tuple[float, float]:
    """Return the median milliseconds of ``work`` and of its statements."""
    times, inside = [], []
    for _run in range(RUNS):
        db.session.expunge_all()
        spent.clear()
        times.append(_seconds(work) * 1000)
        inside.append(sum(spent) * 1000)
    return statistics.median(times), statistics.median(inside)


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _database_seconds(engine: sa.Engine) -> list[float]:
    """Return a list that grows by the seconds of each statement, its rows not yet fetched."""
    spent: list[float] = []
    started: list[float] = []

    def before(*_arguments: object) -> None:
        started.append(time.perf_counter())

    def after(*_arguments: object) -> None:
        spent.append(time.perf_counter() - started.pop())

    sa.event.listen(engine, "before_cursor_execute", before)
    sa.event.listen(engine, "after_cursor_execute", after)
    return spent


def _fill() -> int:
    """Make the suppliers with their products, and a clinic; return the clinic's id."""
    chance = random.Random(50)
    practice = Practice(code="bench", name="Bench", currency="EUR", locale="en", created_at=NOW)
    clinic = Clinic(
        practice=practice, code="bench", name="Bench", timezone="Europe/Riga", currency="EUR",
        locale="en", created_at=NOW,
    )  # fmt: skip
    suppliers = [
        Supplier(code=f"house-{n}", name=f"House {n}", timezone="UTC", created_at=NOW)
        for n in range(SUPPLIERS)
    ]
    db.session.add_all([practice, clinic, *suppliers])
    db.session.flush()
    products, concerns, ingredients = [], [], []
    for key, row in enumerate(_products(chance, [one.id for one in suppliers]), start=1):
        products.append({"id": key, **row})
        concerns += [
            {"product_id": key, "concern": concern}
            for concern in chance.sample(list(CONCERN_WORDS), chance.randint(1, 3))
        ]
        ingredients += [
            {"product_id": key, "position": position, "name": what, "strength": _strength(chance)}
            for position, what in enumerate(chance.sample(WHAT, chance.randint(1, 3)), start=1)
        ]
    for model, rows in (
        (Product, products), (ProductConcern, concerns), (ProductIngredient, ingredients),
    ):  # fmt: skip
        db.session.execute(sa.insert(model), rows)
    return clinic.id


def _strength(chance: random.Random) -> str:
    return f"{chance.choice((5, 10, 50, 100))} mg/ml"


def _products(chance: random.Random, supplier_ids: Sequence[int]) -> Iterator[dict[str, Any]]:
    for place, supplier_id in enumerate(supplier_ids):
        for number in range(PRODUCTS):
            form = chance.choice(FORMS)
            size = f"{chance.choice((27, 30, 32))}G x {chance.choice((4, 6, 13))} mm"
            what = size if "needle" in form else f"{chance.choice(WHAT)} {chance.randint(1, 40)}%"
            name = f"{chance.choice(MAKERS)}{chance.randint(1, 60)} {what}, {form}"
            maker = chance.choice(MAKERS)
            category = chance.choice(list(CATEGORY_WORDS))
            columns = {
                "supplier_id": supplier_id, "sku": f"S{place}-A{number}", "name": name,
                "manufacturer": maker, "category": category, "kind": "",
                **read_needle(name, category, "").columns,
            }  # fmt: skip
            yield {
                **columns, **words_of_product(columns), "unit": Unit.EACH,
                "containers_per_pack": 10, "content_per_container": 1, "dose": Dose.NONE,
                "storage": chance.choice(list(Storage)),
                "prescription_only": chance.random() < 0.1,
            }  # fmt: skip
