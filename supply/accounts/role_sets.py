"""Several roles in one column."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

from supply.accounts.terms import Role


class Roles(sa.types.TypeDecorator[frozenset[Role]]):
    """A set of roles: their words in the database, in order, parted by commas."""

    impl = sa.String(200)
    cache_ok = True

    def process_bind_param(self, value: frozenset[Role] | None, dialect: Dialect) -> str | None:
        """Write the words."""
        return None if value is None else ",".join(sorted(role.value for role in value))

    def process_result_value(self, value: Any | None, dialect: Dialect) -> frozenset[Role] | None:
        """Read the words."""
        return None if value is None else frozenset(Role(word) for word in value.split(",") if word)
