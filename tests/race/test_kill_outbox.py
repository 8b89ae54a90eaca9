"""kill -9 in the middle of sending, sweeping and queueing digests: nothing is lost or doubled.

A mail whose sender was killed between the server's taking it and our noting so goes out once
more, under the same Message-ID; that one repeat is the price of never losing one.
"""

import datetime as dt
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask

from supply.actor import SYSTEM
from supply.alerts.models import Alert, AlertNotice, DigestMark
from supply.db import db, transaction
from supply.outbox.models import Mail
from supply.outbox.services import enqueue
from supply.outbox.terms import MailKind
from supply.replenishment.models import Proposal
from supply.replenishment.services import set_policy
from supply.replenishment.terms import Method
from tests.factories import AMPOULE, BIOTIN, NOW, VIAL, World, item, make_world, stock
from tests.support.commands import ROOT, SupplyCommand
from tests.support.smtp import SmtpServer
from tests.support.waiting import wait_until

pytestmark = pytest.mark.race

MAILS = 4
LATER = NOW + dt.timedelta(minutes=11)
"""After the lease of whoever was killed."""

STOP_IN_THE_MIDDLE = """
import importlib, sys
from supply import clock, create_app
from supply.cli import main

module = importlib.import_module(sys.argv[1])
original, calls = getattr(module, sys.argv[2]), []

def stop(*arguments):
    calls.append(arguments)
    if len(calls) == int(sys.argv[3]):
        print("in the middle", flush=True)
        sys.stdin.read()
    return original(*arguments)

setattr(module, sys.argv[2], stop)
main(sys.argv[4:])
"""


@contextmanager
def stopped_in_the_middle(
    command: SupplyCommand, module: str, function: str, call: int, *arguments: str
) -> Iterator[subprocess.Popen[str]]:
    """Run the command in a process that stops before ``call`` number n of a function."""
    process = subprocess.Popen(
        [sys.executable, "-c", STOP_IN_THE_MIDDLE, module, function, str(call), *arguments],
        cwd=ROOT,
        env={**os.environ, **command.settings},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "in the middle\n"
            yield process
        finally:
            process.send_signal(signal.SIGKILL)


def run(command: SupplyCommand, *arguments: str) -> dict[str, object]:
    """Run the command to its end and return what it printed."""
    ended = command.run(*arguments, "--json")
    assert ended.returncode == 0, ended.stderr
    printed: dict[str, object] = json.loads(ended.stdout)
    return printed


def test_a_mail_being_sent_is_repeated_once_at_most(
    app: Flask, supply_command: SupplyCommand, smtp_server: SmtpServer
) -> None:
    with transaction():
        for number in range(MAILS):
            enqueue(
                MailKind.ORDER_NEWS,
                to_address="anna@example.org",
                template="digest",
                context={"headline": f"News {number}", "sentence": "", "news": [], "seen": []},
                now=NOW,
            )
        queued = set(db.session.scalars(sa.select(Mail.message_id)))
    command = SupplyCommand({**supply_command.settings, "MAIL_URL": smtp_server.url})
    smtp_server.delay = 60
    with command.started("outbox", "deliver", "--now", NOW.isoformat()) as sending:
        wait_until(lambda: len(smtp_server.mails) == 1)
        sending.send_signal(signal.SIGKILL)
        sending.wait()
    smtp_server.delay = 0
    early = run(command, "outbox", "deliver", "--now", NOW.isoformat())
    assert early == {"sent": MAILS - 1, "failed": 0, "waiting": 1, "set_aside": 0}
    late = run(command, "outbox", "deliver", "--now", LATER.isoformat())
    assert late == {"sent": 1, "failed": 0, "waiting": 0, "set_aside": 0}
    received = Counter(mail.message["Message-ID"] for mail in smtp_server.mails)
    assert set(received) == queued
    assert sorted(received.values()) == [1] * (MAILS - 1) + [2]


@pytest.fixture
def world(app: Flask) -> World:
    """The small world, with three items low."""
    made = make_world()
    for code in (AMPOULE, BIOTIN, VIAL):
        stock(made, code, "20")
        with transaction():
            set_policy(
                made.clinic.id,
                item(made, code).id,
                method=Method.FIXED,
                reorder_point=Decimal(50),
                par_level=Decimal(100),
                actor=SYSTEM,
                now=NOW,
            )
    db.session.rollback()
    return made


def count(model: type[object]) -> int:
    """Return how many rows there are."""
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def test_a_sweep_that_is_killed_is_done_again(world: World, supply_command: SupplyCommand) -> None:
    sweep = ("sweep", "--now", NOW.isoformat())
    module = "supply.alerts.settling"
    with stopped_in_the_middle(supply_command, module, "_resolve", 1, *sweep):
        pass
    assert (count(Alert), count(Proposal)) == (0, 0)
    done = run(supply_command, *sweep)
    assert done["order_now"] == {"opened": 3, "kept": 0, "resolved": 0}
    assert (count(Alert), count(Proposal)) == (3, 3)


def test_digests_that_were_being_queued_are_queued_again(
    world: World, supply_command: SupplyCommand
) -> None:
    sweep = ("sweep", "--now", NOW.isoformat())
    module = "supply.alerts.digest"
    with stopped_in_the_middle(supply_command, module, "_send", 2, *sweep):
        pass
    assert count(Alert) == 3
    assert (count(Mail), count(AlertNotice), count(DigestMark)) == (0, 0, 0)
    assert run(supply_command, *sweep)["digests"] == 2
    assert count(Mail) == 2
    assert sorted(db.session.scalars(sa.select(Mail.to_address))) == [
        "manager@example.org",
        "owner@example.org",
    ]
    assert run(supply_command, *sweep)["digests"] == 0
