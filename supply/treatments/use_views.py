"""The Use pages: what did I give?"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import abort, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.datastructures import MultiDict

from supply import clock
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.accounts.terms import Role
from supply.catalogue import wording as goods
from supply.catalogue.search import scanned as read_scan
from supply.db import db
from supply.formulations.models import FormulationVersion
from supply.inventory.refusals import ShortageError
from supply.refusals import InvalidInput, Refusal
from supply.text import whole
from supply.treatments import blend as blends
from supply.treatments import queries
from supply.treatments.forms import SessionForm
from supply.treatments.models import TreatmentSession
from supply.treatments.recording import record_session
from supply.treatments.routes import Page, blueprint
from supply.treatments.session_lines import SessionRequest
from supply.treatments.terms import SessionStatus
from supply.treatments.use_page import (
    OVERRIDE,
    Saying,
    UsePage,
    assemble,
    settle_lots,
    shelves,
)
from supply.treatments.warnings import WarningsError
from supply.web import access
from supply.web.forms import show
from supply.web.once import once
from supply.web.toasts import flash_undo

_FORM_FIELDS = {"occurred_at": "when"}
"""Fields of services under the names of this page's."""


@blueprint.get("/c/<clinic_code>/use")
@login_required
def use(clinic_code: str) -> Page:
    """Choose what was given: booked sessions first, else a formulation."""
    clinic = access.clinic(clinic_code)
    now = clock.now()
    search = request.args.get("q", "").strip()
    scanned = queries.item_scanned(clinic, search, access.today())
    tiles = queries.tiles(clinic, search, scanned, now=now)
    if search and len(tiles) == 1:
        return redirect(url_for(".record", clinic_code=clinic.code, formulation_id=tiles[0].id))
    return render_template(
        "treatments/use.html",
        clinic=clinic,
        booked=[] if search else queries.booked(clinic, access.today()),
        groups=_by_concern(tiles),
        search=search,
        read=read_scan(search, today=access.today()),
        today=access.today(),
        why_not=_why_not(),
        words=goods,
    )


@blueprint.route("/c/<clinic_code>/use/<int:formulation_id>", methods=["GET", "POST"])
@login_required
def record(clinic_code: str, formulation_id: int) -> Page:
    """Say what was given and record it; other buttons change the page and show it again."""
    posted = request.method == "POST"
    clinic = access.clinic(clinic_code, Right.RECORD if posted else Right.VIEW)
    draft = _draft(clinic, formulation_id)
    if not posted:
        if draft.planned is not None and draft.planned.status is not SessionStatus.PLANNED:
            return redirect(
                url_for(".session", clinic_code=clinic.code, session_id=draft.planned.id)
            )
        return _page(clinic, draft)
    if draft.action == "record" and not draft.add_error:
        return _record(clinic, draft)
    return _page(clinic, draft, 400 if draft.add_error else 200)


@blueprint.post("/c/<clinic_code>/use/<int:formulation_id>/preview")
@login_required
def preview(clinic_code: str, formulation_id: int) -> Page:
    """Return what recording would draw now: the parts of the page that depend on what is typed."""
    clinic = access.clinic(clinic_code, Right.RECORD)
    draft = _draft(clinic, formulation_id, adding=False)
    page = _assembled(clinic, draft, ask_why=False)
    return render_template(
        "treatments/preview.html",
        clinic=clinic,
        blend=draft.blend,
        page=page,
        planned=draft.planned,
        today=access.today(),
        whole=request.form.get("areas_shown") != str(draft.blend.areas),
        warned=request.form.get("cautions_shown", "") != page.caution_keys,
    )


@dataclass(slots=True)
class _Draft:
    """What the request says of the session."""

    form: SessionForm
    sent: blends.Typed
    action: str
    add_error: str | None
    version: FormulationVersion
    blend: blends.Blend
    planned: TreatmentSession | None

    @property
    def overrides(self) -> dict[str, str]:
        """Why the person goes on in spite of each warning, by its key."""
        return {
            name.removeprefix(OVERRIDE): text
            for name, text in self.sent.items()
            if name.startswith(OVERRIDE)
        }

    def at(self, clinic: Clinic) -> dt.datetime | None:
        """Return when it happened; None is now, or cannot be read."""
        return None if self.form.when.errors else self.form.instant(clinic.timezone)


def _draft(clinic: Clinic, formulation_id: int, *, adding: bool = True) -> _Draft:
    """Return what is sent. What stands in *Add an item* is half typed while not ``adding``."""
    version = queries.newest_version(clinic, formulation_id)
    if version is None:
        abort(404)
    sent: blends.Typed = MultiDict(request.form)
    planned = _planned(clinic, formulation_id)
    form = SessionForm(
        data={
            "form_key": uuid.uuid4().hex,
            "patient_ref": planned.patient_reference if planned else "",
            "planned": str(planned.id) if planned else "",
            "areas": planned.areas if planned else 1,
        }
    )
    if request.method != "POST":
        return _Draft(form, sent, "", None, version, blends.blank(version), planned)
    fields_are_right = form.validate()
    action = request.form.get("do") or "preview"
    unread = request.form.get("add", "").strip() if adding else ""
    if action == "preview" and unread:
        action = "add"  # Enter after a name or a scan presses the form's first button, or none
    # What was named and not added yet belongs to what is recorded: it is asked for, never dropped.
    change = "add" if action == "record" and unread else action
    error = blends.change(clinic, version, sent, change, access.today())
    areas = 1 if form.areas.errors else form.areas.data or 1
    blend = blends.read(clinic, version, sent, areas, access.today())
    if action != "record" and not fields_are_right:
        form.patient_ref.errors = []
    return _Draft(form, sent, action, error, version, blend, planned)


def _planned(clinic: Clinic, formulation_id: int) -> TreatmentSession | None:
    """Return the booked session that is being recorded; 404 when it is not one of this recipe's."""
    session_id = request.values.get("planned")
    if not session_id:
        return None
    number = whole(session_id)
    found = None if number is None else queries.planned_session(clinic, number)
    if found is None or found.formulation_id != formulation_id:
        abort(404)
    return found


def _record(clinic: Clinic, draft: _Draft) -> Page:
    at = draft.at(clinic)
    now = clock.now()
    if any(line.lot for line in draft.blend.lines):
        settle_lots(draft.blend, shelves(clinic, draft.blend, at or now), ask_why=True)
    if draft.form.errors or any(line.errors for line in draft.blend.lines):
        return _page(clinic, draft, 400)
    wanted = blends.requested(
        draft.blend,
        patient_reference=draft.form.patient_ref.data or "",
        at=at,
        planned=draft.planned.id if draft.planned else None,
        overrides=draft.overrides,
    )
    try:
        answer = once(lambda: _recorded(clinic, wanted, now), now)
    except Refusal as refusal:
        return _refused(clinic, draft.version.formulation_id, refusal)
    text = _(
        "Recorded %(what)s for %(patient)s.",
        what=draft.version.formulation.name,
        patient=wanted.patient_reference.strip(),
    )
    undo = url_for("handling.undo_entry", clinic_code=clinic.code, entry_id=answer["entry"])
    flash_undo(text, undo, {"next": url_for(".use", clinic_code=clinic.code)})
    return redirect(url_for(".use", clinic_code=clinic.code))


def _recorded(clinic: Clinic, wanted: SessionRequest, now: dt.datetime) -> dict[str, Any]:
    recorded = record_session(clinic, wanted, actor=access.actor(), now=now)
    return {"entry": recorded.entry_id, "session": recorded.session_id}


def _refused(clinic: Clinic, formulation_id: int, refusal: Refusal) -> Page:
    """Show the page again; what is short is named by the page itself, from what is there now."""
    db.session.expire_all()
    draft = _draft(clinic, formulation_id)
    if isinstance(refusal, InvalidInput):
        refusal = InvalidInput(
            *((_FORM_FIELDS.get(name, name), message) for name, message in refusal.errors)
        )
    if not isinstance(refusal, (ShortageError, WarningsError)):
        show(draft.form, refusal)
    return _page(clinic, draft, 400)


def _assembled(clinic: Clinic, draft: _Draft, *, ask_why: bool) -> UsePage:
    now = clock.now()
    at = draft.at(clinic)
    stock = shelves(clinic, draft.blend, at or now)
    settle_lots(draft.blend, stock, ask_why=ask_why)
    saying = Saying(draft.form.patient_ref.data or "", at, draft.overrides, ask_why)
    return assemble(clinic, draft.blend, stock, saying, now)


def _page(clinic: Clinic, draft: _Draft, status: int = 200) -> Page:
    page = _assembled(clinic, draft, ask_why=draft.action == "record")
    if page.refusal is not None and not draft.form.errors:
        named = [(_FORM_FIELDS.get(name, name), text) for name, text in page.refusal.errors]
        show(draft.form, InvalidInput(*named))
    return (
        render_template(
            "treatments/record.html",
            clinic=clinic,
            form=draft.form,
            formulation=draft.version.formulation,
            version=draft.version,
            blend=draft.blend,
            faults=_faults(draft, page),
            page=page,
            planned=draft.planned,
            add_text=draft.sent.get("add", ""),
            add_error=draft.add_error,
            refused=status == 400 and draft.action == "record",
            choices=queries.stocked_items(clinic),
            today=access.today(),
            why_not=_why_not(),
        ),
        status,
    )


def _faults(draft: _Draft, page: UsePage) -> list[dict[str, str]]:
    """Return what is wrong with lines, and reasons that are missing, each with its field."""
    found = [{"text": text, "url": f"#{name}"} for name, text in draft.blend.errors()]
    return found + [
        {
            "text": _("%(warning)s Give a reason to go on.", warning=caution.warning.message),
            "url": f"#{caution.id}",
        }
        for caution in page.cautions
        if caution.missing
    ]


def _why_not() -> str | None:
    """Return why the person may not record here, or None."""
    if access.can(Right.RECORD):
        return None
    if g.membership.role is Role.PRACTITIONER:
        return str(_("You cannot record: your certificate on file is missing or out of date."))
    return str(_("Sessions are recorded by practitioners and owners. You may look."))


def _by_concern(tiles: Sequence[queries.Tile]) -> dict[str, list[queries.Tile]]:
    """Return ``tiles`` grouped by concern, the concern of the most used first."""
    groups: dict[str, list[queries.Tile]] = {}
    for tile in tiles:
        groups.setdefault(tile.concern, []).append(tile)
    return groups
