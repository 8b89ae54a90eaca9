"""Schedulers as real processes: exactly one acts, another takes over, SIGTERM ends cleanly."""

import datetime as dt
import logging
import re
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Set
from contextlib import ExitStack
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from supply import clock
from supply.db import db, transaction
from supply.jobs import scheduler
from supply.jobs.leadership import FileLeadership, leadership_over
from supply.jobs.models import JobRun
from supply.outage import DatabaseGoneError
from supply.outbox.models import Mail
from supply.outbox.services import enqueue
from supply.outbox.smtp import MAIL_SECONDS
from supply.outbox.terms import MailKind
from tests.support.commands import SupplyCommand
from tests.support.ports import LOOPBACK
from tests.support.smtp import SmtpServer
from tests.support.waiting import wait_until

Start = Callable[[], subprocess.Popen[str]]


@pytest.fixture
def start(supply_command: SupplyCommand, smtp_server: SmtpServer) -> Iterator[Start]:
    """Start ``supply scheduler`` on the test's database and mail server."""
    command = SupplyCommand({**supply_command.settings, "MAIL_URL": smtp_server.url})
    with ExitStack() as running:
        yield lambda: running.enter_context(command.started("scheduler"))


def queue_mail() -> None:
    """Queue a mail, so that whoever leads has something to do."""
    with transaction():
        enqueue(
            MailKind.PASSWORD_RESET,
            to_address="anna@example.org",
            template="digest",
            context={"headline": "News", "sentence": "News.", "news": [], "still_open": []},
            now=clock.now(),
        )


def all_sent() -> bool:
    """Return whether no mail waits."""
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count(Mail.id)).where(Mail.sent_at.is_(None))) == 0


def workers() -> Set[int]:
    """Return the process ids that have run jobs."""
    db.session.rollback()
    found = db.session.scalars(sa.select(JobRun.worker).distinct())
    return {int(worker.rpartition(":")[2]) for worker in found}


def acted(process: subprocess.Popen[str]) -> bool:
    """Return whether ``process`` has run a job."""
    return process.pid in workers()


@pytest.mark.race
def test_one_of_two_acts_and_the_other_takes_over(
    app: Flask, start: Start, smtp_server: SmtpServer
) -> None:
    first = start()
    wait_until(lambda: acted(first))
    second = start()
    for number in range(3):
        queue_mail()
        wait_until(all_sent)
        assert len(smtp_server.mails) == number + 1
    assert second.poll() is None
    assert workers() == {first.pid}
    first.send_signal(signal.SIGKILL)
    queue_mail()
    wait_until(lambda: acted(second))
    wait_until(all_sent)
    assert len(smtp_server.mails) == 4
    second.send_signal(signal.SIGTERM)
    output, _ = second.communicate(timeout=60)
    assert second.returncode == 0
    assert "Traceback" not in output
    assert re.search(r"acting as \S+:\d+", output)
    assert "no longer acting" in output


@pytest.mark.race
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_mail_server_that_never_answers_does_not_keep_it(
    app: Flask, supply_command: SupplyCommand
) -> None:
    """It ends long before the deadline of the mail it was sending."""
    queue_mail()
    with socket.create_server((LOOPBACK, 0)) as silent:
        url = f"smtp://{LOOPBACK}:{silent.getsockname()[1]}"
        command = SupplyCommand({**supply_command.settings, "MAIL_URL": url})
        with command.started("scheduler") as process:
            connection, _address = silent.accept()
            with connection:
                process.send_signal(signal.SIGTERM)
                output, _ = process.communicate(timeout=MAIL_SECONDS / 2)
    assert process.returncode == 0
    assert "Sending was ended before the mail server had taken it." in output
    assert "Traceback" not in output
    db.session.rollback()
    mail = db.session.scalars(sa.select(Mail)).one()
    assert (mail.sent_at, mail.leased_until, mail.attempts) == (None, None, 1)


def test_who_is_told_to_end_leaves_a_job_that_does_not(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop, begun, go_on = threading.Event(), threading.Event(), threading.Event()

    def stuck(_now: dt.datetime) -> None:
        begun.set()
        stop.set()
        go_on.wait()

    jobs = [scheduler.Declared("stuck", stuck, 60)]
    monkeypatch.setattr(scheduler, "declared_jobs", lambda *_arguments: jobs)
    try:
        assert scheduler.run(app, stop, finish_seconds=0.1) is False
        assert begun.is_set()
    finally:
        go_on.set()


def test_a_job_waits_for_its_database_without_ado(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stop = threading.Event()

    def refused(_now: dt.datetime) -> None:
        stop.set()
        raise DatabaseGoneError("there is no database")

    jobs = [scheduler.Declared("refused", refused, 60)]
    monkeypatch.setattr(scheduler, "declared_jobs", lambda *_arguments: jobs)
    assert scheduler.run(app, stop) is True
    lines = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [line.getMessage() for line in lines] == ["refused has to wait: database unreachable"]
    assert db.session.scalar(sa.select(sa.func.count(JobRun.id))) == 0


def test_leadership_is_exclusive_and_can_be_given_up(app: Flask) -> None:
    one, other = leadership_over(db.engine), leadership_over(db.engine)
    try:
        assert (one.acquire(), one.acquire(), one.held()) == (True, True, True)
        assert (other.acquire(), other.held()) == (False, False)
        one.release()
        assert (one.held(), other.acquire()) == (False, True)
    finally:
        one.release()
        other.release()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_leader_whose_connection_died_gives_up(app: Flask) -> None:
    leader, heir = leadership_over(db.engine), leadership_over(db.engine)
    try:
        assert leader.acquire()
        # Locks of the whole server are listed: end those of this database only.
        end = sa.text(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        db.session.execute(end)
        db.session.rollback()
        assert leader.held() is False
        assert heir.acquire() is True
        assert leader.acquire() is False
    finally:
        leader.release()
        heir.release()


def test_a_lock_file_that_was_removed_grants_nothing(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    leader, heir = FileLeadership(path), FileLeadership(path)
    assert leader.acquire()
    path.unlink()
    assert heir.acquire()
    assert leader.held() is False
    assert leader.acquire() is False
    heir.release()
    assert path.exists()


def test_a_folder_that_is_away_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "away"
    standing_by = FileLeadership(folder / "lock")
    assert [standing_by.acquire() for _ in range(3)] == [False, False, False]
    why = "standing by: lock cannot be opened: No such file or directory"
    assert caplog.messages == [why]
    folder.mkdir()
    assert standing_by.acquire()
    standing_by.release()
