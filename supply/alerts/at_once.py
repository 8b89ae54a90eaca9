"""Mails that do not wait for the morning: queued with the alert that is their cause."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from flask_babel import force_locale

from supply.accounts.models import Clinic
from supply.alerts import summary
from supply.alerts.choice_links import unsubscribe_url
from supply.alerts.choices import ALWAYS, refusals
from supply.alerts.kinds import Kind, kind_of
from supply.alerts.models import AlertNotice
from supply.alerts.readers import Reader, readers
from supply.alerts.summary import Contents, Line
from supply.alerts.terms import AlertKind
from supply.apart import apart
from supply.clock import local_date
from supply.db import db, table, upsert
from supply.languages import shown_locale
from supply.outbox.links import public_url
from supply.outbox.services import enqueue
from supply.outbox.terms import MailKind

NOTICE = table(AlertNotice)

MOST_ROWS = 12
"""Rows that one mail has; of the others it gives the number."""

Matter = tuple[int, AlertKind]
"""A clinic and a kind: what one mail to a person is about."""


def tell_at_once(opened: Sequence[Line], now: dt.datetime) -> None:
    """Queue the mails about those of ``opened`` that are told at once, and cannot wait.

    One to each reader of a clinic for all of a kind. Somebody for whom that fails is told by the
    next daily mail, and stops neither the sweep nor the mails of others.
    """
    matters: dict[Matter, list[Line]] = defaultdict(list)
    for line in opened:
        kind = kind_of(line.kind)
        if kind.at_once and kind.urgent(line.facts):
            matters[line.clinic_id, line.kind].append(line)
    if not matters:
        return
    clinic_ids = {clinic_id for clinic_id, _kind in matters}
    clinics = _clinics(clinic_ids)
    found = readers(clinic_ids)
    refused = refusals({reader.person_id for reader in found})
    for reader in found:
        for (clinic_id, word), lines in matters.items():
            if clinic_id == reader.clinic_id and (reader.person_id, word.value) not in refused:
                _tell(reader, kind_of(word), lines, clinics[clinic_id], now)


def _tell(
    reader: Reader, kind: Kind, lines: Sequence[Line], clinic: Clinic, now: dt.datetime
) -> None:
    apart([reader.person_id], lambda _alone: _send(reader, kind, lines, clinic, now))


def _send(
    reader: Reader, kind: Kind, lines: Sequence[Line], clinic: Clinic, now: dt.datetime
) -> None:
    mail = enqueue(
        MailKind(kind.word.value),
        to_address=reader.email,
        to_name=reader.name,
        template="alert",
        context=_context(reader, kind, lines, clinic, now),
        unsubscribe_url=_unsubscribe_url(reader, kind),
        person_id=reader.person_id,
        practice_id=clinic.practice_id,
        locale=reader.locale,
        now=now,
    )
    db.session.execute(
        upsert(NOTICE).on_conflict_do_nothing(),
        [
            {"alert_id": line.alert_id, "person_id": reader.person_id, "mail_id": mail.id}
            for line in lines
        ],
    )


def _unsubscribe_url(reader: Reader, kind: Kind) -> str | None:
    return None if kind.word in ALWAYS else unsubscribe_url(reader.person_id, kind.word.value)


def _context(
    reader: Reader, kind: Kind, lines: Sequence[Line], clinic: Clinic, now: dt.datetime
) -> Mapping[str, Any]:
    lead = kind.lead
    if lead is None:
        raise ValueError(f"{kind.word} is told at once and says not how")
    with force_locale(shown_locale(reader.locale)):
        rows = summary.rows(lines, local_date(now, clinic.timezone))
        first = summary.folded(kind.word, [line.facts for line in lines])[0]
        return {
            "clinic_name": clinic.name,
            "headline": summary.headline(lead, lines, clinic.name),
            "sentence": summary.sentence(Contents([], lines, [])),
            "rows": rows[:MOST_ROWS],
            "more": max(len(rows) - MOST_ROWS, 0),
            "button_text": str(lead.button),
            "button_url": public_url(lead.endpoint, clinic_code=clinic.code, **lead.values(first)),
        }


def _clinics(clinic_ids: Collection[int]) -> dict[int, Clinic]:
    query = sa.select(Clinic).where(Clinic.id.in_(clinic_ids))
    return {clinic.id: clinic for clinic in db.session.scalars(query)}
