"""The camera as a scanner: blurred, turned, two codes in view, refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest
import sqlalchemy as sa
from PIL import Image
from playwright.sync_api import Browser, FilePayload, Page, expect

from supply.catalogue.models import Product, ProductGtin
from supply.catalogue.terms import PackLevel
from supply.db import db, transaction
from tests.browser.contexts import PHONE, open_context
from tests.browser.people import MANAGER, sign_in
from tests.factories import BIOTIN, VIAL
from tests.support.camera import code, film, photo, view
from tests.support.chromium import chromium_arguments, find_chromium
from tests.support.live_server import LiveServer
from tests.support.pages import assert_accessible

GOODS: Final = "/c/riga/receive/goods"
GTIN: Final = "09500000000051"
OTHER: Final = "09506000134352"
ONE: Final = code(f"(01){GTIN}(17)280531(10)CAM-1(21)S7")
TWO: Final = code(f"(01){OTHER}(17)290430(10)CAM-2")

Films = Callable[[list[Image.Image]], Page]


@pytest.fixture
def coded(live_server: LiveServer, small_world: None) -> None:
    """Biotin and lidocaine have a bar code each."""
    with live_server.app.app_context(), transaction():
        for sku, gtin in ((BIOTIN, GTIN), (VIAL, OTHER)):
            product = db.session.scalars(sa.select(Product).where(Product.sku == sku)).one()
            product.gtins.append(ProductGtin(gtin=gtin, level=PackLevel.PACK, containers=10))


@pytest.fixture
def phone_that_sees(
    browser: Browser, live_server: LiveServer, coded: None, tmp_path: Path
) -> Iterator[Films]:
    """Open the page for goods on a phone whose camera sees a film."""
    faults: list[str] = []
    with ExitStack() as stack:

        def opened(frames: list[Image.Image]) -> Page:
            filmed = film(frames, tmp_path / "camera.y4m")
            launched = browser.browser_type.launch(
                executable_path=find_chromium(),
                args=[
                    *chromium_arguments(),
                    "--use-fake-ui-for-media-stream",
                    "--use-fake-device-for-media-stream",
                    f"--use-file-for-fake-video-capture={filmed}",
                ],
            )
            stack.callback(launched.close)
            context = open_context(launched, live_server.url, faults, **PHONE)
            return sign_in(context.new_page(), MANAGER, GOODS)

        yield opened
    assert faults == []


def test_a_code_is_read_when_it_is_sharp_though_turned(phone_that_sees: Films) -> None:
    blurred, sharp = view(ONE, turned=25, blurred=14), view(ONE, turned=25)
    page = phone_that_sees([*[blurred] * 8, *[sharp] * 20])
    page.get_by_label("Scan with the camera").click()
    expect(page.get_by_role("dialog")).to_contain_text("Hold it 15–20 cm from the code.")
    assert_accessible(page)
    expect(page.get_by_label("Lot, or a scan").first).to_have_value("CAM-1")
    expect(page.get_by_label("Item code").first).to_have_value(BIOTIN)
    expect(page.get_by_label("Expiry").first).to_have_value("2028-05-31")


def test_the_camera_stays_open_for_the_next_box(phone_that_sees: Films) -> None:
    """Each is taken once while it is in view; the page behind is filled in, row after row."""
    page = phone_that_sees([*[view(ONE)] * 35, *[view()] * 3, *[view(TWO)] * 45])
    page.get_by_label("Scan with the camera").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("This one is taken. Show the next", timeout=20_000)
    assert_accessible(page)
    expect(page.get_by_label("Lot, or a scan").nth(1)).to_have_value(re.compile("CAM-"))
    dialog.get_by_role("button", name="Done").click()
    lots = page.get_by_label("Lot, or a scan")
    assert {lots.nth(at).input_value() for at in (0, 1)} == {"CAM-1", "CAM-2"}
    expect(page.get_by_role("button", name="Receive", exact=True)).to_be_visible()


def test_of_two_codes_in_view_the_person_chooses(phone_that_sees: Films) -> None:
    page = phone_that_sees([view(ONE, TWO)] * 4)
    page.get_by_label("Scan with the camera").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Several codes are in view. Which one is it?")
    dialog.get_by_role("button", name="CAM-2").click()
    expect(page.get_by_label("Lot, or a scan").first).to_have_value("CAM-2")


def test_where_the_camera_is_refused_a_photo_is_read(phone_page: Page, coded: None) -> None:
    refused = "() => Promise.reject(new DOMException('no', 'NotAllowedError'))"
    phone_page.add_init_script(f"MediaDevices.prototype.getUserMedia = {refused}")
    page = sign_in(phone_page, MANAGER, GOODS)
    page.get_by_label("Scan with the camera").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("This page may not use the camera.")
    chooser = dialog.locator("input[type=file]")
    chooser.set_input_files(_taken(Image.new("L", (400, 300), 200)))
    expect(dialog).to_contain_text("No code can be read on this photo.")
    chooser.set_input_files(_taken(view(ONE)))
    expect(page.get_by_label("Lot, or a scan").first).to_have_value("CAM-1")


def _taken(seen: Image.Image) -> FilePayload:
    return {"name": "box.jpg", "mimeType": "image/jpeg", "buffer": photo(seen)}
