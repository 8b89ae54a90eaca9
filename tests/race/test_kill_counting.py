"""``kill -9`` in the middle of counting leaves whole counts, and none posted twice."""

from __future__ import annotations

import os
import subprocess
import sys
from decimal import Decimal

import sqlalchemy as sa
from flask import Flask

from supply.counting.models import Count, CountLine
from supply.counting.terms import CountStatus
from supply.db import db
from supply.inventory.models import Balance, Entry
from supply.inventory.terms import EntryKind
from supply.inventory.verification import verify
from tests.factories import BIOTIN, make_world, stock
from tests.race.counter import count_one
from tests.support.commands import ROOT

COMMITTED_BEFORE_KILL = 4


def test_a_killed_counter_leaves_the_ledger_whole(app: Flask, database_url: str) -> None:
    world = make_world()
    stock(world, BIOTIN, "500")
    who = world.clinic.id, world.owner.id
    done = len(_count_until_killed(who, database_url))
    posted = _whole()
    assert done <= posted <= done + 1
    for number in range(posted + 1):
        count_one(*who, number)
    assert _whole() == posted + 1


def _whole() -> int:
    """Hold that each count is posted, with its line, its entry and its ampoule; return how many."""
    db.session.rollback()
    counts = sa.select(Count.status, CountLine.difference, Entry.kind)
    rows = db.session.execute(
        counts.outerjoin(CountLine, CountLine.count_id == Count.id).outerjoin(
            Entry, Entry.id == Count.entry_id
        )
    ).all()
    assert {tuple(row) for row in rows} == {(CountStatus.POSTED, Decimal(-1), EntryKind.COUNT)}
    assert db.session.scalars(sa.select(Balance.quantity)).one() == 500 - len(rows)
    assert verify() == []
    db.session.rollback()
    return len(rows)


def _count_until_killed(who: tuple[int, int], database_url: str) -> list[str]:
    """Let a process count, and kill it between or within counts; return what it said it did."""
    command = [sys.executable, "-m", "tests.race.counter", *map(str, who)]
    environment = {**os.environ, "DATABASE_URL": database_url, "SECRET_KEY": "only-for-tests"}
    db.session.rollback()
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(COMMITTED_BEFORE_KILL)]
        process.kill()
        said += process.stdout.readlines()
    return said
