"""Take the pictures of the handbook: ``make pictures``.

Makes the demonstration in a temporary database at a fixed moment, serves it on a free port and
photographs pages with the Chromium that is installed, into docs/pictures. Names of pictures on
the command line take those alone. Orders and shipments have other codes each time: those are
drawn to be unguessable.
"""

from __future__ import annotations

import datetime as dt
import io
import logging
import sys
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import flask_migrate
import sqlalchemy as sa
from flask import Flask
from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from supply import clock, create_app
from supply.accounts.models import Clinic, Practice, Supplier
from supply.db import db, transaction
from supply.demo.builder import build
from supply.demo.profiles import PASSWORD
from supply.formulations.models import Formulation
from supply.items.models import Item
from supply.ordering.models import PurchaseOrder
from supply.ordering.terms import Stage
from supply.outbox.models import Mail
from supply.outbox.terms import MailKind
from supply.shipping.models import Shipment
from tests.support.chromium import chromium_arguments, find_chromium
from tests.support.live_server import serving
from tests.support.ports import free_port

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pictures"

MOMENT = dt.datetime(2026, 11, 24, 7, 40, tzinfo=dt.UTC)
"""A Tuesday morning, twenty minutes to ten in Riga."""

COLOURS = 96
DESK: ViewportSize = {"width": 1280, "height": 860}
PHONE: ViewportSize = {"width": 390, "height": 844}

OWNER = "marta@aurora.example"
MANAGER = "jonas@aurora.example"
PRACTITIONER = "elina@aurora.example"
SUPPLIER_ADMIN = "andris@amber-coast.example"
FULFILLER = "liga@amber-coast.example"


@dataclass(frozen=True, slots=True)
class Picture:
    """A page to photograph: who looks at it, and where it is.

    ``path`` may hold the names of :func:`found_places`; ``phone`` pictures are as narrow.
    """

    name: str
    person: str
    path: str
    phone: bool = False


PICTURES = (
    Picture("today", MANAGER, "/c/riga/today"),
    Picture("today-phone", MANAGER, "/c/riga/today", phone=True),
    Picture("stock", MANAGER, "/c/riga/stock"),
    Picture("stock-phone", MANAGER, "/c/riga/stock", phone=True),
    Picture("item", MANAGER, "/c/riga/items/{item}"),
    Picture("proposals", MANAGER, "/c/riga/proposals"),
    Picture("basket", MANAGER, "/c/riga/basket"),
    Picture("receive", MANAGER, "/c/riga/receive/{shipment}"),
    Picture("alerts", MANAGER, "/c/riga/alerts"),
    Picture("reorder-points", MANAGER, "/c/riga/policies"),
    Picture("catalogue", MANAGER, "/c/riga/catalogue?q=hyaluronic"),
    Picture("trace", MANAGER, "/c/riga/trace?q=R2511-035"),
    Picture("approve", OWNER, "/c/riga/orders/{to_approve}"),
    Picture("people", OWNER, "/p/aurora/settings/people"),
    Picture("mail", MANAGER, "/p/aurora/mailbox/{digest}/html"),
    Picture("use-phone", PRACTITIONER, "/c/riga/use", phone=True),
    Picture("session", PRACTITIONER, "/c/riga/use/{formulation}"),
    Picture("session-phone", PRACTITIONER, "/c/riga/use/{formulation}", phone=True),
    Picture("course", PRACTITIONER, "/c/riga/courses/new"),
    Picture("desk", FULFILLER, "/s/amber-coast/orders"),
    Picture("ship", FULFILLER, "/s/amber-coast/orders/{to_ship}"),
    Picture("packing-slip", FULFILLER, "/s/amber-coast/shipments/{shipment}"),
    Picture("products", SUPPLIER_ADMIN, "/s/amber-coast/products"),
)


def main() -> None:
    """Take the pictures named on the command line, or all."""
    wanted = set(sys.argv[1:])
    unknown = wanted - {picture.name for picture in PICTURES}
    if unknown:
        sys.exit(f"pictures: there is no picture {', '.join(sorted(unknown))}")
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    with (
        patch.object(clock, "now", return_value=MOMENT),
        _demonstration() as app,
        serving(app, free_port()) as live,
        _chromium() as browser,
    ):
        places = found_places(app)
        chosen = [p for p in PICTURES if not wanted or p.name in wanted]
        _photograph(browser, live.url, chosen, places)


def found_places(app: Flask) -> dict[str, int]:
    """Return the ids that addresses of pictures need, by the name they use for them."""
    riga = sa.select(Clinic.id).where(Clinic.code == "riga").scalar_subquery()
    order = sa.select(sa.func.max(PurchaseOrder.id)).where(PurchaseOrder.clinic_id == riga)
    amber = sa.select(Supplier.id).where(Supplier.code == "amber-coast").scalar_subquery()
    aurora = sa.select(Practice.id).where(Practice.code == "aurora").scalar_subquery()
    queries = {
        "item": sa.select(Item.id).where(Item.code == "LIDO-1-MDV20", Item.practice_id == aurora),
        "formulation": sa.select(Formulation.id).where(
            Formulation.code == "PIG-TXA4-3", Formulation.practice_id == aurora
        ),
        "to_approve": order.where(PurchaseOrder.stage == Stage.AWAITING_APPROVAL),
        "to_ship": order.where(
            PurchaseOrder.stage == Stage.PLACED, PurchaseOrder.supplier_id == amber
        ),
        "shipment": sa.select(sa.func.max(Shipment.id)).where(
            Shipment.order.has(PurchaseOrder.clinic_id == riga)
        ),
        "digest": sa.select(sa.func.max(Mail.id)).where(
            Mail.kind == MailKind.DIGEST,
            Mail.practice_id == aurora,
            Mail.subject.contains("Riga"),
        ),
    }
    with app.app_context():
        return {name: db.session.scalars(query).one() for name, query in queries.items()}


@contextmanager
def _demonstration() -> Iterator[Flask]:
    """Yield the application with the demonstration as it stands at MOMENT."""
    with tempfile.TemporaryDirectory() as folder:
        settings = {
            "INSTANCE_PATH": folder,
            "SQLALCHEMY_DATABASE_URI": f"sqlite:///{folder}/pictures.sqlite3",
            "RATELIMIT_ENABLED": False,
        }
        app = create_app(settings)
        with app.app_context():
            flask_migrate.upgrade()
            with transaction():
                build(MOMENT)
        yield app


@contextmanager
def _chromium() -> Iterator[Browser]:
    path = find_chromium()
    if path is None:
        sys.exit("pictures: install Chromium first")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=chromium_arguments())
        yield browser
        browser.close()


def _photograph(
    browser: Browser, url: str, pictures: Collection[Picture], places: dict[str, int]
) -> None:
    """Take ``pictures``, with one sign-in for each person and width."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for person, phone in dict.fromkeys((p.person, p.phone) for p in pictures):
        page = _signed_in(browser, url, person, phone=phone)
        for picture in pictures:
            if (picture.person, picture.phone) == (person, phone):
                _take(page, picture, places)
        page.context.close()


def _signed_in(browser: Browser, url: str, person: str, *, phone: bool) -> Page:
    context = browser.new_context(
        base_url=url,
        viewport=PHONE if phone else DESK,
        is_mobile=phone,
        has_touch=phone,
        device_scale_factor=1,
        locale="en-GB",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(person)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/today" if "aurora" in person else "**/orders")
    return page


def _take(page: Page, picture: Picture, places: dict[str, int]) -> None:
    path = picture.path.format_map(places)
    answer = page.goto(path)
    if answer is None or not answer.ok:
        sys.exit(f"pictures: {picture.name} is not at {path}")
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    target = FOLDER / f"{picture.name}.png"
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(target, optimize=True)
    print(target.relative_to(FOLDER.parent.parent), target.stat().st_size // 1024, "KB")


if __name__ == "__main__":
    main()
