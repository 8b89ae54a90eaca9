"""Counting tries in the database, so that every worker shares the count.

A try is counted before it is made, so that tries sent at once cannot slip through together; one
that is refused is not counted, so that whoever keeps on trying does not keep others out.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

import sqlalchemy as sa
from flask import current_app

from supply.accounts.credentials import Throttle
from supply.db import Instant, db

QUARTER = dt.timedelta(minutes=15)
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)

_COUNT = sa.text(
    "INSERT INTO throttle (subject, window_start, attempts) VALUES (:subject, :window, 1) "
    "ON CONFLICT (subject, window_start) DO UPDATE SET attempts = throttle.attempts + 1 "
    "WHERE throttle.attempts < :most RETURNING attempts"
).bindparams(sa.bindparam("window", type_=Instant))


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``most`` tries for a subject in each window of the clock."""

    kind: str
    subject: str
    most: int
    window: dt.timedelta

    @property
    def key(self) -> str:
        """What the count is kept under: a keyed hash, for the subject may be someone's address."""
        text = f"{self.kind}\n{self.window}\n{self.subject}"
        secret = current_app.config["SECRET_KEY"].encode()
        return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()

    def start(self, now: dt.datetime) -> dt.datetime:
        """Return when the window that ``now`` lies in began."""
        seconds = int(self.window.total_seconds())
        return dt.datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, dt.UTC)


def claim(limits: Iterable[Limit], now: dt.datetime) -> bool:
    """Count one try for each limit; where any is used up, count none and return False.

    Locks the counts' rows in the order of their keys.
    """
    counted: list[Limit] = []
    for limit in _in_order(limits):
        values = {"subject": limit.key, "window": limit.start(now), "most": limit.most}
        if db.session.execute(_COUNT, values).scalar_one_or_none() is None:
            release(counted, now)
            return False
        counted.append(limit)
    return True


def release(limits: Iterable[Limit], now: dt.datetime) -> None:
    """Take back the try counted for each limit: it succeeded, or was none."""
    for limit in _in_order(limits):
        db.session.execute(
            sa.update(Throttle)
            .where(
                Throttle.subject == limit.key,
                Throttle.window_start == limit.start(now),
                Throttle.attempts > 0,
            )
            .values(attempts=Throttle.attempts - 1)
        )


def forget(limits: Iterable[Limit]) -> None:
    """Drop what was counted for the subjects of ``limits``."""
    keys = [limit.key for limit in limits]
    db.session.execute(sa.delete(Throttle).where(Throttle.subject.in_(keys)))


def network_of(address: str) -> str:
    """Return what counts as one place on the network: an IPv4 address, an IPv6 network of /64.

    A household or a phone has a whole /64, and may take a new address of it for each try.
    """
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return f"{IPv6Address(int(found) >> 64 << 64)}/64"
    return str(found)


def _in_order(limits: Iterable[Limit]) -> list[Limit]:
    return sorted(limits, key=lambda limit: limit.key)
