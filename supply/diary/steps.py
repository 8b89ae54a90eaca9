"""What becomes of a booked session: moved, cancelled, not come to; and booked again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa
from flask_babel import format_date
from flask_babel import gettext as _

from supply.accounts.models import Clinic
from supply.accounts.opening import is_open, next_open
from supply.actor import Actor
from supply.audit import services as audit
from supply.clock import local_date
from supply.db import AnyRow, db, table
from supply.diary.rules import slots
from supply.refusals import InvalidInput, Refusal
from supply.treatments.models import TreatmentSession
from supply.treatments.terms import SESSION_SOURCE, SessionStatus

_SESSION = table(TreatmentSession)
LONGEST_REASON = 500
_ENDED = (SessionStatus.CANCELLED, SessionStatus.NO_SHOW)


class ClosedDayError(Refusal):
    """The clinic is closed on the day; the sentence names the next it is open on."""

    def __init__(self, day: dt.date, following: dt.date) -> None:
        """Keep both days."""
        super().__init__(
            _(
                "The clinic is closed on %(day)s. Its next open day is %(next)s.",
                day=format_date(day, "EEEE d MMM"),
                next=format_date(following, "EEEE d MMM"),
            )
        )
        self.day = day
        self.following = following


def move_session(
    clinic: Clinic,
    session_id: int,
    planned_on: dt.date,
    *,
    with_later: bool,
    though_closed: bool = False,
    actor: Actor,
    now: dt.datetime,
) -> int:
    """Book a session for another day; ``with_later`` moves the course's later ones as far.

    Later ones that would fall on a day the clinic is closed go to its next open one. Locks the
    sessions it moves in primary-key order. Returns how many moved.

    Raises:
        Refusal: the session is no longer booked, or not of this clinic.
        ClosedDayError: the clinic is closed on that day, unless ``though_closed``.
    """
    session = _booked(clinic, session_id)
    if planned_on == session.planned_on:
        return 0
    if not though_closed and not is_open(clinic.opening_days, planned_on):
        raise ClosedDayError(planned_on, next_open(clinic.opening_days, planned_on))
    moved = [(session.id, session.planned_on, planned_on)]
    if with_later and session.course_id is not None:
        moved += _following(clinic, session, planned_on)
    _rebook(moved)
    for moved_id, before, after in moved:
        audit.record(
            actor,
            "session.moved",
            (SESSION_SOURCE, moved_id),
            now,
            clinic_id=clinic.id,
            before={"planned_on": before.isoformat()},
            after={"planned_on": after.isoformat()},
        )
    return len(moved)


def _following(
    clinic: Clinic, session: AnyRow, planned_on: dt.date
) -> list[tuple[int, dt.date, dt.date]]:
    """Return where the course's later sessions go when ``session`` moves to ``planned_on``."""
    step = planned_on - session.planned_on
    later = _later(session)
    planned = slots([before + step for _later_id, before in later], clinic.opening_days)
    return [
        (later_id, before, slot.day)
        for (later_id, before), slot in zip(later, planned, strict=True)
    ]


def _rebook(moved: Sequence[tuple[int, dt.date, dt.date]]) -> None:
    db.session.connection().execute(
        sa.update(_SESSION)
        .where(_SESSION.c.id == sa.bindparam("moved_id"))
        .values(planned_on=sa.bindparam("day")),
        [{"moved_id": moved_id, "day": after} for moved_id, _before, after in moved],
    )
    db.session.expire_all()


def _booked(clinic: Clinic, session_id: int) -> AnyRow:
    row = db.session.execute(
        sa.select(_SESSION.c.id, _SESSION.c.course_id, _SESSION.c.planned_on)
        .where(
            _SESSION.c.id == session_id,
            _SESSION.c.clinic_id == clinic.id,
            _SESSION.c.status == SessionStatus.PLANNED,
        )
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise Refusal(_("This session is no longer booked."))
    return row


def _later(session: AnyRow) -> list[tuple[int, dt.date]]:
    rows = db.session.execute(
        sa.select(_SESSION.c.id, _SESSION.c.planned_on)
        .where(
            _SESSION.c.course_id == session.course_id,
            _SESSION.c.status == SessionStatus.PLANNED,
            _SESSION.c.planned_on > session.planned_on,
        )
        .order_by(_SESSION.c.id)
        .with_for_update()
    )
    return [(row.id, row.planned_on) for row in rows]


def cancel_session(
    clinic: Clinic, session_id: int, reason: str = "", *, actor: Actor, now: dt.datetime
) -> dt.date:
    """Cancel a booked session; the others of its course stay as they are. Returns its day.

    Raises:
        InvalidInput: a reason that is too long.
        Refusal: the session is no longer booked, or not of this clinic.
    """
    why = " ".join(reason.split())
    if len(why) > LONGEST_REASON:
        message = _("Use at most %(num)s characters.", num=LONGEST_REASON)
        raise InvalidInput(("reason", message))
    day = _become(clinic, session_id, SessionStatus.CANCELLED)
    _note(clinic, session_id, "session.cancelled", day, {"reason": why} if why else {}, actor, now)
    return day


def mark_no_show(clinic: Clinic, session_id: int, *, actor: Actor, now: dt.datetime) -> dt.date:
    """Say that the patient did not come to a booked session. Returns its day.

    Raises:
        Refusal: the session is no longer booked, not of this clinic, or still to come.
    """
    day: dt.date = _booked(clinic, session_id).planned_on
    if day > local_date(now, clinic.timezone):
        raise Refusal(
            _("This session is on %(day)s: cancel or move it.", day=format_date(day, "EEEE d MMM"))
        )
    _become(clinic, session_id, SessionStatus.NO_SHOW)
    _note(clinic, session_id, "session.no_show", day, {}, actor, now)
    return day


def book_again(clinic: Clinic, session_id: int, *, actor: Actor, now: dt.datetime) -> dt.date:
    """Undo a cancellation, or that the patient did not come: it is booked as it was.

    Raises:
        Refusal: it is neither cancelled nor not come to, or not of this clinic.
    """
    changed = db.session.execute(
        sa.update(_SESSION)
        .where(
            _SESSION.c.id == session_id,
            _SESSION.c.clinic_id == clinic.id,
            _SESSION.c.status.in_(_ENDED),
            _SESSION.c.planned_on.is_not(None),
        )
        .values(status=SessionStatus.PLANNED)
        .returning(_SESSION.c.planned_on)
    ).one_or_none()
    if changed is None:
        raise Refusal(_("This session is booked, or was recorded."))
    db.session.expire_all()
    day: dt.date = changed.planned_on
    _note(clinic, session_id, "session.booked_again", day, {}, actor, now)
    return day


def _become(clinic: Clinic, session_id: int, status: SessionStatus) -> dt.date:
    """Give a booked session another status, once; of two who do so the second is refused."""
    changed = db.session.execute(
        sa.update(_SESSION)
        .where(
            _SESSION.c.id == session_id,
            _SESSION.c.clinic_id == clinic.id,
            _SESSION.c.status == SessionStatus.PLANNED,
        )
        .values(status=status)
        .returning(_SESSION.c.planned_on)
    ).one_or_none()
    if changed is None:
        raise Refusal(_("This session is no longer booked."))
    db.session.expire_all()
    day: dt.date = changed.planned_on
    return day


def _note(
    clinic: Clinic,
    session_id: int,
    action: str,
    day: dt.date,
    after: dict[str, str],
    actor: Actor,
    now: dt.datetime,
) -> None:
    audit.record(
        actor,
        action,
        (SESSION_SOURCE, session_id),
        now,
        clinic_id=clinic.id,
        before={"planned_on": day.isoformat()},
        after=after or None,
    )
