"""Telling a practitioner, and the owners, that the certificate on file ends or has ended.

Who is told is kept on the membership, in the same transaction, by the certificate's last day: a
run that was missed is made up for, nobody is told twice, and a renewed one is told of anew.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from supply.accounts.models import Clinic, Membership, Person, Practice
from supply.accounts.reading import locale_of
from supply.accounts.rules import (
    CERTIFICATE_TOLD_AFTER,
    CERTIFICATE_TOLD_BEFORE,
    CertificateState,
    certificate_state,
)
from supply.accounts.terms import Role
from supply.clock import local_date
from supply.db import db
from supply.outbox.links import public_url
from supply.outbox.services import enqueue
from supply.outbox.terms import MailKind

_ZONES = dt.timedelta(days=1)
"""By how much a clinic's day may differ from the one in UTC."""


def named(kind: str, number: str) -> str:
    """Return a certificate in words: its kind and number, as far as they are known."""
    return ", ".join(part for part in (kind, number) if part)


def ending_of(
    membership: Membership | None, today: dt.date
) -> tuple[CertificateState, dt.date] | None:
    """Return how a practitioner's certificate stands that ends soon or has ended; else None."""
    if membership is None or membership.role is not Role.PRACTITIONER:
        return None
    until = membership.certificate_valid_to
    if until is None or certificate_state(until, today) is CertificateState.IN_DATE:
        return None
    return certificate_state(until, today), until


def due_notices(now: dt.datetime) -> list[int]:
    """Return the memberships whose certificate's end is to be told of, and was not, by id."""
    today = now.date()
    return list(
        db.session.scalars(
            sa.select(Membership.id)
            .where(
                Membership.role == Role.PRACTITIONER,
                Membership.certificate_valid_to.between(
                    today - CERTIFICATE_TOLD_AFTER, today + CERTIFICATE_TOLD_BEFORE + _ZONES
                ),
                _UNTOLD,
            )
            .order_by(Membership.id)
        )
    )


_UNTOLD = sa.or_(
    Membership.certificate_told_for.is_(None),
    Membership.certificate_told_for != Membership.certificate_valid_to,
)


def tell_of_end(membership_id: int, now: dt.datetime) -> bool:
    """Queue the mails on a certificate's end, unless it is told or not due by the clinic's day.

    The mark is set by a conditional UPDATE: of two who tell at once, one does.
    """
    membership = db.session.get(
        Membership, membership_id, options=[joinedload(Membership.practice)]
    )
    if membership is None or membership.practice is None:
        return False
    until = membership.certificate_valid_to
    today = _today(membership.practice, now)
    if until is None or certificate_state(until, today) is CertificateState.IN_DATE:
        return False
    marked = db.session.execute(
        sa.update(Membership)
        .where(Membership.id == membership_id, Membership.certificate_valid_to == until, _UNTOLD)
        .values(certificate_told_for=until)
        .returning(Membership.id)
    ).scalar_one_or_none()
    if marked is None:
        return False
    _tell(membership, membership.practice, until, today, now)
    return True


def _today(practice: Practice, now: dt.datetime) -> dt.date:
    """Return the day at the practice: in its first clinic's zone."""
    zone = db.session.scalar(
        sa.select(Clinic.timezone)
        .where(Clinic.practice_id == practice.id)
        .order_by(Clinic.id)
        .limit(1)
    )
    return local_date(now, zone or "UTC")


def _tell(
    membership: Membership, practice: Practice, until: dt.date, today: dt.date, now: dt.datetime
) -> None:
    owners = db.session.scalars(
        sa.select(Person)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            Membership.practice_id == practice.id,
            Membership.role == Role.OWNER,
            Person.id != membership.person_id,
        )
        .order_by(Person.id)
    ).all()
    for person in [membership.person, *owners]:
        own = person is membership.person
        enqueue(
            MailKind.ACCOUNT,
            to_address=person.email,
            to_name=person.name,
            template="certificate",
            context={
                "own": own,
                "who": membership.person.name,
                "place": practice.name,
                "certificate": named(membership.certificate_kind, membership.certificate_number),
                "until": until,
                "today": today,
                "out": certificate_state(until, today) is CertificateState.OUT,
                "button_url": _link(membership, practice, own=own),
            },
            locale=locale_of(person),
            person_id=person.id,
            practice_id=practice.id,
            now=now,
        )


def _link(membership: Membership, practice: Practice, *, own: bool) -> str:
    if own:
        return public_url("accounts.account")
    return public_url("settings.person", practice_code=practice.code, membership_id=membership.id)
