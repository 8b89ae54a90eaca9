"""Telling the catalogue which protocols give a product: importing this registers it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import sqlalchemy as sa

from supply.catalogue.told import Use, use_teller
from supply.db import db
from supply.formulations.uses import formulations_using
from supply.treatments.models import Protocol


@use_teller
def protocols_of_product(practice_id: int, product_id: int) -> Iterator[Use]:
    """Yield the protocols in use that give a formulation with the product."""
    asked = {"practice_id": practice_id, "product_id": product_id}
    for row in db.session.execute(_giving(), asked):
        yield Use(row.name, row.code, "protocols.detail", "protocol_id", row.id, not row.is_line)


@cache
def _giving() -> sa.Select[*tuple[Any, ...]]:
    using = formulations_using().subquery()
    return (
        sa.select(Protocol.id, Protocol.name, Protocol.code, using.c.is_line)
        .join(using, using.c.id == Protocol.formulation_id)
        .where(Protocol.practice_id == sa.bindparam("practice_id"), Protocol.archived_at.is_(None))
        .order_by(Protocol.name, Protocol.id)
    )
