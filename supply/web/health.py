"""Health: is the process up, and can it serve?"""

from __future__ import annotations

import logging
from functools import cache
from pathlib import Path

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Blueprint, Response, jsonify
from sqlalchemy.exc import SQLAlchemyError

from supply import config
from supply.db import db

logger = logging.getLogger(__name__)

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """Answer as long as the process does."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
def readyz() -> Response:
    """Answer 200 when the database is reachable and its migrations at head, else 503."""
    try:
        with db.engine.connect() as connection:
            present = set(MigrationContext.configure(connection).get_current_heads())
    except SQLAlchemyError:
        logger.exception("the database cannot be reached")
        return _unready("database")
    if present != migration_heads():
        return _unready("migrations")
    return jsonify(status="ready")


@cache
def migration_heads() -> frozenset[str]:
    """Return the newest revisions this version of Supply knows."""
    settings = Config()
    settings.set_main_option("script_location", str(Path(config.ROOT) / "migrations"))
    return frozenset(ScriptDirectory.from_config(settings).get_heads())


def _unready(what: str) -> Response:
    answer = jsonify(status="unready", problem=what)
    answer.status_code = 503
    return answer
