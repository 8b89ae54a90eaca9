"""Writing formulations: drafts, versions, freezing."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from itertools import chain, count
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import selectinload

from supply.actor import Actor
from supply.audit import services as audit
from supply.db import db
from supply.formulations.models import (
    Formulation,
    FormulationLine,
    FormulationSubstitute,
    FormulationVersion,
)
from supply.formulations.rules import LineDraft, SubstituteDraft, line_faults, same_recipe
from supply.refusals import InvalidInput
from supply.text import fold, search_key

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")


def create_formulation(
    practice_id: int,
    *,
    code: str,
    name: str,
    concern: str = "",
    lines: Sequence[LineDraft],
    actor: Actor,
    now: dt.datetime,
) -> Formulation:
    """Add a formulation to the practice with its first version.

    Raises:
        InvalidInput: the code is missing, ill-formed or taken, the name is missing, or a line
            may not stand; line faults are under ``lines-<index>-<field>``.
    """
    faults = [*_naming_faults(code, name), *_line_faults(lines)]
    taken = _taken(practice_id, code)
    if not faults and taken is not None:
        faults.append(("code", _("You have a formulation %(code)s already.", code=taken)))
    if faults:
        raise InvalidInput(*faults)
    formulation = Formulation(
        practice_id=practice_id, code=code, name=name, concern=concern, created_at=now
    )
    db.session.add(formulation)
    db.session.flush()
    version = _add_version(formulation, lines, now)
    _record(formulation, "formulation.created", actor, now, after=_facts(formulation, version))
    return formulation


def save_lines(
    formulation: Formulation, lines: Sequence[LineDraft], *, actor: Actor, now: dt.datetime
) -> FormulationVersion:
    """Make the formulation say ``lines`` in its newest version, or in a new one if that is frozen.

    The version's row is locked, so that a session which freezes it comes before or after.
    Where the lines say the same already, only their order is kept: a frozen version too says the
    same in any.

    Raises:
        InvalidInput: no lines, or a line that may not stand.
    """
    faults = _line_faults(lines)
    if faults:
        raise InvalidInput(*faults)
    version = _newest(formulation.id)
    before = _facts(formulation, version)
    if version is not None and same_recipe(drafts_of(version), lines):
        _reorder(formulation, version, lines, actor, now)
        return version
    if version is None or version.frozen_at is not None:
        version = _add_version(formulation, lines, now)
    else:
        _rewrite(version, lines)
    _record(
        formulation,
        "formulation.changed",
        actor,
        now,
        before=before,
        after=_facts(formulation, version),
    )
    return version


def add_version(
    formulation: Formulation, lines: Sequence[LineDraft], *, actor: Actor, now: dt.datetime
) -> FormulationVersion | None:
    """Add a version that says ``lines``, or return None where the newest says the same.

    Raises:
        InvalidInput: no lines, or a line that may not stand.
    """
    faults = _line_faults(lines)
    if faults:
        raise InvalidInput(*faults)
    newest = _newest(formulation.id)
    if newest is not None and same_recipe(drafts_of(newest), lines):
        return None
    version = _add_version(formulation, lines, now)
    _record(
        formulation,
        "formulation.changed",
        actor,
        now,
        before=_facts(formulation, newest),
        after=_facts(formulation, version),
    )
    return version


def rename(
    formulation: Formulation, *, name: str, concern: str, actor: Actor, now: dt.datetime
) -> None:
    """Give the formulation another name or concern; what it says stays.

    Raises:
        InvalidInput: the name is missing or too long.
    """
    faults = _naming_faults(formulation.code, name)
    if faults:
        raise InvalidInput(*faults)
    if (formulation.name, formulation.concern) == (name, concern):
        return
    before = {"name": formulation.name, "concern": formulation.concern}
    formulation.name, formulation.concern = name, concern
    db.session.flush()
    after = {"name": name, "concern": concern}
    _record(formulation, "formulation.renamed", actor, now, before=before, after=after)


def freeze(version_id: int, now: dt.datetime) -> bool:
    """Freeze a version at its first use; return whether this call froze it.

    A conditional UPDATE: of two first uses one freezes. Call it before reading the lines, so
    that no edit comes between.
    """
    froze = db.session.scalars(
        sa.update(FormulationVersion)
        .where(FormulationVersion.id == version_id, FormulationVersion.frozen_at.is_(None))
        .values(frozen_at=now)
        .returning(FormulationVersion.id)
    ).all()
    return bool(froze)


def drafts_of(version: FormulationVersion) -> list[LineDraft]:
    """Return a version's lines as drafts, for comparing and editing."""
    return [
        LineDraft(
            item_id=line.item_id,
            unit=line.item.unit,
            quantity=line.quantity,
            per=line.per,
            optional=line.optional,
            dead_space=line.dead_space,
            substitutes=tuple(
                SubstituteDraft(other.item_id, other.item.unit, other.quantity)
                for other in line.substitutes
            ),
        )
        for line in version.lines
    ]


def _taken(practice_id: int, code: str) -> str | None:
    """Return the code there is that reads like ``code``."""
    return db.session.scalar(
        sa.select(Formulation.code).where(
            Formulation.practice_id == practice_id, Formulation.code_key == fold(code)
        )
    )


def _newest(formulation_id: int) -> FormulationVersion | None:
    return db.session.scalar(
        sa.select(FormulationVersion)
        .where(FormulationVersion.formulation_id == formulation_id)
        .order_by(FormulationVersion.number.desc())
        .limit(1)
        .options(
            selectinload(FormulationVersion.lines).selectinload(FormulationLine.item),
            selectinload(FormulationVersion.lines)
            .selectinload(FormulationLine.substitutes)
            .selectinload(FormulationSubstitute.item),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _add_version(
    formulation: Formulation, lines: Sequence[LineDraft], now: dt.datetime
) -> FormulationVersion:
    last = db.session.scalar(
        sa.select(sa.func.max(FormulationVersion.number)).where(
            FormulationVersion.formulation_id == formulation.id
        )
    )
    version = FormulationVersion(
        formulation=formulation, number=(last or 0) + 1, created_at=now, lines=_line_rows(lines)
    )
    db.session.add(version)
    db.session.flush()
    return version


def _reorder(
    formulation: Formulation,
    version: FormulationVersion,
    lines: Sequence[LineDraft],
    actor: Actor,
    now: dt.datetime,
) -> None:
    """Put the version's lines in the order of ``lines``, which say the same."""
    before = [line.item_id for line in version.lines]
    after = [line.item_id for line in lines]
    if before == after:
        return
    by_item = {line.item_id: line for line in version.lines}
    # Each place is taken still by another line: they go behind all of them first.
    for apart in (len(lines), 0):
        for position, item_id in enumerate(after, start=1):
            by_item[item_id].position = apart + position
        db.session.flush()
    db.session.expire(version, ["lines"])
    _record(
        formulation,
        "formulation.reordered",
        actor,
        now,
        before={"lines": before},
        after={"lines": after},
    )


def _rewrite(version: FormulationVersion, lines: Sequence[LineDraft]) -> None:
    # The old lines go first: their positions and items are about to be taken again.
    version.lines = []
    db.session.flush()
    version.lines = _line_rows(lines)
    db.session.flush()


def _line_rows(lines: Sequence[LineDraft]) -> list[FormulationLine]:
    return [
        FormulationLine(
            position=position,
            item_id=line.item_id,
            quantity=line.quantity,
            per=line.per,
            optional=line.optional,
            dead_space=line.dead_space,
            substitutes=[
                FormulationSubstitute(
                    position=place, item_id=other.item_id, quantity=other.quantity
                )
                for place, other in enumerate(line.substitutes, start=1)
            ],
        )
        for position, line in enumerate(lines, start=1)
    ]


def free_code(practice_id: int, name: str) -> str:
    """Return a code for a formulation of that name, which no other of the practice reads like."""
    words = re.findall(r"[a-z0-9]+", search_key(name))
    stem = "-".join(words)[:70].strip("-").upper() or "FORMULATION"
    like = sa.select(Formulation.code_key).where(
        Formulation.practice_id == practice_id,
        Formulation.code_key.startswith(fold(stem), autoescape=True),
    )
    taken = set(db.session.scalars(like))
    numbered = (f"{stem}-{number}" for number in count(2))
    return next(code for code in chain([stem], numbered) if fold(code) not in taken)


def code_fault(code: str) -> str | None:
    """Return what is wrong with the code of a formulation or protocol, or None."""
    if not code:
        return str(_("Enter a code."))
    if not _CODE.fullmatch(code) or len(code) > 80:
        return str(_("Use at most 80 letters, digits, - . _ and /, without spaces."))
    return None


def _naming_faults(code: str, name: str) -> list[tuple[str, str]]:
    faults = []
    if fault := code_fault(code):
        faults.append(("code", fault))
    if not name or len(name) > 200:
        faults.append(("name", _("Give it a name of at most 200 characters.")))
    return faults


def _line_faults(lines: Sequence[LineDraft]) -> list[tuple[str, str]]:
    if not lines:
        return [("lines", _("Add at least one line."))]
    return [(f"lines-{index}-{field}", message) for index, field, message in line_faults(lines)]


def _facts(formulation: Formulation, version: FormulationVersion | None) -> dict[str, Any]:
    return {
        "code": formulation.code,
        "name": formulation.name,
        "version": version.number if version else None,
        "lines": [
            {"item": line.item_id, "quantity": str(line.quantity), "per": line.per}
            for line in (version.lines if version else [])
        ],
    }


def _record(
    formulation: Formulation,
    action: str,
    actor: Actor,
    now: dt.datetime,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any],
) -> None:
    audit.record(
        actor,
        action,
        ("formulation", formulation.id),
        now,
        practice_id=formulation.practice_id,
        before=before,
        after=after,
    )
