"""Delivering mails: each on its own, so that none holds up another."""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from supply.db import db, transaction
from supply.outage import outage_of
from supply.outbox import rules
from supply.outbox.models import Mail

log = logging.getLogger(__name__)

BATCH = 100
"""Mails one delivery run tries at most; the next run takes the rest."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What one delivery run did, how many mails still wait and how many are set aside."""

    sent: int
    failed: int
    waiting: int
    set_aside: int = 0

    def as_json(self) -> dict[str, int]:
        """Return the counts by name."""
        return {
            "sent": self.sent,
            "failed": self.failed,
            "waiting": self.waiting,
            "set_aside": self.set_aside,
        }


class DeliveryError(Exception):
    """A mail was not taken. ``str()`` is what the server or the network said.

    ``permanent``: this mail was refused for good. ``server``: the server itself is out of reach
    or refuses us, so that trying further mails now is useless.
    """

    def __init__(self, reason: str, *, permanent: bool = False, server: bool = False) -> None:
        """Keep what was said and what it means for this mail and the next."""
        super().__init__(reason)
        self.permanent = permanent
        self.server = server


class Gateway(Protocol):
    """Something that takes a mail, or raises DeliveryError."""

    def send(self, mail: Mail, sent_at: dt.datetime) -> None:
        """Hand ``mail`` over, dated ``sent_at``."""


def deliver(
    now: dt.datetime, gateway: Gateway | None, stop: threading.Event | None = None
) -> Counts:
    """Send the mails due by ``now``, until ``stop`` is set; without a ``gateway`` they wait.

    Each mail is claimed, sent and marked on its own: claiming and marking are one short
    transaction each, and sending happens outside any. Whoever crashes in between leaves one
    claimed mail, which goes out again under the same Message-ID once its lease is over.

    Whatever goes wrong with one mail is written on it, and the next is tried: it waits longer
    each time, or is set aside if it was refused for good. Only a server that cannot be used at
    all ends the run.
    """
    sent = failed = 0
    present = _ticking_from(now)
    if gateway is None:
        return Counts(0, 0, *_left())
    for mail_id in _due(now):
        if stop is not None and stop.is_set():
            break
        try:
            sent += _send(mail_id, gateway, present)
        except DeliveryError as error:
            failed += 1
            _put_back(mail_id, error, present())
            if error.server:
                break
    return Counts(sent, failed, *_left())


def _send(mail_id: int, gateway: Gateway, present: Callable[[], dt.datetime]) -> int:
    """Claim and send one mail; return 1, or 0 when somebody else has it. Raises DeliveryError."""
    try:
        mail = _claim(mail_id, present())
        if mail is None:
            return 0
        gateway.send(mail, present())
    except DeliveryError:
        raise
    except Exception as error:
        if outage_of(error) is not None:
            raise  # The database's fault, not the mail's: its lease ends by itself.
        log.exception("mail %s could not be sent", mail_id)
        raise DeliveryError(f"{type(error).__name__}: {error}") from error
    _settle(mail_id, {"sent_at": present(), "leased_until": None, "last_error": None})
    return 1


def _ticking_from(now: dt.datetime) -> Callable[[], dt.datetime]:
    """Return a clock that starts at ``now``, so that a late mail's lease is not already old."""
    started = time.monotonic()
    return lambda: now + dt.timedelta(seconds=time.monotonic() - started)


def _claimable(now: dt.datetime) -> sa.ColumnElement[bool]:
    free = sa.or_(Mail.leased_until.is_(None), Mail.leased_until <= now)
    return sa.and_(Mail.sent_at.is_(None), Mail.set_aside_at.is_(None), Mail.due_at <= now, free)


def _due(now: dt.datetime) -> Sequence[int]:
    """Return the ids of mails to try, longest due first, and leave no transaction open."""
    query = sa.select(Mail.id).where(_claimable(now)).order_by(Mail.due_at, Mail.id).limit(BATCH)
    found = db.session.scalars(query).all()
    db.session.rollback()
    return found


def _claim(mail_id: int, now: dt.datetime) -> Mail | None:
    """Lease one mail and return it, detached; None when somebody else has it."""
    with transaction():
        claimed = db.session.execute(
            sa.update(Mail)
            .where(Mail.id == mail_id, _claimable(now))
            .values(leased_until=now + rules.LEASE, attempts=Mail.attempts + 1)
            .returning(Mail.id),
            execution_options={"synchronize_session": False},
        ).scalar_one_or_none()
        if claimed is None:
            return None
        mail = db.session.scalars(
            sa.select(Mail)
            .where(Mail.id == mail_id)
            .options(selectinload(Mail.attachments))
            .execution_options(populate_existing=True)
        ).one()
        db.session.expunge(mail)
        return mail


def _put_back(mail_id: int, error: DeliveryError, now: dt.datetime) -> None:
    """Write on the mail why it failed, and when it is tried again, or that it is set aside."""
    log.warning("mail %s was not taken: %s", mail_id, error)
    values: dict[str, Any] = {"leased_until": None, "last_error": str(error).replace("\0", " ")}
    if error.permanent:
        values["set_aside_at"] = now
    else:
        query = sa.select(Mail.attempts).where(Mail.id == mail_id)
        values["due_at"] = now + rules.wait_after(db.session.scalar(query) or 1)
    _settle(mail_id, values)


def _settle(mail_id: int, values: dict[str, Any]) -> None:
    """Write the outcome, unless the lease ran out and somebody else sent it meanwhile."""
    with transaction():
        db.session.execute(
            sa.update(Mail).where(Mail.id == mail_id, Mail.sent_at.is_(None)).values(values),
            execution_options={"synchronize_session": False},
        )


def _left() -> tuple[int, int]:
    """Return how many mails wait, and how many are set aside."""
    aside = Mail.set_aside_at.is_not(None)
    query = sa.select(aside, sa.func.count(Mail.id)).where(Mail.sent_at.is_(None)).group_by(aside)
    counts = {bool(row[0]): int(row[1]) for row in db.session.execute(query)}
    db.session.rollback()
    return counts.get(False, 0), counts.get(True, 0)
