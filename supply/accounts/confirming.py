"""Asking for the present password again, before something that outlives the session."""

from __future__ import annotations

import datetime as dt

from flask_babel import gettext as _

from supply.accounts import passwords, throttle
from supply.accounts.homes import note_person
from supply.accounts.models import Person
from supply.accounts.sign_in import TooManyTries
from supply.accounts.throttle import DAY, QUARTER, Limit
from supply.actor import Actor
from supply.db import transaction
from supply.refusals import InvalidInput

PER_PERSON = 10
"""Wrong tries in a quarter of an hour: whoever found a session open guesses no further."""
PER_PERSON_A_DAY = 40


def confirm_password(
    person: Person, password: str, *, field: str, actor: Actor, now: dt.datetime
) -> None:
    """Return if ``password`` is the person's, counting the try if it is not.

    Opens its own transactions, so that no lock is held while the password is hashed. Raises
    InvalidInput for ``field``, or TooManyTries.
    """
    person_id, kept = person.id, person.password_hash
    limits = (
        Limit("confirm", str(person_id), PER_PERSON, QUARTER),
        Limit("confirm", str(person_id), PER_PERSON_A_DAY, DAY),
    )
    with transaction():
        within = throttle.claim(limits, now)
    if not within:
        raise TooManyTries(
            _(
                "Too many wrong passwords. Try again later, or sign out and choose a new one "
                "with the link we mail you."
            )
        )
    right = passwords.matches(password, kept)
    with transaction():
        if right:
            throttle.release(limits, now)
        else:
            note_person(actor, "person.password_refused", person_id, now)
    if not right:
        raise InvalidInput((field, _("This is not your current password.")))
