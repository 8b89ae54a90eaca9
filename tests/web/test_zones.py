"""A clinic whose stored time zone is none: its pages go by UTC and say so."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from flask import Flask

from supply import clock
from supply.accounts.models import Clinic
from supply.db import db, transaction
from tests.factories import BIOTIN, NOW, World, make_world, stock
from tests.support.people import sign_in

PAGES = (
    *("today", "alerts", "stock", "use", "sessions", "proposals", "basket", "orders", "receive"),
    *("catalogue", "policies", "trace", "items/1"),
)


@pytest.fixture
def world(app: Flask, monkeypatch: pytest.MonkeyPatch) -> World:
    """A practice one of whose clinics lies nowhere."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    found = make_world()
    stock(found, BIOTIN, "8")
    _move(found, "Mars/Olympus")
    return found


def _move(world: World, timezone: str) -> None:
    clinic_id = world.clinic.id
    with transaction():
        db.session.execute(
            sa.update(Clinic).where(Clinic.id == clinic_id).values(timezone=timezone)
        )


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "Europe", "/etc/passwd", "../UTC"])
def test_what_is_no_zone_goes_by_utc(name: str) -> None:
    late = dt.datetime(2026, 6, 15, 23, 30, tzinfo=dt.UTC)
    assert not clock.is_zone(name)
    assert clock.local_date(late, name) == dt.date(2026, 6, 15)
    assert clock.at_hour(dt.date(2026, 6, 15), 7, name) == late.replace(hour=7, minute=0)
    assert clock.end_of_day(dt.date(2026, 6, 15), name) == dt.datetime(2026, 6, 16, tzinfo=dt.UTC)
    assert clock.local_date(late, "Europe/Riga") == dt.date(2026, 6, 16)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_its_pages_open_and_its_owner_is_told(app: Flask, world: World) -> None:
    owner, viewer = app.test_client(), app.test_client()
    sign_in(owner, "owner@example.org")
    sign_in(viewer, world.viewer.email)
    statuses = {page: owner.get(f"/c/riga/{page}").status_code for page in PAGES}
    assert statuses == dict.fromkeys(PAGES, 200)

    told = 'The time zone of this clinic, "Mars/Olympus", does not exist'
    assert told in owner.get("/c/riga/today").text
    assert "Choose its time zone" in owner.get("/c/riga/today").text
    assert "Ask an owner to choose one." in viewer.get("/c/riga/today").text
    assert "Not a time zone" in owner.get("/p/derma/settings/clinics").text
    assert "does not exist" not in owner.get("/c/dublin/today").text
    page = f"/p/derma/settings/clinics/{world.clinic.id}"
    assert "Mars/Olympus" in owner.get(page).text

    _move(world, "Europe/Riga")
    assert "does not exist" not in owner.get("/c/riga/today").text
