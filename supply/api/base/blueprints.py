"""What every part of the API has in common."""

from __future__ import annotations

from typing import Any

import flask_smorest
from flask import current_app

from supply.api.base import auth, problems
from supply.api.base.parsing import StrictParser
from supply.api.base.writes import KEY_PARAMETER
from supply.extensions import csrf, limiter

PREFIX = "/api/v1"
LIMIT = "3000 per minute"
"""Calls of one token, unless API_LIMIT says otherwise; each worker counts its own."""


class ApiBlueprint(flask_smorest.Blueprint):
    """A part of the API: bearer token, JSON in and out, problem documents."""

    ARGUMENTS_PARSER = StrictParser()

    def writes(self, view: Any) -> Any:
        """Document that a call takes an Idempotency-Key."""
        return self.doc(parameters=[KEY_PARAMETER])(view)


def api_blueprint(name: str, description: str) -> ApiBlueprint:
    """Return a blueprint for the resource ``name``."""
    blueprint = ApiBlueprint(f"api_{name}", __name__, url_prefix=PREFIX, description=description)
    blueprint.before_request(auth.authenticate)
    problems.install(blueprint)
    limiter.limit(_limit, key_func=auth.caller)(blueprint)
    csrf.exempt(blueprint)
    return blueprint


def _limit() -> str:
    return str(current_app.config["API_LIMIT"])
