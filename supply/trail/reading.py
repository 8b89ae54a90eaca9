"""What is asked of the audit: by whom, of which places, between which days."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.accounts.models import Clinic, Person, Practice, Supplier
from supply.accounts.queries import person_with_email
from supply.accounts.rules import RIGHTS, Right
from supply.clock import end_of_day
from supply.db import db
from supply.refusals import InvalidInput
from supply.trail.queries import Whose

NOBODY = 0
"""The id of nobody: nothing is found of whom nobody knows."""

A_DAY = dt.timedelta(days=1)


def places_of(person: Person) -> list[Practice | Supplier]:
    """Return the practices and suppliers whose people and settings a person answers for."""
    found: list[Practice | Supplier] = []
    for membership in person.memberships:
        rights = RIGHTS[membership.role]
        if membership.practice and Right.SETTINGS in rights and not membership.clinics:
            found.append(membership.practice)
        elif membership.supplier and Right.CATALOGUE in rights:
            found.append(membership.supplier)
    return found


def zone_of(place: Practice | Supplier) -> str:
    """Return the time zone of a place: a supplier's own, a practice's first clinic's."""
    if isinstance(place, Supplier):
        return place.timezone
    first = sa.select(Clinic.timezone).where(Clinic.practice_id == place.id).order_by(Clinic.id)
    return db.session.scalars(first.limit(1)).first() or "UTC"


def person_named(email: str, of: Whose) -> int:
    """Return the id of the person of that address, :data:`NOBODY` where none is theirs."""
    person = person_with_email(email)
    return person.id if person is not None and person.id in of.people else NOBODY


def span(
    first: dt.date | None, last: dt.date | None, place: Practice | Supplier
) -> tuple[dt.datetime | None, dt.datetime | None]:
    """Return the instants between two days, both with it, on a place's calendar.

    What is an instant already is left as it is. Raises InvalidInput for the wrong way round.
    """
    zone = zone_of(place)
    since, until = (
        one if one is None or isinstance(one, dt.datetime) else end_of_day(one - before, zone)
        for one, before in ((first, A_DAY), (last, dt.timedelta(0)))
    )
    if since is not None and until is not None and until < since:
        raise InvalidInput(("from", _("The first day lies after the last.")))
    return since, until
