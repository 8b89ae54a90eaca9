"""What a formulation says at a clinic, read in one statement: it runs with every session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

import sqlalchemy as sa

from supply.accounts.models import Clinic
from supply.db import AnyRow, execute, table
from supply.formulations.mixing import may_clash
from supply.formulations.models import Formulation, FormulationLine, FormulationVersion
from supply.formulations.terms import Per
from supply.inventory.drawing import UsedItem
from supply.inventory.wanted import at_clinic, used_item, used_item_columns
from supply.items.models import ClinicItem, Item

_CLINIC = table(Clinic)
_FORMULATION = table(Formulation)
_VERSION = table(FormulationVersion)
_LINE = table(FormulationLine)
_ITEM = table(Item)
_CLINIC_ITEM = table(ClinicItem)


class RecipeLine(NamedTuple):
    """One item of a recipe, as it says for one session or one area.

    ``may_clash`` says that it contains what must not meet something else.
    """

    item: UsedItem
    quantity: Decimal
    per: Per
    dead_space: Decimal
    may_clash: bool

    def planned(self, areas: int) -> Decimal:
        """Return what the recipe says for ``areas`` treated."""
        return self.quantity * (areas if self.per is Per.AREA else 1)


@dataclass(frozen=True, slots=True)
class Recipe:
    """The newest wording of a formulation, and where it is given; ``row`` has what was asked for.

    ``frozen`` says that no edit can change it any more.
    """

    practice_id: int
    timezone: str
    formulation_id: int
    version_id: int
    frozen: bool
    lines: Sequence[RecipeLine]
    row: AnyRow


def recipe_select(*more: sa.ColumnElement[Any]) -> sa.Select[*tuple[Any, ...]]:
    """Return the select of what formulation :code says at :clinic, with ``more`` columns.

    It reads the clinic too: recording a session asks the database once.
    """
    latest = (
        sa.select(sa.func.max(_VERSION.c.number))
        .where(_VERSION.c.formulation_id == _FORMULATION.c.id)
        .correlate(_FORMULATION)
        .scalar_subquery()
    )
    return (
        sa.select(
            _CLINIC.c.practice_id,
            _CLINIC.c.timezone,
            _FORMULATION.c.id.label("formulation_id"),
            _VERSION.c.id.label("version_id"),
            _VERSION.c.frozen_at,
            _LINE.c.quantity,
            _LINE.c.per,
            _LINE.c.dead_space,
            may_clash().label("may_clash"),
            *used_item_columns(),
            *more,
        )
        .join(_FORMULATION, _FORMULATION.c.practice_id == _CLINIC.c.practice_id)
        .join(_VERSION, _VERSION.c.formulation_id == _FORMULATION.c.id)
        .join(_LINE, _LINE.c.version_id == _VERSION.c.id)
        .join(_ITEM, _ITEM.c.id == _LINE.c.item_id)
        .outerjoin(_CLINIC_ITEM, at_clinic(_CLINIC.c.id))
        .where(
            _CLINIC.c.id == sa.bindparam("clinic"),
            _FORMULATION.c.code == sa.bindparam("code"),
            _FORMULATION.c.archived_at.is_(None),
            _VERSION.c.number == latest,
        )
        .order_by(_LINE.c.position)
    )


def recipe_of(
    statement: sa.Select[*tuple[Any, ...]], values: Mapping[str, object]
) -> Recipe | None:
    """Return the recipe that a :func:`recipe_select` finds; None for no such formulation."""
    rows = execute(statement, values).all()
    if not rows:
        return None
    first = rows[0]
    lines = [
        RecipeLine(used_item(row), row.quantity, row.per, row.dead_space, bool(row.may_clash))
        for row in rows
    ]
    return Recipe(
        first.practice_id,
        first.timezone,
        first.formulation_id,
        first.version_id,
        first.frozen_at is not None,
        lines,
        first,
    )
