"""What is out of stock: each alert says what to do about it, and has its one action."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from flask import Flask

from supply import clock
from supply.accounts.models import Clinic
from supply.alerts import wording
from supply.alerts.digest import queue_digests
from supply.alerts.models import Alert
from supply.alerts.terms import AlertKind
from supply.catalogue.models import Price
from supply.db import db, transaction
from supply.ordering.models import PurchaseOrder
from supply.outbox.models import Mail
from tests.api.calls import Cast
from tests.factories import AMPOULE, BIOTIN, NOW, TODAY, World, item, stock
from tests.need.conftest import Book, Project, ahead, book, project
from tests.replenishment.conftest import Order, Reorder, order, reorder, swept
from tests.replenishment.test_pages import as_person
from tests.treatments.conftest import formulation, world

__all__ = ["book", "formulation", "order", "project", "reorder", "world"]

pytestmark = pytest.mark.usefixtures("formulation")


def said(app: Flask, today: dt.date = TODAY) -> tuple[str, str, str]:
    """Sweep; return what the one alert of something out says, and its button and page."""
    swept(NOW + (today - TODAY))
    db.session.rollback()
    query = sa.select(Alert).where(
        Alert.kind == AlertKind.OUT_OF_STOCK, Alert.resolved_at.is_(None)
    )
    alert = db.session.scalars(query).one()
    with app.test_request_context(base_url="http://localhost"):
        link = wording.link(alert, "riga")
        assert link is not None
        return wording.message(alert.kind, alert.facts, today), *link


def test_what_is_low_is_to_be_ordered(app: Flask, world: World, reorder: Reorder) -> None:
    reorder(BIOTIN, "5", "25")
    assert said(app) == (
        "None available, and none on order. Order 3 packs (30 ampoules) from Baltic Meso Supplies.",
        "Order",
        "/c/riga/proposals",
    )


def test_what_is_on_order_says_when_it_comes_or_whom_to_ask(
    app: Flask, world: World, reorder: Reorder, order: Order
) -> None:
    reorder(BIOTIN, "5", "25")
    page = f"/c/riga/orders/{order(BIOTIN, 2)}"
    there = "None available; 20 ampoules on order, expected on Saturday 20 Jun."
    sooner = f"{there} Ask Baltic Meso Supplies if you need it sooner."
    assert said(app) == (sooner, "See the order", page)
    overdue = f"{there} Ask Baltic Meso Supplies when it comes."
    assert said(app, ahead(5)) == (overdue, "See the order", page)
    with transaction():
        db.session.execute(sa.update(PurchaseOrder).values(expected_on=None))
    assert said(app)[0] == (
        "None available; 20 ampoules on order. Ask Baltic Meso Supplies when it comes."
    )


def test_meanwhile_a_sister_clinic_has_some_to_spare_beyond_what_it_keeps(
    app: Flask, world: World, reorder: Reorder, order: Order
) -> None:
    reorder(BIOTIN, "5", "25")
    order(BIOTIN, 2)
    stock(world, BIOTIN, "12", lot="S1", clinic=world.sister)
    reorder(BIOTIN, "12", "25", clinic=world.sister)
    assert "Ask Baltic" in said(app)[0]
    reorder(BIOTIN, "4", "25", clinic=world.sister)
    assert said(app) == (
        "None available; 20 ampoules on order, expected on Saturday 20 Jun."
        " Dublin Quay has 8 ampoules to spare (lot S1): have some brought over.",
        "See the item",
        f"/c/riga/items/{item(world, BIOTIN).id}",
    )


def test_what_nobody_sells_needs_a_price(app: Flask, world: World, reorder: Reorder) -> None:
    with transaction():
        db.session.execute(sa.update(Price).values(currency="GBP"))
    reorder(BIOTIN, "5", "25")
    needs = (
        "None available, and none on order."
        " No product of it has a price in EUR: add one to order it."
    )
    assert said(app) == (needs, "See the item", f"/c/riga/items/{item(world, BIOTIN).id}")


def test_what_is_judged_by_its_projection_is_ordered_by_a_day_or_not_yet(
    app: Flask, world: World, book: Book, project: Project
) -> None:
    project(AMPOULE)
    assert said(app)[:2] == (
        "None available, and none on order."
        " Nothing calls for an order this week: order it if you plan to use it.",
        "See the item",
    )
    book(14)
    told, button, _page = said(app)
    assert told == (
        "None available, and none on order."
        " Order 1 pack (10 ampoules) from Baltic Meso Supplies by Sunday 21 Jun."
    )
    assert button == "Order"


def test_what_a_sister_clinic_would_let_expire_is_brought_over(
    app: Flask, world: World, book: Book, project: Project
) -> None:
    stock(world, AMPOULE, "20", lot="ENDS", expiry=ahead(30), clinic=world.sister)
    book(1, 2, 3)
    project(AMPOULE)
    told, button, page = said(app)
    assert told == (
        f"None available, and none on order. {world.sister.name} has 3 ampoules of lot ENDS that"
        " would expire unused on 15 Jul: have them brought over by 16 Jun."
    )
    assert (button, page) == ("Bring over", "/c/riga/proposals")


def test_what_is_used_is_out_without_a_policy_where_projections_decide(
    app: Flask, world: World, book: Book
) -> None:
    with transaction():
        db.session.get_one(Clinic, world.clinic.id).projected = True
    book(1)
    stock(world, AMPOULE, "5", expiry=ahead(-1))
    stock(world, BIOTIN, "1", expiry=ahead(-1))
    swept()
    db.session.rollback()
    query = sa.select(Alert.item_id).where(Alert.kind == AlertKind.OUT_OF_STOCK)
    assert item(world, AMPOULE).id in set(db.session.scalars(query))
    assert item(world, BIOTIN).id not in set(db.session.scalars(query))


def test_list_today_mail_and_programs_say_the_same(
    app: Flask, world: World, reorder: Reorder, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    app.config["PUBLIC_URL"] = "https://supply.example"
    reorder(BIOTIN, "5", "25")
    order_id = order(BIOTIN, 2)
    told, _button, _page = said(app)
    client = as_person(app, world.owner)
    for page in ("/c/riga/alerts", "/c/riga/today"):
        shown = client.get(page, follow_redirects=True).text
        assert told in shown
        assert f'href="/c/riga/orders/{order_id}">See the order<' in shown
    [alert] = Cast(app, world).api("viewer").get("/clinics/riga/alerts").get_json()["alerts"]
    assert alert["message"] == told
    with transaction():
        queue_digests(NOW)
    assert told in db.session.scalars(sa.select(Mail.text)).all()[0]


def test_what_was_ordered_since_the_sweep_is_not_to_be_ordered(
    app: Flask, world: World, book: Book, project: Project, order: Order
) -> None:
    project(AMPOULE)
    book(14)
    assert "Order 1 pack" in said(app)[0]
    order(AMPOULE, 1)
    page = as_person(app, world.owner).get("/c/riga/alerts").text
    assert "None available; 10 ampoules on order." in page
    assert "Order 1 pack" not in page
