"""Where a person belongs, for what is noted about the person alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, TypedDict

import sqlalchemy as sa

from supply.accounts.models import Membership
from supply.actor import Actor
from supply.audit import services as audit
from supply.db import db


class Home(TypedDict, total=False):
    """Whose an audit row is: a practice's or a supplier's."""

    practice_id: int | None
    supplier_id: int | None


def note_person(
    actor: Actor,
    action: str,
    person_id: int | None,
    now: dt.datetime,
    *,
    subject: tuple[str, int] | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Write an audit row about a person, or about a ``subject`` of theirs, where they belong.

    None is a person nobody knows.
    """
    home = home_of(person_id) if person_id is not None else {}
    whom = subject or ("person", person_id)
    audit.record(actor, action, whom, now, before=before, after=after, **home)


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
