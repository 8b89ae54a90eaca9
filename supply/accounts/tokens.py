"""Secrets given out once and kept only as their hash: API tokens and links in mails."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Sequence

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from supply.accounts.credentials import TOKEN_NAME_LENGTH, ApiToken
from supply.accounts.homes import note_person
from supply.accounts.models import Membership, Person
from supply.actor import Actor
from supply.db import db
from supply.refusals import InvalidInput

LONGEST_DAYS = 3650

STEP = dt.timedelta(minutes=10)
"""How exactly it is known when a token was last used: it is written no more often."""

_MEMBERSHIPS = joinedload(ApiToken.person).joinedload(Person.memberships)
_WITH_PERSON = (
    sa.select(ApiToken)
    .where(ApiToken.token_hash == sa.bindparam("hash"), ApiToken.revoked_at.is_(None))
    .options(
        _MEMBERSHIPS.joinedload(Membership.practice),
        _MEMBERSHIPS.joinedload(Membership.supplier),
        _MEMBERSHIPS.joinedload(Membership.clinics),
    )
)
"""Runs with every call, so that it is one statement."""


def new_secret() -> str:
    """Return 256 bits of chance as text that can stand in an address."""
    return secrets.token_urlsafe(32)


def secret_hash(secret: str) -> str:
    """Return what is kept of a secret: with that much chance, a plain SHA-256 is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def issue_token(
    person: Person,
    *,
    name: str = "",
    expires_days: int | None = None,
    actor: Actor,
    now: dt.datetime,
) -> str:
    """Return a new API token of ``person``, shown this once.

    It lasts ``expires_days`` days, or until ended. Raises InvalidInput outside 1 to 3650, or for
    a name that is too long.
    """
    if expires_days is not None and not 1 <= expires_days <= LONGEST_DAYS:
        message = _("Enter 1 to %(most)s days, or nothing.", most=LONGEST_DAYS)
        raise InvalidInput(("expires_days", message))
    kept = " ".join(name.split())
    if len(kept) > TOKEN_NAME_LENGTH:
        message = _("Shorten the name to %(most)s characters.", most=TOKEN_NAME_LENGTH)
        raise InvalidInput(("name", message))
    secret = new_secret()
    token = ApiToken(
        person_id=person.id,
        name=kept,
        token_hash=secret_hash(secret),
        created_at=now,
        expires_at=now + dt.timedelta(days=expires_days) if expires_days else None,
    )
    db.session.add(token)
    db.session.flush()
    after = {"person": person.id, "name": kept}
    subject = ("api_token", token.id)
    note_person(actor, "token.issued", person.id, now, subject=subject, after=after)
    return secret


def token_behind(secret: str, *, now: dt.datetime) -> ApiToken | None:
    """Return the token, if it is good at ``now`` and its person may sign in: one statement."""
    found = db.session.scalars(_WITH_PERSON, {"hash": secret_hash(secret)}).unique().one_or_none()
    if found is None or (found.expires_at is not None and found.expires_at <= now):
        return None
    return found if found.person.is_active else None


def person_for_token(token: str, *, now: dt.datetime) -> Person | None:
    """Return whose token this is, if it is good at ``now`` and the person may sign in."""
    found = token_behind(token, now=now)
    return found.person if found is not None else None


def is_stale(token: ApiToken, now: dt.datetime) -> bool:
    """Return whether it is time to write down that the token was used."""
    return token.last_used_at is None or now - token.last_used_at >= STEP


def touch(token_id: int, now: dt.datetime) -> None:
    """Write down that the token was used; another worker may have done so."""
    unseen = sa.or_(ApiToken.last_used_at.is_(None), ApiToken.last_used_at <= now - STEP)
    db.session.execute(
        sa.update(ApiToken).where(ApiToken.id == token_id, unseen).values(last_used_at=now)
    )


def tokens_of(person_id: int, now: dt.datetime) -> Sequence[ApiToken]:
    """Return the person's tokens that are good at ``now``, newest first."""
    return db.session.scalars(
        sa.select(ApiToken).where(*_good(person_id, now)).order_by(ApiToken.id.desc())
    ).all()


def revoke_token(person: Person, token_id: int, *, actor: Actor, now: dt.datetime) -> bool:
    """End one of the person's own tokens; return whether there was such a token."""
    token = db.session.scalar(
        sa.select(ApiToken).where(ApiToken.id == token_id, ApiToken.person_id == person.id)
    )
    if token is None:
        return False
    _revoke([token], actor, now)
    return True


def revoke_all(person: Person, *, actor: Actor, now: dt.datetime) -> int:
    """End every token of the person; return how many there were."""
    found = tokens_of(person.id, now)
    _revoke(found, actor, now)
    return len(found)


def _good(person_id: int, now: dt.datetime) -> tuple[sa.ColumnElement[bool], ...]:
    lasting = sa.or_(ApiToken.expires_at.is_(None), ApiToken.expires_at > now)
    return ApiToken.person_id == person_id, ApiToken.revoked_at.is_(None), lasting


def _revoke(found: Sequence[ApiToken], actor: Actor, now: dt.datetime) -> None:
    for token in found:
        if token.revoked_at is None:
            token.revoked_at = now
            db.session.flush()
            before = {"person": token.person_id, "name": token.name}
            subject = ("api_token", token.id)
            note_person(
                actor, "token.revoked", token.person_id, now, subject=subject, before=before
            )
