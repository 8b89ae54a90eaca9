"""Sessions: who is signed in where, and ending it for good."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import aliased, contains_eager

from supply.accounts.credentials import ADDRESS_LENGTH, USER_AGENT_LENGTH, WebSession
from supply.accounts.homes import note_person
from supply.accounts.models import Clinic, Membership, Person, Practice, membership_clinic
from supply.accounts.rules import Lifetimes, session_is_over
from supply.accounts.terms import SessionEnd
from supply.accounts.throttle import network_of
from supply.accounts.tokens import new_secret, secret_hash
from supply.actor import Actor
from supply.db import db

STEP = dt.timedelta(minutes=5)
"""How exactly it is known when a session was last seen: it is written no more often."""

_LIMIT = aliased(Clinic)
_WITH_PERSON = (
    sa.select(WebSession)
    .outerjoin(WebSession.person)
    .outerjoin(Person.memberships)
    .outerjoin(Membership.practice)
    .outerjoin(Membership.supplier)
    .outerjoin(Practice.clinics)
    .outerjoin(
        membership_clinic,
        sa.and_(
            membership_clinic.c.membership_id == Membership.id,
            membership_clinic.c.clinic_id == Clinic.id,
        ),
    )
    .outerjoin(_LIMIT, _LIMIT.id == membership_clinic.c.clinic_id)
    .where(WebSession.secret_hash == sa.bindparam("hash"), WebSession.ended_at.is_(None))
    .options(
        contains_eager(WebSession.person)
        .contains_eager(Person.memberships)
        .options(
            contains_eager(Membership.practice).contains_eager(Practice.clinics),
            contains_eager(Membership.supplier),
            contains_eager(Membership.clinics.of_type(_LIMIT)),
        )
    )
    .order_by(Membership.id, Clinic.code)
)
"""All that a page must know of who is there, in one statement: it runs with every one.

Its rows are the clinics of the person's practices, each once: a limit stands beside its clinic.
"""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from: its address, and what the browser says it is."""

    address: str
    user_agent: str = ""

    def __post_init__(self) -> None:
        """Keep no more than is stored."""
        object.__setattr__(self, "address", self.address[:ADDRESS_LENGTH])
        object.__setattr__(self, "user_agent", self.user_agent[:USER_AGENT_LENGTH])


def begin(
    person: Person,
    origin: Origin,
    *,
    remembered: bool,
    second_step: bool = False,
    now: dt.datetime,
) -> str:
    """Begin a session and return its secret, which the browser alone keeps."""
    secret = new_secret()
    db.session.add(
        WebSession(
            person_id=person.id,
            secret_hash=secret_hash(secret),
            created_at=now,
            last_seen_at=now,
            address=origin.address,
            user_agent=origin.user_agent,
            remembered=remembered,
            second_step=second_step,
        )
    )
    db.session.flush()
    return secret


def session_with(secret: str, lifetimes: Lifetimes, now: dt.datetime) -> WebSession | None:
    """Return the session with this secret, its person's memberships loaded: one statement.

    None where it was ended or has run out, or the person may not sign in any more.
    """
    hashed = {"hash": secret_hash(secret)}
    session = db.session.scalars(_WITH_PERSON, hashed).unique().one_or_none()
    if session is None or not session.person.is_active:
        return None
    return None if _is_over(session, lifetimes, now) else session


def is_stale(session: WebSession, now: dt.datetime) -> bool:
    """Return whether it is time to write down that the session was seen."""
    return now - session.last_seen_at >= STEP


def touch(session_id: int, origin: Origin, now: dt.datetime) -> None:
    """Write down that the session is in use, and from where now; others may have done so."""
    db.session.execute(
        sa.update(WebSession)
        .where(
            WebSession.id == session_id,
            WebSession.ended_at.is_(None),
            WebSession.last_seen_at <= now - STEP,
        )
        .values(last_seen_at=now, address=origin.address, user_agent=origin.user_agent)
    )


def sessions_of(person_id: int, lifetimes: Lifetimes, now: dt.datetime) -> Sequence[WebSession]:
    """Return the person's sessions that still hold, the last seen first."""
    found = db.session.scalars(
        sa.select(WebSession)
        .where(WebSession.person_id == person_id, WebSession.ended_at.is_(None))
        .order_by(WebSession.last_seen_at.desc(), WebSession.id.desc())
    )
    return [session for session in found if not _is_over(session, lifetimes, now)]


def end(
    person_id: int, session_id: int, how: SessionEnd, *, actor: Actor, now: dt.datetime
) -> bool:
    """End one of the person's sessions; return whether it was there and held until now."""
    ended = _end(now, how, WebSession.person_id == person_id, WebSession.id == session_id)
    if ended:
        _note(actor, ended, how, now)
    return bool(ended)


def end_with_secret(secret: str, how: SessionEnd, address: str | None, now: dt.datetime) -> None:
    """End the session that holds ``secret``, by its own person at ``address``."""
    for session in (ended := _end(now, how, WebSession.secret_hash == secret_hash(secret))):
        _note(Actor(session.person_id, address), ended, how, now)


def end_all(
    person_id: int,
    how: SessionEnd,
    *,
    but: int | None = None,
    actor: Actor,
    now: dt.datetime,
) -> int:
    """End every session of the person, ``but`` one if given; return how many."""
    which = [WebSession.person_id == person_id]
    if but is not None:
        which.append(WebSession.id != but)
    ended = _end(now, how, *which)
    if ended:
        _note(actor, ended, how, now)
    return len(ended)


def is_familiar(person_id: int, origin: Origin) -> bool:
    """Return whether the person was signed in from this place on the network of late."""
    addresses = db.session.scalars(
        sa.select(WebSession.address).where(WebSession.person_id == person_id).distinct()
    )
    here = network_of(origin.address)
    return here in {network_of(address) for address in addresses}


def _end(now: dt.datetime, how: SessionEnd, *which: sa.ColumnElement[bool]) -> Sequence[WebSession]:
    """End what holds of ``which``: of two who try at once, one finds it."""
    rows = db.session.scalars(
        sa.update(WebSession)
        .where(WebSession.ended_at.is_(None), *which)
        .values(ended_at=now, ended_how=how)
        .returning(WebSession),
        execution_options={"synchronize_session": False, "populate_existing": True},
    )
    return sorted(rows, key=lambda session: session.id)


def _note(actor: Actor, ended: Sequence[WebSession], how: SessionEnd, now: dt.datetime) -> None:
    """Write one audit row for each session: whose it was, and from where it was used last."""
    action = "person.signed_out" if how is SessionEnd.SIGNED_OUT else "session.ended"
    for session in ended:
        before = {"person": session.person_id, "address": session.address}
        note_person(
            actor,
            action,
            session.person_id,
            now,
            subject=("web_session", session.id),
            before=before,
            after={"how": how.value},
        )


def _is_over(session: WebSession, lifetimes: Lifetimes, now: dt.datetime) -> bool:
    return session_is_over(
        lifetimes.of(remembered=session.remembered),
        begun=session.created_at,
        seen=session.last_seen_at,
        now=now,
    )
