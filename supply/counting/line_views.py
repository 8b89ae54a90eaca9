"""What a counting page's script asks: to keep one line, and which line a code means."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from flask import flash, jsonify, redirect, request, url_for
from flask_login import login_required
from werkzeug.wrappers import Response

from supply import clock, idempotency
from supply.accounts.access import NotFoundHereError
from supply.accounts.rules import Right
from supply.counting import finding_lines, overview, rows, saying, unsaying
from supply.counting.models import Count
from supply.counting.queries import lines_of, opened_on
from supply.counting.views import blueprint, place_here
from supply.refusals import InvalidInput, Refusal
from supply.text import whole
from supply.web import access

LONGEST_AGO: Final = 7 * 24 * 3600
"""Seconds; no line waits longer for the network."""


@blueprint.post("/c/<clinic_code>/counts/<int:count_id>/lines")
@login_required
def keep_line(clinic_code: str, count_id: int) -> Response | tuple[Response, int]:
    """Keep one line as it was counted so many seconds ago; the same key keeps it once.

    With nothing in its fields it is uncounted again.
    """
    clinic = access.clinic(clinic_code, Right.WASTE)
    timezone = clinic.timezone
    found, now = overview.count_here(clinic, count_id), clock.now()
    row, at = _row(found), now - _ago()
    typed = {name: said for name, said in request.form.items() if not name.startswith("was-")}
    if not rows.typed_into([row], typed, at):
        return jsonify(line=row.line.id, problem=row.error), 400
    line_id = row.line.id

    def work() -> dict[str, Any]:
        return _kept(count_id, row, at, now)

    try:
        answer = _once(work, now)
    except Refusal as refusal:
        errors = refusal.errors if isinstance(refusal, InvalidInput) else [("", str(refusal))]
        return jsonify(line=line_id, problem=" ".join(text for _field, text in errors)), 409
    return jsonify(**answer, **_standing(count_id, line_id, timezone))


def _kept(count_id: int, row: rows.Row, at: dt.datetime, now: dt.datetime) -> dict[str, Any]:
    by: dict[str, Any] = {"actor": access.actor(), "now": now}
    if row.is_blank:
        [line] = unsaying.unsay(count_id, [row.line.id], at=at, **by)
        return {"line": line.id, "kept": line.counted is None}
    [line] = saying.say(count_id, rows.counted_of([row], at), **by)
    return {"line": line.id, "kept": line.counted_by_id == access.person().id}


def _row(found: Count) -> rows.Row:
    """Return the row of the line that is kept, with nothing in its fields."""
    wanted = whole(request.form.get("line", ""))
    lines = [line for line in lines_of(found.id) if line.id == wanted]
    if not lines:
        raise NotFoundHereError(str(wanted))
    opened = opened_on(lines, found.clinic.timezone, rows.named_in(request.form))
    [row] = rows.rows_of(lines, access.person().id, opened)
    return row


def _ago() -> dt.timedelta:
    said = whole(request.form.get("ago", "")) or 0
    return dt.timedelta(seconds=min(max(said, 0), LONGEST_AGO))


def _once(work: Any, now: dt.datetime) -> dict[str, Any]:
    """Do as forms do; how long ago it was grows while it is tried, and makes it no other line."""
    key = request.form.get("form_key") or None
    left_out = ("csrf_token", "ago")
    content = {
        "path": request.path,
        "form": sorted((k, v) for k, v in request.form.items(multi=True) if k not in left_out),
    }
    return idempotency.once(access.actor(), f"form:{key}" if key else None, content, work, now)


def _standing(count_id: int, line_id: int, timezone: str) -> dict[str, Any]:
    """Return what stands in the line by now and who counted it."""
    lines = lines_of(count_id)
    [line] = [one for one in lines if one.id == line_id]
    [row] = rows.rows_of([line], access.person().id, opened_on([line], timezone))
    here = [one for one in lines if one.location_id == line.location_id]
    names = overview.names_of({line.counted_by_id})
    return {
        "was": row.said,
        "counted": line.counted is not None,
        "fields": row.fields,
        "by": names.get(line.counted_by_id or 0, ""),
        "done": sum(one.counted is not None for one in here),
        "total": len(here),
    }


@blueprint.get("/c/<clinic_code>/counts/<int:count_id>/at/<int:location_id>/find")
@login_required
def find_line(clinic_code: str, count_id: int, location_id: int) -> Response:
    """Lead to the line that a code means, or to adding its lot; scripts get JSON."""
    clinic = access.clinic(clinic_code, Right.WASTE)
    found, here = overview.count_here(clinic, count_id), place_here(clinic, location_id)
    lines = [line for line in lines_of(found.id) if line.location_id == here.id]
    code = request.args.get("code", "")[:400]
    scope = found.scope["items"]
    meant = finding_lines.meant_by(clinic, lines, scope, code, access.today())
    ids: dict[str, Any] = {
        "clinic_code": clinic.code,
        "count_id": count_id,
        "location_id": location_id,
    }
    page = url_for(".place", **ids)
    where = url_for(".add", **ids, **_read(meant)) if meant.sku else page
    if request.accept_mimetypes.best == "application/json":
        line = meant.line.id if meant.line else None
        return jsonify(line=line, add=where if meant.sku else None, problem=meant.problem)
    if meant.problem:
        flash(meant.problem, "error")
    return redirect(f"{where}#line-{meant.line.id}" if meant.line else where)


def _read(meant: finding_lines.Meant) -> dict[str, Any]:
    said = {
        "item": meant.sku,
        "lot": meant.lot,
        "expiry": meant.expiry.isoformat() if meant.expiry else "",
    }
    return {name: value for name, value in said.items() if value}
