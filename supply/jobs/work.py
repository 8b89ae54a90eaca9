"""What the scheduler does.

Each job takes ``now`` and opens one transaction where it writes. Periodic work inserts its
(job, period) row in that same transaction: it happens once a period whoever tries, and a
crash leaves it to be done. Frequent work is recorded only where it did something.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import sqlalchemy as sa
from flask import current_app

from supply.accounts import certificates, credentials, devices
from supply.accounts.models import Clinic
from supply.alerts.digest import queue_digests
from supply.apart import alone
from supply.audit.models import AuditRow
from supply.calendars import work as clinics_calendars
from supply.calendars.fetching import Fetcher
from supply.coldchain import calibration
from supply.db import db, table, transaction
from supply.idempotency import IdempotencyRecord
from supply.jobs.models import JobRun
from supply.jobs.runs import do_again, is_recorded, once_a_period, record_run
from supply.jobs.touched import Change, touched
from supply.losses.summaries import queue_summaries
from supply.need.catching_up import catch_up
from supply.outage import outage_of
from supply.outbox.delivery import Gateway, deliver
from supply.payments import work as card_payments
from supply.payments.gateway import StripeGateway
from supply.recalls import work as recalls_work
from supply.replenishment.sweep import SweepCounts, sweep
from supply.returning import ending
from supply.returning.terms import Notice
from supply.standing import running as standing

log = logging.getLogger(__name__)

AUDIT = table(AuditRow)

OVERLAP = dt.timedelta(minutes=2)
"""How far back each look for changes goes: a transaction may commit after a later one."""

RETRY = dt.timedelta(minutes=5)
"""How long a clinic that failed alone is left before it is tried again."""

KEEP_RUNS = dt.timedelta(days=30)
KEEP_ANSWERS = dt.timedelta(days=30)
KEEP_ATTEMPTS = dt.timedelta(days=2)
KEEP_SESSIONS = dt.timedelta(days=90)
"""After they ended or were seen last: where a person has been before is no news to them."""
KEEP_LINKS = dt.timedelta(days=30)


class ChangeSweep:
    """Sweeps the clinics in which something was done since the last look: what it touched there.

    The first look takes every clinic: what happened while no scheduler ran is not known.
    """

    def __init__(self) -> None:
        """Know nothing yet."""
        self._since: dt.datetime | None = None
        self._seen: frozenset[int] = frozenset()
        self._again: dict[int, dt.datetime] = {}

    def __call__(self, now: dt.datetime) -> SweepCounts:
        """Sweep what changed by ``now``; a failed sweep is made up for by the next.

        A clinic that fails alone is tried again after a while, and when it changes, as a whole.
        """
        seen, changed = self._look(now)
        counts = SweepCounts()
        if changed is not None:
            changed |= {one: None for one, at in self._again.items() if at <= now or one in changed}
        if changed is None or changed:
            catch_up(now)
            with transaction():
                counts = _sweep_changed(now, changed)
                if counts.changed:
                    record_run("changes", now.isoformat(), now, _swept(counts))
            tried = self._again.keys() if changed is None else changed.keys()
            self._again = {one: at for one, at in self._again.items() if one not in tried}
            self._again |= dict.fromkeys(counts.failed, now + RETRY)
        self._since, self._seen = now, seen
        return counts

    def _look(self, now: dt.datetime) -> tuple[frozenset[int], Changed | None]:
        """Return the audit rows in sight and what those not yet seen changed (None: unknown)."""
        since = now if self._since is None else self._since
        query = sa.select(
            AUDIT.c.id,
            AUDIT.c.clinic_id,
            AUDIT.c.practice_id,
            AUDIT.c.subject_type,
            AUDIT.c.subject_id,
        ).where(AUDIT.c.at >= since - OVERLAP)
        rows = db.session.execute(query).all()
        changed = (
            None if self._since is None else _changed(r for r in rows if r.id not in self._seen)
        )
        db.session.rollback()
        return frozenset(row.id for row in rows), changed


Changed = dict[int, frozenset[int] | None]
"""Clinics in which something changed, each with the items it touched (None: any)."""


def _changed(rows: Iterable[Any]) -> Changed:
    """Return what audit rows say has changed; where nothing was touched, no clinic is named."""
    fresh = list(rows)
    changed = touched(
        Change(row.clinic_id, row.subject_type, row.subject_id)
        for row in fresh
        if row.clinic_id is not None
    )
    practices = {row.practice_id for row in fresh if row.clinic_id is None} - {None}
    if practices:
        theirs = sa.select(Clinic.id).where(Clinic.practice_id.in_(practices))
        changed |= dict.fromkeys(db.session.scalars(theirs))
    return {one: items for one, items in changed.items() if items is None or items}


def _sweep_changed(now: dt.datetime, changed: Changed | None) -> SweepCounts:
    if changed is None:
        return sweep(now)
    counts = SweepCounts()
    whole = sorted(one for one, items in changed.items() if items is None)
    if whole:
        counts = counts.and_(sweep(now, whole))
    parts = {one: items for one, items in changed.items() if items is not None}
    if parts:
        counts = counts.and_(sweep(now, sorted(parts), frozenset().union(*parts.values())))
    return counts


def full_sweep(now: dt.datetime) -> bool:
    """Sweep every clinic, once an hour; return whether this call did it.

    Clinics that failed alone are tried again within the hour, and the hour's record says so.
    """
    period = f"{now:%Y-%m-%dT%H}"
    if not is_recorded("sweep", period):
        catch_up(now)
    if once_a_period("sweep", period, now, lambda: _swept(sweep(now))):
        return True
    return do_again("sweep", period, now, RETRY, _sweep_again)


def _sweep_again(now: dt.datetime, result: dict[str, Any]) -> dict[str, Any] | None:
    """Sweep those that failed; return the new record, or None when none had."""
    failed = [int(clinic_id) for clinic_id in result.get("failed", {})]
    return {**result, "failed": _swept(sweep(now, failed))["failed"]} if failed else None


def _swept(counts: SweepCounts) -> dict[str, Any]:
    failed = {str(clinic_id): why for clinic_id, why in counts.failed.items()}
    return {**counts.as_json(), "failed": failed}


def clean(now: dt.datetime) -> bool:
    """Remove what is kept for a while only, once a day; return whether this call did."""
    return once_a_period("clean", f"{now:%Y-%m-%d}", now, lambda: _clean(now))


def digests(now: dt.datetime) -> int:
    """Queue the digests that are due, by alerts of this hour; return how many.

    After a night in which nothing ran the hour has not been swept yet: what has come up since
    belongs into this morning's mail. A sweep that fails keeps nobody from what is known already.
    """
    try:
        full_sweep(now)
    except Exception as error:
        if outage_of(error) is not None:
            raise
        log.exception("daily mails go by earlier alerts")
    with transaction():
        made = queue_digests(now)
        if made.queued or made.set_aside:
            record_run("digests", now.isoformat(), now, made.as_json())
    return made.queued


def summaries(now: dt.datetime) -> int:
    """Queue the monthly mails that are due; return how many."""
    with transaction():
        queued = queue_summaries(now)
        if queued:
            record_run("summaries", now.isoformat(), now, {"queued": queued})
    return queued


def standing_orders(now: dt.datetime) -> dict[str, int]:
    """Carry out the standing orders that are due, each by itself; return how many by outcome.

    One that fails is left for a while and stops no other.
    """
    counts: Counter[str] = Counter()
    due = standing.due_ones(now)
    db.session.rollback()
    for standing_id in due:
        try:
            with transaction():
                made = standing.run(standing_id, now)
        except Exception as error:
            if outage_of(error) is not None:
                raise
            log.exception("standing order %s failed", standing_id)
            counts["failed"] += 1
            with transaction():
                standing.put_off(standing_id, now)
            continue
        if made is not None:
            counts[made.outcome.value] += 1
    if counts:
        with transaction():
            record_run("standing", now.isoformat(), now, dict(counts))
    return dict(counts)


def return_notices(now: dt.datetime) -> int:
    """Tell clinics of returns whose last day is near or has gone by; return how many mails' worth.

    Each is told once: the run recorded with it says so. One that fails stops no other.
    """
    due = ending.due_notices(now)
    db.session.rollback()
    told = 0
    for return_id, notice in due:
        period = f"{return_id}:{notice.value}"
        if is_recorded("returns", period):
            continue
        tell = partial(_tell, return_id, notice, now)
        work = partial(once_a_period, "returns", period, now, tell)
        told += bool(alone(work, "the end of return %s could not be told", return_id))
    return told


def certificate_notices(now: dt.datetime) -> int:
    """Tell practitioners and owners of certificates that end or ended; return of how many.

    Each is told of once: its membership says so. One that fails stops no other.
    """
    due = certificates.due_notices(now)
    db.session.rollback()
    told = 0
    for membership_id in due:
        tell = partial(_in_transaction, certificates.tell_of_end, membership_id, now)
        what = "the certificate of membership %s could not be told of"
        told += bool(alone(tell, what, membership_id))
    return told


def calibration_notices(now: dt.datetime) -> int:
    """Tell owners and stock managers of calibrations that end or ended; return of how many.

    Each is told of once for each time ahead: its row says so. One that fails stops no other.
    """
    due = calibration.due_notices(now)
    db.session.rollback()
    told = 0
    for logger_id in due:
        tell = partial(_in_transaction, calibration.tell_of_end, logger_id, now)
        told += bool(alone(tell, "the calibration of logger %s could not be told of", logger_id))
    return told


def _in_transaction(tell: Callable[[int, dt.datetime], bool], about: int, now: dt.datetime) -> bool:
    with transaction():
        return tell(about, now)


def _tell(return_id: int, notice: Notice, now: dt.datetime) -> dict[str, Any]:
    return {"told": ending.tell_of_end(return_id, notice, now)}


def recalls(now: dt.datetime) -> None:
    """Do what recalls left undone, take up what came in since, and remind who is silent."""
    counts = recalls_work.run(now)
    if counts:
        with transaction():
            record_run("recalls", now.isoformat(), now, counts)


def delivery(
    now: dt.datetime, gateway: Gateway | None, stop: threading.Event | None = None
) -> None:
    """Send the mails that are due, until ``stop`` is set. Without a gateway they wait."""
    if gateway is None:
        return
    counts = deliver(now, gateway, stop)
    if counts.sent or counts.failed:
        with transaction():
            record_run("delivery", now.isoformat(), now, counts.as_json())


def payments(
    now: dt.datetime, gateway: StripeGateway | None, stop: threading.Event | None = None
) -> None:
    """Handle what Stripe told, give back what is due, ask what is to be asked."""
    counts = card_payments.run(now, gateway, stop)
    if counts.did:
        with transaction():
            record_run("payments", now.isoformat(), now, counts.as_json())


def reconcile_payments(now: dt.datetime, gateway: StripeGateway | None) -> bool:
    """Ask Stripe for what never came, every ten minutes; return whether this call did.

    Asked outside any transaction; the period's row, written after, says only that it was done.
    """
    period = f"{now:%Y-%m-%dT%H}:{now.minute // 10}"
    if gateway is None or is_recorded("reconcile", period):
        return False
    counts = card_payments.reconcile(now, gateway)
    return once_a_period("reconcile", period, now, counts.as_json)


def calendars(now: dt.datetime, stop: threading.Event | None = None) -> None:
    """Read the clinics' own calendars that are due."""
    counts = clinics_calendars.run(now, Fetcher(), stop)
    if counts:
        with transaction():
            record_run("calendars", now.isoformat(), now, counts)


def _clean(now: dt.datetime) -> dict[str, Any]:
    removals = {
        "attempts": sa.delete(credentials.Throttle).where(
            credentials.Throttle.window_start < now - KEEP_ATTEMPTS
        ),
        "sessions": _old_sessions(now),
        "devices": sa.delete(credentials.KnownDevice).where(
            credentials.KnownDevice.last_used_at < now - devices.LASTS
        ),
        "links": sa.delete(credentials.PasswordReset).where(
            credentials.PasswordReset.expires_at < now - KEEP_LINKS
        ),
        "answers": sa.delete(IdempotencyRecord).where(IdempotencyRecord.at < now - KEEP_ANSWERS),
        "runs": sa.delete(JobRun).where(JobRun.started_at < now - KEEP_RUNS),
    }
    removed = {}
    for name, statement in removals.items():
        result = db.session.connection().execute(statement)
        removed[name] = result.rowcount
    return removed


def _old_sessions(now: dt.datetime) -> sa.Delete:
    """Return what removes sessions long ended, or unused for longer than any may last."""
    session = credentials.WebSession
    longest = current_app.config["SESSION_LIFETIMES"].remembered.idle
    return sa.delete(session).where(
        sa.or_(
            session.ended_at < now - KEEP_SESSIONS,
            session.last_seen_at < now - max(KEEP_SESSIONS, longest),
        )
    )
