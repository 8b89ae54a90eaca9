"""Known devices: browsers in which a person has signed in before.

A stranger's tries use up what strangers have; a known device has tries of its own. So the secret
in its cookie must be worth nothing to anyone who saw it once: every sign-in replaces it.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from supply.accounts.credentials import KnownDevice
from supply.accounts.tokens import new_secret, secret_hash
from supply.db import db, table, upsert

LASTS = dt.timedelta(days=400)
"""How long an unused device stays known; browsers keep no cookie longer."""


def tries_key(person_id: int, secret: str | None, now: dt.datetime) -> str | None:
    """Return what tries for the person are counted under on the device that holds ``secret``.

    None where they have not signed in on it. A colleague who signs in on a device they share
    replaces its secret, and must not begin the person's count anew with it.
    """
    if not secret:
        return None
    return db.session.scalar(
        sa.select(KnownDevice.tries_key).where(
            KnownDevice.secret_hash == secret_hash(secret),
            KnownDevice.person_id == person_id,
            KnownDevice.last_used_at > now - LASTS,
        )
    )


def is_known(person_id: int, secret: str | None, now: dt.datetime) -> bool:
    """Return whether the person has signed in on the device that holds ``secret``."""
    return tries_key(person_id, secret, now) is not None


def has_any(person_id: int) -> bool:
    """Return whether the person has signed in anywhere before."""
    query = sa.select(KnownDevice.person_id).where(KnownDevice.person_id == person_id).limit(1)
    return db.session.scalar(query) is not None


def remember(person_id: int, secret: str | None, now: dt.datetime) -> str:
    """Make the device known to the person; return its new secret, for everyone who shares it."""
    fresh = new_secret()
    if secret:
        db.session.execute(
            sa.update(KnownDevice)
            .where(KnownDevice.secret_hash == secret_hash(secret))
            .values(secret_hash=secret_hash(fresh))
        )
    statement = upsert(table(KnownDevice)).values(
        secret_hash=secret_hash(fresh),
        person_id=person_id,
        tries_key=secret_hash(new_secret()),
        last_used_at=now,
    )
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["secret_hash", "person_id"], set_={"last_used_at": now}
        )
    )
    return fresh


def forget(person_id: int) -> None:
    """Make every device unknown to the person: someone else may have used one."""
    db.session.execute(sa.delete(KnownDevice).where(KnownDevice.person_id == person_id))
