"""Counting tries per address and per e-mail in the database, so that workers share the count."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import sqlalchemy as sa

from supply.accounts.models import Throttle
from supply.db import Instant, db

WINDOW = dt.timedelta(minutes=15)
KEPT = dt.timedelta(days=1)

_COUNT = sa.text(
    "INSERT INTO throttle (subject, window_start, attempts) VALUES (:subject, :window, 1) "
    "ON CONFLICT (subject, window_start) DO UPDATE SET attempts = throttle.attempts + 1 "
    "RETURNING attempts"
).bindparams(sa.bindparam("window", type_=Instant))


def claim(limits: Mapping[str, int], now: dt.datetime) -> bool:
    """Count one try for each subject; return whether all stay within their limits.

    Counted before the try is made, so that tries sent at once cannot slip through together.
    Locks the subjects' rows, in the order of their names.
    """
    window = _window(now)
    db.session.execute(sa.delete(Throttle).where(Throttle.window_start < now - KEPT))
    within = True
    for subject in sorted(limits):
        tries = db.session.execute(_COUNT, {"subject": subject[:300], "window": window})
        within = tries.scalar_one() <= limits[subject] and within
    return within


def release(subjects: Mapping[str, int], now: dt.datetime) -> None:
    """Take back the try counted for each subject: it succeeded."""
    for subject in sorted(subjects):
        db.session.execute(
            sa.update(Throttle)
            .where(
                Throttle.subject == subject[:300],
                Throttle.window_start == _window(now),
                Throttle.attempts > 0,
            )
            .values(attempts=Throttle.attempts - 1)
        )


def forget(subject: str) -> None:
    """Drop what was counted for ``subject``."""
    db.session.execute(sa.delete(Throttle).where(Throttle.subject == subject[:300]))


def _window(now: dt.datetime) -> dt.datetime:
    seconds = int(WINDOW.total_seconds())
    return dt.datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, dt.UTC)
