"""A clinic's calendar followed: booked, changed, cancelled, waiting; and no name anywhere."""

from __future__ import annotations

import datetime as dt
import html
import logging
import re
import threading

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from supply.accounts.models import Clinic
from supply.audit.models import AuditRow
from supply.calendars import feeds, work
from supply.calendars.fetching import Fetcher
from supply.calendars.models import CalendarEvent, CalendarFeed
from supply.calendars.reading import Rule
from supply.calendars.terms import EventState, ReferenceMark, Trouble
from supply.db import Base, db, transaction
from supply.diary import steps
from supply.formulations.models import Formulation
from tests.calendars.conftest import CalendarServer
from tests.calendars.events import calendar, event
from tests.diary.pages import session_id, sessions, toast, undo_form, words
from tests.factories import NOW, World
from tests.support.people import AsPerson

FETCH = Fetcher(loopback=True)
SETTINGS = "/c/riga/diary/calendar"
WAITING = "/c/riga/diary/waiting"


def follow(
    world: World, address: str, formulation: Formulation, clinic: Clinic | None = None
) -> None:
    rules = [Rule("hair", formulation.id)]
    with transaction():
        feeds.set_up(
            clinic or world.clinic,
            address,
            ReferenceMark.SQUARE,
            rules,
            actor=world.actor(),
            now=NOW,
        )


def read(minutes: int = 0) -> dict[str, int]:
    """Read what is due so many minutes on."""
    db.session.rollback()
    return work.run(NOW + dt.timedelta(minutes=minutes), FETCH)


def states() -> list[tuple[str, str, str | None]]:
    """Return (day, state, reference) of each event known."""
    db.session.rollback()
    rows = db.session.scalars(sa.select(CalendarEvent).order_by(CalendarEvent.id))
    return [(str(row.day), row.state.value, row.reference) for row in rows]


def feed(clinic: Clinic) -> CalendarFeed:
    db.session.rollback()
    return db.session.get_one(CalendarFeed, clinic.id)


def test_what_the_calendar_says_is_booked_changed_and_cancelled(
    world: World, formulation: Formulation, server: CalendarServer
) -> None:
    one = event("1", ":20260616T060000Z", "Hair [A-1] Anna Kalniņa")
    two = event("2", ":20260617T060000Z", "HAIR [A-2]")
    three = event("3", ":20260618T060000Z", "hair [A-3]")
    follow(world, server.holds("/c.ics", calendar(one, two, three)), formulation)
    assert read() == {"read": 1}
    assert sessions() == [
        ("A-1", "2026-06-16", "09:00", "planned"),
        ("A-2", "2026-06-17", "09:00", "planned"),
        ("A-3", "2026-06-18", "09:00", "planned"),
    ]
    assert read() == {}, "not due before a quarter of an hour has gone by"

    # People here move one; the calendar moves another, cancels the third, and says nothing new.
    with transaction():
        steps.move_session(
            world.clinic, session_id("A-1"), dt.date(2026, 6, 19), with_later=False,
            actor=world.actor(), now=NOW,
        )  # fmt: skip
    two = event("2", ":20260622T070000Z", "HAIR [A-2]", "SEQUENCE:1")
    three = event("3", ":20260618T060000Z", "hair [A-3]", "STATUS:CANCELLED", "SEQUENCE:1")
    server.holds("/c.ics", calendar(one, two, three))
    assert read(15) == {"read": 1}
    assert sessions() == [
        ("A-1", "2026-06-19", "09:00", "planned"),
        ("A-2", "2026-06-22", "10:00", "planned"),
        ("A-3", "2026-06-18", "09:00", "cancelled"),
    ]

    # An older copy changes nothing back; what is gone is cancelled, and comes again.
    older = event("2", ":20260617T060000Z", "HAIR [A-2]")
    server.holds("/c.ics", calendar(older, three))
    assert read(30) == {"read": 1}
    assert [(row[1], row[3]) for row in sessions()] == [
        ("2026-06-16", "cancelled"),
        ("2026-06-22", "planned"),
        ("2026-06-18", "cancelled"),
    ]
    server.holds("/c.ics", calendar(one, two, three))
    read(45)
    assert [row[3] for row in sessions()] == ["planned", "planned", "cancelled"]


def test_nothing_of_a_title_is_kept_but_a_reference(
    world: World, formulation: Formulation, server: CalendarServer, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "Kalniņa"
    caplog.set_level(logging.DEBUG)
    follow(
        world,
        server.holds(
            "/geheim.ics",
            calendar(
                event("1", ":20260616T060000Z", f"hair [A-1] Anna {secret}"),
                event("2", ":20260616T070000Z", f"{secret}", f"DESCRIPTION:{secret} +371 2"),
                event("3", ":20260616T080000Z", f"[{secret}]", f"ATTENDEE;CN={secret}:mailto:a@b"),
            ),
        ),
        formulation,
    )
    read()
    assert states() == [
        ("2026-06-16", "booked", "A-1"),
        ("2026-06-16", "waiting", None),
        ("2026-06-16", "waiting", None),
    ]
    for table in Base.metadata.sorted_tables:
        rows = str(db.session.execute(sa.select(table)).all())
        assert secret not in rows, table.name
        assert table.name == "calendar_feed" or "geheim" not in rows, table.name
    assert secret not in caplog.text
    assert "geheim" not in caplog.text


def test_one_clinics_broken_calendar_stops_no_other(
    world: World, formulation: Formulation, server: CalendarServer, as_person: AsPerson
) -> None:
    kept = calendar(event("1", ":20260616T060000Z", "hair [A-1]"))
    follow(world, server.holds("/broken.ics", kept), formulation)
    follow(world, server.holds("/sound.ics", kept), formulation, world.sister)
    assert read() == {"read": 2}
    server.answers["/broken.ics"] = (200, {}, b"<html>")
    server.holds("/sound.ics", calendar(event("1", ":20260617T060000Z", "hair [A-1]")))
    assert read(15) == {"failed": 1, "read": 1}
    # Calendars are fetched side by side: which came first, and so has the first id, is either.
    assert sorted(row[1] for row in sessions()) == ["2026-06-16", "2026-06-17"]
    troubled = feed(world.clinic)
    assert (troubled.trouble, troubled.troubled_since) == (
        Trouble.NO_CALENDAR,
        NOW + dt.timedelta(minutes=15),
    )
    server.answers["/broken.ics"] = (200, {}, calendar())
    read(30)
    troubled = feed(world.clinic)
    assert troubled.trouble is Trouble.EMPTY
    assert troubled.troubled_since == NOW + dt.timedelta(minutes=15)
    page = words(as_person(world.manager).get(SETTINGS).text)
    assert "Not read since 15 Jun 2026, 12:15." in page
    assert "The calendar is empty, so nothing was cancelled for it." in page
    said = words(as_person(world.practitioner).get("/c/riga/diary").text)
    assert "The clinic's calendar is not read since 15 Jun 2026, 12:15." in said
    assert [row[3] for row in sessions()] == ["planned", "planned"]
    server.holds("/broken.ics", kept)
    read(45)
    assert feed(world.clinic).trouble is None


def test_a_name_server_that_hangs_for_one_clinic_stops_no_other(
    world: World, formulation: Formulation, server: CalendarServer, name_server_that_hangs: str
) -> None:
    kept = calendar(event("1", ":20260616T060000Z", "hair [A-1]"))
    follow(world, f"http://{name_server_that_hangs}/c.ics", formulation)
    follow(world, server.holds("/sound.ics", kept), formulation, world.sister)
    db.session.rollback()
    fetch = Fetcher(loopback=True, seconds=0.3)
    assert work.run(NOW, fetch) == {"failed": 1, "read": 1}
    assert feed(world.clinic).trouble is Trouble.AWAY
    assert (feed(world.sister).trouble, len(sessions())) == (None, 1)


def test_a_calendar_that_is_slow_is_fetched_beside_the_next(
    world: World, formulation: Formulation
) -> None:
    follow(world, "https://slow.example/c.ics", formulation)
    follow(world, "https://next.example/c.ics", formulation, world.sister)
    db.session.rollback()
    next_one_asked = threading.Event()
    kept = calendar(event("1", ":20260616T060000Z", "hair [A-1]"))

    def fetch(address: str) -> bytes:
        if "slow" in address:
            assert next_one_asked.wait(30)
        else:
            next_one_asked.set()
        return kept

    assert work.run(NOW, fetch) == {"read": 2}


def test_what_no_rule_knows_waits_for_a_person(
    world: World, formulation: Formulation, server: CalendarServer, as_person: AsPerson
) -> None:
    follow(
        world,
        server.holds(
            "/c.ics",
            calendar(
                event("1", ":20260616T060000Z", "Lunch"),
                event("2", ":20260617T060000Z", "Something [A-2]"),
                event("3", ":20260610T060000Z", "hair [A-9]"),
            ),
        ),
        formulation,
    )
    read()
    client = as_person(world.practitioner)
    page = client.get(WAITING).text
    assert "2 bookings from the clinic's calendar wait." in words(page)
    assert "Lunch" not in page
    assert "2 bookings from the clinic's calendar wait to be completed." in words(
        client.get("/c/riga/diary").text
    )
    lunch, other = (one for one in db.session.scalars(sa.select(CalendarEvent.id)).all())
    assert client.post(f"{WAITING}/{lunch}/ignore").status_code == 302
    page = client.get(WAITING).text
    url, fields = undo_form(page)
    client.post(url, data=fields)
    assert [state for _day, state, _reference in states()] == ["waiting", "waiting"]
    client.post(f"{WAITING}/{lunch}/ignore")
    refused = client.post(f"{WAITING}/{other}", data={"formulation": ""})
    assert (refused.status_code, "Choose what is given." in refused.text) == (400, True)
    done = client.post(f"{WAITING}/{other}", data={"formulation": formulation.id, "form_key": "k"})
    assert done.location == WAITING
    assert toast(client.get(WAITING).text) == "Booked for Wednesday 17 Jun."
    assert sessions() == [("A-2", "2026-06-17", "09:00", "planned")]
    moved = event("2", ":20260618T060000Z", "Something [A-2]")
    server.holds("/c.ics", calendar(event("1", ":20260617T060000Z", "Lunch"), moved))
    read(15)
    assert [state for _day, state, _reference in states()] == ["ignored", "booked"]
    assert sessions() == [("A-2", "2026-06-18", "09:00", "planned")]


def settings_fields(page: str) -> dict[str, str]:
    found = re.findall(r'name="(form_key)"[^>]*value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found[:1]}


def test_a_calendar_is_set_up_on_its_page_and_its_address_shown_to_nobody(
    world: World, formulation: Formulation, as_person: AsPerson
) -> None:
    client = as_person(world.manager)
    address = "https://calendar.example/secret-1/basic.ics"
    fields = {
        "address": "webcal://calendar.example/secret-1/basic.ics",
        "mark": "hash",
        "words": ["Hair", "", ""],
        "formulation": [str(formulation.id), "", ""],
        "form_key": "a",
    }
    half = client.post(SETTINGS, data=fields | {"words": ["Hair", "Skin"]})
    assert half.status_code == 400
    assert "Rule 2: enter words, and choose what is given." in words(half.text)
    assert 'value="Skin"' in half.text
    wrong = client.post(SETTINGS, data=fields | {"address": "calendar"})
    assert "It begins with https." in words(wrong.text)
    assert db.session.scalar(sa.select(sa.func.count(CalendarFeed.clinic_id))) == 0

    assert client.post(SETTINGS, data=fields).status_code == 302
    page = client.get(SETTINGS).text
    assert "Followed at calendar.example" in page
    assert "secret-1" not in page
    assert 'value="Hair"' in page
    kept = feed(world.clinic)
    assert (kept.address, kept.mark, kept.next_at) == (address, "hash", NOW)
    again = fields | {"address": "", "mark": "round", "form_key": "b"}
    assert client.post(SETTINGS, data=again).status_code == 302
    kept = feed(world.clinic)
    assert (kept.address, kept.mark) == (address, "round")
    rows = db.session.scalars(sa.select(AuditRow).order_by(AuditRow.id)).all()
    said = [(row.action, row.after) for row in rows if row.action.startswith("calendar")]
    assert said[0] == (
        "calendar.set_up",
        {"host": "calendar.example", "mark": "hash", "rules": [["Hair", formulation.id]]},
    )
    assert client.post(f"{SETTINGS}/read").status_code == 302
    assert client.post(f"{SETTINGS}/stop").status_code == 302
    assert db.session.scalar(sa.select(sa.func.count(CalendarFeed.clinic_id))) == 0


@pytest.mark.parametrize(
    ("path", "allowed"),
    [(SETTINGS, "manager"), (f"{SETTINGS}/read", "manager"), (f"{SETTINGS}/stop", "manager"),
     (f"{WAITING}/1", "practitioner"), (f"{WAITING}/1/ignore", "practitioner"),
     (f"{WAITING}/1/ask-again", "practitioner")],
)  # fmt: skip
def test_who_may_not_is_refused(world: World, as_person: AsPerson, path: str, allowed: str) -> None:
    other = "practitioner" if allowed == "manager" else "manager"
    clients: list[FlaskClient] = [
        as_person(getattr(world, name)) for name in (other, "viewer", "outsider")
    ]
    assert [client.post(path).status_code for client in clients] == [403, 403, 404]
    assert not db.session.scalars(sa.select(CalendarEvent)).all()


def test_two_who_read_at_once_read_once(
    world: World, formulation: Formulation, server: CalendarServer
) -> None:
    follow(world, server.holds("/c.ics", calendar(event("1", ":20260616T060000Z"))), formulation)
    with transaction():
        assert feeds.claim(world.clinic.id, NOW) is not None
        assert feeds.claim(world.clinic.id, NOW) is None
    assert read() == {}
    assert server.asked == []
    assert states() == []
    assert EventState.BOOKED.value == "booked"
