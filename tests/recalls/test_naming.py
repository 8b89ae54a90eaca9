"""How notices name lots and products: ranges, labels, SKUs that are digits, codes with spaces."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from supply import clock
from supply.catalogue.models import ProductGtin
from supply.catalogue.terms import PackLevel
from supply.db import db, transaction
from supply.recalls.naming import is_range, lots_in
from tests.factories import AMPOULE, KINDS, NOW, World, make_product, stock
from tests.support.people import sign_in

TYPED = {
    "products": AMPOULE,
    "lots": "TX-1",
    "recall_class": "I",
    "reason": "Not sterile",
    "action": "Return it",
    "form_key": "k",
}
NEW = "/s/baltic/recalls/new"


@pytest.mark.parametrize(
    ("typed", "lots"),
    [
        ("LOT: TX-1\n• Lot TX-2\tbatch no. 7; (10)TX-9", ["TX-1", "TX-2", "7", "TX-9"]),
        ("LOT4521, LOTUS-1", ["LOT4521", "LOTUS-1"]),
        ("TX-8 to TX-11", ["TX-8", "TX-9", "TX-10", "TX-11"]),
        ("from TX-098 – TX-100", ["TX-098", "TX-099", "TX-100"]),
        ("24/8A…24/9A", ["24/8A", "24/9A"]),
        ("TX-100 - 102", ["TX-100", "TX-101", "TX-102"]),
        ("24-25, TX–1", ["24-25", "TX–1"]),
        ("TX-1 to TX-900", ["TX-1 to TX-900"]),
        ("TX-9 to QX-12", ["TX-9 to QX-12"]),
    ],
)
def test_lots_are_read_as_notices_write_them(typed: str, lots: list[str]) -> None:
    assert lots_in(typed, most=200) == lots
    assert any(map(is_range, lots)) is (" to " in lots[0])


def test_what_is_typed_is_understood_and_what_nobody_has_is_named(
    world: World, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    stock(world, AMPOULE, "20", lot="TX-1")
    with transaction():
        digits = make_product(world.supplier, replace(KINDS[0], sku="10012345", name="Digits"))
        case = ProductGtin(
            product_id=digits.id, gtin="4006381333931".zfill(14), level=PackLevel.CASE,
            containers=9,
        )  # fmt: skip
        db.session.add(case)
    sign_in(client, "admin@example.net")
    wrong = client.post(
        NEW, data=TYPED | {"lots": "TX-1 to TX-900", "products": "４００638133393 2"}
    )
    assert wrong.status_code == 400
    assert "Name each lot of TX-1 to TX-900 by itself." in wrong.text
    assert "The check digit should be 1." in wrong.text
    for named in ("10012345", "(01) 04006381333931", "4006381 333931"):
        looked = client.post(NEW, data=TYPED | {"products": f"{AMPOULE}\n{named}", "lots": "tx-1"})
        assert "Tranexamic acid 100 mg/ml, ampoule, Digits" in looked.text
    looked = client.post(NEW, data=TYPED | {"lots": "ｔｘ-1 to tx-3"})
    assert re.search(r"Lots</dt>\s*<dd>TX-1, tx-2, tx-3", looked.text) is not None
    assert "tx-2, tx-3. Check how they are written." in looked.text
    (mark,) = re.findall(r'name="looked" value="(\w+)"', looked.text)
    done = TYPED | {"lots": "ｔｘ-1 to tx-3", "looked": mark}
    page = client.post(NEW, data=done, follow_redirects=True)
    assert "lots TX-1, tx-2, tx-3</h1>" in page.text
    again = client.post(NEW, data=done | {"form_key": "other"}, follow_redirects=True)
    assert "This was declared before" in again.text
