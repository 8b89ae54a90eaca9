"""The alerts of a clinic: see, go and mend, acknowledge, put aside."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from supply import clock
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.alerts import filters, mail_views, queries, services, shown
from supply.alerts.models import Alert
from supply.alerts.readers import people_of
from supply.alerts.routes import blueprint
from supply.alerts.services import AlertClosed
from supply.alerts.terms import AlertStatus
from supply.alerts.troubles import troubles_of
from supply.db import transaction
from supply.outbox.queries import Mailbox, set_aside
from supply.refusals import Refusal
from supply.web import access
from supply.web.toasts import flash_undo

__all__ = ["blueprint", "mail_views"]

SNOOZE_DAYS = (1, 3, 7, 14, 30)


@blueprint.get("/c/<clinic_code>/alerts")
@login_required
def index(clinic_code: str) -> str:
    """List alerts by status and kind, the most urgent first."""
    clinic = access.clinic(clinic_code)
    me = access.person().id
    chosen = filters.chosen_in(request.args, me)
    found = queries.open_alerts(
        clinic.id, [chosen.status], kind=chosen.kind, assigned_to=chosen.person_id
    )
    if chosen.status is not AlertStatus.RESOLVED:
        found = queries.by_urgency(found)
    counts = queries.alert_counts(clinic.id)
    may_act = access.can(Right.STOCK)
    return render_template(
        "alerts/index.html",
        clinic=clinic,
        rows=shown.rows(found, clinic, clock.now()),
        status=chosen.status,
        open_count=filters.number(counts, filters.Chosen()),
        status_chips=filters.status_chips(clinic, chosen, counts, me),
        kind_chips=filters.kind_chips(clinic, chosen, counts),
        snooze_days=SNOOZE_DAYS,
        may_act=may_act,
        people=people_of(clinic) if may_act and found else [],
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
    is_over = queries.ends_when_seen(clinic.id, alert_id)
    return _act(
        clinic,
        alert_id,
        lambda one, now: services.acknowledge(clinic.id, one, actor=access.actor(), now=now),
        _("Acknowledged.") if is_over else _("Acknowledged. It goes when its cause ends."),
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


@blueprint.post("/c/<clinic_code>/alerts/<int:alert_id>/assign")
@login_required
def assign(clinic_code: str, alert_id: int) -> Response:
    """Say who is to see to an alert: the person in field ``person``, nobody where it is empty."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    person_id = request.form.get("person", type=int)

    def to_person(one: int, now: dt.datetime) -> Alert:
        return services.assign(clinic, one, person_id, actor=access.actor(), now=now)

    before = request.form.get("before", "")
    said = _("Assigned to nobody.") if person_id is None else _("Assigned. They are told by mail.")
    undo = url_for(".assign", clinic_code=clinic.code, alert_id=alert_id)
    return _act(clinic, alert_id, to_person, said, undo, {"person": before})


@blueprint.post("/c/<clinic_code>/alerts/<int:alert_id>/reopen")
@login_required
def reopen(clinic_code: str, alert_id: int) -> Response:
    """Take an acknowledgement or a snooze back."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    now = clock.now()
    try:
        _do(alert_id, lambda one: services.reopen(clinic.id, one, actor=access.actor(), now=now))
    except Refusal as refusal:
        flash(str(refusal), "warning")
    return redirect(url_for(".index", clinic_code=clinic.code))


def _meant(alert_id: int) -> list[int]:
    """Return the alerts a row stands for, by id: its own, and those in field ``also``."""
    also = [int(one) for one in request.form.get("also", "").split(",") if _is_id(one)]
    return sorted({alert_id, *also[: queries.PAGE]})


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 15


def _do(alert_id: int, work: Callable[[int], Alert]) -> None:
    """Do ``work`` to all the row stands for, in one transaction.

    Those whose cause has ended meanwhile are left out. Raises Refusal where all of them are, or
    the work is refused.
    """
    closed: AlertClosed | None = None
    done = 0
    with transaction():
        for one in _meant(alert_id):
            try:
                work(one)
                done += 1
            except AlertClosed as refusal:
                closed = refusal
    if closed is not None and not done:
        raise closed


def _act(
    clinic: Clinic,
    alert_id: int,
    work: Callable[[int, dt.datetime], Alert],
    said: str,
    undo_url: str | None = None,
    undo_fields: Mapping[str, object] | None = None,
) -> Response:
    """Do ``work`` to all the row stands for, say so with *Undo*, and go back to the list."""
    now = clock.now()
    back = url_for(".index", clinic_code=clinic.code)
    try:
        _do(alert_id, lambda one: work(one, now))
    except Refusal as refusal:
        flash(str(refusal), "warning")
        return redirect(back)
    fields = {**(undo_fields or {})}
    if "also" in request.form:
        fields["also"] = request.form["also"]
    reopen_url = url_for(".reopen", clinic_code=clinic.code, alert_id=alert_id)
    flash_undo(said, undo_url or reopen_url, fields)
    return redirect(back)
