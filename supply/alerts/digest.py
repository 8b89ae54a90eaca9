"""The morning mail: one for each person and clinic, at the clinic's hour, if there is news."""

from __future__ import annotations

import datetime as dt
import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask_babel import force_locale
from flask_babel import gettext as _

from supply.accounts.depots import no_depot
from supply.accounts.models import Clinic, Membership, Person, membership_clinic
from supply.accounts.terms import Role
from supply.alerts import summary
from supply.alerts.models import Alert, AlertNotice, DigestMark
from supply.alerts.summary import Line
from supply.alerts.terms import AlertStatus, TroubledJob
from supply.alerts.troubles import note_troubles
from supply.apart import apart, reason
from supply.clock import at_hour
from supply.db import db, table, upsert
from supply.languages import shown_locale
from supply.outbox.links import public_url
from supply.outbox.models import Mail
from supply.outbox.services import enqueue
from supply.outbox.terms import MailKind

log = logging.getLogger(__name__)

ALERT = table(Alert)
CLINIC = table(Clinic)
MARK = table(DigestMark)
MEMBERSHIP = table(Membership)
NOTICE = table(AlertNotice)
PERSON = table(Person)

ROLES = (Role.OWNER, Role.STOCK_MANAGER)
"""Who gets the digest unless they turn it off."""

Key = tuple[int, int]
"""A person and a clinic."""


@dataclass(frozen=True, slots=True)
class _Due:
    """A clinic whose hour has passed on its own ``day``."""

    id: int
    practice_id: int
    code: str
    name: str
    day: dt.date


@dataclass(frozen=True, slots=True)
class _Reader:
    """Someone who gets a clinic's digest."""

    person_id: int
    email: str
    name: str
    locale: str
    clinic: _Due


@dataclass(frozen=True, slots=True)
class Digests:
    """How many digests one run queued, and how many of them to an address that takes no mail."""

    queued: int = 0
    set_aside: int = 0
    failed: dict[int, str] = field(default_factory=dict)
    """Clinics (by id) some digest of which could not be made, and why; they are tried again."""

    def as_json(self) -> dict[str, int]:
        """Return the counts by name."""
        return {
            "queued": self.queued,
            "set_aside": self.set_aside,
            "failed": len(self.failed),
        }


def queue_digests(now: dt.datetime) -> Digests:
    """Queue the digests due by ``now`` that are not settled yet; return how many mails.

    A clinic's digest is due from its hour to the end of its own day, so a run that is missed
    is made up for by the next. Each person is settled once per clinic and day: with a mail if
    an open alert was never named to them, else without. Whoever inserts the mark does the
    work, so two runs at once send one mail.

    A clinic or a person for whom that fails is left unsettled, for the next run, and is named;
    the others get theirs.
    """
    due, failed = _due_clinics(now)
    done, failed_too = apart(
        sorted(due), lambda some: _queue_for({clinic_id: due[clinic_id] for clinic_id in some}, now)
    )
    failed |= failed_too
    for one in done:
        failed |= one.failed
    note_troubles(TroubledJob.DIGEST, due, failed, now)
    return Digests(sum(one.queued for one in done), sum(one.set_aside for one in done), failed)


def _queue_for(due: Mapping[int, _Due], now: dt.datetime) -> Digests:
    """Queue the digests of some clinics in a few set-based statements, each mail on its own."""
    settled = _claim(_readers(due))
    if not settled:
        return Digests()
    alerts = _open_alerts({reader.clinic.id for reader in settled})
    named = _named({reader.person_id for reader in settled}, alerts)
    queued = set_aside = 0
    failed: dict[int, str] = {}
    for reader in settled:
        lines = alerts.get(reader.clinic.id, [])
        news = [line for line in lines if (line.alert_id, reader.person_id) not in named]
        if not news:
            continue
        seen = [line for line in lines if line not in news]
        sent, why = _send_apart(reader, news, seen, now)
        queued += sum(mail.set_aside_at is None for mail in sent)
        set_aside += sum(mail.set_aside_at is not None for mail in sent)
        if why:
            _unclaim(reader)
            failed[reader.clinic.id] = why[reader.person_id]
    return Digests(queued, set_aside, failed)


def _due_clinics(now: dt.datetime) -> tuple[dict[int, _Due], dict[int, str]]:
    """Return the clinics whose hour has come, and those of which that cannot be told, and why."""
    query = sa.select(
        CLINIC.c.id,
        CLINIC.c.practice_id,
        CLINIC.c.code,
        CLINIC.c.name,
        CLINIC.c.timezone,
        CLINIC.c.digest_hour,
    ).where(no_depot(CLINIC.c.id))
    due, failed = {}, {}
    for row in db.session.execute(query):
        try:
            day = now.astimezone(ZoneInfo(row.timezone)).date()
            is_due = at_hour(day, row.digest_hour, row.timezone) <= now
        except Exception as error:
            log.exception("clinic %s has no hour for its daily mail", row.code)
            failed[row.id] = reason(error)
            continue
        if is_due:
            due[row.id] = _Due(row.id, row.practice_id, row.code, row.name, day)
    return due, failed


def _readers(due: Mapping[int, _Due]) -> list[_Reader]:
    """Return who gets which digest and is not settled yet."""
    if not due:
        return []
    limits = membership_clinic.alias()
    limited = sa.exists().where(limits.c.membership_id == MEMBERSHIP.c.id)
    reached = sa.exists().where(
        membership_clinic.c.membership_id == MEMBERSHIP.c.id,
        membership_clinic.c.clinic_id == CLINIC.c.id,
    )
    query = (
        sa.select(
            PERSON.c.id,
            PERSON.c.email,
            PERSON.c.name,
            sa.func.coalesce(PERSON.c.locale, CLINIC.c.locale).label("locale"),
            CLINIC.c.id.label("clinic"),
        )
        .select_from(MEMBERSHIP)
        .join(PERSON, PERSON.c.id == MEMBERSHIP.c.person_id)
        .join(CLINIC, CLINIC.c.practice_id == MEMBERSHIP.c.practice_id)
        .where(
            MEMBERSHIP.c.role.in_(ROLES),
            MEMBERSHIP.c.digest,
            PERSON.c.disabled_at.is_(None),
            sa.or_(~limited, reached),
        )
        .order_by(CLINIC.c.id, PERSON.c.id)
    )
    settled = _settled(due)
    return [
        _Reader(row.id, row.email, row.name, row.locale, due[row.clinic])
        for row in db.session.execute(query)
        if row.clinic in due and (row.id, row.clinic, due[row.clinic].day) not in settled
    ]


def _settled(due: Mapping[int, _Due]) -> set[tuple[int, int, dt.date]]:
    days = {clinic.day for clinic in due.values()}
    query = sa.select(MARK.c.person_id, MARK.c.clinic_id, MARK.c.day).where(MARK.c.day.in_(days))
    return {(row.person_id, row.clinic_id, row.day) for row in db.session.execute(query)}


def _claim(readers: Sequence[_Reader]) -> list[_Reader]:
    """Mark the digests of ``readers`` as settled; return those no other run had marked."""
    if not readers:
        return []
    statement = upsert(MARK).on_conflict_do_nothing().returning(MARK.c.person_id, MARK.c.clinic_id)
    rows = [
        {"person_id": r.person_id, "clinic_id": r.clinic.id, "day": r.clinic.day, "mail_id": None}
        for r in readers
    ]
    ours: set[Key] = {(row.person_id, row.clinic_id) for row in db.session.execute(statement, rows)}
    return [reader for reader in readers if (reader.person_id, reader.clinic.id) in ours]


def _send_apart(
    reader: _Reader, news: Sequence[Line], seen: Sequence[Line], now: dt.datetime
) -> tuple[list[Mail], dict[int, str]]:
    """Queue one digest; return it, or why it could not be made, by the person's id."""
    return apart([reader.person_id], lambda _alone: _send(reader, news, seen, now))


def _unclaim(reader: _Reader) -> None:
    """Leave a digest that could not be made to the next run."""
    db.session.execute(
        sa.delete(MARK).where(
            MARK.c.person_id == reader.person_id,
            MARK.c.clinic_id == reader.clinic.id,
            MARK.c.day == reader.clinic.day,
        )
    )


def _open_alerts(clinic_ids: Iterable[int]) -> dict[int, list[Line]]:
    query = sa.select(
        ALERT.c.id, ALERT.c.clinic_id, ALERT.c.kind, ALERT.c.item_id, ALERT.c.facts
    ).where(ALERT.c.clinic_id.in_(list(clinic_ids)), ALERT.c.status == AlertStatus.OPEN)
    found: dict[int, list[Line]] = defaultdict(list)
    for row in db.session.execute(query.order_by(ALERT.c.opened_at, ALERT.c.id)):
        found[row.clinic_id].append(Line(row.id, row.kind, row.item_id, row.facts, row.clinic_id))
    return found


def _named(person_ids: set[int], alerts: Mapping[int, Sequence[Line]]) -> set[tuple[int, int]]:
    """Return the (alert, person) pairs an earlier digest has named."""
    clinics = list(alerts)
    query = (
        sa.select(NOTICE.c.alert_id, NOTICE.c.person_id)
        .join(ALERT, ALERT.c.id == NOTICE.c.alert_id)
        .where(
            ALERT.c.clinic_id.in_(clinics),
            ALERT.c.status == AlertStatus.OPEN,
            NOTICE.c.person_id.in_(list(person_ids)),
        )
    )
    return {(row.alert_id, row.person_id) for row in db.session.execute(query)}


def _send(reader: _Reader, news: Sequence[Line], seen: Sequence[Line], now: dt.datetime) -> Mail:
    clinic = reader.clinic
    mail = enqueue(
        MailKind.DIGEST,
        to_address=reader.email,
        to_name=reader.name,
        template="digest",
        context=_context(reader, news, seen),
        person_id=reader.person_id,
        practice_id=clinic.practice_id,
        locale=reader.locale,
        now=now,
    )
    db.session.execute(
        sa.insert(NOTICE),
        [
            {"alert_id": line.alert_id, "person_id": reader.person_id, "mail_id": mail.id}
            for line in news
        ],
    )
    db.session.execute(
        sa.update(MARK)
        .where(
            MARK.c.person_id == reader.person_id,
            MARK.c.clinic_id == clinic.id,
            MARK.c.day == clinic.day,
        )
        .values(mail_id=mail.id)
    )
    return mail


def _context(reader: _Reader, news: Sequence[Line], seen: Sequence[Line]) -> dict[str, Any]:
    clinic = reader.clinic
    kind = summary.leading([*news, *seen])
    lead = kind.lead if kind else None
    with force_locale(shown_locale(reader.locale)):
        return {
            "clinic_name": clinic.name,
            "headline": summary.subject([*news, *seen], clinic.name),
            "sentence": summary.sentence([*news, *seen]),
            "news": summary.rows(news, clinic.day),
            "still_open": summary.rows(seen, clinic.day),
            "button_text": str(lead.button) if lead else _("See the alerts"),
            "button_url": public_url(
                lead.endpoint if lead else "alerts.index", clinic_code=clinic.code
            ),
        }
