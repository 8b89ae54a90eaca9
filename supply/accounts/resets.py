"""A forgotten password, replaced by a link sent to the person's e-mail."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from supply.accounts import services, throttle, tokens
from supply.accounts.credentials import PasswordReset
from supply.accounts.homes import note_person
from supply.accounts.mail import send_reset
from supply.accounts.models import Person
from supply.accounts.queries import person_with_email
from supply.accounts.terms import SessionEnd
from supply.accounts.throttle import HOUR, Limit, network_of
from supply.accounts.tokens import new_secret, secret_hash
from supply.actor import Actor
from supply.addresses import counted_as
from supply.db import db
from supply.refusals import Refusal

LASTS = dt.timedelta(hours=2)
PER_PERSON = 4
"""Mails to one person an hour. A stranger who asks for them all has sent the person four links."""
PER_NETWORK = 30
"""Mails asked for from one place on the network an hour; a whole clinic may share one."""


class ExpiredLink(Refusal):
    """The link is too old, was used, or is not one of ours."""


def request_reset(email: str, *, address: str, now: dt.datetime) -> None:
    """Queue a mail with a link, if someone has this e-mail; the caller is told nothing either way.

    Past the limit nothing more is queued, and that is not told either. Only mails count: addresses
    that nobody has use up nothing of those behind the same network.
    """
    person = person_with_email(email)
    if person is None or not person.is_active:
        # Something is written for nobody as well, or the time of the answer would tell.
        throttle.claim([Limit("reset nobody", counted_as(email), PER_PERSON, HOUR)], now)
        return
    limits = (
        Limit("reset person", str(person.id), PER_PERSON, HOUR),
        Limit("reset network", network_of(address), PER_NETWORK, HOUR),
    )
    if not throttle.claim(limits, now):
        return
    send_reset(person, token_for(person, now), now)
    note_person(Actor(None, address), "person.reset_requested", person.id, now)


def token_for(person: Person, now: dt.datetime) -> str:
    """Return a link's token: good for a while, once, until the password changes.

    A newer link ends no older one, or a stranger could end the one just asked for.
    """
    token = new_secret()
    db.session.add(
        PasswordReset(
            person_id=person.id,
            token_hash=secret_hash(token),
            created_at=now,
            expires_at=now + LASTS,
        )
    )
    db.session.flush()
    return token


def person_for_reset(token: str, now: dt.datetime) -> Person:
    """Return whose password ``token`` may replace; raises ExpiredLink."""
    link = db.session.scalar(
        sa.select(PasswordReset)
        .where(PasswordReset.token_hash == secret_hash(token), PasswordReset.ended_at.is_(None))
        .options(joinedload(PasswordReset.person))
    )
    if link is None or now >= link.expires_at or not link.person.is_active:
        raise _expired()
    return link.person


def reset_password(
    token: str, password: str, *, end_tokens: bool = True, address: str | None, now: dt.datetime
) -> Person:
    """Give the person a new password; every link and session ends with it, tokens if asked for.

    Raises ExpiredLink, or InvalidInput for a password that does not do.
    """
    person = person_for_reset(token, now)
    # Two requests with one link: the second waits here, and then finds the link ended.
    db.session.refresh(person, with_for_update=True)
    person = person_for_reset(token, now)
    actor = Actor(person.id, address)
    services.set_password(person, password, how=SessionEnd.PASSWORD_RESET, actor=actor, now=now)
    if end_tokens:
        tokens.revoke_all(person, actor=actor, now=now)
    return person


def _expired() -> ExpiredLink:
    return ExpiredLink(_("This link is too old or was used already. Ask for a new one."))
