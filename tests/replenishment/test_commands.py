"""``supply sweep`` and ``supply outbox deliver`` as people run them."""

import json

from flask import Flask

from supply.outbox.delivery import Counts, deliver
from tests.factories import BIOTIN, NOW, World, stock
from tests.replenishment.conftest import Reorder
from tests.support.commands import SupplyCommand


def test_sweep_counts_and_queues_digests(
    world: World, reorder: Reorder, supply_command: SupplyCommand
) -> None:
    stock(world, BIOTIN, "8")
    reorder(BIOTIN, "10", "25")
    ended = supply_command.run("sweep", "--now", "2026-06-15T07:00:00+03:00", "--json")
    assert ended.returncode == 0, ended.stderr
    printed = json.loads(ended.stdout)
    assert printed["order_now"] == {"opened": 1, "kept": 0, "resolved": 0}
    assert printed["expired"] == {"opened": 0, "kept": 0, "resolved": 0}
    assert printed["digests"] == 2
    ended = supply_command.run("outbox", "deliver", "--json")
    assert json.loads(ended.stdout) == {
        "sent": 0,
        "failed": 0,
        "waiting": 2,
        "set_aside": 0,
    }


def test_an_instant_needs_its_offset(app: Flask, supply_command: SupplyCommand) -> None:
    assert supply_command.run("sweep", "--now", "2026-06-15T07:00:00").returncode == 2
    assert supply_command.run("outbox", "deliver", "--now", "yesterday").returncode == 2
    assert deliver(NOW, None) == Counts(0, 0, 0)


def test_a_wrong_mail_url_is_refused(app: Flask, supply_command: SupplyCommand) -> None:
    command = SupplyCommand({**supply_command.settings, "MAIL_URL": "http://mail.example"})
    ended = command.run("outbox", "deliver")
    assert ended.returncode == 1
    assert "MAIL_URL must be smtp://" in ended.stderr
