"""A lot is the number as printed: case, width and unseen marks aside, every sign counts."""

from __future__ import annotations

from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask

from supply.db import db, transaction
from supply.inventory.lookalikes import notes_of_entry
from supply.inventory.models import Lot
from supply.inventory.rules import lot_likeness, normalise_lot
from supply.opening_stock import importing
from supply.refusals import InvalidInput
from tests.api.calls import Cast
from tests.factories import NEEDLE, NOW, World, item, stock
from tests.opening_stock.test_importing import HEADER, csv, take, there
from tests.support.people import sign_in


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ab-12", "AB-12"),
        ("É-1", "E\u0301-1"),
        ("AB１２", "AB12"),
        ("AB\u200b12\u200e", "AB12"),
        ("LOT\u00a07", "lot 7"),
        ("  7  8 ", "7 8"),
        ("ß-1", "SS-1"),
        ("ﬁ9", "FI9"),
    ],
)
def test_these_are_one_lot(one: str, other: str) -> None:
    assert normalise_lot(one) == normalise_lot(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("12-3", "1-23"),
        ("12-3", "123"),
        ("É-1", "E-1"),
        ("1.2", "1/2"),
        ("A 1", "A1"),
        ("O1", "01"),
    ],
)
def test_these_are_two(one: str, other: str) -> None:
    assert normalise_lot(one) != normalise_lot(other)


@pytest.mark.parametrize("number", ["", "  ", "---", "\u200b", "/"])
def test_this_is_none(number: str) -> None:
    assert normalise_lot(number) == ""


@pytest.mark.parametrize(
    ("one", "other"), [("12-3", "1-23"), ("AB-12", "ab12"), ("LO1", "L0I"), ("A 1", "A/1")]
)
def test_these_look_alike(one: str, other: str) -> None:
    assert lot_likeness(one) == lot_likeness(other)


def test_two_lots_stay_two_and_a_case_is_none(world: World) -> None:
    take(world, csv(f"{NEEDLE},12-3,,10,", f"{NEEDLE},1-23,,20,", f"{NEEDLE},E\u0301-1,,30,"))
    with transaction():
        imported = importing.read_stock(csv(f"{NEEDLE},é-1,,5,Fridge 2–8 °C"), "more.csv")
        importing.import_stock(world.clinic, imported, actor=world.actor(), now=NOW)
    assert there() == [
        (NEEDLE, "1-23", "Cupboard", Decimal(20)),
        (NEEDLE, "12-3", "Cupboard", Decimal(10)),
        (NEEDLE, "É-1", "Cupboard", Decimal(30)),
        (NEEDLE, "É-1", "Fridge 2–8 °C", Decimal(5)),
    ]


def test_a_number_is_kept_as_it_is_read_by_people(world: World) -> None:
    stock(world, NEEDLE, "10", lot=" AB\u200b\u00a0１2 ")
    assert db.session.scalars(sa.select(Lot.number)).one() == "AB 12"


@pytest.mark.parametrize("number", ["A" * 81, "ß" * 41, "ﷺ" * 10])
def test_a_number_longer_than_any_label_is_refused(world: World, number: str) -> None:
    with pytest.raises(InvalidInput, match="at most 80 characters"):
        stock(world, NEEDLE, "10", lot=number)
    assert db.session.scalars(sa.select(Lot)).all() == []


def test_a_file_says_which_lots_look_alike(world: World) -> None:
    stock(world, NEEDLE, "10", lot="AB-12")
    content = csv(f"{NEEDLE},AB12,,10,", f"{NEEDLE},L0T,,10,", f"{NEEDLE},LOT,,5,")
    expected = [
        "Row 2: lot AB12 looks like lot AB-12 of the same item. If they are one, write both alike.",
        "Row 4: lot LOT looks like lot L0T of the same item. If they are one, write both alike.",
    ]
    assert take(world, content, dry_run=True).warnings == expected
    assert take(world, content).warnings == expected
    again = f"{HEADER}\n{NEEDLE},ab12,,5,Fridge 2–8 °C\n".encode()
    assert take(world, again).warnings == []


def test_an_entry_says_which_lots_it_made_look_alike(world: World) -> None:
    stock(world, NEEDLE, "10", lot="AB-12")
    taken = stock(world, NEEDLE, "10", lot="AB12")
    entries = list(db.session.scalars(sa.text("SELECT id FROM entry ORDER BY id")))
    assert [notes_of_entry(entry) for entry in entries] == [
        [],
        [
            "Lot AB12 looks like lot AB-12, known before. If they are one, undo this and enter it"
            " as AB-12."
        ],
    ]
    assert taken.number == "AB12"


def test_the_person_is_told_after_opening_stock_by_hand(app: Flask, world: World) -> None:
    stock(world, NEEDLE, "10", lot="AB-12")
    client = app.test_client()
    sign_in(client, world.manager.email)
    form = {"sku": NEEDLE, "lot": "AB12", "containers": "3", "location": "0"}
    page = client.post(f"/c/{world.clinic.code}/stock/opening", data=form, follow_redirects=True)
    assert "Lot AB12 looks like lot AB-12, known before." in page.text


def test_the_api_says_so_too_and_asks_which_is_meant(app: Flask, world: World) -> None:
    stock(world, NEEDLE, "10", lot="AB-12")
    api = Cast(app, world).api("manager")
    needle = item(world, NEEDLE)
    line = {"sku": needle.code, "lot": "AB12", "expiry": "2027-01-31", "quantity": "5"}
    taken = api.post("/clinics/riga/receipts", {"lines": [line]})
    assert taken.status_code == 201
    assert taken.get_json()["notes"] == [
        "Lot AB12 looks like lot AB-12, known before. If they are one, undo this and enter it as"
        " AB-12."
    ]
    wrong = {"sku": needle.code, "lot": "A-B12", "quantity": "1", "reason": "Dropped"}
    refused = api.post("/clinics/riga/waste", wrong)
    assert refused.status_code == 422
    assert refused.get_json()["errors"] == [
        {"field": "lot", "message": f"{needle.name} has no lot A-B12. Is AB12 meant?"}
    ]
