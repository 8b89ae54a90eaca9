"""Two schedulers on one database, their clock moved by hand, one killed while it sends.

Both are real processes; what each of them does is counted at a real mail server.
"""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from supply.accounts.models import Membership
from supply.actor import SYSTEM
from supply.alerts.models import DigestMark
from supply.db import db, transaction
from supply.diary.bookings import Booking, take_in
from supply.jobs.models import JobRun
from supply.replenishment.services import set_policy
from supply.replenishment.terms import Method
from tests.factories import (
    AMPOULE,
    BIOTIN,
    FORMULATION,
    World,
    item,
    make_formulation,
    make_world,
    stock,
)
from tests.support.commands import ROOT, SupplyCommand
from tests.support.smtp import SmtpServer
from tests.support.waiting import wait_until

pytestmark = pytest.mark.race

NIGHT = dt.datetime(2026, 6, 30, 2, 0, tzinfo=dt.UTC)
SIX, SEVEN = NIGHT + dt.timedelta(hours=1), NIGHT + dt.timedelta(hours=2)
"""In Riga, on the last day of June."""
AFTER_THE_LEASE = SEVEN + dt.timedelta(minutes=11)
FIRST, SECOND = SEVEN + dt.timedelta(hours=26), SEVEN + dt.timedelta(hours=50)
"""Seven in Dublin on the first and the second of July: the last of the clinics' mornings."""

SCHEDULER = """
import datetime as dt, sys
from supply import clock
from supply.cli import main
from supply.jobs import scheduler

class Hurried(scheduler.BackgroundScheduler):
    def add_job(self, *arguments, **more):
        more.update(seconds=0.3, next_run_time=dt.datetime.now(dt.UTC))
        return super().add_job(*arguments, **more)

scheduler.BackgroundScheduler = Hurried
clock.now = lambda: dt.datetime.fromisoformat(open(sys.argv[1]).read())
main(["scheduler"])
"""
"""``supply scheduler`` that reads the time from a file, and tries each job thrice a second."""


class Clock:
    """The time that all schedulers of a test go by."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def shows(self, now: dt.datetime) -> None:
        beside = self.path.with_suffix(".new")
        beside.write_text(now.isoformat())
        beside.replace(self.path)


@pytest.fixture
def hands(tmp_path: Path) -> Clock:
    clock = Clock(tmp_path / "clock")
    clock.shows(NIGHT)
    return clock


@pytest.fixture
def start(
    supply_command: SupplyCommand, smtp_server: SmtpServer, hands: Clock
) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Start a scheduler; whatever still runs after the test is killed."""
    settings = {**supply_command.settings, "MAIL_URL": smtp_server.url}

    def started() -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-c", SCHEDULER, str(hands.path)],
            cwd=ROOT,
            env={**os.environ, **settings},
            stderr=subprocess.DEVNULL,
        )
        running.callback(process.wait)
        running.callback(process.kill)
        return process

    with ExitStack() as running:
        yield started


def workers() -> set[int]:
    """Return the process ids that have run jobs."""
    db.session.rollback()
    found = db.session.scalars(sa.select(JobRun.worker).distinct())
    return {int(worker.rpartition(":")[2]) for worker in found}


def settled(day: dt.date) -> int:
    """Return how many daily mails of a day are settled, with a mail or without."""
    db.session.rollback()
    query = sa.select(sa.func.count()).select_from(DigestMark).where(DigestMark.day == day)
    return db.session.scalar(query) or 0


def give_cause(world: World) -> None:
    """A session without supplies, an item that is low, a certificate that ends in 60 days."""
    with transaction():
        booking = Booking("D-1", "P-1", FORMULATION, dt.date(2026, 7, 9))
        take_in(world.clinic, [booking], actor=world.actor(), now=NIGHT)
        set_policy(
            world.clinic.id,
            item(world, BIOTIN).id,
            method=Method.FIXED,
            reorder_point=Decimal(50),
            par_level=Decimal(100),
            actor=SYSTEM,
            now=NIGHT,
        )
        theirs = world.practitioner.memberships[0].id
        db.session.get_one(Membership, theirs).certificate_valid_to = dt.date(2026, 8, 29)


def test_whoever_acts_each_mail_comes_once_and_one_cut_off_twice_at_most(
    app: Flask,
    start: Callable[[], subprocess.Popen[bytes]],
    hands: Clock,
    smtp_server: SmtpServer,
) -> None:
    world = make_world()
    make_formulation(world, [(AMPOULE, "1")])
    stock(world, BIOTIN, "20")
    came = smtp_server.mails
    first = start()
    wait_until(lambda: workers() == {first.pid})
    second = start()
    give_cause(world)

    hands.shows(SIX)
    wait_until(lambda: len(came) == 4)  # What is told at once, and of the certificate.
    assert workers() == {first.pid}

    smtp_server.delay = 60
    hands.shows(SEVEN)
    wait_until(lambda: len(came) == 5)
    first.send_signal(signal.SIGKILL)
    smtp_server.delay = 0
    wait_until(lambda: len(came) == 6)
    wait_until(lambda: workers() == {first.pid, second.pid})

    hands.shows(AFTER_THE_LEASE)
    wait_until(lambda: len(came) == 7)
    assert came[6].message["Message-ID"] == came[4].message["Message-ID"]
    third = start()

    hands.shows(FIRST)
    wait_until(lambda: len(came) == 12)
    hands.shows(SECOND)
    wait_until(lambda: settled(SECOND.date()) == 5)
    assert third.poll() is None
    assert workers() == {first.pid, second.pid}

    manager, owner = "manager@example.org", "owner@example.org"
    short = "Supplies missing for a session at Riga Centre: Hair-Test on Thursday 9 Jul"
    low = "Order 1 item at Riga Centre: Biotin 5 mg/ml"
    month = {
        (reader, f"Nothing wasted or lost at {clinic} in June 2026"): 1
        for reader in (manager, owner)
        for clinic in ("Riga Centre", "Dublin Quay")
    }
    told = [(mail.recipients[0], str(mail.message["Subject"]).strip()) for mail in came]
    counted, repeated = Counter(told), told[4]
    assert counted == {
        (manager, short): 1,
        (owner, short): 1,
        (owner, "Practitioner: certificate ends on 29 Aug 2026"): 1,
        ("practitioner@example.org", "Your certificate ends on 29 Aug 2026"): 1,
        (manager, low): 1,
        (owner, low): 1,
        **month,
        ("outsider@example.com", "Nothing wasted or lost at Elsewhere One in June 2026"): 1,
    } | {repeated: 2}
    assert repeated[1] == low
