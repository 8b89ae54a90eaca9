"""Reading open items."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from supply.db import db
from supply.open_items.models import OpenItem


def items_of(invoice_ids: Sequence[int]) -> dict[int, OpenItem]:
    """Return the items of documents, by the document's id."""
    query = sa.select(OpenItem).where(OpenItem.invoice_id.in_(list(invoice_ids)))
    return {item.invoice_id: item for item in db.session.scalars(query) if item.invoice_id}
