"""The migrations make what the models say, on both engines."""

from __future__ import annotations

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask

from supply.db import db
from supply.searching import INDEX


def _is_ours(_object: object, name: str | None, kind: str, reflected: bool, _other: Any) -> bool:
    others = ("alembic_version", INDEX)
    return not (kind == "table" and str(name).startswith(others))


def test_migrations_and_models_agree(app: Flask) -> None:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_object": _is_ours}
        )
        assert compare_metadata(context, db.metadata) == []
