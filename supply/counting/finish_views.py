"""The end of a count: what differs and why, who is to count again, and posting it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from secrets import token_hex
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import ngettext
from flask_login import login_required
from werkzeug.wrappers import Response

from supply import clock
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.counting import limits, overview, posting, recounting, rules, wording
from supply.counting.models import Count
from supply.counting.queries import ShownLine, lines_of, shown_lines
from supply.counting.terms import CountStatus, DifferenceCause, Uncounted
from supply.counting.views import blueprint
from supply.inventory import wording as measures
from supply.quantity import ZERO
from supply.refusals import InvalidInput, Refusal
from supply.web import access
from supply.web.once import once
from supply.web.saving import done_once
from supply.web.toasts import flash_undo

Page = str | Response | tuple[str, int]


@blueprint.route("/c/<clinic_code>/counts/<int:count_id>/finish", methods=["GET", "POST"])
@login_required
def finish(clinic_code: str, count_id: int) -> Page:
    """Show what differs, ask why, and post it."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    found, now = overview.count_here(clinic, count_id), clock.now()
    if found.status is not CountStatus.OPEN:
        return redirect(url_for(".count", clinic_code=clinic.code, count_id=count_id))
    problems: list[tuple[str, str]] = []
    if request.method == "POST":
        try:
            return _posted(clinic, count_id)
        except InvalidInput as refusal:
            problems = refusal.errors
        except Refusal as refusal:
            problems = [("", str(refusal))]
        clinic = access.clinic(clinic_code, Right.STOCK)
        found = overview.count_here(clinic, count_id)
    status = 200 if request.method == "GET" else 400
    return _finish_page(clinic, found, shown_lines(found, now), problems), status


@blueprint.post("/c/<clinic_code>/counts/<int:count_id>/again")
@login_required
def ask_again(clinic_code: str, count_id: int) -> Response:
    """Ask somebody else to count again what differs by much."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    found, now = overview.count_here(clinic, count_id), clock.now()
    asked = set()
    if found.status is CountStatus.OPEN:
        asked = _own_large(clinic, shown_lines(found, now))

    def work() -> dict[str, Any]:
        return {
            "lines": recounting.ask_again(count_id, asked, actor=access.actor(), now=now),
        }

    if done_once(work, now):
        said = ngettext(
            "%(num)s lot waits for somebody else to count it again.",
            "%(num)s lots wait for somebody else to count them again.",
            len(asked),
        )
        flash(said, "success")
    return redirect(url_for(".count", clinic_code=clinic_code, count_id=count_id))


def _cause(form: Mapping[str, str], line_id: int) -> DifferenceCause | None:
    word = form.get(f"cause-{line_id}", "")
    return DifferenceCause(word) if word in set(DifferenceCause) else None


def _posted(clinic: Clinic, count_id: int) -> Response:
    now = clock.now()
    zero = request.form.get("uncounted") == Uncounted.ZERO

    def work() -> dict[str, Any]:
        lines = {line.id: _cause(request.form, line.id) for line in lines_of(count_id)}
        done = posting.post(
            count_id,
            uncounted=Uncounted.ZERO if zero else Uncounted.LEAVE,
            causes={line: cause for line, cause in lines.items() if cause is not None},
            recount=_recount(clinic, now),
            explained=True,
            actor=access.actor(),
            now=now,
        )
        return {"entry": done.entry_id, "lines": len(done.differing)}

    answer = once(work, now)
    said = ngettext(
        "Count posted: %(num)s line differs.",
        "Count posted: %(num)s lines differ.",
        answer["lines"],
    )
    if answer["entry"] is not None:
        undo = url_for("handling.undo_entry", clinic_code=clinic.code, entry_id=answer["entry"])
        flash_undo(said, undo)
    return redirect(url_for(".count", clinic_code=clinic.code, count_id=count_id))


def _recount(clinic: Clinic, now: dt.datetime) -> posting.Recount:
    return posting.Recount(
        limits.limits_of(clinic),
        limits.another_can_count(clinic, access.person().id, now),
        request.form.get("note", "").strip()[:500],
    )


def _own_large(clinic: Clinic, lines: list[ShownLine]) -> set[int]:
    """Return the lines that differ by much and that the person has counted."""
    there = limits.limits_of(clinic)
    mine = [one for one in lines if one.difference and one.line.counted_by_id == access.person().id]
    values = overview.values_of(clinic.id, mine)
    return {
        one.line.id
        for one in mine
        if rules.is_large(
            one.difference or ZERO, one.expected or ZERO, values.get(one.line.id), there
        )
    }


def _finish_page(
    clinic: Clinic, found: Count, lines: list[ShownLine], problems: list[tuple[str, str]]
) -> str:
    differing = [one for one in lines if one.difference]
    costs = overview.values_of(found.clinic_id, differing)
    own = _own_large(clinic, differing)
    return render_template(
        "counting/finish.html",
        clinic=clinic,
        count=found,
        differing=differing,
        values=costs,
        agree=sum(one.difference == 0 for one in lines if one.difference is not None),
        uncounted=sum(one.difference is None for one in lines),
        names=overview.names_of({one.line.counted_by_id for one in differing}),
        chosen={one.line.id: request.form.get(f"cause-{one.line.id}", "") for one in differing},
        zero=request.form.get("uncounted") == Uncounted.ZERO,
        own=own,
        another=bool(own) and limits.another_can_count(clinic, access.person().id, clock.now()),
        note=request.form.get("note", ""),
        problems=problems,
        words=wording,
        measure=measures.measured,
        form_key=request.form.get("form_key") or token_hex(16),
        again_key=token_hex(16),
    )
