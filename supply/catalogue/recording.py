"""What became of a product, its prices and what is attached to it, as rows of the audit."""

from __future__ import annotations

import datetime as dt
from typing import Any

from supply.actor import Actor
from supply.audit import services as audit
from supply.catalogue.models import Product


def record(
    product: Product,
    action: str,
    actor: Actor,
    now: dt.datetime,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Write into the audit what became of ``product``; what it is called stands in each row."""
    audit.record(
        actor,
        action,
        ("product", product.id),
        now,
        supplier_id=product.supplier_id,
        practice_id=product.supplier.practice_id,
        before=before,
        after={"sku": product.sku, **(after or {})},
    )
