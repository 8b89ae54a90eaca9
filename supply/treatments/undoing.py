"""Undoing a session: what becomes of it when its entry is reversed."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from supply.actor import Actor
from supply.audit import services as audit
from supply.db import db
from supply.inventory.reversal import on_reversal
from supply.treatments.models import SessionLine, SessionOverride, TreatmentSession
from supply.treatments.terms import SESSION_SOURCE, SessionStatus


@on_reversal(SESSION_SOURCE)
def undo_session(session_id: int, actor: Actor, now: dt.datetime) -> None:
    """Mark the session whose entry was reversed: a booked one is planned again, else undone.

    What a booked session was said to have used is dropped with its recording; the ledger
    keeps both the entry and its reversal, the audit the reasons given. What is known of the
    patient stays known.
    """
    session = db.session.get_one(TreatmentSession, session_id)
    if session.planned_on is None:
        session.status = SessionStatus.UNDONE
    else:
        for said in (SessionLine, SessionOverride):
            db.session.execute(sa.delete(said).where(said.session_id == session_id))
        session.status = SessionStatus.PLANNED
        session.occurred_at = session.recorded_at = session.recorded_by_id = None
    db.session.flush()
    audit.record(
        actor,
        "session.undone",
        ("treatment_session", session_id),
        now,
        clinic_id=session.clinic_id,
    )
