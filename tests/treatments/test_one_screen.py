"""The Use page in brief: what a line uses up, what the session costs, ways on where it is short."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from supply.catalogue.models import Product, ProductIngredient
from supply.db import db, transaction
from supply.formulations.models import Formulation, FormulationLine
from supply.inventory.models import Lot
from supply.items.models import Item
from supply.treatments.models import SessionLine
from tests.factories import AMPOULE, NEEDLE, VIAL, World, make_formulation, stock
from tests.support.people import AsPerson
from tests.treatments.conftest import on_shelves


def _words(markup: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", markup)).strip()


def _notes(text: str) -> list[str]:
    notes = re.findall(r'<span class="line-note"(.*?)<span class="line-mark', text, re.DOTALL)
    return [_words("<" + note) for note in notes]


def _part(text: str, mark: str) -> str:
    """Return the words of the span with the id ``mark``, which may hold one level more."""
    found = re.search(
        rf'<span id="{mark}"[^>]*>((?:[^<]|<(strong|span)[^>]*>[^<]*</\2>)*)</span>', text
    )
    assert found is not None
    return _words(found[1])


@pytest.fixture
def client(world: World, as_person: AsPerson) -> FlaskClient:
    return as_person(world.practitioner)


def test_each_line_says_in_one_row_what_it_uses_up(
    world: World, formulation: Formulation, shelves: dict[str, Lot], client: FlaskClient
) -> None:
    address = f"/c/riga/use/{formulation.id}"
    page = client.get(address).text
    assert _notes(page) == [
        "1 ampoule · lot AMP-1 · 4.88 ml wasted",
        "1 vial · lot VIAL-1",
        "2 pieces · lot NDL-1",
    ]
    assert _part(page, "consumables-said") == "1 consumable as planned"
    form = {"patient_ref": "P-1", "form_key": "k1"}
    assert client.post(address, data={**form, "do": "record"}).status_code == 302
    vial = shelves["VIAL-1"].item_id
    later = client.post(address, data={**form, "do": "preview", f"amount-{vial}": "18"}).text
    assert "open vial + 1 vial · lot VIAL-1 · planned 3" in _notes(later)
    needle = shelves["NDL-1"].item_id
    parts = client.post(f"{address}/preview", data={f"amount-{needle}": "4", "areas_shown": "1"})
    assert _part(parts.text, "consumables-said") == "1 consumable, 1 changed"


def test_the_total_is_what_the_lots_cost(
    world: World, formulation: Formulation, shelves: dict[str, Lot], client: FlaskClient
) -> None:
    address = f"/c/riga/use/{formulation.id}"
    # A whole ampoule at 4.50, 3 of a vial's 20 ml at 2.50, and needles that nobody knows.
    assert _part(client.get(address).text, "session-cost") == "€4.88 part not known"
    needle = shelves["NDL-1"].item_id
    parts = client.post(f"{address}/preview", data={f"out-{needle}": "1", "areas_shown": "1"})
    assert _part(parts.text, "session-cost") == "€4.88 at lot cost"


def test_nothing_is_told_of_a_cost_nobody_knows(world: World, client: FlaskClient) -> None:
    made = make_formulation(world, [(NEEDLE, "2")], code="PRICK")
    stock(world, NEEDLE, "100", lot="NDL-1")
    assert _part(client.get(f"/c/riga/use/{made.id}").text, "session-cost") == ""


def test_a_shortage_offers_what_is_there_first_and_leaving_out_last(
    world: World, shelves: dict[str, Lot], client: FlaskClient
) -> None:
    made = make_formulation(world, [(VIAL, "50"), (NEEDLE, "2")], code="MUCH")
    vial = shelves["VIAL-1"].item_id
    with transaction():
        line = db.session.scalars(
            sa.select(FormulationLine).where(FormulationLine.item_id == vial)
        ).one()
        line.dead_space = Decimal(1)
    address = f"/c/riga/use/{made.id}"
    page = client.get(address).text
    offered = ["Use the 39 ml there", "Correct the shelf", "Leave it out"]
    summary = page[page.index('id="shortage"') :]
    places = [summary.index(words) for words in offered]
    assert places == sorted(places)
    assert "to spare" not in page
    assert _part(page, "session-cost") == ""

    form = {"patient_ref": "P-1", "form_key": "k1"}
    there = client.post(address, data={**form, "do": f"there-{vial}-39"})
    assert there.status_code == 200
    assert re.search(rf'name="amount-{vial}"[^>]* value="39"', there.text)
    assert "too little" not in there.text
    sent = {**form, "do": "record", f"amount-{vial}": "39"}
    assert client.post(address, data=sent).status_code == 302


def test_a_sister_clinic_that_can_spare_it_is_named(
    world: World, shelves: dict[str, Lot], client: FlaskClient
) -> None:
    made = make_formulation(world, [(VIAL, "50")], code="MUCH")
    stock(world, VIAL, "60", lot="SIS-1", clinic=world.sister)
    page = client.get(f"/c/riga/use/{made.id}").text
    assert f"{world.sister.name} has 3 vials to spare (lot SIS-1): have 10 ml brought over." in page


def test_what_is_injected_comes_before_creams_and_needles(
    world: World, shelves: dict[str, Lot], client: FlaskClient
) -> None:
    made = make_formulation(world, [(NEEDLE, "2"), (VIAL, "1"), (AMPOULE, "1")], code="MIXED")
    with transaction():
        db.session.execute(sa.update(Item).where(Item.code == VIAL).values(injectable=False))
    page = client.get(f"/c/riga/use/{made.id}").text
    names = re.findall(r'<span class="line-name">([^<]+)<', page)
    assert [name.split()[0] for name in names] == ["Tranexamic", "Lidocaine", "Mesotherapy"]
    with transaction():
        product = db.session.scalars(sa.select(Product).where(Product.sku == NEEDLE)).one()
        product.ingredients = [ProductIngredient(position=1, name="hyaluronic acid")]
    assert "consumables-said" in client.get(f"/c/riga/use/{made.id}").text
    with transaction():
        db.session.execute(sa.update(Item).where(Item.code == NEEDLE).values(injectable=True))
    assert "consumables-said" not in client.get(f"/c/riga/use/{made.id}").text


def test_what_differs_and_why_stays_with_the_session(
    world: World, formulation: Formulation, shelves: dict[str, Lot], client: FlaskClient
) -> None:
    ampoule, vial, needle = (shelves[lot].item_id for lot in ("AMP-1", "VIAL-1", "NDL-1"))
    address = f"/c/riga/use/{formulation.id}"
    form = {
        "patient_ref": "P-1",
        "do": "record",
        "form_key": "k1",
        f"amount-{vial}": "4",
        f"reason-{vial}": "Larger area",
        f"out-{ampoule}": "1",
        f"reason-{ampoule}": "Melasma has cleared",
        f"amount-{needle}": "3",
    }
    shown = client.post(address, data={**form, "do": "preview"}).text
    assert "1 vial · lot VIAL-1 · planned 3" in _notes(shown)
    assert client.post(address, data=form).status_code == 302
    rows = db.session.execute(
        sa.select(SessionLine.item_id, SessionLine.given, SessionLine.reason)
    ).all()
    assert {row.item_id: (row.given, row.reason) for row in rows} == {
        ampoule: (0, "Melasma has cleared"),
        vial: (4, "Larger area"),
        needle: (3, None),
    }
    assert on_shelves()["AMP-1"] == [10]
    session = client.get("/c/riga/sessions/1").text
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", session))
    for told in ("Larger area", "Melasma has cleared", "Left out", "No reason given"):
        assert told in words
