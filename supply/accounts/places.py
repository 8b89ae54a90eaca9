"""The clinic or supplier a person looked at last, which opens first the next time."""

from __future__ import annotations

import sqlalchemy as sa

from supply.accounts.models import Person
from supply.db import db

PlaceKey = tuple[str, int]
"""Such as ("clinic", 3) or ("supplier", 1)."""


def last_place(person: Person) -> PlaceKey | None:
    """Return where ``person`` was last; it may be a place they reach no more."""
    if person.last_clinic_id is not None:
        return ("clinic", person.last_clinic_id)
    if person.last_supplier_id is not None:
        return ("supplier", person.last_supplier_id)
    return None


def remember_place(person_id: int, place: PlaceKey) -> None:
    """Keep ``place`` as where the person was last."""
    kind, key = place
    db.session.execute(
        sa.update(Person)
        .where(Person.id == person_id)
        .values(
            last_clinic_id=key if kind == "clinic" else None,
            last_supplier_id=key if kind == "supplier" else None,
        )
    )
