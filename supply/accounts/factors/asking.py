"""Who is asked for a second step, by which place, and since when.

Since when stands with each membership: a role that is asked later, or that somebody is given
later, gives nobody else more days.
"""

from __future__ import annotations

import datetime as dt

from supply.accounts.factors.queries import has_any
from supply.accounts.mail import send_notice
from supply.accounts.models import Membership, Person, Practice, Supplier
from supply.accounts.terms import Notice, Role
from supply.actor import Actor

Place = Practice | Supplier


def asks(place: Place, role: Role) -> bool:
    """Return whether ``place`` asks those in ``role`` for a second step."""
    return role in place.second_step_roles


def asking(person: Person) -> list[Place]:
    """Return the practices and suppliers that ask ``person`` for a second step."""
    return [place for membership in person.memberships for place in _asking(membership)]


def asked_since(person: Person) -> dt.datetime | None:
    """Return since when ``person`` is asked for a second step, anywhere; None: nowhere."""
    return min(
        (
            membership.second_step_since or membership.created_at
            for membership in person.memberships
            if _asking(membership)
        ),
        default=None,
    )


def ask_as_role_says(
    membership: Membership, place: Place, *, actor: Actor, now: dt.datetime
) -> None:
    """Note since when a member whose role was given or changed is asked, if they are.

    Who has an account already, and no second step, hears of it by mail.
    """
    if not asks(place, membership.role):
        membership.second_step_since = None
    elif membership.second_step_since is None:
        membership.second_step_since = now
        if membership.person.password_hash is not None and not has_any(membership.person_id):
            tell(membership.person, place, actor, now)


def tell(person: Person, place: Place, actor: Actor, now: dt.datetime) -> None:
    """Write to ``person`` that ``place`` asks them for a second step."""
    what = place.name
    send_notice(person, Notice.SECOND_STEP_DEMANDED, now, address=actor.address, what=what)


def _asking(membership: Membership) -> list[Place]:
    place = membership.practice or membership.supplier
    return [place] if place is not None and asks(place, membership.role) else []
