"""What people do with alerts: acknowledge, snooze, reopen, assign."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.accounts.models import Clinic
from supply.actor import Actor
from supply.alerts.kinds import kind_of
from supply.alerts.models import Alert, AlertNotice
from supply.alerts.readers import people_of
from supply.alerts.terms import AlertStatus
from supply.audit import services as audit
from supply.db import db, table
from supply.refusals import InvalidInput, Refusal

NOTICE = table(AlertNotice)

LONGEST_SNOOZE_DAYS = 90


class AlertClosed(Refusal):
    """The alert has been resolved meanwhile: its cause has ended."""


def acknowledge(clinic_id: int, alert_id: int, *, actor: Actor, now: dt.datetime) -> Alert:
    """Mark an alert as seen to; it stays so until its cause ends, or is over where that is past.

    Locks the alert. Raises AlertClosed when it is resolved or not this clinic's.
    """
    alert = _unresolved(clinic_id, alert_id)
    _move(alert, AlertStatus.ACKNOWLEDGED, None, actor, now)
    if kind_of(alert.kind).ends_when_seen:
        alert.status, alert.resolved_at, alert.was_seen_to = AlertStatus.RESOLVED, now, True
        db.session.flush()
    return alert


def snooze(
    clinic_id: int, alert_id: int, *, until: dt.date, today: dt.date, actor: Actor, now: dt.datetime
) -> Alert:
    """Put an alert aside until ``until``, on the clinic's calendar; then it opens again.

    Locks the alert. Raises InvalidInput when ``until`` is not in the next 90 days, AlertClosed
    as :func:`acknowledge` does.
    """
    if not 1 <= (until - today).days <= LONGEST_SNOOZE_DAYS:
        raise InvalidInput(("days", _("Choose from 1 to 90 days.")))
    alert = _unresolved(clinic_id, alert_id)
    _move(alert, AlertStatus.SNOOZED, until, actor, now)
    return alert


def reopen(clinic_id: int, alert_id: int, *, actor: Actor, now: dt.datetime) -> Alert:
    """Undo an acknowledgement or a snooze. Locks and raises as :func:`acknowledge`."""
    alert = _unresolved(clinic_id, alert_id, though_seen=True)
    alert.resolved_at, alert.was_seen_to = None, False
    _move(alert, AlertStatus.OPEN, None, actor, now)
    return alert


def assign(
    clinic: Clinic, alert_id: int, person_id: int | None, *, actor: Actor, now: dt.datetime
) -> Alert:
    """Say who is to see to an alert, None for nobody; their next daily mail tells them.

    Locks the alert. Raises InvalidInput for somebody who does not work at the clinic, AlertClosed
    as :func:`acknowledge` does.
    """
    if person_id is not None and all(one.person_id != person_id for one in people_of(clinic)):
        raise InvalidInput(("person", _("Choose somebody who works at this clinic.")))
    alert = _unresolved(clinic.id, alert_id)
    before = alert.assigned_to_id
    if person_id == before:
        return alert
    alert.assigned_to_id = person_id
    if person_id is not None and person_id != actor.person_id:
        _make_news(alert.id, person_id)
    db.session.flush()
    audit.record(
        actor,
        "alert.assigned",
        ("alert", alert.id),
        now,
        clinic_id=alert.clinic_id,
        before={"assigned_to": before},
        after={"assigned_to": person_id},
    )
    return alert


def _make_news(alert_id: int, person_id: int) -> None:
    """Have an alert named to a person as new, though a mail has named it to them before."""
    db.session.execute(
        sa.delete(NOTICE).where(NOTICE.c.alert_id == alert_id, NOTICE.c.person_id == person_id)
    )


def _unresolved(clinic_id: int, alert_id: int, *, though_seen: bool = False) -> Alert:
    alert = db.session.scalar(
        sa.select(Alert).where(Alert.id == alert_id, Alert.clinic_id == clinic_id).with_for_update()
    )
    is_over = alert is None or alert.status is AlertStatus.RESOLVED
    if alert is None or (is_over and not (though_seen and _ended_by_being_seen(alert))):
        raise AlertClosed(_("This alert is no longer there: its cause has ended."))
    return alert


def _ended_by_being_seen(alert: Alert) -> bool:
    return alert.was_seen_to and kind_of(alert.kind).ends_when_seen


def _move(
    alert: Alert, status: AlertStatus, until: dt.date | None, actor: Actor, now: dt.datetime
) -> None:
    before = alert.status
    alert.status, alert.snoozed_until = status, until
    db.session.flush()
    audit.record(
        actor,
        f"alert.{status.value}",
        ("alert", alert.id),
        now,
        clinic_id=alert.clinic_id,
        before={"status": before.value},
        after={"status": status.value, "until": until.isoformat() if until else None},
    )
