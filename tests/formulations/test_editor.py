"""The editor: found by name, ingredient or concern, added in one tap, with cost and warnings."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from supply.audit.models import AuditRow
from supply.catalogue.models import Product, ProductAllergen, ProductIngredient
from supply.db import db, transaction
from supply.formulations import services
from supply.formulations.models import Formulation
from supply.items.models import Item
from tests.factories import (
    AMPOULE,
    BIOTIN,
    CREAM,
    NEEDLE,
    NOW,
    VIAL,
    World,
    make_formulation,
    stock,
)
from tests.formulations.test_pages import editor, recipe
from tests.support.people import AsPerson
from tests.support.queries import recorded_statements

NEW = "/c/riga/formulations/new"


@pytest.fixture
def client(world: World, as_person: AsPerson) -> FlaskClient:
    return as_person(world.practitioner)


def _codes(page: str) -> list[str]:
    return re.findall(r'name="lines-\d+-code" value="([^"]*)"', page)


def _found(page: str) -> list[str]:
    return re.findall(r'name="add" value="([^"]*)"', page)


def _told(page: str) -> str:
    told = page[page.index('id="tally"') :]
    told = told[: told.index("</p>")]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", "<" + told)).strip()


def _has(sku: str, ingredient: str, *allergens: str) -> None:
    with transaction():
        product = db.session.scalars(sa.select(Product).where(Product.sku == sku)).one()
        product.ingredients = [ProductIngredient(position=1, name=ingredient)]
        product.allergens = [ProductAllergen(allergen=code) for code in allergens]


def test_one_tap_adds_what_a_search_finds(world: World, client: FlaskClient) -> None:
    _has(VIAL, "lidocaine HCl")
    form = editor((BIOTIN, "1.5"), do="find", find="lidocain")
    page = client.post(NEW, data=form).text
    assert _found(page) == [VIAL, CREAM]
    assert db.session.scalars(sa.select(Item.code)).all() == []

    form = {**editor((BIOTIN, "1.5")), "add": VIAL, "find": "lidocain"}
    added = client.post(NEW, data=form)
    assert added.status_code == 200
    assert _codes(added.text) == [BIOTIN, VIAL]
    assert re.search(r'id="lines-1-quantity"[^>]* value="1" autofocus', added.text)
    assert "lidocaine HCl" in added.text
    assert db.session.scalars(sa.select(Formulation.id)).all() == []
    again = client.post(NEW, data={**editor((BIOTIN, "1.5")), "add": BIOTIN})
    assert _codes(again.text) == [BIOTIN]


def test_no_code_is_read_on_the_page(world: World, client: FlaskClient) -> None:
    made = make_formulation(world, [(BIOTIN, "1.5"), (NEEDLE, "2")], code="HIDDEN-1")
    page = client.get(f"/c/riga/formulations/{made.id}/edit").text
    words = re.sub(r"<[^>]+>", " ", page)
    for code in (BIOTIN, NEEDLE, "HIDDEN-1"):
        assert code not in words


def test_a_formulation_gets_a_code_of_its_name(world: World, client: FlaskClient) -> None:
    for _time in range(2):
        client.post(NEW, data=editor((BIOTIN, "1"), name="Éclat, visage 20%"))
    codes = db.session.scalars(sa.select(Formulation.code).order_by(Formulation.id)).all()
    assert codes == ["ECLAT-VISAGE-20", "ECLAT-VISAGE-20-2"]


def test_lines_change_places_and_go(world: World, client: FlaskClient) -> None:
    form = editor((BIOTIN, "1"), (NEEDLE, "x"), (VIAL, "3"))
    del form["do"]
    assert _codes(client.post(NEW, data={**form, "up": "2"}).text) == [BIOTIN, VIAL, NEEDLE]
    assert _codes(client.post(NEW, data={**form, "down": "0"}).text) == [NEEDLE, BIOTIN, VIAL]
    page = client.post(NEW, data={**form, "remove": "0"}).text
    assert _codes(page) == [NEEDLE, VIAL]
    assert re.search(r'name="lines-0-quantity"[^>]* value="x"', page)


def test_only_the_order_is_kept_without_a_new_version(world: World, client: FlaskClient) -> None:
    made = make_formulation(world, [(BIOTIN, "1"), (NEEDLE, "2"), (AMPOULE, "1")])
    with transaction():
        services.freeze(made.versions[0].id, NOW)
    form = editor((AMPOULE, "1"), (BIOTIN, "1"), (NEEDLE, "2"))
    address = f"/c/riga/formulations/{made.id}/edit"
    assert client.post(address, data=form).status_code == 302
    db.session.expire_all()
    made = db.session.scalars(sa.select(Formulation)).one()
    assert [version.number for version in made.versions] == [1]
    assert [code for code, _quantity in recipe(made)] == [AMPOULE, BIOTIN, NEEDLE]
    actions = sa.select(AuditRow.action).where(AuditRow.action == "formulation.reordered")
    assert len(db.session.scalars(actions).all()) == 1


def test_a_stand_in_is_found_added_and_taken_off(world: World, client: FlaskClient) -> None:
    form = editor((BIOTIN, "1"), (NEEDLE, "2"))
    del form["do"]
    page = client.post(NEW, data={**form, "stand": "0"}).text
    assert "What may stand in for Biotin" in page
    assert 'name="stand_in_for" value="0"' in page
    page = client.post(NEW, data={**form, "stand_in_for": "0", "add": AMPOULE}).text
    field = "lines-0-substitutes-0-"
    assert f'name="{field}code" value="{AMPOULE}"' in page
    assert "1 may stand in" in page
    form |= {"lines-0-substitutes": "1", f"{field}code": AMPOULE, f"{field}quantity": "0.5"}
    assert "may stand in<" not in client.post(NEW, data={**form, "unstand": "0-0"}).text
    assert client.post(NEW, data={**form, "do": "save"}).status_code == 302
    [line, _needle] = db.session.scalars(sa.select(Formulation)).one().versions[0].lines
    kept = [(other.item.code, other.quantity) for other in line.substitutes]
    assert kept == [(AMPOULE, Decimal("0.5"))]


def test_what_a_session_costs_is_told_with_where_it_is_known_from(
    world: World, client: FlaskClient
) -> None:
    stock(world, BIOTIN, "20", cost_minor=240)
    form = editor((BIOTIN, "1.5"), (VIAL, "2"), do="find")
    page = client.post(NEW, data=form).text
    # Two ampoules at 2.40 are used up by 1.5 ml; 2 ml of a vial of 20 ml, 25 of which are 62.50.
    assert _told(page) == "€5.05 a session 1 line at what was paid last, 1 at the best price"
    with transaction():
        db.session.execute(sa.update(Product).where(Product.sku == VIAL).values(withdrawn_at=NOW))
    stocked = client.post(NEW, data={**form, "lines-1-code": BIOTIN, "lines-1-quantity": "?"}).text
    assert "without Biotin" in _told(stocked)


def test_allergens_and_what_must_not_meet_show_as_one_adds(
    world: World, client: FlaskClient
) -> None:
    _has(AMPOULE, "phosphatidylcholine", "soy")
    _has(VIAL, "lidocaine HCl")
    alone = client.post(NEW, data={**editor((AMPOULE, "1")), "do": "find"}).text
    assert "Allergens: soy" in re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", alone))
    assert "must not be mixed" not in alone
    both = client.post(NEW, data={**editor((AMPOULE, "?")), "add": VIAL}).text
    assert "Phosphatidylcholine and lidocaine must not be mixed" in both
    assert "Mesoteric, on blends for mesotherapy" in both


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_more_lines_need_no_more_statements_to_edit(world: World, client: FlaskClient) -> None:
    counts = []
    for lines in ([(BIOTIN, "1"), (VIAL, "1")], [(BIOTIN, "1"), (VIAL, "1"), (AMPOULE, "1")]):
        form = {**editor(*lines), "do": "find", "find": "needle"}
        client.post(NEW, data=form)
        with recorded_statements(db.engine) as statements:
            client.post(NEW, data=form)
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_two_versions_side_by_side(world: World, client: FlaskClient) -> None:
    made = make_formulation(
        world, [(BIOTIN, "1"), (NEEDLE, "2")], substitutes=[(BIOTIN, AMPOULE, "0.5")]
    )
    with transaction():
        services.freeze(made.versions[0].id, NOW)
    form = editor((BIOTIN, "1.5"), (VIAL, "3"))
    form |= {"lines-0-per": "area", "lines-0-optional": "yes", "lines-0-dead_space": "0.1"}
    address = f"/c/riga/formulations/{made.id}"
    assert client.post(f"{address}/edit", data=form).status_code == 302
    assert f'href="{address}/compare"' in client.get(address).text
    page = client.get(f"{address}/compare").text
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    assert "1 added, 1 taken out, 1 changed; 0 as before." in words
    for told in (
        "1 ml, or 0.5 ml of Tranexamic",
        "1.5 ml for each area, optional, 0.1 ml stays in the syringe",
        "More: 1.5 ml instead of 1 ml. Now for each area. Now optional. "
        "Now 0.1 ml stays in the syringe.",
        "may no longer stand in.",
    ):
        assert told in words
    assert client.get(f"{address}/compare?from=1&to=9").status_code == 404
    assert "nothing has changed" in client.get(f"{address}/compare?from=1&to=1").text
