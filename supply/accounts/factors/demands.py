"""Roles that a practice or a supplier asks for a second step."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from flask_babel import gettext as _

from supply.accounts.factors.queries import has_any, with_any
from supply.accounts.mail import send_notice
from supply.accounts.memberships import members_of
from supply.accounts.models import Membership, Person, Practice, Supplier
from supply.accounts.services import side_of
from supply.accounts.terms import PRACTICE_ROLES, SUPPLIER_ROLES, Notice, Role
from supply.actor import Actor
from supply.audit import services as audit
from supply.db import db
from supply.refusals import InvalidInput

Place = Practice | Supplier


def roles_at(place: Place) -> tuple[Role, ...]:
    """Return the roles that there are at ``place``."""
    return PRACTICE_ROLES if isinstance(place, Practice) else SUPPLIER_ROLES


def asks(place: Place, role: Role) -> bool:
    """Return whether ``place`` asks those in ``role`` for a second step."""
    return role in place.second_step_roles


def asking(person: Person) -> list[Place]:
    """Return the practices and suppliers that ask ``person`` for a second step."""
    return [place for membership in person.memberships for place in _asking(membership)]


def asked_since(person: Person) -> dt.datetime | None:
    """Return since when ``person`` is asked for a second step, anywhere; None: nowhere."""
    moments = (place.second_step_since for place in asking(person))
    return min((moment for moment in moments if moment is not None), default=None)


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
    place.second_step_since = _since(place, before, wanted, now)
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
    _tell(place, wanted - before, actor, now)


def _asking(membership: Membership) -> list[Place]:
    place = membership.practice or membership.supplier
    return [place] if place is not None and asks(place, membership.role) else []


def _since(
    place: Place, before: frozenset[Role], wanted: frozenset[Role], now: dt.datetime
) -> dt.datetime | None:
    if wanted - before:
        return now
    return place.second_step_since if wanted else None


def _tell(place: Place, added: frozenset[Role], actor: Actor, now: dt.datetime) -> None:
    """Write to those newly asked who have no second step yet."""
    asked = [m.person for m in members_of(place) if m.role in added and m.person.is_active]
    have = with_any([person.id for person in asked])
    for person in asked:
        if person.id not in have:
            send_notice(
                person,
                Notice.SECOND_STEP_DEMANDED,
                now,
                address=actor.address,
                what=place.name,
            )


def _words(roles: frozenset[Role]) -> list[str]:
    return sorted(role.value for role in roles)
