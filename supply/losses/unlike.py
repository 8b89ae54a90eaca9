"""Sessions that drew unlike their formulation: which line, as planned and as given, by whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload

from supply.accounts.models import Clinic
from supply.db import db
from supply.losses.period import Period
from supply.treatments.models import SessionLine, TreatmentSession
from supply.treatments.terms import SessionStatus

SHOWN = 50
"""Lines that a page lists, the newest first."""


@dataclass(frozen=True, slots=True)
class Unlike:
    """A session, and the line of it that differs."""

    session: TreatmentSession
    line: SessionLine


def sessions_unlike(clinic: Clinic, period: Period, most: int | None = SHOWN) -> Sequence[Unlike]:
    """Return the lines of sessions in ``period`` that were not given as planned, newest first."""
    query = (
        sa.select(TreatmentSession, SessionLine)
        .join(SessionLine, SessionLine.session_id == TreatmentSession.id)
        .join(TreatmentSession.formulation)
        .join(SessionLine.item)
        .where(
            TreatmentSession.clinic_id == clinic.id,
            TreatmentSession.occurred_at >= period.since,
            TreatmentSession.occurred_at < period.until,
            TreatmentSession.status == SessionStatus.RECORDED,
            SessionLine.given != SessionLine.planned,
        )
        .options(
            contains_eager(TreatmentSession.formulation),
            joinedload(TreatmentSession.recorded_by),
            contains_eager(SessionLine.item),
        )
        .order_by(TreatmentSession.occurred_at.desc(), SessionLine.id)
        .limit(most)
    )
    return [Unlike(session, line) for session, line in db.session.execute(query)]
