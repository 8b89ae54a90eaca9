"""Who is told of a clinic's alerts: owners and stock managers whose membership reaches it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from supply.accounts.models import Clinic, Membership, Person, membership_clinic
from supply.accounts.terms import Role
from supply.alerts.models import Alert
from supply.db import db, table

ALERT = table(Alert)
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
    of_all: bool
    """Whether they are told of all that is open, not only of what is assigned to them."""
    since: dt.datetime
    """When they became a member."""
    is_owner: bool


def readers(clinic_ids: Collection[int], *, assigned_too: bool = False) -> list[Reader]:
    """Return who is told of the alerts of which clinic, by clinic. One statement.

    ``assigned_too``: with people of the clinic that an alert there is assigned to, whatever
    they are; they are told of those alone.
    """
    if not clinic_ids:
        return []
    told: sa.ColumnElement[bool] = MEMBERSHIP.c.role.in_(ROLES)
    if assigned_too:
        told = sa.or_(told, _is_assigned_something())
    query = (
        _members().where(CLINIC.c.id.in_(list(clinic_ids)), told).order_by(CLINIC.c.id, PERSON.c.id)
    )
    return [Reader(*row) for row in db.session.execute(query)]


def people_of(clinic: Clinic) -> list[Reader]:
    """Return everybody whose membership reaches ``clinic``, by name."""
    query = _members().where(CLINIC.c.id == clinic.id).order_by(PERSON.c.name, PERSON.c.id)
    return [Reader(*row) for row in db.session.execute(query)]


def _is_assigned_something() -> sa.ColumnElement[bool]:
    return sa.exists().where(
        ALERT.c.clinic_id == CLINIC.c.id,
        ALERT.c.assigned_to_id == PERSON.c.id,
        ALERT.c.status != sa.literal_column("'resolved'"),
    )


def _members() -> sa.Select[int, str, str, str, int, bool, bool, dt.datetime, bool]:
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
            MEMBERSHIP.c.role.in_(ROLES),
            MEMBERSHIP.c.created_at,
            MEMBERSHIP.c.role == Role.OWNER,
        )
        .select_from(MEMBERSHIP)
        .join(PERSON, PERSON.c.id == MEMBERSHIP.c.person_id)
        .join(CLINIC, CLINIC.c.practice_id == MEMBERSHIP.c.practice_id)
        .where(PERSON.c.disabled_at.is_(None), sa.or_(~limited, reached))
    )
