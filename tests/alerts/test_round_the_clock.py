"""Nights missed, clocks changed, clinics on other sides of the world: each mail comes, once.

Every job of the scheduler is run at each instant, and mails are counted at a real mail server.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from flask import Flask

from supply.accounts.models import Clinic, Membership
from supply.alerts.models import Alert
from supply.alerts.terms import AlertKind
from supply.clock import at_hour, end_of_day
from supply.db import db, transaction
from supply.diary.bookings import Booking, take_in
from supply.need.foreseeing import Target
from supply.need.outlook import outlook
from supply.replenishment.sweep import sweep
from supply.treatments.recording import record_session
from supply.treatments.session_lines import SessionRequest
from tests.alerts.rounds import Received, Rounds
from tests.factories import (
    AMPOULE,
    BIOTIN,
    FORMULATION,
    VIAL,
    World,
    item,
    make_clinic,
    make_formulation,
    stock,
)
from tests.support.smtp import SmtpServer

DAY, HOUR, SECOND = dt.timedelta(days=1), dt.timedelta(hours=1), dt.timedelta(seconds=1)
MARCH = dt.datetime(2026, 3, 1, 9, 0, tzinfo=dt.UTC)
RIGA = ZoneInfo("Europe/Riga")
READERS = ("manager@example.org", "owner@example.org")
FORWARD, BACK = dt.date(2027, 3, 28), dt.date(2027, 10, 31)
"""Sundays on which Riga's clocks go from 03:00 to 04:00, and from 04:00 to 03:00."""
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""No database takes part in what a clock shows."""


@pytest.fixture
def rounds(
    app: Flask, world: World, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> Rounds:
    """A scheduler of clinics and people that have long been there."""
    with transaction():
        db.session.execute(sa.update(Clinic).values(created_at=MARCH))
        db.session.execute(sa.update(Membership).values(created_at=MARCH))
    return Rounds(app, smtp_server, monkeypatch)


def to_readers(subject: str) -> Received:
    return [(reader, subject) for reader in READERS]


def expiring_at(clinic: str) -> Received:
    return to_readers(f"1 lot expiring at {clinic}: Biotin 5 mg/ml")


def june_at(clinic: str) -> Received:
    return to_readers(f"Nothing wasted or lost at {clinic} in June 2026")


def of_outsider() -> Received:
    return [("outsider@example.com", "Nothing wasted or lost at Elsewhere One in June 2026")]


def standing(kind: AlertKind) -> list[str]:
    """Return the clinics with an alert of a kind, by code."""
    db.session.rollback()
    query = sa.select(Clinic.code).join(Alert, Alert.clinic_id == Clinic.id)
    return sorted(db.session.scalars(query.where(Alert.kind == kind, Alert.resolved_at.is_(None))))


def swept(now: dt.datetime) -> None:
    with transaction():
        sweep(now)


def test_nobody_was_there_over_the_first_of_the_month(rounds: Rounds, world: World) -> None:
    """What came within its window meanwhile is told of by the next run, and the month summed up."""
    evening = dt.datetime(2026, 6, 30, 15, 0, tzinfo=dt.UTC)
    near = dt.date(2026, 7, 1) + 60 * DAY
    stock(world, BIOTIN, "20", expiry=near)
    with transaction():
        theirs = db.session.get_one(Membership, world.practitioner.memberships[0].id)
        theirs.certificate_valid_to = near
    rounds.at(evening - HOUR)  # It sums up May, as nobody had.
    assert rounds.at(evening) == []
    back = evening + 39 * HOUR
    assert rounds.at(back) == sorted(
        [
            ("owner@example.org", "Practitioner: certificate ends on 30 Aug 2026"),
            ("practitioner@example.org", "Your certificate ends on 30 Aug 2026"),
            *expiring_at("Riga Centre"),
            *june_at("Dublin Quay"),
            *june_at("Riga Centre"),
            *of_outsider(),
        ]
    )
    assert rounds.at(back + HOUR) == []
    assert rounds.at(back + DAY) == []


def test_a_night_without_a_sweep_skips_no_day_of_a_window(rounds: Rounds, world: World) -> None:
    """A lot passes from far to expired while nobody looks: it is told of as what it is."""
    noon = dt.datetime(2026, 6, 16, 9, 0, tzinfo=dt.UTC)
    stock(world, BIOTIN, "20", expiry=noon.date())
    rounds.at(noon - DAY)
    assert standing(AlertKind.EXPIRING) == ["riga"]
    assert rounds.at(noon + 26 * HOUR) == to_readers(
        "1 expired lot to discard at Riga Centre: Biotin 5 mg/ml"
    )
    assert (standing(AlertKind.EXPIRING), standing(AlertKind.EXPIRED)) == ([], ["riga"])


@on_sqlite
@pytest.mark.parametrize(("day", "seven"), [(FORWARD, 4), (BACK, 5)])
def test_on_the_day_the_clocks_change_the_daily_mail_comes_once_at_seven(
    rounds: Rounds, world: World, day: dt.date, seven: int
) -> None:
    """A lot comes within its window as that day begins; the night has 23 hours, or 25."""
    stock(world, BIOTIN, "20", expiry=day + 60 * DAY)
    midnight = end_of_day(day - DAY, "Europe/Riga")
    rounds.at(midnight - 12 * HOUR)
    assert rounds.at(midnight - SECOND) == []
    assert standing(AlertKind.EXPIRING) == []
    due = dt.datetime(day.year, day.month, day.day, seven, tzinfo=dt.UTC)
    for instant in (midnight, midnight + 3 * HOUR, midnight + 4 * HOUR, due - SECOND):
        assert rounds.at(instant) == []
        assert standing(AlertKind.EXPIRING) == ["riga"]
    assert due.astimezone(RIGA).time() == dt.time(7)
    assert rounds.at(due) == expiring_at("Riga Centre")
    for later in (due + HOUR, end_of_day(day, "Europe/Riga") - SECOND):
        assert rounds.at(later) == []
    stock(world, AMPOULE, "10", expiry=day + 61 * DAY)
    night = end_of_day(day, "Europe/Riga")
    assert rounds.at(night) == []
    again = rounds.at(at_hour(day + DAY, 7, "Europe/Riga"))
    assert [subject for _reader, subject in again if "expiring" in subject] == [
        "2 lots expiring at Riga Centre: Biotin 5 mg/ml, Tranexamic acid 100 mg/ml"
    ] * 2


@on_sqlite
@pytest.mark.parametrize("day", [FORWARD, BACK])
def test_sessions_in_the_hour_that_is_missing_or_comes_twice(
    rounds: Rounds, world: World, day: dt.date
) -> None:
    """Two ampoules for sessions at half past midnight, two and three: the last one lacks one."""
    make_formulation(world, [(AMPOULE, "0.120")])
    stock(world, AMPOULE, "10", expiry=None)
    eve = end_of_day(day - DAY, "Europe/Riga") - HOUR
    rounds.at(eve - HOUR)
    with transaction():
        take_in(
            world.clinic,
            [
                Booking(f"D-{hour}", f"P-{hour}", FORMULATION, day, time=dt.time(hour, 30))
                for hour in (0, 2, 3)
            ],
            actor=world.actor(),
            now=eve,
        )
    when = f"{day:%A} {day.day} {day:%b} at 03:30"
    assert rounds.at(eve) == to_readers(
        f"Supplies missing for a session at Riga Centre: Hair-Test on {when}"
    )
    target = Target(world.clinic.id, item(world, AMPOULE).id, 0.97)
    for now, there in ((eve, [10, 0, 0]), (eve + HOUR, [0, 0, 0])):
        _ahead, found = outlook(world.clinic, target, now=now)
        begins = now.astimezone(RIGA).date()
        days = [one.day for one in found.days]
        assert days == [begins + number * DAY for number in range(len(days))]
        assert [one.on_hand for one in found.days[:3]] == there
        assert found.first_short == day
    for hours in (1, 4, 5):
        assert rounds.at(eve + hours * HOUR) == []


@on_sqlite
@pytest.mark.parametrize(
    ("day", "opened", "hour", "serves"),
    [(FORWARD, (2, 28, 20), 21, True), (BACK, (10, 3, 18), 17, False)],
)
def test_an_open_vial_ends_after_its_hours_whatever_the_clocks_do(
    rounds: Rounds,
    world: World,
    day: dt.date,
    opened: tuple[int, int, int],
    hour: int,
    serves: bool,
) -> None:
    """28 days of 24 hours: by the wall it ends an hour later in March, earlier in October."""
    make_formulation(world, [(VIAL, "3")])
    stock(world, VIAL, "20", expiry=None)
    began = dt.datetime(2027, *opened, 30, tzinfo=RIGA).astimezone(dt.UTC)
    with transaction():
        request = SessionRequest(FORMULATION, "P-1", key="one")
        record_session(world.clinic, request, actor=world.actor(), now=began)
    ends = began + 28 * DAY
    assert ends.astimezone(RIGA) == dt.datetime.combine(day, dt.time(hour, 30), RIGA)
    swept(ends - SECOND)
    assert standing(AlertKind.OPEN_PAST_TIME) == []
    swept(ends)
    assert standing(AlertKind.OPEN_PAST_TIME) == ["riga"]
    target = Target(world.clinic.id, item(world, VIAL).id, 0.97)
    morning = at_hour(day, 7, "Europe/Riga")
    _ahead, found = outlook(world.clinic, target, now=morning - DAY)
    # Nothing but that one session taught anything: a little of it is used each day.
    assert [one.on_hand > 0 for one in found.days[:3]] == [True, serves, False]


ZONES = {
    "auckland": ("Auckland Harbour", "Pacific/Auckland"),
    "riga": ("Riga Centre", "Europe/Riga"),
    "la": ("Los Angeles West", "America/Los_Angeles"),
}
"""Clinics of one practice, in the order in which days begin there."""


@pytest.fixture
def around_the_world(world: World, rounds: Rounds) -> dict[str, Clinic]:
    """A clinic in each of :data:`ZONES`, by code."""
    found = {"riga": world.clinic}
    with transaction():
        for code in ("auckland", "la"):
            found[code] = make_clinic(world.practice, code, *ZONES[code])
            found[code].created_at = MARCH
    return found


def test_each_clinic_has_its_own_seven_and_its_own_first_of_the_month(
    around_the_world: dict[str, Clinic], rounds: Rounds, world: World
) -> None:
    """In each a lot comes within its window on the second of July; the month ends on the first."""
    first, second = dt.date(2026, 7, 1), dt.date(2026, 7, 2)
    expected: dict[dt.datetime, Received] = {}
    for code, (name, zone) in ZONES.items():
        stock(world, BIOTIN, "20", clinic=around_the_world[code], expiry=second + 60 * DAY)
        expected[at_hour(first, 7, zone)] = june_at(name)
        expected[at_hour(second, 7, zone)] = expiring_at(name)
    expected[at_hour(first, 7, "Europe/Dublin")] = june_at("Dublin Quay")
    expected[at_hour(first, 7, "Europe/Paris")] = of_outsider()
    instants = sorted({*expected, *(instant - SECOND for instant in expected)})
    rounds.at(instants[0] - 12 * HOUR)
    came = {instant: rounds.at(instant) for instant in instants}
    assert {instant: mails for instant, mails in came.items() if mails} == expected


def test_a_lot_expires_at_the_end_of_each_clinics_own_day(
    around_the_world: dict[str, Clinic], world: World
) -> None:
    last = dt.date(2026, 7, 2)
    for clinic in around_the_world.values():
        stock(world, BIOTIN, "20", clinic=clinic, expiry=last)
    gone: list[str] = []
    for code, (_name, zone) in ZONES.items():
        ends = end_of_day(last, zone)
        swept(ends - SECOND)
        assert standing(AlertKind.EXPIRED) == sorted(gone)
        swept(ends)
        gone.append(code)
        assert standing(AlertKind.EXPIRED) == sorted(gone)
