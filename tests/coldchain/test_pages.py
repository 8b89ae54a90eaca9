"""Pages of temperatures: from a file to what becomes of each lot, and who may do what."""

import datetime as dt
import io
import re

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from supply import clock
from supply.accounts.models import Person
from supply.alerts.models import Alert
from supply.alerts.terms import AlertStatus
from supply.coldchain.models import ColdExcursion, Logger, Reading, ReadingImport
from supply.db import db
from supply.inventory.models import Balance, Hold, Lot
from supply.jobs import work
from supply.outbox.models import Mail
from tests.api.calls import rows
from tests.coldchain.conftest import BEGAN, WARM, Read, excursions, held, place
from tests.factories import COLD, NOW, TODAY, World, stock
from tests.replenishment.test_pages import as_person
from tests.support.queries import recorded_statements
from tests.support.time import Clock

FRIDGE = "Fridge 2–8 °C"


@pytest.fixture(autouse=True)
def now(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that requests read."""
    app.config["PUBLIC_URL"] = "https://supply.example"
    told = Clock(NOW)
    monkeypatch.setattr(clock, "now", lambda: told.now)
    return told


@pytest.fixture
def manager(app: Flask, world: World) -> FlaskClient:
    """The stock manager's browser."""
    return as_person(app, world.manager)


def page(browser: FlaskClient, path: str) -> str:
    """Return the words of a page."""
    answer = browser.get(path)
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


def upload(
    browser: FlaskClient, content: str | None, location: int, status: int = 302, **more: str
) -> str:
    """Send a logger's file, or go on with the one that the page carries."""
    data: dict[str, object] = {"location": str(location), **more}
    if content is not None:
        data["file"] = (io.BytesIO(content.encode()), "log.csv")
    answer = browser.post("/c/riga/cold/upload", data=data, content_type="multipart/form-data")
    assert answer.status_code == status
    return answer.text


FILE = "S/N: L-7001;\nTime;Temp °C\n" + "".join(
    f"15.06.2026 0{8 + n // 6}:{n % 6}0;{celsius}\n"
    for n, celsius in enumerate(("5,0", "9,0", "12,4", "10,0", "5,0"))
)


def test_a_file_is_looked_at_confirmed_and_then_known(world: World, manager: FlaskClient) -> None:
    fridge = place(world).id
    seen = upload(manager, FILE, fridge, 200, look="1")
    for said in ("Day, month, year", "A: Time", "B: Temp °C", "Logger L-7001 is not known here",
                 "15 Jun 2026, 08:20", "12.4 °C", "Add readings"):  # fmt: skip
        assert said in seen
    assert db.session.scalars(sa.select(Reading)).all() == []
    carried = re.search(r'name="carried" value="([^"]+)"', seen)
    assert carried is not None
    upload(manager, None, fridge, carried=carried[1], filename="log.csv", confirm="1")
    [row] = db.session.scalars(sa.select(ReadingImport))
    assert (row.accepted, row.filename, row.size) == (5, "log.csv", len(FILE.encode()))
    manager.post(
        "/c/riga/cold/loggers/new",
        data={"serial": "L-7001", "location": str(fridge), "calibration": "2026-08-01"},
    )
    later = FILE.replace("15.06.", "14.06.")
    upload(manager, later, place(world, "Cupboard").id, look="1")
    rows_ = db.session.scalars(sa.select(ReadingImport).order_by(ReadingImport.id)).all()
    assert [(one.location_id, one.accepted) for one in rows_] == [(fridge, 5), (fridge, 5)]
    assert rows_[1].logger_id is not None
    upload(manager, FILE.replace(";12,4", ";3,1").replace(";9,0", ";3,1"), fridge, look="1")
    told = manager.get("/c/riga/cold").text
    assert "2 moments are known with other temperatures, which stay." in told
    known = db.session.scalars(sa.select(Reading.celsius).order_by(Reading.celsius)).all()
    assert (known.count(1240), known.count(310)) == (2, 0)


def test_what_a_file_does_not_tell_is_asked_and_faults_are_named(
    world: World, manager: FlaskClient
) -> None:
    fridge = place(world).id
    unsure = "time,temp °C\n05/06/2026 08:00,5\n"
    asked = upload(manager, unsure, fridge, 200, look="1")
    assert "Day, month, year: 5 Jun 2026" in asked
    assert "Month, day, year: 6 May 2026" in asked
    assert "Add readings" not in asked
    upload(manager, unsure, fridge, 400, confirm="1")
    answered = upload(manager, unsure, fridge, 200, answered="1", order="dmy")
    assert "5 Jun 2026, 08:00" in answered
    bad = upload(manager, unsure + "06/06/2026 08:00,hot\n", fridge, 400, look="1", order="dmy")
    assert "Row 3: “hot” is no temperature." in bad
    assert db.session.scalars(sa.select(ReadingImport)).all() == []


def decide(browser: FlaskClient, holds: dict[str, str]) -> None:
    """Say what becomes of holds."""
    browser.post("/c/riga/cold/excursions/1/decide", data=holds)


def test_from_warm_to_decided_and_back(world: World, manager: FlaskClient, read: Read) -> None:
    stock(world, COLD, "25", lot="C1")
    stock(world, COLD, "10", lot="C2")
    read(*WARM)
    first, second = db.session.scalars(sa.select(Hold.id).order_by(Hold.id))
    shown = page(manager, "/c/riga/cold/excursions/1")
    for said in ("Up to 12.4 °C, out of range for 30 min", "Ask the maker", "Lot C1 · 5 vials",
                 "Mean kinetic temperature 10.59 °C", "9.0 to 12.4 °C"):  # fmt: skip
        assert said in shown
    source = manager.get("/c/riga/cold/excursions/1").text
    assert 'value="release"' not in source
    assert f'href="/c/riga/trace?sku={COLD}&amp;lot=C1"' in source
    decide(manager, {f"hold-{first}": "release"})
    assert len(held()) == 2
    words: dict[str, object] = {
        "answer": "Stable to 25 °C.",
        "by": "Dr. Ieva",
        "on": "2026-06-15",
    }
    letter = {"document": (io.BytesIO(b"%PDF-1.7 letter"), "letter.pdf")}
    answer = manager.post(
        "/c/riga/cold/excursions/1/answer",
        data=words | letter,
        content_type="multipart/form-data",
    )
    assert answer.status_code == 302
    decide(manager, {f"hold-{first}": "release", f"hold-{second}": "discard"})
    assert held() == []
    [row] = db.session.scalars(sa.select(ColdExcursion))
    assert (row.answer, row.closed_at, row.closed_by_id) == (
        "Stable to 25 °C.", NOW, world.manager.id,
    )  # fmt: skip
    assert there("C2") == 0
    [alert] = db.session.scalars(sa.select(Alert))
    assert alert.status is AlertStatus.RESOLVED
    assert manager.get("/c/riga/cold/excursions/1/document").data == b"%PDF-1.7 letter"
    undo = manager.get("/c/riga/cold/excursions/1").text
    fields = dict(re.findall(r'name="(released|entries)" value="([^"]*)"', undo))
    manager.post("/c/riga/cold/excursions/1/undo", data=fields)
    assert [lot for lot, *_rest in held()] == ["C1", "C2"]
    assert there("C2") == 10


def there(lot: str) -> int:
    """Return how much of a lot is on the shelves."""
    db.session.rollback()
    query = (
        sa.select(sa.func.sum(Balance.quantity))
        .join(Lot, Lot.id == Balance.lot_id)
        .where(Lot.number == lot)
    )
    return int(db.session.scalar(query) or 0)


def test_what_is_read_by_hand_can_be_undone(world: World, app: Flask, read: Read) -> None:
    nurse = as_person(app, world.practitioner)
    path = f"/c/riga/cold/{place(world).id}"
    assert nurse.post(path, data={"celsius": "warm"}).status_code == 400
    answer = nurse.post(path, data={"celsius": "41,0 F", "form_key": "a"})
    assert answer.location == path
    assert nurse.post(path, data={"celsius": "41,0 F", "form_key": "a"}).status_code == 302
    assert db.session.scalars(sa.select(Reading.celsius)).all() == [500]
    shown = page(nurse, path)
    assert "Noted: 5.0 °C." in shown
    frozen = nurse.post(path, data={"celsius": "-0.5", "form_key": "b"})
    assert frozen.location == path, "it is the same minute: what is known stays"
    nurse.post("/c/riga/cold/imports/1/undo", data={})
    assert db.session.scalars(sa.select(Reading)).all() == []


def test_how_locations_stand(world: World, manager: FlaskClient, read: Read, now: Clock) -> None:
    assert "No temperature has been read yet." in page(manager, "/c/riga/cold")
    read(*[5] * 20, 9, 9, 9)
    now.now = BEGAN + dt.timedelta(minutes=225)
    overview = page(manager, "/c/riga/cold")
    assert f"{FRIDGE} is out of range now." in overview
    assert f"{FRIDGE} Too warm for 25 min" in overview
    assert "2 to 8 °C · 9.0 °C on 15 Jun 2026, 11:40" in overview
    now.now = NOW + dt.timedelta(hours=2)
    assert f"{FRIDGE} Unknown for 2 h 20 min" in page(manager, "/c/riga/cold")
    for show in ("day", "week", "month"):
        assert "9.0 °C" in page(manager, f"/c/riga/cold/{place(world).id}?show={show}")


def test_limits_are_set_and_applied(world: World, manager: FlaskClient, read: Read) -> None:
    read(*WARM)
    path = f"/c/riga/cold/{place(world).id}/limits"
    typed = {"low": "2", "high": "13", "warm_minutes": "20", "warm_total": "60",
             "cold_minutes": "20", "cold_total": "60"}  # fmt: skip
    assert manager.post(path, data={**typed, "high": "1"}).status_code == 400
    assert len(excursions()) == 1
    assert manager.post(path, data=typed).status_code == 302
    assert excursions() == []
    assert "2 to 13 °C" in page(manager, "/c/riga/cold")


def test_who_may(app: Flask, world: World, read: Read) -> None:
    read(*WARM)
    fridge = place(world).id
    before = rows()

    def status(person: Person, method: str, path: str) -> int:
        browser = as_person(app, person)
        return browser.open(f"/c/riga/cold{path}", method=method).status_code

    for person, expected in ((world.viewer, 403), (world.outsider, 404)):
        assert status(person, "POST", f"/{fridge}") == expected
        assert status(person, "GET", "/upload") == expected
        assert status(person, "GET", f"/{fridge}/limits") == expected
        assert status(person, "POST", "/excursions/1/decide") == expected
        assert status(person, "POST", "/imports/1/undo") == expected
    assert status(world.viewer, "GET", "/excursions/1") == 200
    assert status(world.practitioner, "POST", "/excursions/1/decide") == 403
    assert status(world.owner, "GET", "/excursions/2") == 404
    after = rows()
    assert {name: n for name, n in after.items() if n != before[name]}.keys() <= {
        "web_session", "known_device", "audit_row", "throttle",
    }  # fmt: skip


def test_calibration_is_told_ahead_twice(world: World, manager: FlaskClient) -> None:
    until = TODAY + dt.timedelta(days=61)
    data = {"serial": "L-1", "location": str(place(world).id), "calibration": until.isoformat()}
    manager.post("/c/riga/cold/loggers/new", data=data)
    told = [
        work.calibration_notices(NOW + dt.timedelta(days=days)) for days in (0, 1, 2, 31, 32, 70)
    ]
    assert told == [0, 1, 0, 1, 0, 0]
    mails = db.session.scalars(sa.select(Mail).order_by(Mail.id)).all()
    assert [mail.to_address for mail in mails[:2]] == ["owner@example.org", "manager@example.org"]
    assert mails[0].subject == "Calibration of logger L-1 ends on 15 Aug 2026"
    assert mails[0].text.startswith(
        f"The calibration of logger L-1 in {FRIDGE} at Riga Centre is valid until"
        " 15 Aug (in 60 days)."
    )
    assert "https://supply.example/c/riga/cold/loggers/1" in mails[0].text
    [logger] = db.session.scalars(sa.select(Logger))
    assert (logger.told_for, logger.told_days) == (until, 30)
    taken = manager.post("/c/riga/cold/loggers/new", data={**data, "serial": "l-1"})
    assert taken.status_code == 400


def test_a_year_of_readings_costs_no_more_statements(
    world: World, manager: FlaskClient, read: Read
) -> None:
    path = f"/c/riga/cold/{place(world).id}?show=month"
    read(*[5] * 6)
    few = [_statements(manager, one) for one in ("/c/riga/cold", path)]
    read(*[5] * 4_000, start=NOW - dt.timedelta(days=29))
    read(*[20] * 1_000, start=NOW - dt.timedelta(days=8), name="Cupboard")
    assert [_statements(manager, one) for one in ("/c/riga/cold", path)] == few


def _statements(browser: FlaskClient, path: str) -> int:
    browser.get(path)
    with recorded_statements(db.engine) as statements:
        assert browser.get(path).status_code == 200
    return len(statements)
