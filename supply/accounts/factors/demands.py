"""Roles that a practice or a supplier asks for a second step."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from flask_babel import gettext as _

from supply.accounts.factors.asking import Place, tell
from supply.accounts.factors.queries import has_any, with_any
from supply.accounts.memberships import members_of
from supply.accounts.models import Membership, Person, Practice
from supply.accounts.services import side_of
from supply.accounts.terms import PRACTICE_ROLES, SUPPLIER_ROLES, Role
from supply.actor import Actor
from supply.audit import services as audit
from supply.db import db
from supply.refusals import InvalidInput


def roles_at(place: Place) -> tuple[Role, ...]:
    """Return the roles that there are at ``place``."""
    return PRACTICE_ROLES if isinstance(place, Practice) else SUPPLIER_ROLES


def change_demand(
    place: Place, roles: Iterable[Role], *, person: Person, actor: Actor, now: dt.datetime
) -> None:
    """Ask those in ``roles``, and nobody else at ``place``, for a second step.

    Those who have none yet are told by mail. Locks the place. Raises InvalidInput for a role that
    is not the place's, or where ``person``, who asks it of others, has none: they would lock
    themselves out.
    """
    wanted = frozenset(roles)
    if wanted - set(roles_at(place)):
        raise InvalidInput(("roles", _("Choose from the list.")))
    if wanted and not has_any(person.id):
        raise InvalidInput(("roles", _("Set up your own second step first, under Account.")))
    db.session.refresh(place, with_for_update=True)
    before = place.second_step_roles
    if wanted == before:
        return
    place.second_step_roles = wanted
    newly = _ask(members_of(place), wanted, now)
    db.session.flush()
    audit.record(
        actor,
        "second_step.demanded",
        ("practice" if isinstance(place, Practice) else "supplier", place.id),
        now,
        before={"roles": _words(before)},
        after={"roles": _words(wanted)},
        **side_of(place),
    )
    _tell(newly, place, actor, now)


def _ask(
    memberships: Iterable[Membership], wanted: frozenset[Role], now: dt.datetime
) -> list[Person]:
    """Note with each member since when they are asked; return those who were not before."""
    newly = []
    for membership in memberships:
        if membership.role not in wanted:
            membership.second_step_since = None
        elif membership.second_step_since is None:
            membership.second_step_since = now
            newly.append(membership.person)
    return newly


def _tell(people: Iterable[Person], place: Place, actor: Actor, now: dt.datetime) -> None:
    """Write to those newly asked who have no second step yet."""
    asked = [person for person in people if person.is_active]
    have = with_any([person.id for person in asked])
    for person in asked:
        if person.id not in have:
            tell(person, place, actor, now)


def _words(roles: frozenset[Role]) -> list[str]:
    return sorted(role.value for role in roles)
