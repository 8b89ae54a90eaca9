"""Taking away what somebody who lost it had for the second step."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.accounts.factors import recovery
from supply.accounts.factors.models import AuthenticatorApp, Passkey
from supply.accounts.factors.queries import has_any
from supply.accounts.factors.services import lock
from supply.accounts.homes import note_person
from supply.accounts.mail import send_notice
from supply.accounts.mending import is_ours_alone
from supply.accounts.models import Membership, Person, Practice, Supplier
from supply.accounts.services import end_ways_in
from supply.accounts.terms import Notice, SessionEnd
from supply.actor import Actor
from supply.db import db, execute, table
from supply.refusals import Refusal


class NothingToReset(Refusal):
    """The person has no second step."""


class NotOursToReset(Refusal):
    """The account opens more than this place."""


def is_ours_to_reset(person: Person, place: Practice | Supplier) -> bool:
    """Return whether those in charge of ``place`` may: the account opens nothing else."""
    return is_ours_alone(person, place)


def reset_member(
    membership: Membership, place: Practice | Supplier, *, actor: Actor, now: dt.datetime
) -> None:
    """Reset the second step of a member of ``place``, for whoever is in charge there.

    Raises NotOursToReset for a member of other places too, or for oneself; NothingToReset.
    """
    person = membership.person
    if person.id == actor.person_id:
        raise NotOursToReset(_("Change your own second step under Account."))
    if not is_ours_to_reset(person, place):
        raise NotOursToReset(
            _(
                "%(name)s is a member elsewhere too, so only whoever runs Supply can do this.",
                name=person.name,
            )
        )
    reset_person(person, actor=actor, now=now)


def reset_person(person: Person, *, actor: Actor, now: dt.datetime) -> None:
    """Take away every app, passkey and recovery code of ``person``, and sign them out.

    They sign in with their password next time, and hear of it by mail. Locks the person. Raises
    NothingToReset.
    """
    lock(person)
    if not has_any(person.id):
        raise NothingToReset(_("%(name)s has no second step.", name=person.name))
    for model in (AuthenticatorApp, Passkey):
        execute(sa.delete(table(model)).where(table(model).c.person_id == person.id))
    recovery.drop_codes(person.id)
    end_ways_in(person, SessionEnd.SECOND_STEP_CHANGED, actor, now)
    note_person(actor, "factor.reset", person.id, now)
    by = db.session.get(Person, actor.person_id) if actor.person_id is not None else None
    what = by.name if by is not None else ""
    send_notice(person, Notice.FACTORS_RESET, now, address=actor.address, what=what)
