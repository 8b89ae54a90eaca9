"""Telling the catalogue which formulations use a product: importing this registers it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import sqlalchemy as sa

from supply.catalogue.told import Use, use_teller
from supply.db import db
from supply.formulations.models import (
    Formulation,
    FormulationLine,
    FormulationSubstitute,
    FormulationVersion,
)
from supply.items.models import ItemProduct


@use_teller
def uses_of_product(practice_id: int, product_id: int) -> Iterator[Use]:
    """Yield the formulations in use whose newest version has the item the product is bought as."""
    asked = {"practice_id": practice_id, "product_id": product_id}
    for row in db.session.execute(_using(), asked):
        yield Use(
            row.name, row.code, "formulations.detail", "formulation_id", row.id, not row.is_line
        )


@cache
def formulations_using() -> sa.Select[*tuple[Any, ...]]:
    """Return the statement for the formulations that use ``:product_id``: id, name, code, is_line.

    ``is_line`` is whether a line names it; otherwise it may stand in for one.
    """
    newest = (
        sa.select(sa.func.max(FormulationVersion.id))
        .where(FormulationVersion.formulation_id == Formulation.id)
        .correlate(Formulation)
        .scalar_subquery()
    )
    items = sa.select(ItemProduct.item_id).where(
        ItemProduct.product_id == sa.bindparam("product_id")
    )
    named = FormulationLine.item_id.in_(items)
    stands_in = (
        sa.select(FormulationSubstitute.id)
        .where(
            FormulationSubstitute.line_id == FormulationLine.id,
            FormulationSubstitute.item_id.in_(items),
        )
        .exists()
    )
    return (
        sa.select(
            Formulation.id,
            Formulation.name,
            Formulation.code,
            sa.func.max(sa.case((named, 1), else_=0)).label("is_line"),
        )
        .join(FormulationVersion, FormulationVersion.formulation_id == Formulation.id)
        .join(FormulationLine, FormulationLine.version_id == FormulationVersion.id)
        .where(
            Formulation.practice_id == sa.bindparam("practice_id"),
            Formulation.archived_at.is_(None),
            FormulationVersion.id == newest,
            sa.or_(named, stands_in),
        )
        .group_by(Formulation.id, Formulation.name, Formulation.code)
    )


@cache
def _using() -> sa.Select[*tuple[Any, ...]]:
    return formulations_using().order_by(Formulation.name, Formulation.id)
