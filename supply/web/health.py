"""Health: is the process up, and can it serve?"""

from __future__ import annotations

import sqlite3

import psycopg
from flask import Blueprint, Response, jsonify
from sqlalchemy.exc import SQLAlchemyError

from supply.outage import outage_of
from supply.revisions import migration_heads, present_revisions
from supply.web.logs import note

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """Answer as long as the process does."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
def readyz() -> Response:
    """Answer 200 when the database is reachable and its migrations at head, else 503."""
    try:
        present = present_revisions()
    except (SQLAlchemyError, sqlite3.Error, psycopg.Error) as error:
        outage = outage_of(error)
        if outage is None:
            raise
        note(f"database {outage}")
        return _unready("database")
    if present != migration_heads():
        return _unready("migrations")
    return jsonify(status="ready")


def _unready(what: str) -> Response:
    answer = jsonify(status="unready", problem=what)
    answer.status_code = 503
    return answer
