"""Finding people, practices, clinics and suppliers."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from supply import addresses
from supply.accounts.depots import no_depot, no_depots_practice
from supply.accounts.models import Clinic, Membership, Person, Practice, Setting, Supplier
from supply.db import db


def person_with_email(address: str) -> Person | None:
    """Return the person with this e-mail, however it is written; any text may be asked for."""
    forms = addresses.spellings(address)
    found = db.session.scalars(sa.select(Person).where(Person.email.in_(forms))).all()
    return min(found, key=lambda person: forms.index(person.email), default=None)


def address_of(*, person_id: int | None, supplier_id: int | None) -> str | None:
    """Return the present e-mail of a person, else the one a supplier's orders go to."""
    if person_id is not None:
        return db.session.scalar(sa.select(Person.email).where(Person.id == person_id))
    return db.session.scalar(sa.select(Supplier.email).where(Supplier.id == supplier_id))


def practice_with_code(code: str) -> Practice | None:
    """Return the practice with this code; what a depot belongs to is none."""
    return db.session.scalar(
        sa.select(Practice).where(Practice.code == code, no_depots_practice(Practice.id))
    )


def clinic_with_code(code: str) -> Clinic | None:
    """Return the clinic with this code, its practice loaded; a depot is none."""
    return db.session.scalar(
        sa.select(Clinic)
        .options(joinedload(Clinic.practice))
        .where(Clinic.code == code, no_depot(Clinic.id))
    )


def supplier_with_code(code: str) -> Supplier | None:
    """Return the supplier with this code."""
    return db.session.scalar(sa.select(Supplier).where(Supplier.code == code))


def demo_people() -> list[Person]:
    """Return those anyone may act as: nobody, unless the database is a demonstration."""
    rows = db.session.execute(
        sa.select(Setting.key, Setting.value).where(Setting.key.in_(["demo", "demo_people"]))
    )
    settings = {row.key: row.value for row in rows}
    if settings.get("demo") != "1":
        return []
    ids = [int(part) for part in settings.get("demo_people", "").split(",") if part]
    memberships = selectinload(Person.memberships)
    people = db.session.scalars(
        sa.select(Person)
        .where(Person.id.in_(ids), Person.disabled_at.is_(None))
        .options(
            memberships.joinedload(Membership.practice),
            memberships.joinedload(Membership.supplier),
            memberships.selectinload(Membership.clinics),
        )
    )
    return sorted(people, key=lambda person: ids.index(person.id))
