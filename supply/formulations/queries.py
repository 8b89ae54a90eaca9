"""Reading formulations: the list, one with its wordings, what its items carry and cost."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from supply.catalogue.allergens import allergen_code
from supply.catalogue.models import ProductAllergen, ProductIngredient
from supply.db import db
from supply.formulations.models import (
    Formulation,
    FormulationLine,
    FormulationSubstitute,
    FormulationVersion,
)
from supply.formulations.rules import CostedLine
from supply.inventory.worth import last_costs
from supply.items.models import ItemProduct


@dataclass(frozen=True, slots=True)
class Listed:
    """A formulation in the list: its newest version's number and how many lines that has."""

    id: int
    code: str
    name: str
    concern: str
    version: int
    lines: int


@dataclass(frozen=True, slots=True)
class Carried:
    """What an item's products carry: allergen codes, and ingredients with their strength."""

    allergens: tuple[str, ...] = ()
    ingredients: tuple[str, ...] = ()


def formulations_of(practice_id: int, concern: str = "", *, archived: bool = False) -> list[Listed]:
    """Return the practice's formulations in use, or the archived ones, by concern and name."""
    newest = (
        sa.select(
            FormulationVersion.formulation_id,
            sa.func.max(FormulationVersion.number).label("number"),
        )
        .group_by(FormulationVersion.formulation_id)
        .subquery()
    )
    statement = (
        sa.select(
            Formulation.id,
            Formulation.code,
            Formulation.name,
            Formulation.concern,
            newest.c.number,
            sa.func.count(FormulationLine.id),
        )
        .join(newest, newest.c.formulation_id == Formulation.id)
        .join(
            FormulationVersion,
            sa.and_(
                FormulationVersion.formulation_id == Formulation.id,
                FormulationVersion.number == newest.c.number,
            ),
        )
        .outerjoin(FormulationLine, FormulationLine.version_id == FormulationVersion.id)
        .where(
            Formulation.practice_id == practice_id,
            Formulation.archived_at.is_not(None) if archived else Formulation.archived_at.is_(None),
        )
        .group_by(Formulation.id, newest.c.number)
        .order_by(Formulation.concern, Formulation.name, Formulation.id)
    )
    if concern:
        statement = statement.where(Formulation.concern == concern)
    return [Listed(*row) for row in db.session.execute(statement)]


def concerns_of(practice_id: int) -> list[tuple[str, int]]:
    """Return the concerns the practice has formulations for, with how many."""
    rows = db.session.execute(
        sa.select(Formulation.concern, sa.func.count())
        .where(Formulation.practice_id == practice_id, Formulation.archived_at.is_(None))
        .group_by(Formulation.concern)
        .order_by(Formulation.concern)
    )
    return [(row[0], row[1]) for row in rows]


def formulation_of(practice_id: int, formulation_id: int) -> Formulation | None:
    """Return a formulation of the practice with every version, line and substitute, or None."""
    lines = selectinload(Formulation.versions).selectinload(FormulationVersion.lines)
    return db.session.scalar(
        sa.select(Formulation)
        .options(
            lines.joinedload(FormulationLine.item),
            lines.selectinload(FormulationLine.substitutes).joinedload(FormulationSubstitute.item),
        )
        .where(Formulation.id == formulation_id, Formulation.practice_id == practice_id)
    )


def carried_by(item_ids: Collection[int]) -> dict[int, Carried]:
    """Return by item what its products carry; any product's allergen counts."""
    allergens: dict[int, set[str]] = {}
    statement = sa.select(ItemProduct.item_id, ProductAllergen.allergen).join(
        ProductAllergen, ProductAllergen.product_id == ItemProduct.product_id
    )
    for item_id, code in db.session.execute(statement.where(ItemProduct.item_id.in_(item_ids))):
        allergens.setdefault(item_id, set()).add(allergen_code(code))
    ingredients: dict[int, list[str]] = {}
    parts = (
        sa.select(ItemProduct.item_id, ProductIngredient.name, ProductIngredient.strength)
        .join(ProductIngredient, ProductIngredient.product_id == ItemProduct.product_id)
        .where(ItemProduct.item_id.in_(item_ids))
        .order_by(
            ItemProduct.preferred.desc(), ProductIngredient.product_id, ProductIngredient.position
        )
    )
    for item_id, name, strength in db.session.execute(parts):
        named = f"{name} {strength}".strip()
        if named not in ingredients.setdefault(item_id, []):
            ingredients[item_id].append(named)
    return {
        item_id: Carried(
            tuple(sorted(allergens.get(item_id, ()))), tuple(ingredients.get(item_id, ()))
        )
        for item_id in item_ids
    }


def costed(version: FormulationVersion, clinic_id: int) -> list[CostedLine]:
    """Return the version's lines with what each cost when the clinic last received it."""
    costs = last_costs(clinic_id, [line.item_id for line in version.lines])
    return [
        CostedLine(
            quantity=line.quantity + line.dead_space,
            content=line.item.content_per_container,
            dose=line.item.dose,
            optional=line.optional,
            container_minor=(
                costs[line.item_id] * line.item.content_per_container
                if line.item_id in costs
                else None
            ),
        )
        for line in version.lines
    ]
