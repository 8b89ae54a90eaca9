"""Photos of codes: read on the server, led back with, put into the field they are meant for."""

from __future__ import annotations

import datetime as dt
import io
import re
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from supply import clock
from supply.catalogue.models import Product, ProductGtin
from supply.db import db, transaction
from supply.scanning import photos
from supply.scanning.seen import told
from tests.factories import BIOTIN, NOW, World, make_world
from tests.support.camera import code, photo, view
from tests.support.people import sign_in

GTIN = "09500000000051"
ONE = f"01{GTIN}1728053110CAM-1\x1d21S7"
PHOTO_OF_ONE = photo(view(code(f"(01){GTIN}(17)280531(10)CAM-1(21)S7"), turned=40))
NOTHING = photo(Image.new("L", (300, 200), 120), "PNG")
BACK = "/c/riga/stock?show=low&q=old&page=3"
JSON = {"Accept": "application/json"}


@pytest.fixture
def world(app: Flask, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    world = make_world()
    with transaction():
        biotin = sa.select(Product.id).where(Product.sku == BIOTIN).scalar_subquery()
        row = {"product_id": biotin, "gtin": GTIN, "level": "pack", "containers": 10}
        db.session.execute(sa.insert(ProductGtin).values(row))
    return world


@pytest.fixture
def manager(world: World, client: FlaskClient) -> FlaskClient:
    sign_in(client, "manager@example.org")
    return client


def sent(content: bytes, **more: str) -> dict[str, object]:
    return {"photo": (io.BytesIO(content), "box.jpg"), **more}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_only_code_leads_back_with_it(manager: FlaskClient) -> None:
    answer = manager.post("/scan/photo", data=sent(PHOTO_OF_ONE, next=BACK, field="q"))
    assert answer.status_code == 302
    onward = urlsplit(answer.location)
    assert (onward.path, parse_qs(onward.query)) == ("/c/riga/stock", {"show": ["low"], "q": [ONE]})
    for elsewhere in ("//evil.example", "https://evil.example", ""):
        page = manager.post("/scan/photo", data=sent(PHOTO_OF_ONE, next=elsewhere, field="q"))
        assert (page.status_code, "lot CAM-1" in page.text) == (200, True)
        assert "evil.example/" not in page.text
    answer = manager.post("/scan/photo", data=sent(PHOTO_OF_ONE), headers=JSON)
    said = f"GTIN {GTIN}, lot CAM-1, expires 31 May 2028, serial number S7"
    assert answer.get_json() == {"codes": [{"text": ONE, "said": said}]}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_of_several_codes_the_person_chooses(manager: FlaskClient) -> None:
    two = photo(view(code(f"(01){GTIN}(10)A"), code("(01)09506000134352(10)B")))
    page = manager.post("/scan/photo", data=sent(two, next=BACK, field="q")).text
    assert "Which one is it?" in page
    assert set(re.findall(r"10([AB])\"", page)) == {"A", "B"}
    asked = {"code": [GTIN[1:], ONE, "https://maker.example/leaflet", "PAT-7"]}
    answer = manager.post("/scan/read", data=asked).get_json()
    assert [one["text"] for one in answer["codes"]] == [ONE, "PAT-7"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_cannot_be_read_is_said(manager: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    for content, said in (
        (b"", "Take or choose a photo of the code."),
        (b"GIF89a and so on", "Take the photo as JPEG, PNG or WebP."),
        (PHOTO_OF_ONE[:400], "This photo is damaged. Take another."),
        (NOTHING, "No code can be read on this photo."),
    ):
        answer = manager.post("/scan/photo", data=sent(content))
        assert (answer.status_code, said in answer.text) == (400, True), said
        answer = manager.post("/scan/photo", data=sent(content), headers=JSON)
        assert (answer.status_code, said in answer.get_json()["problem"]) == (400, True)
    monkeypatch.setattr(photos, "MOST_PIXELS", 100)
    assert "too large" in manager.post("/scan/photo", data=sent(PHOTO_OF_ONE)).text
    monkeypatch.setattr(photos, "LARGEST", 100)
    assert "larger than" in manager.post("/scan/photo", data=sent(PHOTO_OF_ONE)).text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_photo_in_a_form_is_read_without_scripts_and_nothing_typed_is_lost(
    manager: FlaskClient,
) -> None:
    typed = {"sku_1": "VIAL-X", "lot_1": "L-9", "packs_1": "4", "do": "take", "scan": ""}
    files = {"photo_of_scan": (io.BytesIO(PHOTO_OF_ONE), "box.jpg")}
    page = manager.post("/c/riga/receive/goods", data={**typed, **files})
    assert page.status_code == 200, "what a photo shows is read before anything is taken in"
    shown = dict(re.findall(r'name="((?:sku|lot|packs)_\d)" value="([^"]*)"', page.text))
    assert (shown["sku_1"], shown["lot_1"]) == ("VIAL-X", "L-9")
    assert (shown["sku_2"], shown["lot_2"]) == (BIOTIN, "CAM-1")
    files = {"photo_of_scan": (io.BytesIO(NOTHING), "box.png")}
    page = manager.post("/c/riga/receive/goods", data={**typed, **files, "do": "read"})
    assert "No code can be read on this photo." in page.text


def test_of_the_codes_of_one_box_the_one_that_says_most_is_meant() -> None:
    today = dt.date(2026, 7, 1)
    assert [one.text for one in told([GTIN, f"01{GTIN}10A", f"01{GTIN}1728053110A"], today)] == [
        f"01{GTIN}1728053110A"
    ]
    assert len(told([f"01{GTIN}10A", f"01{GTIN}10B"], today)) == 2
    assert [one.said for one in told(["SH-AB12\x1dCD"], today)] == ["SH-AB12 CD"]
