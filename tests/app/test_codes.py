"""Two codes that read the same are one: the twin is named, and the database holds it too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from supply.accounts import services as accounts
from supply.actor import SYSTEM
from supply.catalogue.models import Product
from supply.catalogue.services import import_catalogue, read_catalogue
from supply.catalogue.terms import Storage
from supply.db import db, transaction
from supply.formulations.models import Formulation, FormulationVersion
from supply.formulations.services import create_formulation, drafts_of
from supply.items import places
from supply.items.models import Item, Location
from supply.items.refusals import UnknownItemError
from supply.items.services import item_for_code, item_of_product
from supply.opening_stock import importing
from supply.refusals import InvalidInput
from supply.tables import FaultyTable, read_table
from supply.treatments import protocols
from tests.factories import (
    AMPOULE,
    FORMULATION,
    KINDS,
    NEEDLE,
    NOW,
    Kind,
    World,
    make_formulation,
    make_product,
)


def _who() -> dict[str, Any]:
    return {"actor": SYSTEM, "now": NOW}


CATALOGUE = (
    "sku,name,category,kind,concerns,unit,containers_per_pack,content_per_container,dose,"
    "ingredients,allergens,storage,shelf_life_months,after_opening_hours,prescription_only,"
    "regulatory_class,source\n"
)


def catalogue(*skus: str) -> bytes:
    rows = (f"{sku},Needle,needle,needle,,each,100,1,,,,2-25C,24,,no,,\n" for sku in skus)
    return (CATALOGUE + "".join(rows)).encode()


def _import(world: World, *skus: str) -> None:
    with transaction():
        import_catalogue(read_catalogue(catalogue(*skus), "c.csv"), world.supplier, **_who())


@pytest.mark.parametrize(
    ("make", "taken"),
    [
        (lambda _world: accounts.create_practice(name="A", code="DERMA", **_who()), "derma"),
        (
            lambda w: accounts.create_clinic(
                w.practice, code="Riga", name="A", timezone="Europe/Riga", **_who()
            ),
            "riga",
        ),
        (
            lambda _world: accounts.create_supplier(name="A", code="BALTIC\u200b", **_who()),
            "baltic",
        ),
    ],
)
def test_practices_clinics_and_suppliers(
    world: World, make: Callable[[World], object], taken: str
) -> None:
    with pytest.raises(InvalidInput) as refused, transaction():
        make(world)
    assert refused.value.errors == [("code", f"The code {taken} is taken.")]


def test_skus_of_a_file_and_of_the_catalogue(world: World) -> None:
    with pytest.raises(FaultyTable) as refused:
        _import(world, "Case-1", "CASE-1", "Case\u00a01", NEEDLE.lower())
    assert [(fault.row, fault.column) for fault in refused.value.errors] == [(3, "sku"), (5, "sku")]
    assert "“CASE-1” differs from “Case-1” only in how it is written." in str(refused.value)
    assert f"“{NEEDLE.lower()}” differs from “{NEEDLE}” only" in str(refused.value)
    _import(world, "Case\u00a01", NEEDLE)
    assert "Case 1" in db.session.scalars(sa.select(Product.sku)).all()


def test_a_file_of_stock_names_the_code_that_is_meant(world: World) -> None:
    content = f"sku,lot,expiry,quantity\n{NEEDLE.lower()},A,,5\nNOPE,A,,5\n".encode()
    with pytest.raises(FaultyTable) as refused, transaction():
        importing.import_stock(world.clinic, importing.read_stock(content, "s.csv"), **_who())
    assert [fault.message for fault in refused.value.errors] == [
        f"No item or product has the code {NEEDLE.lower()}. Is {NEEDLE} meant?",
        "No item or product has the code NOPE.",
    ]
    with pytest.raises(UnknownItemError, match=f"Is {AMPOULE} meant"):
        item_for_code(world.practice.id, AMPOULE.title(), now=NOW)


def test_a_product_whose_sku_reads_like_an_item_becomes_the_same_item(world: World) -> None:
    with transaction():
        first = item_for_code(world.practice.id, NEEDLE, now=NOW)
        kind = next(kind for kind in KINDS if kind.sku == NEEDLE)
        other = make_product(world.other_supplier, kind)
        other.sku = NEEDLE.lower()
        assert item_of_product(world.practice.id, other, now=NOW).id == first.id
    assert len(db.session.scalars(sa.select(Item)).all()) == 1


def test_formulations_protocols_and_locations(world: World) -> None:
    make_formulation(world, [(AMPOULE, "1")])
    lines = drafts_of(db.session.scalars(sa.select(FormulationVersion)).one())
    with pytest.raises(InvalidInput, match=f"You have a formulation {FORMULATION} already"):
        create_formulation(
            world.practice.id, code=FORMULATION.lower(), name="A", concern="", lines=lines, **_who()
        )
    with pytest.raises(InvalidInput, match="a location with that name already"):
        places.add_location(world.clinic, name="CUPBOARD ", storage=Storage.COLD, **_who())
    header = "protocol,name,concern,formulation,sessions_min,session_days,maintenance_days"
    rows = f"P-1,A,hair,{FORMULATION},1,0,30\np-1,B,hair,{FORMULATION},1,0,30\n"
    table = read_table(f"{header}\n{rows}".encode(), "p.csv", protocols.REQUIRED)
    facts = protocols.protocol_facts(table)
    with pytest.raises(FaultyTable) as refused:
        protocols.import_protocols(facts, "p.csv", world.practice, **_who())
    assert [(fault.row, fault.column) for fault in refused.value.errors] == [(3, "protocol")]


def test_the_database_holds_it(world: World) -> None:
    make_formulation(world, [(AMPOULE, "1")])
    kind = next(kind for kind in KINDS if kind.sku == NEEDLE)
    for make in (
        lambda: make_product(world.supplier, _renamed(kind, NEEDLE.lower())),
        lambda: db.session.add(
            Formulation(
                practice_id=world.practice.id, code=FORMULATION.lower(), name="A", created_at=NOW
            )
        ),
        lambda: setattr(_shelf(world, "Cupboard"), "name", "FRIDGE 2–8 °C"),
    ):
        with pytest.raises(sa.exc.IntegrityError):
            _write(make)


def _write(make: Callable[[], object]) -> None:
    with transaction():
        make()
        db.session.flush()


def _renamed(kind: Kind, sku: str) -> Kind:
    return replace(kind, sku=sku)


def _shelf(world: World, name: str) -> Location:
    return db.session.scalars(
        sa.select(Location).where(Location.clinic_id == world.clinic.id, Location.name == name)
    ).one()
