"""The scheduler: one process that acts, and any number that stand by.

Jobs are declared here, in code. Whoever leads (see :mod:`supply.jobs.leadership`) runs them with
APScheduler, and asks before each whether it still leads; the others try again every second.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click
from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask
from flask.cli import ScriptInfo

from supply import clock
from supply.db import db, transaction
from supply.jobs import runs, work
from supply.jobs.leadership import Leadership, leadership_over
from supply.outage import outage_of
from supply.outbox.smtp import MailUrlError, configured_gateway
from supply.payments.gateway import gateway_of
from supply.seals.sealing import Sealing

log = logging.getLogger(__name__)

STANDBY_SECONDS = 1.0
THREADS = 3
FINISH_SECONDS = 8.0
"""How long jobs may go on after a signal to end: all of them bear being killed at any line."""

Job = Callable[[dt.datetime], object]


@dataclass(frozen=True, slots=True)
class Declared:
    """A job and how often it is tried; periodic ones decide themselves whether it is time."""

    name: str
    work: Job
    every_seconds: int


def declared_jobs(app: Flask, stop: threading.Event | None = None) -> list[Declared]:
    """Return every job, of which the long ones end early once ``stop`` is set.

    Raises MailUrlError when mail is set up wrongly.
    """
    gateway = configured_gateway(app.config, stop)
    cards = gateway_of(app.config)
    return [
        Declared("changes", work.ChangeSweep(), 5),
        Declared("delivery", lambda now: work.delivery(now, gateway, stop), 5),
        Declared("payments", lambda now: work.payments(now, cards, stop), 5),
        Declared("reconcile", lambda now: work.reconcile_payments(now, cards), 60),
        Declared("digests", work.digests, 60),
        Declared("summaries", work.summaries, 300),
        Declared("standing", work.standing_orders, 60),
        Declared("returns", work.return_notices, 900),
        Declared("certificates", work.certificate_notices, 900),
        Declared("calibrations", work.calibration_notices, 900),
        Declared("recalls", work.recalls, 30),
        Declared("sweep", work.full_sweep, 60),
        Declared("calendars", lambda now: work.calendars(now, stop), 30),
        Declared("seals", Sealing(), 60),
        Declared("clean", work.clean, 3600),
    ]


def run(app: Flask, stop: threading.Event, finish_seconds: float = FINISH_SECONDS) -> bool:
    """Stand by, lead, run the jobs, until ``stop`` is set.

    Running jobs then have ``finish_seconds`` to finish; return whether all did. Raises
    MailUrlError before anything is done.
    """
    declared_jobs(app, stop)
    finished = True
    with app.app_context():
        leadership = leadership_over(db.engine)
    try:
        while not stop.is_set():
            if leadership.acquire():
                finished = _lead(app, leadership, stop, finish_seconds)
            stop.wait(STANDBY_SECONDS)
    finally:
        leadership.release()
    return finished


def _lead(app: Flask, leadership: Leadership, stop: threading.Event, finish_seconds: float) -> bool:
    """Run the jobs while leading; return whether every job finished in the time it had."""
    log.info("acting as %s", runs.WORKER)
    scheduler = _scheduler(app, leadership, stop)
    scheduler.start()
    while leadership.held() and not stop.wait(STANDBY_SECONDS):
        pass
    ending = threading.Thread(target=scheduler.shutdown, daemon=True)
    ending.start()
    # Who lost the lead goes on later, with the same threads; who is told to end has no time.
    ending.join(finish_seconds if stop.is_set() else None)
    log.info("no longer acting")
    return not ending.is_alive()


def _scheduler(app: Flask, leadership: Leadership, stop: threading.Event) -> BackgroundScheduler:
    scheduler = BackgroundScheduler(
        timezone=dt.UTC,
        executors={"default": ThreadPoolExecutor(THREADS)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    # APScheduler logs the traceback of a job that raised; we keep a row of it as well.
    scheduler.add_listener(lambda event: _note_failure(app, event), EVENT_JOB_ERROR)
    for declared in declared_jobs(app, stop):
        scheduler.add_job(
            _run_job,
            "interval",
            args=(app, leadership, declared.name, declared.work),
            id=declared.name,
            name=declared.name,
            seconds=declared.every_seconds,
            next_run_time=clock.now(),
        )
    return scheduler


def _run_job(app: Flask, leadership: Leadership, name: str, job: Job) -> None:
    """Run ``job`` at the present instant, if this process still leads.

    A database that cannot be used just now is no fault of the job: it is tried again in its turn.
    """
    if not leadership.held():
        return
    with app.app_context():
        try:
            job(clock.now())
        except Exception as error:
            outage = outage_of(error)
            if outage is None:
                raise
            log.warning("%s has to wait: database %s", name, outage)


def _note_failure(app: Flask, event: JobExecutionEvent) -> None:
    """Keep why a job failed, once a minute: one that is tried every few seconds says it often."""
    now = clock.now()
    with app.app_context(), transaction():
        minute = f"failed {now:%Y-%m-%dT%H:%M}"
        runs.record_run(event.job_id, minute, now, failure=event.traceback)


@click.command("scheduler")
@click.pass_obj
def scheduler_command(script: ScriptInfo) -> None:
    """Run the jobs. Any number may run; exactly one acts, and ends cleanly on SIGTERM."""
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    # A job that still runs when it is due again is left alone; a line every five seconds says so.
    logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)
    stop = threading.Event()

    def end(_signal: int, _frame: Any) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    try:
        finished = run(script.load_app(), stop)
    except MailUrlError as error:
        raise click.ClickException(str(error)) from error
    if not finished:
        log.warning("ended in the middle of a job; what it had not committed is done again")
        logging.shutdown()
        os._exit(0)  # Leaving in the usual way would wait for the job.
