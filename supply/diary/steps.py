"""What becomes of a booked session: moved and moved back, cancelled, not come to, booked again."""

from __future__ import annotations

import datetime as dt
import enum
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
from supply.diary.rules import Moved, When, slots
from supply.refusals import InvalidInput, Refusal
from supply.treatments.models import TreatmentSession
from supply.treatments.terms import SESSION_SOURCE, SessionStatus

_SESSION = table(TreatmentSession)
LONGEST_REASON = 500
_ENDED = (SessionStatus.CANCELLED, SessionStatus.NO_SHOW)


class DayRefused(Refusal):
    """A session cannot be booked for that day."""


class ClosedDayError(DayRefused):
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


class PastDayError(DayRefused):
    """A session is booked for a day to come; what was given on another is recorded under Use."""

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(_("This day has gone by. Choose one from today on."))


class Time(enum.Enum):
    """What becomes of a session's time when it is moved."""

    KEPT = "kept"


def move_session(
    clinic: Clinic,
    session_id: int,
    planned_on: dt.date,
    *,
    planned_at: dt.time | Time | None = Time.KEPT,
    with_later: bool,
    though_closed: bool = False,
    actor: Actor,
    now: dt.datetime,
) -> list[Moved]:
    """Book a session for another day; ``with_later`` moves the course's later ones as far.

    Later ones that would fall on a day the clinic is closed go to its next open one, and keep
    their times. Locks the sessions it moves in primary-key order. Returns what moved, the session
    first; nothing where it is there already.

    Raises:
        Refusal: the session is no longer booked, or not of this clinic.
        PastDayError: that day has gone by.
        ClosedDayError: the clinic is closed on that day, unless ``though_closed``.
    """
    session = _booked(clinic, session_id)
    was = When(session.planned_on, session.planned_at)
    wanted = When(planned_on, was.time if planned_at is Time.KEPT else planned_at)
    if wanted == was:
        return []
    if wanted.day != was.day:
        if wanted.day < local_date(now, clinic.timezone):
            raise PastDayError
        check_open(clinic, planned_on, though_closed=though_closed)
    moved = [Moved(session.id, was, wanted)]
    if with_later and session.course_id is not None and wanted.day != was.day:
        moved += _following(clinic, session, planned_on)
    _rebook(moved)
    _note_moves(clinic, moved, actor, now)
    return moved


def check_open(clinic: Clinic, day: dt.date, *, though_closed: bool = False) -> None:
    """Refuse a day on which the clinic is closed, unless ``though_closed``.

    Raises:
        ClosedDayError: it is closed.
    """
    if not though_closed and not is_open(clinic.opening_days, day):
        raise ClosedDayError(day, next_open(clinic.opening_days, day))


def move_back(
    clinic: Clinic, moves: Sequence[Moved], *, actor: Actor, now: dt.datetime
) -> list[Moved]:
    """Undo a move: each session is booked again for when it was before it; all of them or none.

    Locks the sessions in primary-key order. Returns what moved.

    Raises:
        Refusal: one of them is no longer booked for when it was moved to, or not of this clinic.
    """
    rows = db.session.execute(
        sa.select(_SESSION.c.id, _SESSION.c.planned_on, _SESSION.c.planned_at)
        .where(
            _SESSION.c.id.in_([move.session_id for move in moves]),
            _SESSION.c.clinic_id == clinic.id,
            _SESSION.c.status == SessionStatus.PLANNED,
        )
        .order_by(_SESSION.c.id)
        .with_for_update()
    )
    there = {row.id: When(row.planned_on, row.planned_at) for row in rows}
    if not moves or any(there.get(move.session_id) != move.now for move in moves):
        raise Refusal(_("This session has been changed since it was moved."))
    back = [Moved(move.session_id, move.now, move.was) for move in moves]
    _rebook(back)
    _note_moves(clinic, back, actor, now)
    return back


def _following(clinic: Clinic, session: AnyRow, planned_on: dt.date) -> list[Moved]:
    """Return where the course's later sessions go when ``session`` moves to ``planned_on``."""
    step = planned_on - session.planned_on
    later = _later(session)
    planned = slots([row.planned_on + step for row in later], clinic.opening_days)
    return [
        Moved(row.id, When(row.planned_on, row.planned_at), When(slot.day, row.planned_at))
        for row, slot in zip(later, planned, strict=True)
    ]


def _rebook(moved: Sequence[Moved]) -> None:
    db.session.connection().execute(
        sa.update(_SESSION)
        .where(_SESSION.c.id == sa.bindparam("moved_id"))
        .values(planned_on=sa.bindparam("day"), planned_at=sa.bindparam("time")),
        [
            {"moved_id": move.session_id, "day": move.now.day, "time": move.now.time}
            for move in moved
        ],
    )
    db.session.expire_all()


def _note_moves(clinic: Clinic, moved: Sequence[Moved], actor: Actor, now: dt.datetime) -> None:
    for move in moved:
        retimed = move.was.time != move.now.time
        audit.record(
            actor,
            "session.moved",
            (SESSION_SOURCE, move.session_id),
            now,
            clinic_id=clinic.id,
            before=_facts(move.was, retimed=retimed),
            after=_facts(move.now, retimed=retimed),
        )


def _facts(when: When, *, retimed: bool) -> dict[str, str | None]:
    facts: dict[str, str | None] = {"planned_on": when.day.isoformat()}
    if retimed:
        facts["planned_at"] = when.time.isoformat("minutes") if when.time else None
    return facts


def _booked(clinic: Clinic, session_id: int) -> AnyRow:
    row = db.session.execute(
        sa.select(_SESSION.c.id, _SESSION.c.course_id, _SESSION.c.planned_on, _SESSION.c.planned_at)
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


def _later(session: AnyRow) -> list[AnyRow]:
    return list(
        db.session.execute(
            sa.select(_SESSION.c.id, _SESSION.c.planned_on, _SESSION.c.planned_at)
            .where(
                _SESSION.c.course_id == session.course_id,
                _SESSION.c.status == SessionStatus.PLANNED,
                _SESSION.c.planned_on > session.planned_on,
            )
            .order_by(_SESSION.c.id)
            .with_for_update()
        )
    )


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
