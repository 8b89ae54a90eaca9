"""A long ledger is summed up slice by slice: killed between two, or written to, it comes right."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from supply.db import db, table, transaction
from supply.inventory.models import Entry
from supply.need import use
from supply.need.catching_up import catch_up
from supply.need.models import UseDay, UseMark
from supply.replenishment.sweep import sweep
from supply.treatments.recording import record_session
from supply.treatments.session_lines import SessionRequest
from tests.factories import AMPOULE, FORMULATION, NEEDLE, NOW, VIAL, World, stock
from tests.need.conftest import formulation, world
from tests.need.summing import SETTLED
from tests.support.commands import ROOT

__all__ = ["formulation", "world"]

SLICE = 3
"""Entries in a slice here."""

pytestmark = pytest.mark.usefixtures("formulation")


@pytest.fixture
def short_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(use, "SLICE", SLICE)


def record(world: World, days_ago: int, key: str) -> None:
    """Record a session that took one ampoule and nothing else."""
    at = NOW - dt.timedelta(days=days_ago)
    request = SessionRequest(
        FORMULATION, "P-1", occurred_at=at, amounts=dict.fromkeys((VIAL, NEEDLE)), key=key
    )
    with transaction():
        record_session(world.clinic, request, actor=world.actor(), now=NOW)


def sums() -> list[tuple[Any, ...]]:
    db.session.rollback()
    found = table(UseDay)
    return [tuple(row) for row in db.session.execute(sa.select(found).order_by(*found.c))]


def mark() -> int:
    db.session.rollback()
    return db.session.scalar(sa.select(UseMark.entry_id)) or 0


def entries() -> list[int]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(Entry.id).order_by(Entry.id)))


def summed_up_anew() -> list[tuple[Any, ...]]:
    """Return what the whole ledger comes to in one go."""
    with transaction():
        for kept in (UseDay, UseMark):
            db.session.execute(sa.delete(table(kept)))
        use.sum_up(SETTLED)
    return sums()


@pytest.mark.usefixtures("short_slices")
def test_killed_between_slices_it_goes_on_where_it_was(
    app: Flask, world: World, database_url: str
) -> None:
    """A receipt and 13 sessions; while nobody sums up, one is dated back to the first slice."""
    stock(world, AMPOULE, "500", at=NOW - dt.timedelta(days=60))
    for number in range(13):
        record(world, 40 - number, f"session {number}")
    _sum_up_until_killed(database_url, slices=2)
    behind, ids = mark(), entries()
    assert ids[SLICE - 1] <= behind < ids[-1]
    there = sums()
    assert len(there) == ids.index(behind) + 1

    record(world, 40, "dated back")
    left = len(entries()) - len(there)
    assert catch_up(SETTLED) == left // SLICE
    with transaction():
        sweep(SETTLED)
    found = sums()
    assert mark() == entries()[-1]
    assert len(found) == 14
    assert found == summed_up_anew()
    taken = {row.day: row.unbooked for row in db.session.scalars(sa.select(UseDay))}
    assert taken[NOW.date() - dt.timedelta(days=40)] == 10
    assert taken[NOW.date() - dt.timedelta(days=39)] == 5


def _sum_up_until_killed(database_url: str, *, slices: int) -> None:
    """Let a process sum up, and kill it once it has committed so many slices."""
    environment = {**os.environ, "DATABASE_URL": database_url, "SECRET_KEY": "only-for-tests"}
    db.session.rollback()
    with subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "tests.need.summing", str(SLICE)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(slices + 1)]
        process.kill()
    assert said == ["slice\n"] * (slices + 1)


@pytest.mark.usefixtures("short_slices")
def test_what_is_too_new_to_be_settled_is_left_to_the_sweep_and_looked_at_again(
    world: World,
) -> None:
    """An entry may yet be committed under an earlier number: the mark does not pass over it."""
    stock(world, AMPOULE, "500", at=NOW - dt.timedelta(days=60))
    for number in range(4):
        record(world, 9 - number, f"session {number}")
    assert (catch_up(NOW), sums(), mark()) == (0, [], 0)
    with transaction():
        use.sum_up(NOW)
    assert (len(sums()), mark()) == (5, entries()[0])
    assert (catch_up(SETTLED), mark()) == (1, entries()[3])


@pytest.mark.usefixtures("short_slices")
def test_a_day_is_summed_up_whole_with_its_slice(world: World) -> None:
    """Seven sessions of one day are one slice, however short slices are; the next day is not."""
    stock(world, AMPOULE, "500", at=NOW - dt.timedelta(days=60))
    for number in range(7):
        record(world, 9, f"session {number}")
    record(world, 8, "the day after")
    assert (catch_up(SETTLED), mark()) == (1, entries()[-2])
    assert [row[3:5] for row in sums()][1:] == [(35, 0)]
