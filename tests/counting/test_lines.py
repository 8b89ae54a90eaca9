"""Lines sent one by one: when each was counted, once, also late; and codes that mean one."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from supply import clock
from supply.catalogue.models import Product, ProductGtin
from supply.counting.models import Count, CountLine
from supply.db import db, transaction
from supply.handling import actions
from supply.inventory.models import Balance, Container, Lot
from supply.inventory.terms import WasteCause
from supply.inventory.verification import verify
from supply.items.models import Location
from tests.api.calls import rows
from tests.factories import BIOTIN, NOW, VIAL, World, stock
from tests.support.people import AsPerson
from tests.support.time import Clock

HOME = "/c/riga/counts"
AS_JSON = {"Accept": "application/json"}


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that requests read; it stands still until moved."""
    told = Clock(NOW)
    monkeypatch.setattr(clock, "now", lambda: told.now)
    return told


@dataclass
class Begun:
    """A count of the cupboard, with a nurse and the owner at it; a vial is open."""

    nurse: FlaskClient
    owner: FlaskClient
    page: str
    place: str
    container: int

    def send(
        self, who: FlaskClient, lot: str, key: str, ago: int = 0, **fields: str
    ) -> TestResponse:
        """Send a line as the page's script does."""
        line = _line(lot)
        typed = {f"{name.replace('_', '-')}-{line}": said for name, said in fields.items()}
        data = {"line": str(line), "form_key": key, "ago": str(ago)} | typed
        return who.post(f"{self.page}/lines", data=data, headers=AS_JSON)

    def find(self, code: str) -> Any:
        """Return what a code means."""
        return self.nurse.get(
            f"{self.place}/find", query_string={"code": code}, headers=AS_JSON
        ).json


def _line(lot: str) -> int:
    return db.session.scalars(sa.select(CountLine.id).join(Lot).where(Lot.number == lot)).one()


def _counted(lot: str) -> tuple[Decimal | None, dt.datetime | None, int | None]:
    db.session.rollback()
    line = db.session.get_one(CountLine, _line(lot))
    return line.counted, line.counted_at, line.counted_by_id


@pytest.fixture
def begun(world: World, as_person: AsPerson, now: Clock) -> Begun:
    """Twenty ampoules, two vials sealed and one open of which 8 ml are left."""
    stock(world, BIOTIN, "20", cost_minor=250)
    stock(world, VIAL, "60", lot="V1")
    row = db.session.execute(
        sa.select(Balance.location_id, Balance.lot_id).join(Lot).where(Lot.number == "V1")
    ).one()
    actor = world.actor()
    with transaction():
        actions.open_container(world.clinic, row.location_id, row.lot_id, actor=actor, now=NOW)
        container = db.session.scalars(sa.select(Container.id)).one()
        spot = (row.location_id, row.lot_id, container)
        spilled = WasteCause.SPILLED
        actions.waste(world.clinic, spot, Decimal(12), cause=spilled, actor=actor, now=NOW)
    nurse, owner = as_person(world.practitioner), as_person(world.owner)
    now.forward(minutes=1)
    page = nurse.post(HOME, data={"form_key": "k1"}).location
    shelf = db.session.scalars(
        sa.select(Location.id).where(
            Location.clinic_id == world.clinic.id, Location.name == "Cupboard"
        )
    ).one()
    return Begun(nurse, owner, page, f"{page}/at/{shelf}", container)


def test_a_line_counts_from_when_it_was_counted(begun: Begun, now: Clock, world: World) -> None:
    """Not before the count began; once for its key; what was counted later by another stays."""
    began = now.now
    now.forward(minutes=10)
    begun.send(begun.owner, "A1", "zero", ago=100_000, containers="11")
    assert _counted("A1") == (Decimal(11), began, world.owner.id)
    first = begun.send(begun.nurse, "A1", "one", ago=240, containers="18")
    assert first.json == {
        "line": _line("A1"),
        "kept": True,
        "was": "18|",
        "fields": {f"containers-{_line('A1')}": "18"},
        "by": world.practitioner.name,
        "counted": True,
        "done": 1,
        "total": 2,
    }
    at = began + dt.timedelta(minutes=6)
    assert _counted("A1") == (Decimal(18), at, world.practitioner.id)
    now.forward(minutes=1)
    again = begun.send(begun.nurse, "A1", "one", ago=300, containers="18")
    assert (again.status_code, _counted("A1")[1]) == (200, at)
    assert begun.send(begun.nurse, "A1", "one", containers="17").status_code == 409
    older = begun.send(begun.owner, "A1", "two", ago=600, containers="11")
    assert older.json is not None
    assert (older.get_json()["kept"], older.get_json()["by"]) == (False, world.practitioner.name)
    begun.send(begun.owner, "A1", "three", ago=100_000, containers="11")
    assert _counted("A1") == (Decimal(18), at, world.practitioner.id)
    begun.send(begun.owner, "A1", "four", containers="12")
    assert _counted("A1") == (Decimal(12), now.now, world.owner.id)


def test_what_is_left_in_each_open_one(begun: Begun, now: Clock) -> None:
    """A field for it; all of a line's fields or none; the ledger follows part by part."""
    rest = f"rest-{_line('V1')}-{begun.container}"
    assert rest in begun.nurse.get(begun.place).text
    half = begun.send(begun.nurse, "V1", "one", containers="2")
    assert (half.status_code, "what is left in each open one" in half.get_json()["problem"]) == (
        400,
        True,
    )
    said = {"line": str(_line("V1")), f"containers-{_line('V1')}": "2", rest: "6.5"}
    assert begun.nurse.post(f"{begun.page}/lines", data=said).get_json()["was"] == "2||6.5"
    assert 'value="6.5"' in begun.nurse.get(begun.place).text
    why = {f"cause-{_line('V1')}": "missed_entry", "form_key": "p"}
    assert begun.owner.post(f"{begun.page}/finish", data=why).location == begun.page
    left = sa.select(Balance.quantity).where(Balance.container_id == begun.container)
    assert (db.session.scalars(left).one(), verify()) == (Decimal("6.5"), [])
    late = begun.send(begun.nurse, "A1", "late", containers="3")
    assert (late.status_code, "posted" in late.get_json()["problem"]) == (409, True)


def test_a_line_that_is_emptied_is_uncounted_again(begun: Begun, now: Clock) -> None:
    """It was another lot that was meant; what was counted later stays."""
    line = _line("A1")
    for key in ("one", "two"):
        now.forward(minutes=1)
        begun.send(begun.nurse, "A1", key, containers="7", rest="")
        blank = begun.send(
            begun.nurse, "A1", f"{key} b", ago=0 if key == "one" else 30, containers=""
        )
        told = blank.get_json()
        assert (told["kept"], told["counted"]) == ((True, False) if key == "one" else (False, True))
    assert begun.send(begun.nurse, "V1", "three", containers="").get_json()["counted"] is False
    page = begun.nurse.get(begun.place).text
    assert f'name="was-{line}" value="7|"' in page
    said = {f"was-{line}": "7|", f"containers-{line}": "", "form_key": "k"}
    assert begun.nurse.post(begun.place, data=said).location == begun.page
    assert _counted("A1") == (None, None, None)


def test_a_late_line_tells_of_what_was_open_then(begun: Begun, world: World, now: Clock) -> None:
    """The open vial was thrown away and another opened, before the line found the network."""
    now.forward(minutes=10)
    with transaction():
        lot, shelf = db.session.execute(
            sa.select(Balance.lot_id, Balance.location_id).where(
                Balance.container_id == begun.container
            )
        ).one()
        actions.discard(
            world.clinic, begun.container, cause=WasteCause.SPILLED,
            actor=world.actor(), now=now.now,
        )  # fmt: skip
        actions.open_container(world.clinic, shelf, lot, actor=world.actor(), now=now.now)
    now.forward(minutes=1)
    rest = f"rest-{_line('V1')}-{begun.container}"
    typed = {"line": str(_line("V1")), f"containers-{_line('V1')}": "2", rest: "8"}
    assert begun.nurse.post(f"{begun.page}/lines", data=typed | {"ago": "0"}).status_code == 400
    assert begun.nurse.post(f"{begun.page}/lines", data=typed | {"ago": "300"}).status_code == 200
    assert begun.owner.post(f"{begun.page}/finish", data={"form_key": "p"}).location == begun.page
    db.session.rollback()
    line = db.session.get_one(CountLine, _line("V1"))
    assert (line.counted, line.difference, verify()) == (Decimal(48), Decimal(0), [])


def test_a_code_leads_to_its_line(begun: Begun, world: World) -> None:
    """A lot the list lacks is added with what was read; a code of another thing is named."""
    gtin = "04012345678901"
    with transaction():
        biotin = sa.select(Product.id).where(Product.sku == BIOTIN).scalar_subquery()
        db.session.execute(
            sa.update(ProductGtin).where(ProductGtin.product_id == biotin).values(gtin=gtin)
        )
    assert begun.find("a1")["line"] == _line("A1")
    assert begun.find(f"01{gtin}17270131" + "10A1")["line"] == _line("A1")
    added = begun.find(f"01{gtin}17280131" + "10NEW")
    assert added["add"] == f"{begun.place}/add?item={BIOTIN}&lot=NEW&expiry=2028-01-31"
    form = begun.nurse.get(added["add"]).text
    assert [f'value="{said}"' in form for said in (BIOTIN, "NEW", "2028-01-31")] == [True] * 3
    assert "not on the list" in begun.find("Z9")["problem"]
    assert begun.find("0100000000000017")["problem"]
    answer = begun.nurse.get(f"{begun.place}/find?code=A1")
    assert answer.location == f"{begun.place}#line-{_line('A1')}"


def test_four_send_one_line_at_once(begun: Begun, world: World, as_person: AsPerson) -> None:
    """It is kept once, and each is told so."""
    clients = [as_person(world.practitioner) for _each in range(4)]
    line = _line("A1")
    data = {"line": str(line), "form_key": "same", f"containers-{line}": "19"}
    before = rows()["audit_row"]

    def send(client: FlaskClient) -> int:
        return client.post(f"{begun.page}/lines", data=data).status_code

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(send, clients)) == [200] * 4
    assert (rows()["audit_row"] - before, _counted("A1")[0]) == (1, Decimal(19))


def test_who_may_not(begun: Begun, world: World, as_person: AsPerson) -> None:
    viewer, outsider = as_person(world.viewer), as_person(world.outsider)
    line = {"line": str(_line("A1")), f"containers-{_line('A1')}": "1"}
    before = rows()
    assert viewer.post(f"{begun.page}/lines", data=line).status_code == 403
    assert outsider.post(f"{begun.page}/lines", data=line).status_code == 404
    assert outsider.get(f"{begun.place}/find?code=A1").status_code == 404
    assert begun.nurse.post(f"{begun.page}/lines", data={"line": "0"}).status_code == 404
    assert outsider.get(f"{begun.page}/sheet.pdf").status_code == 404
    assert rows() == before
    sheet = viewer.get(f"{begun.page}/sheet.pdf")
    assert (sheet.mimetype, sheet.data[:5]) == ("application/pdf", b"%PDF-")
    assert db.session.scalar(sa.select(sa.func.count(Count.id))) == 1
