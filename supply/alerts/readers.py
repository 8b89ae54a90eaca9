"""Who is told of a clinic's alerts: owners and stock managers whose membership reaches it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from supply.accounts.models import Clinic, Membership, Person, membership_clinic
from supply.accounts.terms import Role
from supply.db import db, table

CLINIC = table(Clinic)
MEMBERSHIP = table(Membership)
PERSON = table(Person)

ROLES = (Role.OWNER, Role.STOCK_MANAGER)
"""Who is told unless they turn it off."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Someone who is told of a clinic's alerts, and in which language."""

    person_id: int
    email: str
    name: str
    locale: str
    clinic_id: int
    daily: bool
    """Whether the daily mail is on in their membership."""


def readers(clinic_ids: Collection[int]) -> list[Reader]:
    """Return who is told of the alerts of which clinic, by clinic. One statement."""
    if not clinic_ids:
        return []
    query = (
        _members()
        .where(CLINIC.c.id.in_(list(clinic_ids)), MEMBERSHIP.c.role.in_(ROLES))
        .order_by(CLINIC.c.id, PERSON.c.id)
    )
    return [Reader(*row) for row in db.session.execute(query)]


def _members() -> sa.Select[int, str, str, str, int, bool]:
    """Return the select of people who can sign in, with each clinic their membership reaches."""
    limits = membership_clinic.alias()
    limited = sa.exists().where(limits.c.membership_id == MEMBERSHIP.c.id)
    reached = sa.exists().where(
        membership_clinic.c.membership_id == MEMBERSHIP.c.id,
        membership_clinic.c.clinic_id == CLINIC.c.id,
    )
    return (
        sa.select(
            PERSON.c.id,
            PERSON.c.email,
            PERSON.c.name,
            sa.func.coalesce(PERSON.c.locale, CLINIC.c.locale),
            CLINIC.c.id,
            MEMBERSHIP.c.digest,
        )
        .select_from(MEMBERSHIP)
        .join(PERSON, PERSON.c.id == MEMBERSHIP.c.person_id)
        .join(CLINIC, CLINIC.c.practice_id == MEMBERSHIP.c.practice_id)
        .where(PERSON.c.disabled_at.is_(None), sa.or_(~limited, reached))
    )
