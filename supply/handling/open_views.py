"""The page of open containers: use first, throw away what must go, at closing all in one go."""

from __future__ import annotations

from collections.abc import Sequence
from secrets import token_hex
from typing import Any

from flask import render_template, request, url_for
from flask_babel import ngettext
from flask_login import login_required
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from supply import clock
from supply.accounts.rules import Right
from supply.handling import opened
from supply.handling.opened import Ends, Opened
from supply.handling.views import blueprint
from supply.inventory import wording
from supply.inventory.worth import added
from supply.money import Money
from supply.web import access
from supply.web.filters import money
from supply.web.saving import done_once
from supply.web.toasts import flash_undo


@blueprint.get("/c/<clinic_code>/open")
@login_required
def open_containers(clinic_code: str) -> str:
    """Show what is open: past its time, ending before the clinic opens again, and the rest."""
    clinic = access.clinic(clinic_code)
    now = clock.now()
    rows = opened.opened_at(clinic, now)
    return render_template(
        "handling/opened.html",
        clinic=clinic,
        now=now,
        groups={ends.value: _group(rows, [ends]) for ends in Ends},
        closing=_group(rows, [Ends.PAST, Ends.BEFORE_OPENING]),
        count=len(rows),
        opens_next=opened.opens_next(clinic, now),
        words=wording,
        key=token_hex(16),
    )


def _group(rows: Sequence[Opened], ends: Sequence[Ends]) -> dict[str, Any]:
    mine = [row for row in rows if row.ends in ends]
    return {"rows": mine, "worth": added(row.worth for row in mine)}


@blueprint.post("/c/<clinic_code>/open/discard")
@login_required
def discard_opened(clinic_code: str) -> Response:
    """Throw away the containers that the form lists, as one entry, once."""
    clinic = access.clinic(clinic_code, Right.WASTE)
    wanted = request.form.getlist("balance", type=int)[:500]
    now = clock.now()

    def work() -> dict[str, Any]:
        done = opened.discard_all(clinic, wanted, actor=access.actor(), now=now)
        known = done.worth.money
        return {"entry": done.entry_id, "count": done.count, "minor": known and known.minor}

    here = url_for(".open_containers", clinic_code=clinic.code)
    answer = done_once(work, now)
    if answer is not None:
        undo = url_for(".undo_entry", clinic_code=clinic.code, entry_id=answer["entry"])
        flash_undo(_said(answer, clinic.currency), undo, {"next": here})
    return redirect(here)


def _said(answer: dict[str, Any], currency: str) -> str:
    count, minor = answer["count"], answer["minor"]
    if minor is None:
        return str(ngettext("%(num)d container discarded.", "%(num)d containers discarded.", count))
    return str(
        ngettext(
            "%(num)d container discarded, which had cost %(cost)s.",
            "%(num)d containers discarded, which had cost %(cost)s.",
            count,
            cost=money(Money(minor, currency)),
        )
    )
