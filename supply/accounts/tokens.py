"""Secrets given out once and kept only as their hash: API tokens and links in mails."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Sequence

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from supply.accounts.models import ApiToken, Person
from supply.actor import Actor
from supply.audit import services as audit
from supply.db import db
from supply.refusals import InvalidInput

LONGEST_DAYS = 3650


def new_secret() -> str:
    """Return 256 bits of chance as text that can stand in an address."""
    return secrets.token_urlsafe(32)


def secret_hash(secret: str) -> str:
    """Return what is kept of a secret: with that much chance, a plain SHA-256 is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def issue_token(
    person: Person, *, expires_days: int | None = None, actor: Actor, now: dt.datetime
) -> str:
    """Return a new API token of ``person``, shown this once.

    It lasts ``expires_days`` days, or until revoked. Raises InvalidInput outside 1 to 3650.
    """
    if expires_days is not None and not 1 <= expires_days <= LONGEST_DAYS:
        message = _("Enter 1 to %(most)s days, or nothing.", most=LONGEST_DAYS)
        raise InvalidInput(("expires_days", message))
    secret = new_secret()
    token = ApiToken(
        person_id=person.id,
        token_hash=secret_hash(secret),
        created_at=now,
        expires_at=now + dt.timedelta(days=expires_days) if expires_days else None,
    )
    db.session.add(token)
    db.session.flush()
    audit.record(actor, "token.issued", ("api_token", token.id), now, after={"person": person.id})
    return secret


def person_for_token(token: str, *, now: dt.datetime) -> Person | None:
    """Return whose token this is, if it is good at ``now`` and the person may sign in."""
    found = db.session.scalar(
        sa.select(ApiToken)
        .options(joinedload(ApiToken.person))
        .where(ApiToken.token_hash == secret_hash(token), ApiToken.revoked_at.is_(None))
    )
    if found is None or (found.expires_at is not None and found.expires_at <= now):
        return None
    return found.person if found.person.is_active else None


def tokens_of(person_id: int, now: dt.datetime) -> Sequence[ApiToken]:
    """Return the person's tokens that are good at ``now``, newest first."""
    return db.session.scalars(
        sa.select(ApiToken)
        .where(
            ApiToken.person_id == person_id,
            ApiToken.revoked_at.is_(None),
            sa.or_(ApiToken.expires_at.is_(None), ApiToken.expires_at > now),
        )
        .order_by(ApiToken.id.desc())
    ).all()


def revoke_token(person: Person, token_id: int, *, actor: Actor, now: dt.datetime) -> bool:
    """End one of the person's own tokens; return whether there was such a token."""
    token = db.session.scalar(
        sa.select(ApiToken).where(ApiToken.id == token_id, ApiToken.person_id == person.id)
    )
    if token is None:
        return False
    if token.revoked_at is None:
        token.revoked_at = now
        db.session.flush()
        audit.record(actor, "token.revoked", ("api_token", token.id), now)
    return True
