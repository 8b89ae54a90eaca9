"""What was undone counts for nothing: the condition, said once."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from supply.inventory.models import Entry


def not_undone(entry_id: sa.SQLColumnExpression[Any]) -> sa.ColumnElement[bool]:
    """Return the condition that nothing reverses the entry of ``entry_id``; no entry stands."""
    undoing = sa.orm.aliased(Entry)
    return ~sa.exists().where(undoing.reverses_id == entry_id)
