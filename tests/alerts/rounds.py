"""The scheduler's jobs, run at instants a test says, and what a real mail server received."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask

from supply import clock
from supply.db import db
from supply.jobs.scheduler import declared_jobs
from tests.support.smtp import SmtpServer

Received = list[tuple[str, str]]
"""Mails by recipient and subject, in that order."""


class Rounds:
    """One scheduler, whose clock is moved by hand."""

    def __init__(self, app: Flask, smtp: SmtpServer, patch: pytest.MonkeyPatch) -> None:
        """Start it: what happened before is not known to it."""
        app.config.update(MAIL_URL=smtp.url, PUBLIC_URL="https://supply.example")
        self._smtp, self._patch = smtp, patch
        self._jobs = declared_jobs(app)
        self._deliver = next(job.work for job in self._jobs if job.name == "delivery")

    def at(self, now: dt.datetime) -> Received:
        """Run every job at ``now``; return the mails that arrived by it."""
        self._patch.setattr(clock, "now", lambda: now)
        db.session.rollback()
        before = len(self._smtp.mails)
        for job in self._jobs:
            job.work(now)
        self._deliver(now)
        arrived = self._smtp.mails[before:]
        assert all(len(mail.recipients) == 1 for mail in arrived)
        return sorted(
            (mail.recipients[0], str(mail.message["Subject"]).strip()) for mail in arrived
        )
