"""Which mails a person wants: all of them, but for the topics they have refused."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from supply.alerts.models import MailRefusal
from supply.db import db, table

REFUSAL = table(MailRefusal)


def refusals(person_ids: Collection[int]) -> set[tuple[int, str]]:
    """Return which people refuse mails on which topic, as (person, topic). One statement."""
    query = sa.select(REFUSAL.c.person_id, REFUSAL.c.topic).where(
        REFUSAL.c.person_id.in_(list(person_ids))
    )
    return {(row.person_id, row.topic) for row in db.session.execute(query)}
