"""The alerts of a clinic: see, go and mend, acknowledge, put aside."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, TypeVar

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from supply import clock
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.db import transaction
from supply.refusals import Refusal
from supply.replenishment import current, queries, services, wording
from supply.replenishment.current import Standing
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
    pill: str = ""
    """What has been done about it since the sweep, in place of the link."""
    also: int | None = None
    """The alert that this row stands for besides its own."""


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
        rows=_rows(found, clinic, today),
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

    return _act(clinic, alert_id, put_aside, _("Put aside. It comes back on its day."))


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
    return redirect(url_for(".alerts", clinic_code=clinic.code))


def _meant(alert_id: int) -> list[int]:
    """Return the alerts a row stands for, by id: its own, and the one in field ``also``."""
    return sorted({alert_id, request.form.get("also", alert_id, type=int)})


def _act(
    clinic: Clinic, alert_id: int, work: Callable[[int, dt.datetime], Alert], said: str
) -> Response:
    """Do ``work`` to all the row stands for, say so with *Undo*, and go back to the list."""
    now = clock.now()
    back = url_for(".alerts", clinic_code=clinic.code)
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


def _rows(alerts: Sequence[Alert], clinic: Clinic, today: dt.date) -> list[Shown]:
    """Return the alerts in words, by the figures of now; an item out and low is one row."""
    mended = [a for a in alerts if a.kind in _MENDED_BY_ORDERING and a.resolved_at is None]
    items = {alert.item_id for alert in mended if alert.item_id}
    there = current.standing(clinic.id, items, now=clock.now())
    low = {a.item_id: a for a in mended if a.kind is AlertKind.ORDER_NOW}
    out = {a.item_id for a in mended if a.kind is AlertKind.OUT_OF_STOCK}
    rows = []
    for alert in alerts:
        if alert not in mended:
            rows.append(_shown(alert, clinic, today))
        elif alert.kind is AlertKind.OUT_OF_STOCK:
            rows.append(_shown_low(alert, low.get(alert.item_id), there, clinic, today))
        elif alert.item_id not in out:
            rows.append(_shown_low(alert, alert, there, clinic, today))
    return rows


def _shown(alert: Alert, clinic: Clinic, today: dt.date) -> Shown:
    return Shown(
        alert,
        wording.kind_name(alert.kind),
        wording.subject_name(alert.kind, alert.facts),
        wording.message(alert.kind, alert.facts, today),
        _link(alert, clinic),
    )


def _shown_low(
    alert: Alert, low: Alert | None, there: Standing, clinic: Clinic, today: dt.date
) -> Shown:
    """Return the row of an item that is out or low; ``low``: its alert to order, if there is."""
    shown = _shown(alert, clinic, today)
    item_id = alert.item_id or 0
    facts = there.refreshed(item_id, (low or alert).facts)
    told = wording.message((low or alert).kind, facts, today)
    pill = wording.asked(there.asked(item_id))
    if low is not None and not there.is_low(item_id, facts):
        told, pill = wording.enough(facts), _("On order") if Decimal(facts["on_order"]) else ""
        shown = replace(shown, link=_item_link(item_id, clinic))
    also = low.id if low is not None and low is not alert else None
    return replace(shown, message=told, pill=pill, also=also)


def _item_link(item_id: int, clinic: Clinic) -> tuple[str, str]:
    return _("See it"), url_for("stock.item", clinic_code=clinic.code, item_id=item_id)


def _link(alert: Alert, clinic: Clinic) -> tuple[str, str] | None:
    code = clinic.code
    if alert.kind in _MENDED_BY_ORDERING:
        return _("Order"), url_for(".proposals", clinic_code=code)
    if alert.order_id is not None:
        return _("See it"), url_for("ordering.order", clinic_code=code, order_id=alert.order_id)
    if alert.item_id is not None:
        return _item_link(alert.item_id, clinic)
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
