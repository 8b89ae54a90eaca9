"""The page of alerts: what it lists, and what people do there."""

import datetime as dt

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from supply.alerts.models import Alert
from supply.alerts.terms import AlertStatus
from supply.db import db
from tests.factories import BIOTIN, TODAY, World, stock
from tests.replenishment.conftest import Reorder, swept
from tests.replenishment.test_pages import as_person


@pytest.fixture
def owner(app: Flask, world: World) -> FlaskClient:
    """The owner's browser."""
    return as_person(app, world.owner)


def only_alert() -> Alert:
    """Return the only alert there is, as the database has it now."""
    db.session.rollback()
    return db.session.scalars(sa.select(Alert)).one()


def test_alerts_are_listed_and_seen_to(owner: FlaskClient, world: World, reorder: Reorder) -> None:
    stock(world, BIOTIN, "8")
    reorder(BIOTIN, "10", "25")
    swept()
    page = owner.get("/c/riga/alerts")
    assert "8 ampoules available and none on order" in page.text
    alert_id = only_alert().id
    answer = owner.post(f"/c/riga/alerts/{alert_id}/acknowledge")
    assert (answer.status_code, answer.location) == (302, "/c/riga/alerts")
    assert only_alert().status is AlertStatus.ACKNOWLEDGED
    assert "8 ampoules" in owner.get("/c/riga/alerts?status=acknowledged").text
    assert "8 ampoules" not in owner.get("/c/riga/alerts").text
    owner.post(f"/c/riga/alerts/{alert_id}/reopen")
    assert only_alert().status is AlertStatus.OPEN
    owner.post(f"/c/riga/alerts/{alert_id}/snooze", data={"days": "3"})
    assert only_alert().status is AlertStatus.SNOOZED
    assert "8 ampoules" not in owner.get("/c/riga/alerts?kind=expiring").text


def test_a_senseless_snooze_changes_nothing(
    owner: FlaskClient, world: World, reorder: Reorder
) -> None:
    stock(world, BIOTIN, "8")
    reorder(BIOTIN, "10", "25")
    swept()
    for days in ("0", "-4", "abc", "99999999999"):
        owner.post(f"/c/riga/alerts/{only_alert().id}/snooze", data={"days": days})
        assert only_alert().status is AlertStatus.OPEN
    assert "Choose from 1 to 90 days." in owner.get("/c/riga/alerts").text


def test_an_alert_of_another_clinic_is_not_there(
    app: Flask, world: World, reorder: Reorder
) -> None:
    reorder(BIOTIN, "10", "25")
    swept()
    alert_id = db.session.scalars(sa.select(Alert.id)).first()
    outsider = as_person(app, world.outsider)
    outsider.post(f"/c/elsewhere-1/alerts/{alert_id}/acknowledge")
    db.session.rollback()
    assert set(db.session.scalars(sa.select(Alert.status))) == {AlertStatus.OPEN}


def test_out_and_low_are_one_row_and_seen_to_together(
    owner: FlaskClient, world: World, reorder: Reorder
) -> None:
    reorder(BIOTIN, "10", "25")
    swept()
    low = db.session.scalars(sa.select(Alert.id).where(Alert.kind == "order_now")).one()
    out = db.session.scalars(sa.select(Alert.id).where(Alert.kind == "out_of_stock")).one()
    page = owner.get("/c/riga/alerts").text
    assert page.count("Order 3 packs (30 ampoules)") == 1
    assert f"/alerts/{low}/" not in page
    owner.post(f"/c/riga/alerts/{out}/acknowledge", data={"also": low})
    db.session.rollback()
    assert set(db.session.scalars(sa.select(Alert.status))) == {AlertStatus.ACKNOWLEDGED}
    owner.post(f"/c/riga/alerts/{out}/reopen", data={"also": low})
    db.session.rollback()
    assert set(db.session.scalars(sa.select(Alert.status))) == {AlertStatus.OPEN}


def test_what_is_resolved_is_listed_apart(
    owner: FlaskClient, world: World, reorder: Reorder
) -> None:
    stock(world, BIOTIN, "8")
    reorder(BIOTIN, "10", "25")
    swept()
    stock(world, BIOTIN, "50", lot="B2")
    swept()
    assert only_alert().status is AlertStatus.RESOLVED
    assert "8 ampoules available" not in owner.get("/c/riga/alerts").text
    assert "8 ampoules available" in owner.get("/c/riga/alerts?status=resolved").text


def test_what_is_to_be_discarded_leads_to_where_it_lies(
    app: Flask, owner: FlaskClient, world: World
) -> None:
    """For those who may discard; others see the item."""
    stock(world, BIOTIN, "8", lot="B1", expiry=TODAY - dt.timedelta(days=2))
    swept()
    balance = db.session.scalars(sa.text("SELECT id FROM balance")).one()
    page = owner.get("/c/riga/alerts").text
    assert f'href="/c/riga/shelves/{balance}/waste"' in page
    assert owner.get(f"/c/riga/shelves/{balance}/waste").status_code == 200
    viewer = as_person(app, world.viewer).get("/c/riga/alerts").text
    assert "/shelves/" not in viewer
    assert "See the item" in viewer
