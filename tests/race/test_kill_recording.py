"""``kill -9`` in the middle of recording leaves whole sessions, and none twice."""

from __future__ import annotations

import os
import subprocess
import sys

import sqlalchemy as sa
from flask import Flask

from supply.db import db
from supply.inventory.models import Balance, Entry
from supply.inventory.terms import EntryKind
from supply.inventory.verification import verify
from supply.treatments.models import SessionLine, TreatmentSession
from tests.factories import AMPOULE, NEEDLE, VIAL, World, make_formulation, make_world, stock
from tests.race.recorder import record_one
from tests.support.commands import ROOT

KILLS = 3
COMMITTED_BEFORE_KILL = 5


def test_a_killed_recorder_leaves_the_ledger_whole(app: Flask, database_url: str) -> None:
    world = make_world()
    make_formulation(world, [(AMPOULE, "0.5"), (VIAL, "0.2"), (NEEDLE, "3")])
    stock(world, AMPOULE, "5000")
    stock(world, VIAL, "500")
    stock(world, NEEDLE, "9000")
    clinic_id, person_id = world.clinic.id, world.practitioner.id

    for _kill in range(KILLS):
        said = _record_until_killed(world, database_url)
        done = len(said)
        db.session.rollback()
        recorded = _count(TreatmentSession)
        assert done <= recorded <= done + 1
        assert _count(SessionLine) == recorded * 3
        assert _count(Entry, Entry.kind == EntryKind.SESSION) == recorded
        assert verify() == []
        for number in range(recorded + 1):
            record_one(clinic_id, person_id, number)
        assert _count(TreatmentSession) == recorded + 1
        assert verify() == []
    below_zero = db.session.scalars(sa.select(Balance.id).where(Balance.quantity < 0)).all()
    assert below_zero == []


def _record_until_killed(world: World, database_url: str) -> list[str]:
    """Let a process record, kill it between or within sessions; return what it said it did."""
    command = [
        sys.executable,
        "-m",
        "tests.race.recorder",
        str(world.clinic.id),
        str(world.practitioner.id),
    ]
    db.session.rollback()
    before = _count(TreatmentSession)
    environment = {**os.environ, "DATABASE_URL": database_url, "SECRET_KEY": "only-for-tests"}
    db.session.rollback()
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(before + COMMITTED_BEFORE_KILL)]
        process.kill()
        said += process.stdout.readlines()
    return said


def _count(model: type, *where: sa.ColumnElement[bool]) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model).where(*where)) or 0
