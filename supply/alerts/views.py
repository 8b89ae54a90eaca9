"""The alerts of a clinic: see, go and mend, acknowledge, put aside."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from supply import clock
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.alerts import queries, services, shown, wording
from supply.alerts.kinds import by_rank
from supply.alerts.models import Alert
from supply.alerts.terms import AlertKind, AlertStatus
from supply.alerts.troubles import troubles_of
from supply.db import transaction
from supply.outbox.queries import Mailbox, set_aside
from supply.refusals import Refusal
from supply.web import access
from supply.web.toasts import flash_undo

Choice = TypeVar("Choice", AlertStatus, AlertKind)

blueprint = Blueprint("alerts", __name__)

SNOOZE_DAYS = (1, 3, 7, 14, 30)


@blueprint.get("/c/<clinic_code>/alerts")
@login_required
def index(clinic_code: str) -> str:
    """List alerts by status and kind, the most urgent first."""
    clinic = access.clinic(clinic_code)
    status = _choice(AlertStatus, "status") or AlertStatus.OPEN
    kind = _choice(AlertKind, "kind")
    found = queries.open_alerts(clinic.id, [status], kind=kind)
    if status is not AlertStatus.RESOLVED:
        found = queries.by_urgency(found)
    counts = queries.alert_counts(clinic.id)
    return render_template(
        "alerts/index.html",
        clinic=clinic,
        rows=shown.rows(found, clinic, clock.now()),
        status=status,
        open_count=sum(n for (s, _kind), n in counts.items() if s is AlertStatus.OPEN),
        status_chips=_status_chips(clinic, status, kind, counts),
        kind_chips=_kind_chips(clinic, status, kind, counts),
        snooze_days=SNOOZE_DAYS,
        may_act=access.can(Right.STOCK),
        troubles=[trouble.job.value for trouble in troubles_of(clinic.id)],
        mails_aside=_mails_aside(clinic),
    )


def _mails_aside(clinic: Clinic) -> int:
    """Return how many of the practice's mails reached nobody, for those who may mend it."""
    if not access.can(Right.ORDER):
        return 0
    limited = bool(g.membership.clinics)
    person_id = access.person().id
    return set_aside(Mailbox(person_id, practice_id=clinic.practice_id, own_only=limited))


@blueprint.post("/c/<clinic_code>/alerts/<int:alert_id>/acknowledge")
@login_required
def acknowledge(clinic_code: str, alert_id: int) -> Response:
    """Mark an alert as seen to."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    return _act(
        clinic,
        alert_id,
        lambda one, now: services.acknowledge(clinic.id, one, actor=access.actor(), now=now),
        _("Acknowledged. It goes when its cause ends."),
    )


@blueprint.post("/c/<clinic_code>/alerts/<int:alert_id>/snooze")
@login_required
def snooze(clinic_code: str, alert_id: int) -> Response:
    """Put an alert aside for some days."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    today = access.today()
    days = min(max(request.form.get("days", 0, type=int), 0), services.LONGEST_SNOOZE_DAYS + 1)

    def put_aside(one: int, now: dt.datetime) -> Alert:
        until = today + dt.timedelta(days=days)
        return services.snooze(
            clinic.id, one, until=until, today=today, actor=access.actor(), now=now
        )

    return _act(clinic, alert_id, put_aside, _("Snoozed. It comes back on its day."))


@blueprint.post("/c/<clinic_code>/alerts/<int:alert_id>/reopen")
@login_required
def reopen(clinic_code: str, alert_id: int) -> Response:
    """Take an acknowledgement or a snooze back."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    now = clock.now()
    try:
        with transaction():
            for one in _meant(alert_id):
                services.reopen(clinic.id, one, actor=access.actor(), now=now)
    except Refusal as refusal:
        flash(str(refusal), "warning")
    return redirect(url_for(".index", clinic_code=clinic.code))


def _meant(alert_id: int) -> list[int]:
    """Return the alerts a row stands for, by id: its own, and the one in field ``also``."""
    return sorted({alert_id, request.form.get("also", alert_id, type=int)})


def _act(
    clinic: Clinic, alert_id: int, work: Callable[[int, dt.datetime], Alert], said: str
) -> Response:
    """Do ``work`` to all the row stands for, say so with *Undo*, and go back to the list."""
    now = clock.now()
    back = url_for(".index", clinic_code=clinic.code)
    try:
        with transaction():
            for one in _meant(alert_id):
                work(one, now)
    except Refusal as refusal:
        flash(str(refusal), "warning")
        return redirect(back)
    also = {"also": request.form["also"]} if "also" in request.form else {}
    flash_undo(said, url_for(".reopen", clinic_code=clinic.code, alert_id=alert_id), also)
    return redirect(back)


def _choice(kind: type[Choice], name: str) -> Choice | None:
    wanted = request.args.get(name)
    return next((member for member in kind if member.value == wanted), None)


def _status_chips(
    clinic: Clinic,
    status: AlertStatus,
    kind: AlertKind | None,
    counts: Mapping[tuple[AlertStatus, AlertKind], int],
) -> list[dict[str, Any]]:
    def count(of: AlertStatus) -> int | None:
        if of is AlertStatus.RESOLVED:
            return None
        return sum(n for (s, k), n in counts.items() if s is of and kind in (None, k))

    return [
        {
            "label": wording.status_name(member),
            "url": _url(clinic, member, kind),
            "active": member is status,
            "count": count(member),
        }
        for member in AlertStatus
    ]


def _kind_chips(
    clinic: Clinic,
    status: AlertStatus,
    kind: AlertKind | None,
    counts: Mapping[tuple[AlertStatus, AlertKind], int],
) -> list[dict[str, Any]]:
    """Return the kinds there are in ``status``, and the chosen one; none to choose, no chips."""
    words = [known.word for known in by_rank()]
    there = [k for k in words if counts.get((status, k)) or k is kind]
    if not there:
        return []
    chips = [{"label": _("All"), "url": _url(clinic, status, None), "active": kind is None}]
    return chips + [
        {
            "label": wording.kind_name(member),
            "url": _url(clinic, status, member),
            "active": member is kind,
            "count": counts.get((status, member), 0),
        }
        for member in there
    ]


def _url(clinic: Clinic, status: AlertStatus, kind: AlertKind | None) -> str:
    chosen = None if status is AlertStatus.OPEN else status.value
    return url_for(
        ".index", clinic_code=clinic.code, status=chosen, kind=kind.value if kind else None
    )
