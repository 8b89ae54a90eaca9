"""A server that is killed while a recall reaches practices: the job does the rest, once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
import sqlalchemy as sa
from flask import Flask

from supply.db import db, transaction
from supply.inventory.models import Hold
from supply.inventory.verification import verify
from supply.outbox.models import Mail
from supply.recalls import work
from supply.recalls.declaring import Named, Notice, declare
from supply.recalls.models import RecallPractice
from supply.recalls.terms import RecallClass
from tests.factories import AMPOULE, NOW, World, make_world, stock
from tests.support.commands import ROOT, SupplyCommand

DIES = """
import sys
from supply import clock, create_app
from supply.recalls import mail, spreading

def stays(*_anything):
    print("in the middle", flush=True)
    sys.stdin.read()

mail.tell = stays
with create_app().app_context():
    spreading.spread(int(sys.argv[1]), clock.now())
"""


@pytest.fixture
def world(app: Flask) -> World:
    """A practice with two clinics."""
    return make_world()


@pytest.mark.race
def test_who_dies_while_a_recall_spreads_leaves_the_rest_to_the_job(
    app: Flask, world: World, supply_command: SupplyCommand
) -> None:
    stock(world, AMPOULE, "20", lot="TX-1")
    notice = Notice(
        products=[Named(sku=AMPOULE)],
        lots=["TX-1"],
        recall_class=RecallClass.SERIOUS,
        reason="Not sterile",
        action="Return it",
    )
    with transaction():
        recall_id = declare(world.supplier, notice, actor=world.actor(), now=NOW)[0].id
    with subprocess.Popen(
        [sys.executable, "-c", DIES, str(recall_id)],
        cwd=ROOT,
        env={**os.environ, **supply_command.settings},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "in the middle\n"
        process.send_signal(signal.SIGKILL)

    def there() -> tuple[int, ...]:
        db.session.rollback()
        counted = (sa.select(sa.func.count(model.id)) for model in (Hold, Mail))
        reached = sa.select(sa.func.count(RecallPractice.reached_at))
        return tuple(db.session.scalar(query) or 0 for query in (*counted, reached))

    assert there() == (0, 0, 0)
    assert work.run(NOW) == {"reached": 1}
    assert work.run(NOW) == {}
    assert there() == (1, 2, 1)
    assert verify() == []
