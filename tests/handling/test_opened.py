"""Open containers: which must go before the clinic opens again, and thrown away in one go."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from supply import clock
from supply.db import db, transaction
from supply.handling import actions, opened
from supply.handling.opened import Ends
from supply.inventory.models import Balance, Container, Entry, Move
from supply.inventory.terms import EntryKind, WasteCause
from supply.inventory.verification import verify
from tests.factories import NOW, TODAY, VIAL, World, make_world, stock
from tests.support.people import sign_in

D = Decimal
HOURS = dt.timedelta(hours=1)


@pytest.fixture
def world(app: Flask, monkeypatch: pytest.MonkeyPatch) -> World:
    """Four vials of one lot are open: one is over, one ends tonight, one in days, one never."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    world = make_world()
    lot = stock(world, VIAL, "100", lot="V1", cost_minor=1_000, expiry=None)
    place = db.session.scalars(sa.select(Balance.location_id)).one()
    with transaction():
        for _each in range(4):
            actions.open_container(
                world.clinic, place, lot.id, actor=world.actor(), now=NOW - 9 * HOURS
            )
        found = db.session.scalars(sa.select(Container).order_by(Container.id)).all()
        ends = (NOW, NOW + 11 * HOURS, NOW + 80 * HOURS, None)
        for container, until in zip(found, ends, strict=True):
            container.discard_at = until
    return world


def balances() -> list[int]:
    return list(
        db.session.scalars(
            sa.select(Balance.id).where(Balance.container_id.is_not(None)).order_by(Balance.id)
        )
    )


def test_they_are_sorted_by_when_they_end_and_whether_that_is_before_opening(
    world: World,
) -> None:
    rows = opened.opened_at(world.clinic, NOW)
    assert [row.balance_id for row in rows] == balances()
    assert [row.ends for row in rows] == [Ends.PAST, Ends.BEFORE_OPENING, Ends.LATER, Ends.LATER]
    assert [round(row.gone) for row in rows] == [100, 45, 10, 0]
    # Closed on Tuesday, the day after: what ends then must go today as well.
    with transaction():
        world.clinic.opening_days = 0b1111101
    assert opened.opens_next(world.clinic, NOW).date() == TODAY + dt.timedelta(days=2)
    opening = opened.opens_next(world.clinic, NOW)
    assert opened.ends_of(opening, NOW, opening) is Ends.BEFORE_OPENING
    assert opened.ends_of(opening + HOURS, NOW, opening) is Ends.LATER


def test_an_expired_lot_ends_whatever_its_clock_says(world: World) -> None:
    with transaction():
        opened.opened_at(world.clinic, NOW)[2].lot.expiry = TODAY - dt.timedelta(days=1)
    assert {row.ends for row in opened.opened_at(world.clinic, NOW)} == {Ends.PAST}


def test_a_lot_that_ends_first_is_usable_through_its_last_day(
    world: World, client: FlaskClient
) -> None:
    with transaction():
        lot = opened.opened_at(world.clinic, NOW)[3].lot
        lot.expiry = TODAY + dt.timedelta(days=2)
    rows = opened.opened_at(world.clinic, NOW)
    assert [row.by_expiry for row in rows] == [False, False, True, True]
    sign_in(client, "viewer@example.org")
    assert "expires 17 Jun 2026" in client.get("/c/riga/open").text


def test_those_listed_go_in_one_entry_that_is_undone_as_one(
    world: World, client: FlaskClient
) -> None:
    sign_in(client, "practitioner@example.org")
    page = client.get("/c/riga/open").text
    assert "2 containers must go before you open again." in page
    assert "At closing: discard these 2, €20.00" in page
    assert page.index("Past its time: discard") < page.index("Use first: ends before")
    assert page.count(f'href="/c/riga/trace?sku={VIAL}&amp;lot=V1"') == 4
    past, tonight, *_rest = balances()
    form = {"balance": [str(past), str(tonight)], "form_key": "closing"}
    client.post("/c/riga/open/discard", data=form)
    answer = client.post("/c/riga/open/discard", data=form)
    assert answer.headers["Location"] == "/c/riga/open"
    said = client.get("/c/riga/open").text
    assert "2 containers discarded, which had cost €20.00." in said
    assert "Nothing has to go tonight." in said
    entry = db.session.scalars(sa.select(Entry).order_by(Entry.id.desc()).limit(1)).one()
    moved = db.session.execute(
        sa.select(Move.quantity, Move.cause).where(Move.entry_id == entry.id)
    ).all()
    assert (entry.kind, moved) == (EntryKind.DISCARD, [(D(20), WasteCause.PAST_TIME)] * 2)
    undo = re.search(r'action="(/c/riga/entries/\d+/undo)"', said)
    assert undo is not None
    client.post(undo[1], data={"next": "/c/riga/open"})
    assert "2 containers must go before you open again." in client.get("/c/riga/open").text
    assert verify() == []


def test_what_a_colleague_emptied_meanwhile_is_left_out(world: World, client: FlaskClient) -> None:
    sign_in(client, "manager@example.org")
    past, tonight, *_rest = balances()
    client.post("/c/riga/open/discard", data={"balance": str(past), "form_key": "a"})
    both = {"balance": [str(past), str(tonight)], "form_key": "b"}
    client.post("/c/riga/open/discard", data=both)
    assert "1 container discarded, which had cost €10.00." in client.get("/c/riga/open").text
    client.post("/c/riga/open/discard", data={**both, "form_key": "c"})
    assert "These containers are already empty." in client.get("/c/riga/open").text


def test_who_may_not_waste_only_looks(world: World, app: Flask) -> None:
    before = db.session.scalar(sa.select(sa.func.count(Entry.id)))
    form = {"balance": str(balances()[0])}
    for email, seen, done in (
        ("viewer@example.org", 200, 403),
        ("lapsed@example.org", 200, 403),
        ("outsider@example.com", 404, 404),
    ):
        client = app.test_client()
        sign_in(client, email)
        page = client.get("/c/riga/open")
        assert (page.status_code, "/open/discard" in page.text) == (seen, False)
        assert client.post("/c/riga/open/discard", data=form).status_code == done
    assert db.session.scalar(sa.select(sa.func.count(Entry.id))) == before
