"""A forgotten password, replaced by a link sent to the person's e-mail."""

from __future__ import annotations

import datetime as dt

from flask import current_app
from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeSerializer

from supply import addresses
from supply.accounts import throttle
from supply.accounts.mail import send_reset
from supply.accounts.models import Person
from supply.accounts.queries import person_with_email
from supply.accounts.services import set_password
from supply.actor import Actor
from supply.audit import services as audit
from supply.db import db
from supply.refusals import Refusal

LASTS = dt.timedelta(hours=2)
PER_EMAIL = 4
PER_ADDRESS = 30


class ExpiredLink(Refusal):
    """The link is too old, was used, or is not one of ours."""


def request_reset(email: str, *, address: str, now: dt.datetime) -> None:
    """Queue a mail with a link, if someone has this e-mail; the caller is told nothing either way.

    Past the limit nothing more is queued, and that is not told either.
    """
    known = addresses.counted_as(email)
    limits = {f"reset:email:{known}": PER_EMAIL, f"reset:address:{address}": PER_ADDRESS}
    if not throttle.claim(limits, now):
        return
    person = person_with_email(email)
    if person is None or not person.is_active:
        return
    send_reset(person, token_for(person, now), now)
    actor = Actor(None, address)
    audit.record(actor, "person.reset_requested", ("person", person.id), now)


def token_for(person: Person, now: dt.datetime) -> str:
    """Return a link's token: signed, and void once the person's session epoch has risen."""
    until = int((now + LASTS).timestamp())
    return _serializer().dumps([person.id, person.session_epoch, until])


def person_for_reset(token: str, now: dt.datetime) -> Person:
    """Return whose password ``token`` may replace; raises ExpiredLink."""
    try:
        key, epoch, until = _serializer().loads(token)
    except (BadSignature, ValueError):
        raise _expired() from None
    person = db.session.get(Person, key)
    if person is None or person.session_epoch != epoch or now.timestamp() >= until:
        raise _expired()
    if not person.is_active:
        raise _expired()
    return person


def reset_password(token: str, password: str, *, address: str | None, now: dt.datetime) -> Person:
    """Give the person a new password; the link and every session end with it.

    Raises ExpiredLink, or InvalidInput for a password that is too short.
    """
    person = person_for_reset(token, now)
    # Two requests with one link: the second waits here, and then finds the epoch raised.
    db.session.refresh(person, with_for_update=True)
    person = person_for_reset(token, now)
    set_password(person, password, actor=Actor(person.id, address), now=now)
    return person


def _expired() -> ExpiredLink:
    return ExpiredLink(_("This link is too old or was used already. Ask for a new one."))


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="supply.reset")
