"""What suppliers of the demonstration say of their goods: what is out, what follows what, papers.

The picture and the document are made here, by our own code.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping

import sqlalchemy as sa

from supply import clock
from supply.accounts.models import Practice, Supplier
from supply.actor import SYSTEM
from supply.catalogue.attachments.content import read_content
from supply.catalogue.attachments.services import Label, add_attachment
from supply.catalogue.attachments.terms import AttachmentKind
from supply.catalogue.models import Product
from supply.catalogue.one_product import add_product
from supply.catalogue.prices.services import PriceTerms, set_price
from supply.catalogue.services import withdraw
from supply.catalogue.successors import name_successor
from supply.catalogue.terms import Availability
from supply.db import db
from supply.demo.profiles import AURORA_CODE, CONSUMABLES, INJECTABLES
from supply.documents import layout
from supply.money import Money

OUT, SHORT = "VIT-C-20-A10x5", "HA-NCL-35-A10x3"
NEEDLE, OLD_NEEDLE = "NDL-30G-4", "NDL-30G-4-OLD"
PICTURED = "HA-NCL-10-V5x5"

OWN_PRICES = {"HA-NCL-10-V5x5": 11_200, "HA-NCL-20-A10x2": 13_400, "TXA-100-A10x5": 5_600}
"""What one practice pays for a pack, in euro cents, below the list."""


def stock_the_shelves(
    suppliers: Mapping[str, Supplier], practices: Mapping[str, Practice], now: dt.datetime
) -> None:
    """Say what is short and what replaces what, give a practice its own prices, attach papers."""
    injectables = _products(suppliers[INJECTABLES.code])
    consumables = _products(suppliers[CONSUMABLES.code])
    today = clock.local_date(now, suppliers[INJECTABLES.code].timezone)
    _short(injectables[OUT], Availability.UNAVAILABLE, today + dt.timedelta(days=16))
    _short(injectables[SHORT], Availability.SHORT, today + dt.timedelta(days=5))
    _replace(suppliers[CONSUMABLES.code], consumables[NEEDLE], now)
    practice = practices[AURORA_CODE]
    for sku, minor in OWN_PRICES.items():
        own = PriceTerms(Money(minor, "EUR"), today, practice_id=practice.id)
        set_price(injectables[sku], own, today=today, actor=SYSTEM, now=now)
    _attach(injectables[PICTURED], now)


def _products(supplier: Supplier) -> dict[str, Product]:
    products = db.session.scalars(sa.select(Product).where(Product.supplier_id == supplier.id))
    return {product.sku: product for product in products}


def _short(product: Product, availability: Availability, expected_on: dt.date) -> None:
    product.availability, product.expected_on = availability, expected_on
    db.session.flush()


def _replace(supplier: Supplier, needle: Product, now: dt.datetime) -> None:
    """Add the needle's old pack, which is no longer sold."""
    cells = {
        "sku": OLD_NEEDLE,
        "name": "Mesotherapy needle 30G x 4 mm, sterile, pack of 50",
        "category": "needle",
        "kind": "needle",
        "unit": "each",
        "containers_per_pack": "50",
        "content_per_container": "1",
        "storage": "15-25C; keep dry",
        "prescription_only": "no",
    }
    old = db.session.get_one(Product, add_product(supplier, cells, actor=SYSTEM, now=now))
    name_successor(old, db.session.get_one(Product, needle.id))
    withdraw(old, actor=SYSTEM, now=now)


def _attach(product: Product, now: dt.datetime) -> None:
    picture = Label(product.name, AttachmentKind.PICTURE)
    add_attachment(product, picture, read_content(drawn_vial()), actor=SYSTEM, now=now)
    leaflet = Label("Instructions for use, edition 3", AttachmentKind.INSTRUCTIONS)
    add_attachment(
        product, leaflet, read_content(written_leaflet(product.name)), actor=SYSTEM, now=now
    )


def drawn_vial() -> bytes:
    """Return a picture of a vial as PNG."""
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (640, 480), "#eef3f6")
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle((250, 60, 390, 130), 12, fill="#7d8a96")
    draw.rectangle((275, 130, 365, 165), fill="#c9d3da")
    draw.rounded_rectangle((220, 160, 420, 430), 28, fill="#ffffff", outline="#9fb0bd", width=5)
    draw.rounded_rectangle((224, 250, 416, 426), 24, fill="#d6ebf2")
    draw.rectangle((220, 275, 420, 370), fill="#0f7c8a")
    for top, right in ((292, 380), (316, 350), (340, 365)):
        draw.rectangle((242, top, right, top + 8), fill="#ffffff")
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def written_leaflet(name: str) -> bytes:
    """Return a page of instructions as PDF."""
    page = layout.new_page(f"Instructions for use: {name}")
    layout.heading(page, "Instructions for use")
    layout.lines(
        page,
        [
            name,
            "For use by qualified practitioners. Read all of it before use.",
            "Keep at 2 to 25 °C. Do not freeze. For one patient; discard what is left.",
            "Inspect the vial: use it only if it is clear and whole.",
            "This page belongs to a demonstration. The product is invented.",
        ],
    )
    return layout.finished(page)
