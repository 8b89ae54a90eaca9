"""Two people count one shelf, one of them without a network for a while; and with a scanner."""

from __future__ import annotations

from decimal import Decimal

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from supply.accounts.models import Clinic
from supply.actor import SYSTEM
from supply.counting.beginning import begin
from supply.counting.models import CountLine
from supply.db import db, transaction
from supply.handling.actions import open_container
from supply.inventory.models import Lot
from supply.items.models import Location
from tests.browser.conftest import PageFactory
from tests.browser.contexts import PHONE
from tests.browser.people import MANAGER, PRACTITIONER, sign_in
from tests.browser.scanner import type_quickly
from tests.factories import BIOTIN, NEEDLE, NOW, VIAL, make_world, stock
from tests.support.live_server import LiveServer
from tests.support.time import Clock


@pytest.fixture
def shelf(live_server: LiveServer, now: Clock) -> str:
    """Two lots of biotin and needles in the cupboard, and a count of it: the address."""
    with live_server.app.app_context():
        world = make_world()
        stock(world, BIOTIN, "20")
        stock(world, BIOTIN, "5", lot="B2")
        stock(world, NEEDLE, "100", lot="N1")
        stock(world, VIAL, "60", lot="V1")
        with transaction():
            count = begin(world.clinic, actor=world.actor(), now=NOW)
        place = db.session.scalars(
            sa.select(Location.id).where(
                Location.clinic_id == world.clinic.id, Location.name == "Cupboard"
            )
        ).one()
        return f"/c/riga/counts/{count.id}/at/{place}"


def _counted(live_server: LiveServer) -> dict[str, Decimal | None]:
    with live_server.app.app_context():
        rows = db.session.execute(
            sa.select(Lot.number, CountLine.counted).join(Lot, Lot.id == CountLine.lot_id)
        )
        return {row.number: row.counted for row in rows}


def test_two_count_and_one_is_offline(
    live_server: LiveServer, new_page: PageFactory, shelf: str, now: Clock
) -> None:
    """Lines typed without a network are sent once it is back, also by a tab opened later."""
    nurse, owner = new_page(**PHONE), new_page()
    sign_in(nurse, PRACTITIONER, shelf)
    sign_in(owner, MANAGER, shelf)
    nurse.context.set_offline(True)
    nurse.get_by_label("lot A1,").fill("18")
    nurse.keyboard.press("Enter")
    expect(nurse.get_by_label("lot B2,")).to_be_focused()
    nurse.get_by_label("lot B2,").fill("5")
    nurse.keyboard.press("Enter")
    expect(nurse.locator("[data-count-text]")).to_have_text("2 lines wait for the network.")
    assert _counted(live_server) == {"A1": None, "B2": None, "N1": None, "V1": None}
    owner.get_by_label("lot N1,").fill("99")
    owner.keyboard.press("Tab")
    owner.get_by_label("Scan a lot, or type its number").focus()
    expect(owner.locator("[data-count-done]")).to_have_text("1")
    context = nurse.context
    nurse.close()
    context.set_offline(False)
    again = context.new_page()
    again.goto("/c/riga/counts")
    expect(again.locator("[data-count-text]")).to_have_text("")
    assert _counted(live_server) == {
        "A1": Decimal(18),
        "B2": Decimal(5),
        "N1": Decimal(99),
        "V1": None,
    }
    owner.reload()
    expect(owner.locator("[data-count-done]")).to_have_text("3")
    expect(owner.get_by_label("lot A1,")).to_have_value("18")
    type_quickly(owner, "0104012345678901" + "10B2-0001")
    expect(owner.locator("[data-find-said]")).not_to_be_empty()
    owner.get_by_label("Scan a lot, or type its number").fill("b2")
    owner.keyboard.press("Enter")
    expect(owner.get_by_label("lot B2,")).to_be_focused()


def test_a_line_said_in_part_tells_that_it_is_not_kept_yet(
    live_server: LiveServer, new_page: PageFactory, shelf: str, now: Clock
) -> None:
    """What is left in an open vial belongs to its lot: sealed ones alone are no count."""
    with live_server.app.app_context():
        clinic = db.session.scalars(sa.select(Clinic).where(Clinic.code == "riga")).one()
        lot = db.session.scalars(sa.select(Lot).where(Lot.number == "V1")).one()
        place = int(shelf.rpartition("/")[2])
        with transaction():
            open_container(clinic, place, lot.id, actor=SYSTEM, now=NOW)
    page = new_page()
    sign_in(page, MANAGER, shelf)
    line = page.locator("[data-line]", has_text="V1")
    line.locator("input:not([type=hidden])").first.fill("2")
    page.get_by_label("lot N1,").focus()

    state = line.locator("[data-line-state]")
    expect(state).to_have_text("Fill in each of its fields; 0 where nothing is left.")
    assert _counted(live_server)["V1"] is None
    line.locator("input:not([type=hidden])").nth(1).fill("3")
    page.get_by_label("lot N1,").focus()
    expect(state).to_have_text("Saved")
    assert _counted(live_server)["V1"] == Decimal(43)
