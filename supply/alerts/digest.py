"""The morning mail: one for each person and clinic, at the clinic's hour, if there is news."""

from __future__ import annotations

import datetime as dt
import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask_babel import force_locale
from flask_babel import gettext as _

from supply.accounts.depots import no_depot
from supply.accounts.models import Clinic
from supply.alerts import summary
from supply.alerts.choice_links import unsubscribe_url
from supply.alerts.choices import DAILY, refusals
from supply.alerts.models import Alert, AlertNotice, DigestMark
from supply.alerts.readers import Reader, readers
from supply.alerts.summary import Contents, Line
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
NOTICE = table(AlertNotice)

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
class _Letter:
    """A digest to be made: for whom, and of which clinic's day."""

    reader: Reader
    clinic: _Due

    @property
    def key(self) -> Key:
        """What there is one digest a day of."""
        return self.reader.person_id, self.clinic.id


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
    wanted = _letters(due)
    refused = refusals({letter.reader.person_id for letter in wanted})
    wanted = [letter for letter in wanted if (letter.reader.person_id, DAILY) not in refused]
    settled = _claim(wanted)
    if not settled:
        return Digests()
    alerts = _standing_alerts({letter.clinic.id for letter in settled})
    named = _named({letter.reader.person_id for letter in settled}, alerts)
    queued = set_aside = 0
    failed: dict[int, str] = {}
    for letter in settled:
        contents = _contents(letter, alerts.get(letter.clinic.id, []), named, refused)
        if not contents.is_news:
            continue
        sent, why = _send_apart(letter, contents, now)
        queued += sum(mail.set_aside_at is None for mail in sent)
        set_aside += sum(mail.set_aside_at is not None for mail in sent)
        if why:
            _unclaim(letter)
            failed[letter.clinic.id] = why[letter.reader.person_id]
    return Digests(queued, set_aside, failed)


def _contents(
    letter: _Letter,
    lines: Sequence[Line],
    named: Collection[tuple[int, int]],
    refused: Collection[tuple[int, str]],
) -> Contents:
    """Return what a digest names: what is assigned to its reader, then what is open."""
    person_id = letter.reader.person_id
    theirs = [line for line in lines if line.assigned_to_id == person_id]
    others = [
        line
        for line in lines
        if line.assigned_to_id != person_id
        and line.open
        and letter.reader.of_all
        and (person_id, line.kind.value) not in refused
    ]
    return Contents(
        assigned=[line for line in theirs if (line.alert_id, person_id) not in named],
        news=[line for line in others if (line.alert_id, person_id) not in named],
        seen=[line for line in (*theirs, *others) if (line.alert_id, person_id) in named],
    )


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


def _letters(due: Mapping[int, _Due]) -> list[_Letter]:
    """Return who gets which digest and is not settled yet."""
    if not due:
        return []
    settled = _settled(due)
    return [
        _Letter(reader, due[reader.clinic_id])
        for reader in readers(due, assigned_too=True)
        if reader.daily
        and (reader.person_id, reader.clinic_id, due[reader.clinic_id].day) not in settled
    ]


def _settled(due: Mapping[int, _Due]) -> set[tuple[int, int, dt.date]]:
    days = {clinic.day for clinic in due.values()}
    query = sa.select(MARK.c.person_id, MARK.c.clinic_id, MARK.c.day).where(MARK.c.day.in_(days))
    return {(row.person_id, row.clinic_id, row.day) for row in db.session.execute(query)}


def _claim(letters: Sequence[_Letter]) -> list[_Letter]:
    """Mark the digests of ``letters`` as settled; return those no other run had marked."""
    if not letters:
        return []
    statement = upsert(MARK).on_conflict_do_nothing().returning(MARK.c.person_id, MARK.c.clinic_id)
    rows = [
        {
            "person_id": letter.reader.person_id,
            "clinic_id": letter.clinic.id,
            "day": letter.clinic.day,
            "mail_id": None,
        }
        for letter in letters
    ]
    ours: set[Key] = {(row.person_id, row.clinic_id) for row in db.session.execute(statement, rows)}
    return [letter for letter in letters if letter.key in ours]


def _send_apart(
    letter: _Letter, contents: Contents, now: dt.datetime
) -> tuple[list[Mail], dict[int, str]]:
    """Queue one digest; return it, or why it could not be made, by the person's id."""
    return apart([letter.reader.person_id], lambda _alone: _send(letter, contents, now))


def _unclaim(letter: _Letter) -> None:
    """Leave a digest that could not be made to the next run."""
    db.session.execute(sa.delete(MARK).where(_marked(letter)))


def _marked(letter: _Letter) -> sa.ColumnElement[bool]:
    return sa.and_(
        MARK.c.person_id == letter.reader.person_id,
        MARK.c.clinic_id == letter.clinic.id,
        MARK.c.day == letter.clinic.day,
    )


def _standing_alerts(clinic_ids: Iterable[int]) -> dict[int, list[Line]]:
    """Return by clinic what is open, and what is assigned to somebody and seen to."""
    told = sa.or_(
        ALERT.c.status == AlertStatus.OPEN,
        sa.and_(ALERT.c.status == AlertStatus.ACKNOWLEDGED, ALERT.c.assigned_to_id.is_not(None)),
    )
    query = sa.select(
        ALERT.c.id,
        ALERT.c.kind,
        ALERT.c.item_id,
        ALERT.c.facts,
        ALERT.c.clinic_id,
        ALERT.c.assigned_to_id,
        (ALERT.c.status == AlertStatus.OPEN).label("open"),
    ).where(ALERT.c.clinic_id.in_(list(clinic_ids)), told)
    found: dict[int, list[Line]] = defaultdict(list)
    for row in db.session.execute(query.order_by(ALERT.c.opened_at, ALERT.c.id)):
        found[row.clinic_id].append(Line(*row))
    return found


def _named(person_ids: set[int], alerts: Mapping[int, Sequence[Line]]) -> set[tuple[int, int]]:
    """Return the (alert, person) pairs an earlier mail has named."""
    clinics = list(alerts)
    query = (
        sa.select(NOTICE.c.alert_id, NOTICE.c.person_id)
        .join(ALERT, ALERT.c.id == NOTICE.c.alert_id)
        .where(
            ALERT.c.clinic_id.in_(clinics),
            ALERT.c.status != AlertStatus.RESOLVED,
            NOTICE.c.person_id.in_(list(person_ids)),
        )
    )
    return {(row.alert_id, row.person_id) for row in db.session.execute(query)}


def _send(letter: _Letter, contents: Contents, now: dt.datetime) -> Mail:
    reader, clinic = letter.reader, letter.clinic
    mail = enqueue(
        MailKind.DIGEST,
        to_address=reader.email,
        to_name=reader.name,
        template="digest",
        context=_context(letter, contents),
        unsubscribe_url=unsubscribe_url(reader.person_id, DAILY),
        person_id=reader.person_id,
        practice_id=clinic.practice_id,
        locale=reader.locale,
        now=now,
    )
    db.session.execute(
        sa.insert(NOTICE),
        [
            {"alert_id": line.alert_id, "person_id": reader.person_id, "mail_id": mail.id}
            for line in (*contents.assigned, *contents.news)
        ],
    )
    db.session.execute(sa.update(MARK).where(_marked(letter)).values(mail_id=mail.id))
    return mail


def _context(letter: _Letter, contents: Contents) -> dict[str, Any]:
    clinic = letter.clinic
    kind = summary.leading(contents.lines)
    lead = kind.lead if kind else None
    with force_locale(shown_locale(letter.reader.locale)):
        return {
            "clinic_name": clinic.name,
            "headline": summary.subject(contents, clinic.name),
            "sentence": summary.sentence(contents),
            "assigned": summary.rows(contents.assigned, clinic.day),
            "news": summary.rows(contents.news, clinic.day),
            "still_open": summary.rows(contents.seen, clinic.day),
            "button_text": str(lead.button) if lead else _("See the alerts"),
            "button_url": public_url(
                lead.endpoint if lead else "alerts.index", clinic_code=clinic.code
            ),
        }
