"""Recording a session: what was given, drawn from the right lots, in one entry.

A handful of set-based statements, because this is what clinics do all day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.accounts.models import Clinic
from supply.actor import Actor
from supply.db import db, execute, key_of, table
from supply.formulations.recipes import Recipe, recipe_of, recipe_select
from supply.formulations.services import freeze
from supply.inventory import drawing, ledger
from supply.inventory.refusals import ShortItem
from supply.inventory.terms import EntryKind, WasteCause
from supply.quantity import as_text
from supply.refusals import InvalidInput, Refusal
from supply.treatments.allergies import is_known
from supply.treatments.models import SessionLine, SessionOverride, TreatmentSession
from supply.treatments.references import patient_reference, reference_key
from supply.treatments.session_lines import Line, SessionRequest, lines_of, needs
from supply.treatments.terms import SESSION_SOURCE, SessionStatus
from supply.treatments.warnings import (
    Overridden,
    SessionWarning,
    allergen_warnings,
    held_warnings,
    mix_warnings,
    overridden,
)

_REASONS = {
    WasteCause.SINGLE_DOSE_REMAINDER: "single-dose remainder",
    WasteCause.DEAD_SPACE: "syringe dead space",
}
"""What the API calls the causes that come of drawing."""

_SESSION = table(TreatmentSession)

# Statements are built once: they run with every session.
_RECIPE = recipe_select(
    is_known(table(Clinic).c.practice_id, sa.bindparam("reference", type_=sa.Text)).label(
        "allergic"
    )
)
_INSERT_SESSION = sa.insert(_SESSION).returning(_SESSION.c.id)
_INSERT_LINES = sa.insert(table(SessionLine))
_INSERT_OVERRIDES = sa.insert(table(SessionOverride))


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recorded session: its entry, what went to the patient and what was wasted."""

    session_id: int
    entry_id: int
    codes: Mapping[int, str]
    drawn: Sequence[drawing.Drawn]
    wasted: Sequence[drawing.Drawn]

    def as_json(self) -> dict[str, Any]:
        """Return the API's answer."""
        return {
            "entry": self.entry_id,
            "session": self.session_id,
            "drawn": [self._row(drawn) for drawn in self.drawn],
            "wasted": [
                self._row(wasted) | {"reason": _REASONS[wasted.cause]}
                for wasted in self.wasted
                if wasted.cause is not None
            ],
        }

    def _row(self, drawn: drawing.Drawn) -> dict[str, str]:
        return {
            "sku": self.codes[drawn.item_id],
            "lot": drawn.lot_number,
            "quantity": as_text(drawn.quantity),
        }


@dataclass(frozen=True, slots=True)
class Preview:
    """What recording a request would do now, computed without a lock; ``short`` prevents it.

    ``warnings`` ask for a reason each, where the patient reference is known.
    """

    version_id: int
    lines: Sequence[Line]
    planned: Sequence[drawing.CoveredNeed]
    short: Sequence[ShortItem]
    warnings: Sequence[SessionWarning]


@dataclass(frozen=True, slots=True)
class _Given:
    """What is about to be written: the request, resolved."""

    clinic_id: int
    reference: str
    at: dt.datetime
    recipe: Recipe
    areas: int
    lines: Sequence[Line]
    overrides: Sequence[Overridden]
    planned_session: int | None


def record_session(
    clinic: Clinic, request: SessionRequest, *, actor: Actor, now: dt.datetime
) -> Recorded:
    """Record ``request`` at ``clinic``: draw its lots, write the ledger and the session.

    Locks the balances of every item used, in primary-key order. A single-dose remainder
    becomes waste; a multi-dose container is opened and its clock starts.

    Raises:
        InvalidInput: an unknown formulation, item or lot, a bad amount, reference or time.
        ShortageError: naming every item of which there is too little.
        WarningsError: naming every warning that no reason was given for.
        CountedSinceError: dated before a count of a lot it would draw.
        Refusal: the planned session was recorded or cancelled before.
    """
    at = request.occurred_at or now
    ledger.check_not_ahead(at, now)
    clinic_id = key_of(clinic)
    reference = patient_reference(request.patient_reference)
    recipe = _frozen_recipe(clinic_id, request, now)
    lines = lines_of(recipe, clinic_id, request, now)
    sources, outside = drawing.lock_drawable(
        clinic_id, [line.item.id for line in lines], at=at, timezone=recipe.timezone, then=True
    )
    planned = drawing.plan(needs(lines), sources)
    drawing.check_not_counted_since(planned, at, recipe.timezone)
    reasons = overridden(_warnings(recipe, request, lines, planned), request.overrides)
    outside = outside or ledger.outside_of(clinic_id)
    moves = drawing.moves_for(planned, outside, at=at, timezone=recipe.timezone)
    given = _Given(
        clinic_id, reference, at, recipe, request.areas, lines, reasons, request.planned_session
    )
    session_id = _write_session(given, actor, now)
    draft = ledger.Draft(
        clinic_id,
        EntryKind.SESSION,
        at,
        moves,
        source=(SESSION_SOURCE, session_id),
        key=request.key,
        facts=_facts(session_id, reasons),
    )
    entry_id = ledger.post(draft, outside, drawing.places_of(planned), actor=actor, now=now)
    drawn, wasted = drawing.drawn_by(planned)
    codes = {line.item.id: line.item.code for line in lines}
    return Recorded(session_id, entry_id, codes, drawn, wasted)


def preview_session(clinic: Clinic, request: SessionRequest, *, now: dt.datetime) -> Preview:
    """Return what recording ``request`` would draw now, without locking.

    Without a patient reference nothing is known of the patient; a shortage is part of the
    answer, and so are warnings, reasons given or not.

    Raises:
        InvalidInput: an unknown formulation, item or lot, a bad amount or time.
    """
    at = request.occurred_at or now
    ledger.check_not_ahead(at, now)
    clinic_id = key_of(clinic)
    recipe = _recipe(clinic_id, request)
    lines = lines_of(recipe, clinic_id, request, None)
    sources = drawing.drawable_then(
        clinic_id, [line.item.id for line in lines], at=at, timezone=recipe.timezone
    )
    planned, short = drawing.cover(needs(lines), sources)
    warnings = _warnings(recipe, request, lines, planned)
    return Preview(recipe.version_id, lines, planned, short, warnings)


def _frozen_recipe(clinic_id: int, request: SessionRequest, now: dt.datetime) -> Recipe:
    """Return the recipe of a version that no edit can change any more: sessions refer to it."""
    recipe = _recipe(clinic_id, request)
    if recipe.frozen:
        return recipe
    freeze(recipe.version_id, now)
    return _recipe(clinic_id, request)


def _recipe(clinic_id: int, request: SessionRequest) -> Recipe:
    """Return the formulation's latest version, and whether the patient is allergic to anything."""
    recipe = recipe_of(
        _RECIPE,
        {
            "clinic": clinic_id,
            "code": request.formulation,
            "reference": reference_key(request.patient_reference),
        },
    )
    if recipe is None:
        message = _("There is no formulation %(code)s.", code=request.formulation)
        raise InvalidInput(("formulation", message))
    return recipe


def _warnings(
    recipe: Recipe,
    request: SessionRequest,
    lines: Sequence[Line],
    planned: Sequence[drawing.CoveredNeed],
) -> list[SessionWarning]:
    given = [line.item for line in lines if line.given > 0]
    found: list[SessionWarning] = []
    if recipe.row.allergic:
        found += allergen_warnings(recipe.practice_id, request.patient_reference, given, planned)
    if _may_clash(recipe, given):
        found += mix_warnings(given)
    found += held_warnings(planned)
    return found


def _may_clash(recipe: Recipe, given: Sequence[drawing.UsedItem]) -> bool:
    """Return whether ingredients are worth reading: what the recipe has not may have anything."""
    harmless = {line.item.id for line in recipe.lines if not line.may_clash}
    return any(item.injectable and item.id not in harmless for item in given)


def _facts(session_id: int, overrides: Sequence[Overridden]) -> dict[str, object]:
    facts: dict[str, object] = {"session": session_id}
    if overrides:
        facts["overrides"] = {one.warning.key: one.reason for one in overrides}
    return facts


def _write_session(given: _Given, actor: Actor, now: dt.datetime) -> int:
    values = {
        "status": SessionStatus.RECORDED,
        "formulation_id": given.recipe.formulation_id,
        "version_id": given.recipe.version_id,
        "patient_reference": given.reference,
        "reference_key": reference_key(given.reference),
        "areas": given.areas,
        "occurred_at": given.at,
        "recorded_at": now,
        "recorded_by_id": actor.person_id,
    }
    if given.planned_session is None:
        inserted = execute(_INSERT_SESSION, values | {"clinic_id": given.clinic_id})
        session_id: int | None = inserted.scalar_one()
    else:
        session_id = db.session.execute(
            sa.update(_SESSION)
            .where(
                _SESSION.c.id == given.planned_session,
                _SESSION.c.clinic_id == given.clinic_id,
                _SESSION.c.status == SessionStatus.PLANNED,
            )
            .values(**values)
            .returning(_SESSION.c.id)
        ).scalar_one_or_none()
    if session_id is None:
        raise Refusal(_("This booked session was already recorded or cancelled."))
    _write_lines(session_id, given.lines)
    _write_overrides(session_id, given.overrides)
    return session_id


def _write_lines(session_id: int, lines: Sequence[Line]) -> None:
    execute(
        _INSERT_LINES,
        [
            {
                "session_id": session_id,
                "item_id": line.item.id,
                "planned": line.planned,
                "given": line.given,
                "lot_id": line.lot_id,
                "reason": line.reason,
            }
            for line in lines
        ],
    )


def _write_overrides(session_id: int, overrides: Sequence[Overridden]) -> None:
    if not overrides:
        return
    execute(
        _INSERT_OVERRIDES,
        [
            {
                "session_id": session_id,
                "warning": one.warning.key,
                "skus": list(one.warning.skus),
                "source": one.warning.source,
                "message": one.warning.message,
                "reason": one.reason,
            }
            for one in overrides
        ],
    )
