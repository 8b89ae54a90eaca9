"""The monthly mail: what a clinic wasted, lost and saved, once for each person and month."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlalchemy as sa
from flask_babel import force_locale
from flask_babel import gettext as _

from supply.accounts.depots import no_depot
from supply.accounts.models import Clinic
from supply.accounts.opening import next_open
from supply.alerts.choice_links import unsubscribe_url
from supply.alerts.choices import MONTHLY, refusals
from supply.alerts.models import SummaryMark
from supply.alerts.readers import Reader, readers
from supply.apart import apart
from supply.clock import at_hour, local_date
from supply.db import AnyRow, db, table, upsert
from supply.languages import shown_locale
from supply.losses import rules, wording
from supply.losses.queries import month_at
from supply.losses.rules import Month
from supply.outbox.links import public_url
from supply.outbox.services import enqueue
from supply.outbox.terms import MailKind
from supply.seals.sealing import newest
from supply.seals.wording import shown

CLINIC = table(Clinic)
MARK = table(SummaryMark)


@dataclass(frozen=True, slots=True)
class Summed:
    """What mails about a month at a clinic tell of."""

    this: Month
    last: Month
    seal: AnyRow | None
    """The newest seal, which owners keep a copy of."""


def queue_summaries(now: dt.datetime) -> int:
    """Queue the monthly mails due by ``now`` that are not settled yet; return how many.

    A clinic's mail about a month is due on its first open day of the next, at the hour of its
    daily mail, and until the end of that month: a run that is missed is made up for. Each person
    is settled once per clinic and month; whoever inserts the mark does the work. A clinic for
    which that fails stops no other, and is tried again.
    """
    due = [clinic for clinic in _clinics() if _is_due(clinic, now)]
    if not due:
        return 0
    wanted = _unsettled(due, now)
    queued = 0
    for clinic in due:
        theirs = [reader for reader in wanted if reader.clinic_id == clinic.id]
        if theirs:
            done, _failed = apart([clinic.id], partial(_queue_for, clinic, theirs, now))
            queued += sum(done)
    return queued


def due_at(clinic: Clinic, day: dt.date) -> dt.datetime:
    """Return when in the month of ``day`` the mail about the month before is due."""
    first_open = next_open(clinic.opening_days, rules.month_of(day))
    return at_hour(first_open, clinic.digest_hour, clinic.timezone)


def _clinics() -> Sequence[Clinic]:
    query = sa.select(Clinic).where(no_depot(CLINIC.c.id)).order_by(Clinic.id)
    return db.session.scalars(query).all()


def _is_due(clinic: Clinic, now: dt.datetime) -> bool:
    today = local_date(now, clinic.timezone)
    began = local_date(clinic.created_at, clinic.timezone)
    return began < rules.month_of(today) and _due_now(clinic, now) <= now


def _unsettled(due: Sequence[Clinic], now: dt.datetime) -> list[Reader]:
    """Return who is to get which mail: who wants it, was there in time and has none yet."""
    clinics = {clinic.id: clinic for clinic in due}
    found = readers(list(clinics))
    refused = refusals({reader.person_id for reader in found})
    months = {clinic.id: _month(clinic, now) for clinic in due}
    query = sa.select(MARK.c.person_id, MARK.c.clinic_id, MARK.c.month).where(
        MARK.c.month.in_(set(months.values()))
    )
    settled = {tuple(row) for row in db.session.execute(query)}
    return [
        reader
        for reader in found
        if (reader.person_id, MONTHLY) not in refused
        and (reader.person_id, reader.clinic_id, months[reader.clinic_id]) not in settled
        and reader.since < _due_now(clinics[reader.clinic_id], now)
    ]


def _due_now(clinic: Clinic, now: dt.datetime) -> dt.datetime:
    return due_at(clinic, local_date(now, clinic.timezone))


def _month(clinic: Clinic, now: dt.datetime) -> dt.date:
    """Return the first day of the month that is told of at ``now``."""
    return rules.before(rules.month_of(local_date(now, clinic.timezone)))


def _queue_for(
    clinic: Clinic, wanted: Sequence[Reader], now: dt.datetime, _alone: Sequence[int]
) -> int:
    first = _month(clinic, now)
    ours = _claim(clinic, wanted, first)
    if not ours:
        return 0
    seal = newest()
    told = Summed(month_at(clinic, first), month_at(clinic, rules.before(first)), seal)
    return sum(_send(clinic, reader, told, now) for reader in ours)


def _claim(clinic: Clinic, wanted: Sequence[Reader], first: dt.date) -> list[Reader]:
    """Mark the mails as settled; return who no other run had marked."""
    statement = upsert(MARK).on_conflict_do_nothing().returning(MARK.c.person_id)
    rows = [
        {"person_id": one.person_id, "clinic_id": clinic.id, "month": first, "mail_id": None}
        for one in wanted
    ]
    ours = set(db.session.execute(statement, rows).scalars())
    return [reader for reader in wanted if reader.person_id in ours]


def _send(clinic: Clinic, reader: Reader, told: Summed, now: dt.datetime) -> int:
    mail = enqueue(
        MailKind.DIGEST,
        to_address=reader.email,
        to_name=reader.name,
        template="month",
        context=_context(clinic, reader, told),
        unsubscribe_url=unsubscribe_url(reader.person_id, MONTHLY),
        person_id=reader.person_id,
        practice_id=clinic.practice_id,
        locale=reader.locale,
        now=now,
    )
    settled = sa.and_(
        MARK.c.person_id == reader.person_id,
        MARK.c.clinic_id == clinic.id,
        MARK.c.month == told.this.first,
    )
    db.session.execute(sa.update(MARK).where(settled).values(mail_id=mail.id))
    return int(mail.set_aside_at is None)


def _context(clinic: Clinic, reader: Reader, told: Summed) -> dict[str, Any]:
    this, currency = told.this, clinic.currency
    with force_locale(shown_locale(reader.locale)):
        return {
            "clinic_name": clinic.name,
            "headline": wording.headline(this, clinic.name, currency),
            "sentence": wording.sentence(this, told.last, currency),
            "causes": wording.by_cause(this, currency),
            "items": wording.top(this, currency),
            "saved": wording.saved(this, currency, clinic.expiring_days),
            "unpriced": this.is_unpriced,
            "seal": shown(told.seal) if told.seal and reader.is_owner else None,
            "button_text": _("See what was lost"),
            "button_url": public_url(
                "losses.month", clinic_code=clinic.code, month=f"{this.first:%Y-%m}"
            ),
        }
