"""Recording a session: what was given, drawn from the right lots, in one entry.

A handful of set-based statements, because this is what clinics do all day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.accounts.models import Clinic
from supply.actor import Actor
from supply.db import AnyRow, db, execute, table
from supply.formulations.models import Formulation, FormulationLine, FormulationVersion
from supply.formulations.services import freeze
from supply.formulations.terms import Per
from supply.inventory import ledger, use
from supply.inventory.errors import ShortItem
from supply.inventory.models import ClinicItem, Item, Lot
from supply.inventory.rules import normalise_lot
from supply.inventory.services import items_for_codes
from supply.inventory.terms import EntryKind
from supply.quantity import ZERO, InvalidQuantityError, as_text, check
from supply.refusals import InvalidInput, Refusal
from supply.treatments.models import SessionLine, TreatmentSession
from supply.treatments.terms import SESSION_SOURCE, SessionStatus

LONGEST_REFERENCE = 80

_SESSION = table(TreatmentSession)
_SESSION_LINE = table(SessionLine)
_VERSION = table(FormulationVersion)
_FORMULATION = table(Formulation)
_LINE = table(FormulationLine)
_ITEM = table(Item)
_CLINIC_ITEM = table(ClinicItem)


@dataclass(frozen=True, slots=True)
class SessionRequest:
    """What a person says of a session.

    ``amounts`` maps item codes to what was given in the base unit: None leaves the
    formulation's line out, a code outside the formulation is added, any other line is as
    the formulation says. ``lots`` maps item codes to the lot number a person picked instead
    of the first to expire; ``reasons`` says why a line differs.
    """

    formulation: str
    patient_reference: str
    occurred_at: dt.datetime | None = None
    amounts: Mapping[str, Decimal | None] = field(default_factory=dict)
    lots: Mapping[str, str] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    areas: int = 1
    planned_session: int | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One item of a session: as the formulation says (zero if added), and as given."""

    item: use.UsedItem
    planned: Decimal
    given: Decimal
    dead_space: Decimal
    lot_id: int | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recorded session: its entry, what went to the patient and what was wasted."""

    session_id: int
    entry_id: int
    codes: Mapping[int, str]
    drawn: Sequence[use.Drawn]
    wasted: Sequence[use.Drawn]

    def as_json(self) -> dict[str, Any]:
        """Return the API's answer."""
        return {
            "entry": self.entry_id,
            "session": self.session_id,
            "drawn": [self._row(drawn) for drawn in self.drawn],
            "wasted": [self._row(wasted) | {"reason": wasted.reason} for wasted in self.wasted],
        }

    def _row(self, drawn: use.Drawn) -> dict[str, str]:
        return {
            "sku": self.codes[drawn.item_id],
            "lot": drawn.lot_number,
            "quantity": as_text(drawn.quantity),
        }


@dataclass(frozen=True, slots=True)
class Preview:
    """What recording a request would do now, computed without a lock; ``short`` prevents it."""

    version_id: int
    lines: Sequence[Line]
    planned: Sequence[use.Planned]
    short: Sequence[ShortItem]


@dataclass(frozen=True, slots=True)
class _Recipe:
    formulation_id: int
    version_id: int
    frozen: bool
    lines: Sequence[Line]


def record_session(
    clinic: Clinic, request: SessionRequest, *, actor: Actor, now: dt.datetime
) -> Recorded:
    """Record ``request`` at ``clinic``: draw its lots, write the ledger and the session.

    Locks the balances of every item used, in primary-key order. A single-dose remainder
    becomes waste; a multi-dose container is opened and its clock starts.

    Raises:
        InvalidInput: an unknown formulation, item or lot, a bad amount, reference or time.
        ShortageError: naming every item of which there is too little.
        CountedSinceError: dated before a count of a lot it would draw.
        Refusal: the planned session was recorded or cancelled before.
    """
    at = request.occurred_at or now
    ledger.check_not_ahead(at, now)
    reference = patient_reference(request.patient_reference)
    recipe = _frozen_recipe(clinic, request, now)
    sources = use.drawable(
        clinic.id,
        [line.item.id for line in recipe.lines],
        at=at,
        timezone=clinic.timezone,
        lock=True,
    )
    planned = use.plan(_wants(recipe.lines), sources)
    use.check_not_counted_since(planned, at)
    outside = ledger.outside_of(clinic.id)
    moves = use.moves_for(planned, outside, at=at, timezone=clinic.timezone)
    session_id = _write_session(clinic, request, recipe, reference, at, actor, now)
    draft = ledger.Draft(
        clinic.id,
        EntryKind.SESSION,
        at,
        moves,
        source=(SESSION_SOURCE, session_id),
        key=request.key,
        facts={"session": session_id},
    )
    entry_id = ledger.post(draft, outside, use.places_of(planned), actor=actor, now=now)
    drawn, wasted = use.drawn_by(planned)
    codes = {line.item.id: line.item.code for line in recipe.lines}
    return Recorded(session_id, entry_id, codes, drawn, wasted)


def preview_session(clinic: Clinic, request: SessionRequest, *, now: dt.datetime) -> Preview:
    """Return what recording ``request`` would draw now, without writing or locking.

    The patient reference is not looked at, and a shortage is part of the answer.

    Raises:
        InvalidInput: an unknown formulation, item or lot, a bad amount or time.
    """
    at = request.occurred_at or now
    ledger.check_not_ahead(at, now)
    recipe = _recipe(clinic, request, now)
    sources = use.drawable(
        clinic.id, [line.item.id for line in recipe.lines], at=at, timezone=clinic.timezone
    )
    planned, short = use.cover(_wants(recipe.lines), sources)
    return Preview(recipe.version_id, recipe.lines, planned, short)


def patient_reference(text: str) -> str:
    """Return the clinic's own reference as it is kept; InvalidInput for none or a long one."""
    reference = text.strip()
    if not reference:
        raise InvalidInput(("patient_ref", _("Give the clinic's own patient reference.")))
    if len(reference) > LONGEST_REFERENCE or not reference.isprintable():
        raise InvalidInput(("patient_ref", _("A reference has at most 80 plain characters.")))
    return reference


def _wants(lines: Sequence[Line]) -> list[use.Want]:
    return [
        use.Want(line.item, line.given + line.dead_space, line.lot_id, line.dead_space)
        for line in lines
        if line.given > 0
    ]


def _frozen_recipe(clinic: Clinic, request: SessionRequest, now: dt.datetime) -> _Recipe:
    """Return the recipe of a version that no edit can change any more: sessions refer to it."""
    recipe = _recipe(clinic, request, now)
    if recipe.frozen:
        return recipe
    freeze(recipe.version_id, now)
    return _recipe(clinic, request, now)


def _recipe(clinic: Clinic, request: SessionRequest, now: dt.datetime) -> _Recipe:
    """Return the formulation's latest version as lines, with the request's changes."""
    rows = _formulation_rows(clinic, request.formulation)
    if not rows:
        raise InvalidInput(
            ("formulation", _("There is no formulation %(code)s.", code=request.formulation))
        )
    if request.areas < 1:
        raise InvalidInput(("areas", _("Enter one area or more.")))
    by_code = {row.code: row for row in rows}
    lots = _picked_lots(clinic, request, by_code)
    lines = [
        _line(row, request, lots)
        for row in rows
        if not _left_out(row.code, request) and row.item_id is not None
    ]
    lines += _added(clinic, request, by_code, lots, now)
    if not lines:
        raise InvalidInput(("amounts", _("Nothing is left to record: keep at least one line.")))
    return _Recipe(rows[0].formulation_id, rows[0].version_id, bool(rows[0].frozen_at), lines)


def _formulation_rows(clinic: Clinic, code: str) -> Sequence[AnyRow]:
    return execute(
        _FORMULATION_LINES,
        {"practice": clinic.practice_id, "clinic": clinic.id, "code": code},
    ).all()


def _item_columns() -> tuple[Any, ...]:
    return (
        _ITEM.c.id.label("item_id"),
        _ITEM.c.code,
        _ITEM.c.name,
        _ITEM.c.unit,
        _ITEM.c.dose,
        _ITEM.c.injectable,
        sa.func.coalesce(_CLINIC_ITEM.c.tracked, sa.true()).label("tracked"),
    )


def _at_clinic() -> sa.ColumnElement[bool]:
    return sa.and_(
        _CLINIC_ITEM.c.item_id == _ITEM.c.id,
        _CLINIC_ITEM.c.clinic_id == sa.bindparam("clinic"),
    )


def _formulation_statement() -> sa.Select[*tuple[Any, ...]]:
    """Return the select of the latest version's lines of formulation :code of :practice."""
    latest = (
        sa.select(sa.func.max(_VERSION.c.number))
        .where(_VERSION.c.formulation_id == _FORMULATION.c.id)
        .correlate(_FORMULATION)
        .scalar_subquery()
    )
    return (
        sa.select(
            _FORMULATION.c.id.label("formulation_id"),
            _VERSION.c.id.label("version_id"),
            _VERSION.c.frozen_at,
            _LINE.c.quantity,
            _LINE.c.per,
            _LINE.c.dead_space,
            *_item_columns(),
        )
        .join(_VERSION, _VERSION.c.formulation_id == _FORMULATION.c.id)
        .join(_LINE, _LINE.c.version_id == _VERSION.c.id)
        .join(_ITEM, _ITEM.c.id == _LINE.c.item_id)
        .outerjoin(_CLINIC_ITEM, _at_clinic())
        .where(
            _FORMULATION.c.practice_id == sa.bindparam("practice"),
            _FORMULATION.c.code == sa.bindparam("code"),
            _FORMULATION.c.archived_at.is_(None),
            _VERSION.c.number == latest,
        )
        .order_by(_LINE.c.position)
    )


# Statements are built once: they run with every session.
_FORMULATION_LINES = _formulation_statement()
_ITEMS_BY_CODE = (
    sa.select(*_item_columns())
    .outerjoin(_CLINIC_ITEM, _at_clinic())
    .where(
        _ITEM.c.practice_id == sa.bindparam("practice"),
        _ITEM.c.code.in_(sa.bindparam("codes", expanding=True)),
    )
    .order_by(_ITEM.c.code)
)
_INSERT_SESSION = sa.insert(_SESSION).returning(_SESSION.c.id)
_INSERT_LINES = sa.insert(_SESSION_LINE)


def _used_item(row: AnyRow) -> use.UsedItem:
    return use.UsedItem(
        row.item_id, row.code, row.name, row.unit, row.dose, row.injectable, bool(row.tracked)
    )


def _left_out(code: str, request: SessionRequest) -> bool:
    return code in request.amounts and request.amounts[code] is None


def _line(row: AnyRow, request: SessionRequest, lots: Mapping[str, int]) -> Line:
    planned = row.quantity * (request.areas if row.per is Per.AREA else 1)
    said = request.amounts.get(row.code)
    item = _used_item(row)
    return Line(
        item=item,
        planned=planned,
        given=planned if said is None else _amount(item, said),
        dead_space=row.dead_space,
        lot_id=lots.get(row.code),
        reason=request.reasons.get(row.code),
    )


def _amount(item: use.UsedItem, said: Decimal) -> Decimal:
    try:
        return check(said, item.unit)
    except InvalidQuantityError as error:
        raise InvalidInput((f"amounts.{item.code}", f"{item.name}: {error}")) from error


def _added(
    clinic: Clinic,
    request: SessionRequest,
    by_code: Mapping[str, AnyRow],
    lots: Mapping[str, int],
    now: dt.datetime,
) -> list[Line]:
    """Return lines for the amounts whose items the formulation does not have."""
    extra = {
        code: said
        for code, said in request.amounts.items()
        if code not in by_code and said is not None
    }
    if not extra:
        return []
    items_for_codes(clinic.practice_id, extra, now=now)
    rows = execute(
        _ITEMS_BY_CODE,
        {"practice": clinic.practice_id, "clinic": clinic.id, "codes": list(extra)},
    )
    lines = []
    for row in rows:
        item = _used_item(row)
        given = _amount(item, extra[row.code])
        lines.append(
            Line(item, ZERO, given, ZERO, lots.get(row.code), request.reasons.get(row.code))
        )
    return lines


def _picked_lots(
    clinic: Clinic, request: SessionRequest, by_code: Mapping[str, AnyRow]
) -> dict[str, int]:
    """Return the lot id for each item code whose lot a person picked."""
    if not request.lots:
        return {}
    rows = db.session.execute(
        sa.select(Item.code, Lot.normalised, Lot.id)
        .join(Lot, Lot.item_id == Item.id)
        .where(
            Item.practice_id == clinic.practice_id,
            Item.code.in_(request.lots),
            Lot.normalised.in_([normalise_lot(number) for number in request.lots.values()]),
        )
    )
    known = {(row.code, row.normalised): row.id for row in rows}
    picked = {}
    for code, number in request.lots.items():
        lot_id = known.get((code, normalise_lot(number)))
        if lot_id is None:
            name = by_code[code].name if code in by_code else code
            raise InvalidInput(
                (f"lots.{code}", _("%(name)s has no lot %(lot)s.", name=name, lot=number))
            )
        picked[code] = lot_id
    return picked


def _write_session(
    clinic: Clinic,
    request: SessionRequest,
    recipe: _Recipe,
    reference: str,
    at: dt.datetime,
    actor: Actor,
    now: dt.datetime,
) -> int:
    values = {
        "status": SessionStatus.RECORDED,
        "formulation_id": recipe.formulation_id,
        "version_id": recipe.version_id,
        "patient_reference": reference,
        "occurred_at": at,
        "recorded_at": now,
        "recorded_by_id": actor.person_id,
    }
    if request.planned_session is None:
        inserted = execute(_INSERT_SESSION, values | {"clinic_id": clinic.id})
        session_id: int | None = inserted.scalar_one()
    else:
        session_id = db.session.execute(
            sa.update(_SESSION)
            .where(
                _SESSION.c.id == request.planned_session,
                _SESSION.c.clinic_id == clinic.id,
                _SESSION.c.status == SessionStatus.PLANNED,
            )
            .values(**values)
            .returning(_SESSION.c.id)
        ).scalar_one_or_none()
    if session_id is None:
        raise Refusal(_("This booked session was already recorded or cancelled."))
    _write_lines(session_id, recipe.lines)
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
