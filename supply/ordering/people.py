"""Who gets the mails of an order, on either side."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from supply.accounts.access import membership_reaching
from supply.accounts.models import Clinic, Membership, Person, Supplier
from supply.accounts.terms import SUPPLIER_ROLES, Role
from supply.db import db

BUYERS = (Role.OWNER, Role.STOCK_MANAGER)


def clinic_people(clinic: Clinic, roles: Collection[Role]) -> list[Person]:
    """Return the active people with one of ``roles`` whose membership reaches ``clinic``."""
    members = _members(Membership.practice_id == clinic.practice_id, roles)
    return [person for person in members if membership_reaching(person, clinic) is not None]


def supplier_people(supplier: Supplier) -> list[Person]:
    """Return the active people who handle a supplier's orders."""
    return list(_members(Membership.supplier_id == supplier.id, SUPPLIER_ROLES))


def _members(where: sa.ColumnElement[bool], roles: Collection[Role]) -> Sequence[Person]:
    query = (
        sa.select(Person)
        .join(Membership, Membership.person_id == Person.id)
        .where(where, Membership.role.in_(roles), Person.disabled_at.is_(None))
        .options(joinedload(Person.memberships).joinedload(Membership.clinics))
        .order_by(Person.id)
    )
    return db.session.scalars(query).unique().all()
