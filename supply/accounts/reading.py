"""In which language somebody reads: the one they chose, else that of where they work."""

from __future__ import annotations

import sqlalchemy as sa

from supply.accounts.models import Clinic, Membership, Person, Practice, Supplier
from supply.db import db


def locale_of(person: Person, place: Clinic | Practice | Supplier | None = None) -> str:
    """Return the locale in which ``person`` reads of ``place``; without one, of where they work."""
    if person.locale is not None:
        return person.locale
    return place.locale if place is not None else _at_work(person.id)


def _at_work(person_id: int) -> str:
    """Return the locale of the clinic somebody looked at last, else of their first membership."""
    query = (
        sa.select(sa.func.coalesce(Clinic.locale, Practice.locale, Supplier.locale))
        .select_from(Person)
        .outerjoin(Clinic, Clinic.id == Person.last_clinic_id)
        .outerjoin(Membership, Membership.person_id == Person.id)
        .outerjoin(Practice, Practice.id == Membership.practice_id)
        .outerjoin(Supplier, Supplier.id == Membership.supplier_id)
        .where(Person.id == person_id)
        .order_by(Membership.id)
        .limit(1)
    )
    return db.session.scalar(query) or "en"
