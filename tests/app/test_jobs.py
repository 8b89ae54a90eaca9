"""The scheduler's jobs: once a period, only where something changed, and recorded."""

import datetime as dt
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask

from supply.accounts.credentials import Throttle
from supply.actor import SYSTEM
from supply.alerts.models import Alert
from supply.alerts.terms import AlertKind
from supply.audit import services as audit
from supply.db import db, transaction
from supply.idempotency import IdempotencyRecord
from supply.jobs import work as jobs
from supply.jobs.models import JobRun
from supply.jobs.runs import record_run
from supply.replenishment.models import Policy
from supply.replenishment.sweep import SweepCounts
from supply.replenishment.terms import Method
from tests.factories import BIOTIN, NOW, World, item, stock
from tests.support.queries import recorded_statements

SECONDS = dt.timedelta(seconds=1)
LOW = Counter({AlertKind.ORDER_NOW: 1})


@contextmanager
def broken_sweep() -> Iterator[None]:
    """Let every sweep fail while the block runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "sweep", lambda *_arguments: 1 // 0)
        yield


def runs() -> list[tuple[str, str]]:
    """Return what job_run says, in order."""
    db.session.rollback()
    query = sa.select(JobRun.job, JobRun.period).order_by(JobRun.id)
    return [(row.job, row.period) for row in db.session.execute(query)]


def set_point(world: World, point: int, now: dt.datetime) -> None:
    """Set biotin's reorder point, below the services and without their audit row."""
    with transaction():
        db.session.execute(sa.delete(Policy))
        db.session.add(
            Policy(
                clinic_id=world.clinic.id,
                item_id=item(world, BIOTIN).id,
                method=Method.FIXED,
                reorder_point=Decimal(point),
                par_level=Decimal(90),
                updated_at=now,
            )
        )


def note_change(world: World, at: dt.datetime, clinic: bool = True) -> None:
    """Write an audit row of the clinic, or of its practice."""
    with transaction():
        audit.record(
            SYSTEM,
            "test.changed",
            ("test", 1),
            at,
            clinic_id=world.clinic.id if clinic else None,
            practice_id=None if clinic else world.practice.id,
        )


def test_changes_are_swept_once(world: World) -> None:
    stock(world, BIOTIN, "8")
    sweep = jobs.ChangeSweep()
    assert sweep(NOW) == SweepCounts()
    set_point(world, 10, NOW)
    assert sweep(NOW + SECONDS * 5) == SweepCounts()
    note_change(world, NOW + SECONDS * 6)
    assert sweep(NOW + SECONDS * 10).opened == LOW
    with recorded_statements(db.engine) as statements:
        assert sweep(NOW + SECONDS * 15) == SweepCounts()
    assert len(statements) == 1
    assert runs() == [("changes", (NOW + SECONDS * 10).isoformat())]


def test_the_first_look_takes_every_clinic(world: World) -> None:
    stock(world, BIOTIN, "8")
    set_point(world, 10, NOW)
    assert jobs.ChangeSweep()(NOW + dt.timedelta(days=9)).opened == LOW


def test_a_change_that_commits_late_is_not_missed(world: World) -> None:
    stock(world, BIOTIN, "8")
    sweep = jobs.ChangeSweep()
    sweep(NOW)
    set_point(world, 10, NOW)
    note_change(world, NOW - SECONDS * 100)
    assert sweep(NOW + SECONDS * 5).opened == LOW


def test_a_change_of_the_practice_reaches_its_clinics(world: World) -> None:
    stock(world, BIOTIN, "8")
    sweep = jobs.ChangeSweep()
    sweep(NOW)
    set_point(world, 10, NOW)
    note_change(world, NOW, clinic=False)
    assert sweep(NOW + SECONDS * 5).opened == LOW


def test_a_failed_sweep_is_made_up_for(world: World) -> None:
    stock(world, BIOTIN, "8")
    sweep = jobs.ChangeSweep()
    sweep(NOW)
    set_point(world, 10, NOW)
    note_change(world, NOW)
    with broken_sweep(), pytest.raises(ZeroDivisionError):
        sweep(NOW + SECONDS * 5)
    assert sweep(NOW + SECONDS * 10).opened == LOW


def test_the_full_sweep_runs_once_an_hour_among_many(app: Flask, world: World) -> None:
    stock(world, BIOTIN, "8")
    set_point(world, 10, NOW)
    db.session.rollback()
    ready = threading.Barrier(3)

    def run(_number: int) -> bool:
        with app.app_context():
            ready.wait()
            return jobs.full_sweep(NOW)

    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(run, range(3))) == [False, False, True]
    assert runs() == [("sweep", "2026-06-15T09")]
    assert jobs.full_sweep(NOW + dt.timedelta(minutes=59)) is False
    assert jobs.full_sweep(NOW + dt.timedelta(minutes=60)) is True
    result = db.session.scalars(sa.select(JobRun.result).order_by(JobRun.id)).first()
    assert result is not None
    assert result["order_now"] == {"opened": 1, "kept": 0, "resolved": 0}


def test_a_full_sweep_that_fails_is_not_counted_as_done(
    world: World,
) -> None:
    with broken_sweep(), pytest.raises(ZeroDivisionError):
        jobs.full_sweep(NOW)
    assert runs() == []
    assert jobs.full_sweep(NOW) is True


def test_digests_go_by_alerts_of_their_hour_and_are_recorded_when_some_went(world: World) -> None:
    assert jobs.digests(NOW) == 0
    assert runs() == [("sweep", "2026-06-15T09")]
    stock(world, BIOTIN, "8")
    set_point(world, 10, NOW)
    tomorrow = NOW + dt.timedelta(days=1)
    assert jobs.digests(tomorrow) == 2
    assert runs()[1:] == [("sweep", "2026-06-16T09"), ("digests", tomorrow.isoformat())]


def test_digests_go_by_earlier_alerts_where_the_sweep_fails(world: World) -> None:
    stock(world, BIOTIN, "8")
    set_point(world, 10, NOW)
    jobs.full_sweep(NOW)
    with broken_sweep():
        assert jobs.digests(NOW + dt.timedelta(days=1)) == 2


def test_cleaning_removes_what_is_old_once_a_day(world: World) -> None:
    old = NOW - dt.timedelta(days=31)
    with transaction():
        for at in (old, NOW):
            db.session.add(Throttle(subject=f"x{at}", window_start=at, attempts=1))
            db.session.add(
                IdempotencyRecord(person_id=1, key=f"k{at}", request_hash="h", answer={}, at=at)
            )
            record_run("sweep", f"at {at}", at)
    assert jobs.clean(NOW) is True
    assert jobs.clean(NOW) is False
    for model in (Throttle, IdempotencyRecord):
        assert db.session.scalar(sa.select(sa.func.count()).select_from(model)) == 1
    assert [job for job, _period in runs()] == ["sweep", "clean"]
    assert db.session.scalars(sa.select(Alert)).all() == []
