"""What fails for one clinic alone: kept for its people to see, until it works again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sa

from supply.alerts.models import Trouble
from supply.alerts.terms import TroubledJob
from supply.db import db, table, upsert

TROUBLE = table(Trouble)


def note_troubles(
    job: TroubledJob, tried: Collection[int], failed: Mapping[int, str], now: dt.datetime
) -> None:
    """Keep for which clinics ``job`` failed, since when and why; forget those it worked for."""
    known = set(db.session.scalars(sa.select(TROUBLE.c.clinic_id).where(TROUBLE.c.job == job)))
    gone = known.intersection(tried) - failed.keys()
    if gone:
        db.session.execute(
            sa.delete(TROUBLE).where(TROUBLE.c.job == job, TROUBLE.c.clinic_id.in_(gone))
        )
    if failed:
        statement = upsert(TROUBLE)
        statement = statement.on_conflict_do_update(
            index_elements=["clinic_id", "job"], set_={"reason": statement.excluded.reason}
        )
        rows = [
            {"clinic_id": clinic_id, "job": job, "since": now, "reason": why}
            for clinic_id, why in sorted(failed.items())
        ]
        db.session.execute(statement, rows)


def troubles_of(clinic_id: int) -> Sequence[Trouble]:
    """Return what fails for a clinic at present."""
    return db.session.scalars(_TROUBLES, {"clinic_id": clinic_id}).all()


_TROUBLES = (
    sa.select(Trouble)
    .where(Trouble.clinic_id == sa.bindparam("clinic_id"))
    .order_by(Trouble.job.desc())
)
