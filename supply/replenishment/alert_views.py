"""The alerts of a clinic: see, go and mend, acknowledge, put aside."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from supply import clock
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.audit.services import Refusal
from supply.db import transaction
from supply.replenishment import queries, services, wording
from supply.replenishment.models import Alert
from supply.replenishment.routes import blueprint
from supply.replenishment.terms import AlertKind, AlertStatus
from supply.web import access
from supply.web.toasts import flash_undo

Choice = TypeVar("Choice", AlertStatus, AlertKind)

SNOOZE_DAYS = (1, 3, 7, 14, 30)
_MENDED_BY_ORDERING = (AlertKind.ORDER_NOW, AlertKind.OUT_OF_STOCK)


@dataclass(frozen=True, slots=True)
class Shown:
    """An alert in words, with where to mend its cause."""

    alert: Alert
    kind: str
    title: str
    message: str
    link: tuple[str, str] | None


@blueprint.get("/c/<clinic_code>/alerts")
@login_required
def alerts(clinic_code: str) -> str:
    """List alerts by status and kind, the most urgent first."""
    clinic = access.clinic(clinic_code)
    status = _choice(AlertStatus, "status") or AlertStatus.OPEN
    kind = _choice(AlertKind, "kind")
    found = queries.open_alerts(clinic.id, [status], kind=kind)
    if status is not AlertStatus.RESOLVED:
        found = queries.by_urgency(found)
    today = access.today()
    counts = queries.alert_counts(clinic.id)
    return render_template(
        "replenishment/alerts.html",
        clinic=clinic,
        rows=[_shown(alert, clinic, today) for alert in found],
        status=status,
        open_count=sum(n for (s, _kind), n in counts.items() if s is AlertStatus.OPEN),
        status_chips=_status_chips(clinic, status, kind, counts),
        kind_chips=_kind_chips(clinic, status, kind, counts),
        snooze_days=SNOOZE_DAYS,
        may_act=access.can(Right.STOCK),
    )


@blueprint.post("/c/<clinic_code>/alerts/<int:alert_id>/acknowledge")
@login_required
def acknowledge(clinic_code: str, alert_id: int) -> Response:
    """Mark an alert as seen to."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    return _act(
        clinic,
        alert_id,
        lambda now: services.acknowledge(clinic.id, alert_id, actor=access.actor(), now=now),
        _("Acknowledged. It goes when its cause ends."),
    )


@blueprint.post("/c/<clinic_code>/alerts/<int:alert_id>/snooze")
@login_required
def snooze(clinic_code: str, alert_id: int) -> Response:
    """Put an alert aside for some days."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    today = access.today()
    days = min(max(request.form.get("days", 0, type=int), 0), services.LONGEST_SNOOZE_DAYS + 1)

    def put_aside(now: dt.datetime) -> Alert:
        until = today + dt.timedelta(days=days)
        return services.snooze(
            clinic.id, alert_id, until=until, today=today, actor=access.actor(), now=now
        )

    return _act(clinic, alert_id, put_aside, _("Put aside. It comes back on its day."))


@blueprint.post("/c/<clinic_code>/alerts/<int:alert_id>/reopen")
@login_required
def reopen(clinic_code: str, alert_id: int) -> Response:
    """Take an acknowledgement or a snooze back."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    now = clock.now()
    try:
        with transaction():
            services.reopen(clinic.id, alert_id, actor=access.actor(), now=now)
    except Refusal as refusal:
        flash(str(refusal), "warning")
    return redirect(url_for(".alerts", clinic_code=clinic.code))


def _act(
    clinic: Clinic, alert_id: int, work: Callable[[dt.datetime], Alert], said: str
) -> Response:
    """Do ``work``, say so with *Undo*, and go back to the list."""
    now = clock.now()
    back = url_for(".alerts", clinic_code=clinic.code)
    try:
        with transaction():
            work(now)
    except Refusal as refusal:
        flash(str(refusal), "warning")
        return redirect(back)
    flash_undo(said, url_for(".reopen", clinic_code=clinic.code, alert_id=alert_id))
    return redirect(back)


def _choice(kind: type[Choice], name: str) -> Choice | None:
    wanted = request.args.get(name)
    return next((member for member in kind if member.value == wanted), None)


def _shown(alert: Alert, clinic: Clinic, today: dt.date) -> Shown:
    return Shown(
        alert,
        wording.kind_name(alert.kind),
        wording.subject_name(alert.kind, alert.facts),
        wording.message(alert.kind, alert.facts, today),
        _link(alert, clinic),
    )


def _link(alert: Alert, clinic: Clinic) -> tuple[str, str] | None:
    code = clinic.code
    if alert.kind in _MENDED_BY_ORDERING:
        return _("Order"), url_for(".proposals", clinic_code=code)
    if alert.order_id is not None:
        return _("See the order"), url_for(
            "ordering.order", clinic_code=code, order_id=alert.order_id
        )
    if alert.item_id is not None:
        return _("See the item"), url_for("inventory.item", clinic_code=code, item_id=alert.item_id)
    return None


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
    there = [k for k in queries.URGENCY if counts.get((status, k)) or k is kind]
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
        ".alerts", clinic_code=clinic.code, status=chosen, kind=kind.value if kind else None
    )
