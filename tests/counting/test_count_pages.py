"""The pages of a count: begun, counted in two places, a lot added, finished, undone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from supply import clock
from supply.counting.models import Count, CountLine
from supply.counting.terms import CountStatus
from supply.db import db
from supply.inventory.models import Balance, Lot
from supply.inventory.verification import verify
from supply.items.models import Location
from tests.api.calls import rows
from tests.factories import BIOTIN, NEEDLE, NOW, VIAL, World, stock
from tests.support.people import AsPerson
from tests.support.time import Clock

HOME = "/c/riga/counts"


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that requests read; it stands still until moved."""
    told = Clock(NOW)
    monkeypatch.setattr(clock, "now", lambda: told.now)
    return told


def _shelf(world: World) -> int:
    query = sa.select(Location.id).where(
        Location.clinic_id == world.clinic.id, Location.name == "Cupboard"
    )
    return db.session.scalars(query).one()


def _line(lot: str) -> int:
    return db.session.scalars(sa.select(CountLine.id).join(Lot).where(Lot.number == lot)).one()


@dataclass
class Begun:
    """A count of the cupboard, with a nurse and the owner at it."""

    nurse: FlaskClient
    owner: FlaskClient
    id: int
    page: str
    place: str


@pytest.fixture
def begun(world: World, as_person: AsPerson, now: Clock) -> Begun:
    """Ampoules, vials and needles in the cupboard, and a count that the nurse began."""
    stock(world, BIOTIN, "20", cost_minor=250)
    stock(world, VIAL, "60", lot="V1")
    stock(world, NEEDLE, "100", lot="N1")
    nurse, owner = as_person(world.practitioner), as_person(world.owner)
    shelf = _shelf(world)
    answer = nurse.post(HOME, data={"locations": str(shelf), "form_key": "k1"})
    count = db.session.scalars(sa.select(Count.id)).one()
    assert answer.location == f"{HOME}/{count}"
    return Begun(nurse, owner, count, f"{HOME}/{count}", f"{HOME}/{count}/at/{shelf}")


def test_one_location_is_counted(begun: Begun, now: Clock) -> None:
    """Blind; what was typed is kept; twice is once; what another saved is not said again."""
    nurse, place = begun.nurse, begun.place
    assert "0 of 3 lots counted" in nurse.get(begun.page).text
    early = begun.owner.get(f"{begun.page}/finish").text
    told = ("Nothing is counted yet.", "3 lots wait to be counted.", "Nothing differs", "Leave as")
    assert [said in early for said in told] == [True, True, False, False]
    blind = nurse.get(place).text
    assert ("Biotin" in blind, 'value="20"' in blind) == (True, False)
    a1, v1 = _line("A1"), _line("V1")
    bad = nurse.post(place, data={f"containers-{a1}": "x", f"containers-{v1}": "2"})
    assert (bad.status_code, 'value="x"' in bad.text, 'value="2"' in bad.text) == (400, True, True)
    said = {f"containers-{a1}": "18", f"containers-{v1}": "2", f"rest-{v1}": "12,5"}
    moment = now.now
    for _twice in range(2):
        assert nurse.post(place, data=said | {"form_key": "k2"}).location == begun.page
    again = nurse.get(place).text
    assert ('value="18"' in again, 'value="12.5"' in again) == (True, True)
    now.forward(minutes=5)
    kept = {f"was-{a1}": "18|", f"was-{v1}": "2|12.5", f"rest-{v1}": "12.5"}
    begun.owner.post(place, data=said | kept | {"form_key": "k3"})
    lines = db.session.execute(
        sa.select(CountLine.counted, CountLine.counted_at).where(CountLine.counted.is_not(None))
    )
    assert {tuple(line) for line in lines} == {
        (Decimal(18), moment),
        (Decimal("52.5"), moment),
    }


def test_what_differs_is_explained_posted_and_undone(begun: Begun, now: Clock) -> None:
    owner, page = begun.owner, begun.page
    a1, v1 = _line("A1"), _line("V1")
    said = {f"containers-{a1}": "18", f"containers-{v1}": "2", f"rest-{v1}": "12.5"}
    begun.nurse.post(begun.place, data=said)
    found = {"item": BIOTIN, "lot": "NEW", "containers": "3", "form_key": "k4"}
    label = f"17270531\x1d91SI:{BIOTIN}\x1d10NEW"
    for typed in ({"scan": label}, {"item": label}, {"lot": label}):
        read = begun.nurse.post(f"{begun.place}/add", data={"containers": "3", **typed})
        values = [re.findall(rf'name="{name}"[^>]* value="([^"]*)"', read.text) for name in found]
        assert values[:3] == [[BIOTIN], ["NEW"], ["3"]], typed
        assert (read.status_code, 'value="2027-05-31"' in read.text) == (200, True), typed
    asked = begun.nurse.post(f"{begun.place}/add", data=found)
    assert (asked.status_code, "give its expiry" in asked.text) == (400, True)
    found["expiry"] = "2027-05-31"
    for wrong in ({"containers": "1,5"}, {"containers": "1", "rest": "0,5"}):
        parted = begun.nurse.post(f"{begun.place}/add", data=found | wrong)
        assert (parted.status_code, "whole" in parted.text) == (400, True)
    added = begun.nurse.post(f"{begun.place}/add", data=found)
    assert added.location == begun.place
    assert begun.nurse.get(f"{page}/finish").status_code == 403
    finish = owner.get(f"{page}/finish").text
    assert ("3 lines differ." in finish, "1 lot is not counted." in finish) == (True, True)
    assert owner.post(f"{page}/finish", data={"form_key": "k5"}).status_code == 400
    causes = {a1: "lost", v1: "missed_entry", _line("NEW"): "found"}
    why = {f"cause-{line}": cause for line, cause in causes.items()}
    assert owner.post(f"{page}/finish", data=why | {"form_key": "k6"}).location == page
    stored = sa.select(CountLine.id, CountLine.cause).where(CountLine.cause.is_not(None))
    assert {line: str(cause) for line, cause in db.session.execute(stored)} == causes
    ended = owner.get(page).text
    assert ("Posted" in ended, "Lost, nobody knows why" in ended) == (True, True)
    total = sa.select(sa.func.sum(Balance.quantity))
    assert (db.session.scalar(total), verify()) == (Decimal("173.5"), [])
    assert "3 of 4 lots counted" in owner.get(HOME).text
    entry = db.session.scalars(sa.select(Count.entry_id)).one()
    owner.post(f"/c/riga/entries/{entry}/undo", data={"form_key": "k7"})
    db.session.rollback()
    status = db.session.scalars(sa.select(Count.status)).one()
    assert (status, db.session.scalar(total)) == (CountStatus.UNDONE, Decimal(180))


def test_who_may_not(world: World, as_person: AsPerson, now: Clock) -> None:
    stock(world, BIOTIN, "20")
    owner, viewer = as_person(world.owner), as_person(world.viewer)
    nurse, outsider = as_person(world.practitioner), as_person(world.outsider)
    owner.post(HOME, data={"form_key": "k"})
    count = db.session.scalars(sa.select(Count.id)).one()
    page, place = f"{HOME}/{count}", f"{HOME}/{count}/at/{_shelf(world)}"
    before = rows()
    assert [viewer.get(HOME).status_code, viewer.get(page).status_code] == [200, 200]
    assert [viewer.post(HOME).status_code, viewer.get(place).status_code] == [403, 403]
    assert [outsider.get(path).status_code for path in (HOME, page, place)] == [404] * 3
    assert nurse.post(f"{page}/cancel").status_code == 403
    assert owner.get(f"/c/dublin/counts/{count}").status_code == 404
    assert rows() == before
    assert owner.post(f"{page}/cancel", data={"form_key": "c"}).location == HOME
    assert "Cancelled" in owner.get(page).text
