"""The record of what the scheduler did."""

from __future__ import annotations

import datetime as dt
import os
import socket
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from supply.db import db, table, transaction, upsert
from supply.jobs.models import JobRun

JOB_RUN = table(JobRun)

WORKER = f"{socket.gethostname()}:{os.getpid()}"[:100]


def record_run(
    job: str,
    period: str,
    now: dt.datetime,
    result: dict[str, Any] | None = None,
    failure: str | None = None,
) -> int | None:
    """Record a run in the running transaction; None when the period has one already."""
    values = {
        "job": job,
        "period": period,
        "started_at": now,
        "finished_at": None if failure else now,
        "result": result,
        "failure": failure,
        "worker": WORKER,
    }
    statement = upsert(JOB_RUN).on_conflict_do_nothing().returning(JOB_RUN.c.id)
    run: int | None = db.session.execute(statement, values).scalar_one_or_none()
    return run


def is_recorded(job: str, period: str) -> bool:
    """Return whether a period of a job has its run already; no transaction stays open."""
    query = sa.select(JOB_RUN.c.id).where(JOB_RUN.c.job == job, JOB_RUN.c.period == period)
    found = db.session.scalar(query) is not None
    db.session.rollback()
    return found


def once_a_period(
    job: str, period: str, now: dt.datetime, work: Callable[[], dict[str, Any]]
) -> bool:
    """Do ``work`` and record it in one transaction, unless someone did it in this period.

    Return whether this call did it.
    """
    with transaction():
        run = record_run(job, period, now)
        if run is None:
            return False
        result = work()
        db.session.execute(sa.update(JOB_RUN).where(JOB_RUN.c.id == run).values(result=result))
    return True


def do_again(
    job: str,
    period: str,
    now: dt.datetime,
    wait: dt.timedelta,
    work: Callable[[dt.datetime, dict[str, Any]], dict[str, Any] | None],
) -> bool:
    """Make up for what a run of this period left undone, once ``wait`` has passed since.

    ``work`` gets the run's result and returns the one to keep from now on, or None when nothing
    was left. Return whether there was something.
    """
    of_period = sa.and_(JOB_RUN.c.job == job, JOB_RUN.c.period == period)
    query = sa.select(JOB_RUN.c.result).where(of_period, JOB_RUN.c.finished_at <= now - wait)
    run = db.session.scalar(query)
    db.session.rollback()
    if run is None:
        return False
    with transaction():
        left = db.session.scalar(query.with_for_update())
        result = work(now, left) if left is not None else None
        if result is None:
            return False
        values = {"result": result, "finished_at": now}
        db.session.execute(sa.update(JOB_RUN).where(of_period).values(values))
    return True
