"""Formulations on screen: list, detail, editor without scripts, and who may not."""

from __future__ import annotations

from decimal import Decimal

import pytest
import sqlalchemy as sa

from supply.catalogue.models import Product, ProductAllergen
from supply.db import db, transaction
from supply.formulations import services
from supply.formulations.models import Formulation
from supply.treatments.models import Protocol, ProtocolDay
from tests.factories import AMPOULE, BIOTIN, NEEDLE, NOW, World, make_formulation, stock
from tests.support.people import AsPerson
from tests.support.queries import recorded_statements


def editor(*lines: tuple[str, str], **more: str) -> dict[str, str]:
    form = {"name": "Hair", "concern": "hair_loss", "count": str(len(lines)), "do": "save"}
    for index, (code, quantity) in enumerate(lines):
        form |= {f"lines-{index}-code": code, f"lines-{index}-quantity": quantity}
    return {**form, **more}


def all_formulations() -> list[Formulation]:
    return list(db.session.scalars(sa.select(Formulation)))


def recipe(formulation: Formulation) -> list[tuple[str, Decimal]]:
    return [(line.item.code, line.quantity) for line in formulation.versions[-1].lines]


def test_the_list_shows_what_the_practice_has(world: World, as_person: AsPerson) -> None:
    make_formulation(world, [(BIOTIN, "1"), (NEEDLE, "2")])
    page = as_person(world.viewer).get("/c/riga/formulations").get_data(as_text=True)
    assert "Hair-Test" in page
    assert "HAIR-TEST" not in page
    assert "New formulation" not in page
    nothing = as_person(world.viewer).get("/c/riga/formulations?concern=laxity")
    assert "No formulations here" in nothing.get_data(as_text=True)


def test_a_page_shows_lines_substitutes_allergens_protocols_and_cost(
    world: World, as_person: AsPerson
) -> None:
    made = make_formulation(
        world, [(BIOTIN, "1.5"), (NEEDLE, "2")], substitutes=[(BIOTIN, AMPOULE, "0.125")]
    )
    stock(world, BIOTIN, "20", cost_minor=240)
    stock(world, NEEDLE, "100", cost_minor=18)
    with transaction():
        product = db.session.scalars(sa.select(Product).where(Product.sku == AMPOULE)).one()
        product.allergens = [ProductAllergen(allergen="fish")]
        db.session.add(
            Protocol(
                practice_id=world.practice.id,
                code="P",
                name="Every fortnight",
                formulation_id=made.id,
                days=[ProtocolDay(day=0), ProtocolDay(day=14)],
            )
        )
    client = as_person(world.viewer)
    page = client.get(f"/c/riga/formulations/{made.id}").get_data(as_text=True)
    for words in ("Fish", "0.125 ml", "Every fortnight", "2 sessions", "about €5.16 a session"):
        assert words in page
    assert "Every fortnight" in client.get("/c/riga/protocols").get_data(as_text=True)
    protocol = db.session.scalars(sa.select(Protocol.id)).one()
    assert "0, 14" in client.get(f"/c/riga/protocols/{protocol}").get_data(as_text=True)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_more_lines_need_no_more_statements(world: World, as_person: AsPerson) -> None:
    short = make_formulation(world, [(BIOTIN, "1")], code="SHORT")
    long = make_formulation(world, [(BIOTIN, "1"), (NEEDLE, "2"), (AMPOULE, "1")], code="LONG")
    client = as_person(world.owner)
    counts = []
    for made in (short, short, long):
        with recorded_statements(db.engine) as statements:
            client.get(f"/c/riga/formulations/{made.id}")
        counts.append(len(statements))
    assert counts[1] == counts[2]


@pytest.mark.parametrize("role", ["manager", "practitioner"])
def test_who_keeps_stock_or_treats_adds_a_formulation(
    world: World, as_person: AsPerson, role: str
) -> None:
    form = editor((BIOTIN, "1,5"), (NEEDLE, "2"), code="HAIR-4")
    form |= {"lines-0-substitutes": "1", "lines-1-optional": "yes"}
    form |= {"lines-0-substitutes-0-code": AMPOULE, "lines-0-substitutes-0-quantity": "0.125"}
    answer = as_person(getattr(world, role)).post("/c/riga/formulations/new", data=form)
    assert answer.status_code == 302
    [made] = all_formulations()
    assert (made.code, made.name, made.concern) == ("HAIR-4", "Hair", "hair_loss")
    assert recipe(made) == [(BIOTIN, Decimal("1.500")), (NEEDLE, Decimal("2.000"))]
    first, second = made.versions[-1].lines
    assert [(o.item.code, o.quantity) for o in first.substitutes] == [(AMPOULE, Decimal("0.125"))]
    assert (first.optional, second.optional) == (False, True)


def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(
    world: World, as_person: AsPerson
) -> None:
    form = editor((BIOTIN, "much"), ("NOPE", "1"), code="HAIR-4", name="")
    answer = as_person(world.owner).post("/c/riga/formulations/new", data=form)
    assert answer.status_code == 400
    page = answer.get_data(as_text=True)
    assert 'href="#lines-0-quantity"' in page
    assert 'href="#lines-1-code"' in page
    assert 'value="much"' in page
    assert 'value="NOPE"' in page
    assert all_formulations() == []


def test_editing_a_used_formulation_makes_the_next_version(
    world: World, as_person: AsPerson
) -> None:
    made = make_formulation(world, [(BIOTIN, "1")])
    with transaction():
        services.freeze(made.versions[0].id, NOW)
    client = as_person(world.owner)
    address = f"/c/riga/formulations/{made.id}/edit"
    assert "makes the next one" in client.get(address).get_data(as_text=True)
    assert client.post(address, data=editor((BIOTIN, "2"))).status_code == 302
    [made] = all_formulations()
    assert [version.number for version in made.versions] == [1, 2]
    assert recipe(made) == [(BIOTIN, Decimal("2.000"))]
    assert made.versions[0].lines[0].quantity == Decimal(1)


def test_a_repeated_form_saves_once(world: World, as_person: AsPerson) -> None:
    client = as_person(world.owner)
    form = editor((BIOTIN, "1"), code="HAIR-4", form_key="k1")
    locations = [client.post("/c/riga/formulations/new", data=form).location for _ in range(2)]
    assert locations[0] == locations[1]
    assert len(all_formulations()) == 1


def test_a_colleague_without_the_right_looks_only(world: World, as_person: AsPerson) -> None:
    made = make_formulation(world, [(BIOTIN, "1")])
    for person in (world.viewer, world.lapsed):
        client = as_person(person)
        assert client.get(f"/c/riga/formulations/{made.id}").status_code == 200
        for address in ("new", f"{made.id}/edit"):
            assert client.get(f"/c/riga/formulations/{address}").status_code == 403
            form = editor((BIOTIN, "9"), code="X")
            assert client.post(f"/c/riga/formulations/{address}", data=form).status_code == 403
    assert [recipe(one) for one in all_formulations()] == [[(BIOTIN, Decimal(1))]]


def test_an_outsider_finds_nothing(world: World, as_person: AsPerson) -> None:
    made = make_formulation(world, [(BIOTIN, "1")])
    client = as_person(world.outsider)
    for address in ("", f"/{made.id}", f"/{made.id}/edit", "/new"):
        assert client.get(f"/c/riga/formulations{address}").status_code == 404
    assert client.get("/c/riga/protocols").status_code == 404
    assert client.get(f"/c/elsewhere-1/formulations/{made.id}").status_code == 404
    form = editor((BIOTIN, "9"))
    answer = client.post(f"/c/elsewhere-1/formulations/{made.id}/edit", data=form)
    assert answer.status_code == 404
    assert [recipe(one) for one in all_formulations()] == [[(BIOTIN, Decimal(1))]]
