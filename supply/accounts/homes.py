"""Where a person belongs, for what is noted about the person alone."""

from __future__ import annotations

from typing import TypedDict

import sqlalchemy as sa

from supply.accounts.models import Membership
from supply.db import db


class Home(TypedDict, total=False):
    """Whose an audit row is: a practice's or a supplier's."""

    practice_id: int | None
    supplier_id: int | None


def home_of(person_id: int) -> Home:
    """Return the practice or the supplier that a person belongs to, as audit rows say it.

    Nothing where there are several, or none: it would be one's word about another.
    """
    query = sa.select(Membership.practice_id, Membership.supplier_id).where(
        Membership.person_id == person_id
    )
    found = db.session.execute(query.limit(2)).all()
    if len(found) != 1:
        return {}
    return {"practice_id": found[0].practice_id, "supplier_id": found[0].supplier_id}
