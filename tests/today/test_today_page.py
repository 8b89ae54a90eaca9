"""Today: the sentence, the lists and their one action each."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from html import unescape

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from supply import clock
from supply.baskets import placing
from supply.db import db, transaction
from supply.inventory.models import Entry
from supply.inventory.terms import WasteCause
from supply.ordering.models import OrderLine
from supply.replenishment.services import set_policy
from supply.replenishment.sweep import sweep
from supply.replenishment.terms import Method
from supply.treatments.models import TreatmentSession
from supply.treatments.references import reference_key
from supply.treatments.terms import SessionStatus
from tests.factories import (
    AMPOULE,
    BIOTIN,
    NOW,
    TODAY,
    World,
    item,
    make_formulation,
    make_world,
    stock,
)
from tests.support.people import sign_in


@pytest.fixture
def world(app: Flask, monkeypatch: pytest.MonkeyPatch) -> World:
    """A practice and its cast, at :data:`tests.factories.NOW`."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return make_world()


def words(client: FlaskClient) -> str:
    """Return the words of the page but its menu, spaces as one."""
    page = client.get("/c/riga/today").get_data(as_text=True)
    page = page.partition("<main")[2].partition("</main>")[0]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


def forms(client: FlaskClient, action: str) -> list[tuple[str, dict[str, str]]]:
    """Return (address, fields) of the page's forms to addresses that contain ``action``."""
    page = client.get("/c/riga/today").get_data(as_text=True)
    found = re.findall(r'<form[^>]*action="([^"]+)"[^>]*>(.*?)</form>', page, re.DOTALL)
    fields = re.compile(r'name="([^"]+)" value="([^"]*)"')
    return [
        (address, {name: unescape(value) for name, value in fields.findall(body)})
        for address, body in found
        if action in address
    ]


def low_biotin(world: World) -> None:
    """One ampoule of biotin left, to be ordered up to forty."""
    stock(world, BIOTIN, "1", lot="B-1")
    with transaction():
        set_policy(
            world.clinic.id,
            item(world, BIOTIN).id,
            method=Method.FIXED,
            reorder_point=Decimal(10),
            par_level=Decimal(40),
            actor=world.actor(),
            now=NOW,
        )
    with transaction():
        sweep(NOW)


def book(world: World, *days: int) -> None:
    """Book a session that takes an ampoule on each of these days from today."""
    formulation = make_formulation(world, [(AMPOULE, "0.120")])
    with transaction():
        db.session.add_all(
            TreatmentSession(
                clinic_id=world.clinic.id,
                status=SessionStatus.PLANNED,
                planned_on=TODAY + dt.timedelta(days=ahead),
                formulation_id=formulation.id,
                patient_reference=f"P-{ahead}",
                reference_key=reference_key(f"P-{ahead}"),
            )
            for ahead in days
        )


def test_a_new_clinic_is_told_where_to_begin(world: World, client: FlaskClient) -> None:
    sign_in(client, "owner@example.org")
    page = words(client)
    assert "Welcome to Riga Centre. Begin here;" in page
    assert "First steps 3 of 6" in page
    assert "What is on the shelves today, with lots and expiry dates." in page


def test_nothing_needs_anyone(world: World, client: FlaskClient) -> None:
    stock(world, AMPOULE, "50")
    sign_in(client, "viewer@example.org")
    assert "Nothing needs you now." in words(client)


def test_a_low_item_goes_to_the_basket_in_one_click(world: World, client: FlaskClient) -> None:
    low_biotin(world)
    sign_in(client, "manager@example.org")
    assert "1 item to order ; nothing short for sessions this week." in words(client)
    ((address, fields),) = forms(client, "/proposals")
    assert "Add 4 packs" in words(client)
    assert client.post(address, data=fields).headers["Location"] == "/c/riga/today"
    line = db.session.scalars(sa.select(OrderLine)).one()
    assert (line.sku, line.packs) == (BIOTIN, 4)
    assert "In the basket: 4 packs" in words(client)
    assert forms(client, "/proposals") == []


def test_what_was_ordered_since_the_sweep_is_not_offered_again(
    world: World, client: FlaskClient
) -> None:
    low_biotin(world)
    sign_in(client, "manager@example.org")
    ((address, fields),) = forms(client, "/proposals")
    client.post(address, data=fields)
    order_id = db.session.scalars(sa.select(OrderLine.order_id)).one()
    with transaction():
        placing.place(order_id, actor=world.actor(), now=NOW)
    page = words(client)
    assert "item to order" not in page
    assert forms(client, "/proposals") == []
    client.post(address, data={**fields, "form_key": "another"})
    assert db.session.scalars(sa.select(OrderLine.packs)).all() == [4]


def test_an_expired_lot_is_discarded_in_place(world: World, client: FlaskClient) -> None:
    stock(world, AMPOULE, "50", lot="NEW")
    stock(world, AMPOULE, "10", lot="OLD", expiry=TODAY - dt.timedelta(days=1))
    with transaction():
        sweep(NOW)
    sign_in(client, "practitioner@example.org")
    assert "1 to discard or use first" in words(client)
    ((address, fields),) = forms(client, "/waste")
    assert client.post(address, data=fields).headers["Location"] == "/c/riga/today"
    entry = db.session.scalars(sa.select(Entry).order_by(Entry.id.desc())).first()
    assert entry is not None
    assert (entry.moves[0].cause, entry.moves[0].quantity) == (WasteCause.EXPIRED, Decimal(10))
    assert "Nothing needs you now." in words(client)
    sign_in(client, "viewer@example.org")
    assert forms(client, "/waste") == []


def test_booked_sessions_that_are_short_come_first(world: World, client: FlaskClient) -> None:
    stock(world, AMPOULE, "5")
    book(world, 0, 2, 30)
    sign_in(client, "owner@example.org")
    page = words(client)
    assert "1 item short for booked sessions" in page
    assert "1 ampoule missing in 2 days, 17 Jun: 2 ampoules needed, 1 ampoule available." in page
    assert "nothing short" not in page


def test_a_short_item_is_named_once_with_what_to_add_and_what_comes(
    world: World, client: FlaskClient
) -> None:
    stock(world, AMPOULE, "5")
    book(world, 0, 2)
    with transaction():
        set_policy(
            world.clinic.id,
            item(world, AMPOULE).id,
            method=Method.FIXED,
            reorder_point=Decimal(100),
            par_level=Decimal(150),
            actor=world.actor(),
            now=NOW,
        )
    with transaction():
        sweep(NOW)
    sign_in(client, "manager@example.org")
    page = words(client)
    assert page.count("Tranexamic acid 100 mg/ml, ampoule 1 session") == 1
    assert "item to order" not in page
    ((address, fields),) = forms(client, "/proposals")
    client.post(address, data=fields)
    order_id = db.session.scalars(sa.select(OrderLine.order_id)).one()
    with transaction():
        placed = placing.place(order_id, actor=world.actor(), now=NOW)
        placed.expected_on = TODAY + dt.timedelta(days=1)
    assert "30 ampoules on order, the first expected tomorrow, 16 Jun." in words(client)
