"""Signing in, and who a session belongs to."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from flask_babel import gettext as _

from supply.accounts import passwords, throttle
from supply.accounts.models import Person
from supply.accounts.queries import demo_people, person_with_email, person_with_places
from supply.actor import Actor
from supply.addresses import counted_as
from supply.audit import services as audit
from supply.db import db, transaction
from supply.refusals import Refusal

PER_PAIR = 10
"""Tries for one e-mail from one address in a window."""
PER_EMAIL = 100
"""Tries for one e-mail from anywhere: so many that a stranger alone cannot use them up."""
PER_ADDRESS = 60
"""Tries from one address in a window; a whole clinic may share one."""


class WrongSignIn(Refusal):
    """The e-mail, the password or both are wrong; which one is not said."""


class TooManyTries(Refusal):
    """The count of tries is used up for now."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What someone typed, and from where."""

    email: str
    password: str
    address: str

    @property
    def limits(self) -> dict[str, int]:
        """The subjects this try counts for, with how many each may make."""
        email = counted_as(self.email)
        return {
            f"sign-in:pair:{self.address} {email}": PER_PAIR,
            f"sign-in:email:{email}": PER_EMAIL,
            f"sign-in:address:{self.address}": PER_ADDRESS,
        }


def sign_in(attempt: Attempt, now: dt.datetime) -> Person:
    """Return the person the attempt is right for, counting it if it is wrong.

    Opens its own transactions, so that no lock is held while the password is hashed.
    Raises TooManyTries or WrongSignIn.
    """
    with transaction():
        within = throttle.claim(attempt.limits, now)
    if not within:
        raise TooManyTries(_("Too many tries. Wait a quarter of an hour, then try again."))
    person = person_with_email(attempt.email)
    right = passwords.matches(attempt.password, person.password_hash if person else None)
    if person is None or not right or not person.is_active:
        raise WrongSignIn(_("The e-mail or the password is wrong."))
    kept = person.password_hash or ""
    renewed = passwords.hashed(attempt.password) if passwords.is_outdated(kept) else kept
    with transaction():
        throttle.release(attempt.limits, now)
        person.password_hash = renewed
        note_sign_in(person, attempt.address, now)
    return person


def sign_in_to_demo(email: str, address: str, now: dt.datetime) -> Person | None:
    """Return the demo's person with ``email``; None unless this database is a demonstration."""
    with transaction():
        person = next((one for one in demo_people() if one.email == email), None)
        if person is not None:
            note_sign_in(person, address, now)
    return person


def note_sign_in(person: Person, address: str, now: dt.datetime) -> None:
    """Write down that ``person`` signed in from ``address``."""
    db.session.flush()
    actor = Actor(person.id, address)
    audit.record(actor, "person.signed_in", ("person", person.id), now)


def person_of_session(identity: str) -> Person | None:
    """Return whose session this is; None when it was ended since or the person may not sign in.

    ``identity`` is what `Person.get_id` gave: the key and the epoch.
    """
    key, _dot, epoch = identity.partition(".")
    if not (key.isdecimal() and epoch.isdecimal()):
        return None
    person = person_with_places(int(key))
    if person is None or person.session_epoch != int(epoch) or not person.is_active:
        return None
    return person
