"""Labels: laid out on sheets and rolls, and read back at any printer's resolution."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

import pypdfium2
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from supply import clock
from supply.catalogue import own_codes
from supply.catalogue.barcodes import scan
from supply.catalogue.models import Product, ProductGtin
from supply.db import db, transaction
from supply.items.models import Location
from supply.labels.papers import PAPERS, PaperName
from supply.scanning.decoding import codes_on
from tests.factories import BIOTIN, NOW, TODAY, VIAL, World, make_world, stock
from tests.support.people import sign_in

GTIN = "09506000134352"
PAGE = "/c/riga/labels"
PDF = "/c/riga/labels.pdf"
DAY = dt.date(2027, 5, 31)


@pytest.fixture
def world(app: Flask, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    world = make_world()
    with transaction():
        biotin = sa.select(Product.id).where(Product.sku == BIOTIN).scalar_subquery()
        db.session.execute(
            sa.delete(ProductGtin).where(
                ProductGtin.product_id.in_(sa.select(Product.id).where(Product.sku == VIAL))
            )
        )
        row = {"product_id": biotin, "gtin": GTIN, "level": "each", "containers": 1}
        db.session.execute(sa.insert(ProductGtin).values(row))
    return world


@pytest.fixture
def manager(world: World, client: FlaskClient) -> FlaskClient:
    sign_in(client, "manager@example.org")
    return client


def codes(pdf: bytes, dpi: int) -> Iterator[list[str]]:
    """Yield what our own reader reads on each page, printed in so many dots."""
    document = pypdfium2.PdfDocument(pdf)
    for page in document:
        yield codes_on(page.render(scale=dpi / 72, grayscale=True).to_pil().convert("L"))
    document.close()


def test_lots_and_places_are_read_back_at_every_resolution(
    world: World, manager: FlaskClient
) -> None:
    coded = stock(world, BIOTIN, "20", lot="A/1-b", expiry=DAY)
    uncoded = stock(world, VIAL, "60", lot="L (7) #", expiry=None)
    fridge = db.session.scalars(
        sa.select(Location.id).where(
            Location.clinic_id == world.clinic.id, Location.name.startswith("Fridge")
        )
    ).one()
    asked = f"lot={coded.id}&lot={uncoded.id}&location={fridge}"
    said = {
        (GTIN, None, "A/1-b", DAY, None),
        (None, VIAL, "L (7) #", None, None),
        (None, None, None, None, f"riga/{fridge}"),
    }
    for paper, dpi in (("a4-65", 203), ("roll-57x32", 203), ("a4-24", 300), ("roll-62x29", 600)):
        pdf = manager.get(f"{PDF}?{asked}&paper={paper}").data
        read = [scan(text, today=TODAY) for page in codes(pdf, dpi) for text in page]
        assert {(r.gtin, r.item, r.lot, r.expiry, r.place) for r in read} == said, (paper, dpi)
        assert all(not one.problems for one in read)
    assert f'value="{paper}" selected' in manager.get(f"{PAGE}?{asked}").text, "the last paper"


def test_labels_begin_where_the_sheet_was_left(world: World, manager: FlaskClient) -> None:
    lot = stock(world, BIOTIN, "20", lot="A1", expiry=DAY)
    pdf = manager.get(f"{PDF}?lot={lot.id}&lot-{lot.id}=3&paper=a4-21&start=20").data
    document = pypdfium2.PdfDocument(pdf)
    texts = [page.get_textpage().get_text_bounded() for page in document]
    document.close()
    assert [text.count("Lot A1") for text in texts] == [2, 1]
    assert "Use by 31 May 2027" in texts[0]
    long = stock(world, VIAL, "60", lot="LOT-WITH-20-SIGNS-XY", expiry=dt.date(2028, 9, 30))
    small = pypdfium2.PdfDocument(manager.get(f"{PDF}?lot={long.id}&paper=a4-65").data)
    whole = small[0].get_textpage().get_text_bounded()
    small.close()
    assert "Lot LOT-WITH-20-SIGNS-XY" in whole
    assert "Use by 30 Sept 2028" in whole, "a date is never cut"
    for wrong, words in (
        ("start=22", "Begin at a label from 1 to 21."),
        (f"lot-{lot.id}=x", "Print from 0 to 1000 of each."),
        (f"lot-{lot.id}=0", "Print from 1 to 1000 labels at a time."),
    ):
        answer = manager.get(f"{PDF}?lot={lot.id}&paper=a4-21&{wrong}")
        assert (answer.status_code, words in answer.text) == (400, True), wrong


@pytest.mark.parametrize("paper", list(PaperName))
def test_every_label_lies_on_its_page(paper: PaperName) -> None:
    sheet = PAPERS[paper]
    corners = [sheet.corner(place) for place in range(sheet.per_page)]
    wide, high = max(x for x, _y in corners), max(y for _x, y in corners)
    assert wide + sheet.label[0] <= sheet.page[0] + 0.01
    assert high + sheet.label[1] <= sheet.page[1] + 0.01
    assert len(set(corners)) == {"a4-65": 65, "a4-24": 24, "a4-21": 21}.get(paper, 1)
    assert list(sheet.places(2, sheet.per_page))[1] == (1, 0)


def test_our_codes_mean_something_only_to_us(world: World, manager: FlaskClient) -> None:
    lot = stock(world, VIAL, "60", lot="L7")
    code = f"91SI:{VIAL}\x1d10L7"
    page = manager.get("/c/riga/stock", query_string={"q": code})
    assert page.location == f"/c/riga/items/{lot.item_id}"
    other = scan("91ANYTHING\x1d10L7", today=TODAY)
    assert (other.item, other.lot, other.problems) == (None, "L7", [])
    lost = scan(f"91SI:{VIAL}10L7", today=TODAY)
    assert (lost.item, lost.lot) == (f"{VIAL}10L7", None), "no lot is made up"
    shelf = db.session.scalars(
        sa.select(Location.id).where(
            Location.clinic_id == world.clinic.id, Location.name.startswith("Cupboard")
        )
    ).one()
    moving = {"scan": f"91SP:riga/{shelf}", "do": "scan", "to": ""}
    made = manager.post("/c/riga/transfers/new", data=moving).text
    assert f'name="to" value="place:{shelf}"' in made
    there = manager.get("/c/riga/stock", query_string={"q": f"91SP:riga/{shelf}"}).text
    assert "What is in Cupboard" in there
    assert (
        "You have no item NOPE."
        in manager.post(
            "/c/riga/receive/goods", data={"scan": "91SI:NOPE\x1d10X", "do": "read"}
        ).text
    )


def test_others_get_no_labels(world: World, app: Flask, manager: FlaskClient) -> None:
    lot = stock(world, BIOTIN, "20", lot="A1")
    bare = manager.get(PAGE)
    assert (bare.status_code, "Fridge" in bare.text) == (200, True)  # those of its locations
    assert manager.get(f"{PAGE}?lot={lot.id + 99}").status_code == 404
    elsewhere = db.session.scalars(
        sa.select(Location.id).where(Location.clinic_id == world.sister.id).limit(1)
    ).one()
    assert manager.get(f"{PAGE}?location={elsewhere}").status_code == 404
    outsider = app.test_client()
    sign_in(outsider, "outsider@example.com")
    assert outsider.get(f"{PDF}?lot={lot.id}").status_code == 404


def test_what_cannot_be_coded_is_left_out_and_nothing_is_made_up() -> None:
    made = own_codes.of_lot("X" * 100, "L" * 80, None, None)
    assert made.text == f"(92)SL:{'L' * 80}"
    assert own_codes.of_lot("X", "A", DAY, "04006381333930").text == "(17)270531(91)SI:X(10)A"
    assert Decimal(len(own_codes.of_place("riga", 7).text)) < 90
