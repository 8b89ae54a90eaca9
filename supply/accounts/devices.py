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


def is_known(person_id: int, secret: str | None, now: dt.datetime) -> bool:
    """Return whether the person has signed in on the device that holds ``secret``."""
    if not secret:
        return False
    query = sa.select(KnownDevice.person_id).where(
        KnownDevice.secret_hash == secret_hash(secret),
        KnownDevice.person_id == person_id,
        KnownDevice.last_used_at > now - LASTS,
    )
    return db.session.scalar(query) is not None


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
    row = {"secret_hash": secret_hash(fresh), "person_id": person_id, "last_used_at": now}
    statement = upsert(table(KnownDevice)).values(row)
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["secret_hash", "person_id"], set_={"last_used_at": now}
        )
    )
    return fresh


def forget(person_id: int) -> None:
    """Make every device unknown to the person: someone else may have used one."""
    db.session.execute(sa.delete(KnownDevice).where(KnownDevice.person_id == person_id))
