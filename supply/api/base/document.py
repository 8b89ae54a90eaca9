"""What the OpenAPI document says of every call beside its shapes: its name, and how it refuses."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

import flask_smorest
from apispec import APISpec, BasePlugin
from flask import Flask, Response, current_app, json
from werkzeug.routing import Rule

from supply.api.base.problems import ProblemSchema

PROBLEM = "application/problem+json"

ALWAYS = (401, 403, 422, 429, 503)
"""No good token; a role that does not reach this; what cannot be taken, if only a character in the
address; too many calls; the database is away."""

ABSENT = 404
"""There is nothing of the caller's at this address."""

OF_A_BODY = (400, 413, 415)
"""Not to be read at all; too large; not JSON."""

CONFLICT = 409
"""It stands against what is there, or the key was used for something else."""


Document = Mapping[str, Any]


class DocumentedApi(flask_smorest.Api):
    """The API, whose document is written when it is first read: nothing else has to wait for it.

    Errors are answered by our own handlers alone.
    """

    ERROR_SCHEMA = ProblemSchema

    def __init__(self, app: Flask, **options: Any) -> None:
        self._unwritten: list[flask_smorest.Blueprint] = []
        self._is_begun = False
        self._writing = threading.Lock()
        super().__init__(app, **options)

    def register_blueprint(
        self, blp: flask_smorest.Blueprint, *, parameters: None = None, **options: Any
    ) -> None:
        """Register a resource with the application; it takes neither parameters nor options."""
        self._app.extensions["flask-smorest"]["blp_name_to_api"][blp.name] = self
        self._app.register_blueprint(blp)
        self._unwritten.append(blp)

    def document(self) -> Document:
        """Return the OpenAPI document of all that is registered."""
        with self._writing:
            if not self._is_begun:
                self._is_begun = True
                super()._register_responses()
            while self._unwritten:
                self._write(self._unwritten.pop(0))
            return dict(self.spec.to_dict())

    def _write(self, resource: flask_smorest.Blueprint) -> None:
        name = resource.name
        resource.register_views_in_doc(self, self._app, self.spec, name=name, parameters=None)
        self.spec.tag({"name": name, "description": resource.description})

    def _openapi_json(self) -> Response:
        text = json.dumps(self.document(), indent=2, sort_keys=False)
        return current_app.response_class(text, mimetype="application/json")

    def _register_responses(self) -> None:
        """Leave it to the writing of the document, of which it is a good part."""

    def _register_error_handlers(self) -> None:
        """Register none: see :mod:`supply.api.base.problems` and :mod:`supply.web.errors`."""


class Refusals(BasePlugin):
    """Names each operation after its room and view, and lists the problems it answers with."""

    def init_spec(self, spec: APISpec) -> None:
        """Describe each problem once, for the operations to point at."""
        for status in sorted({*ALWAYS, ABSENT, *OF_A_BODY, CONFLICT}):
            spec.components.response(
                _name(status),
                {
                    "description": HTTPStatus(status).phrase,
                    "content": {PROBLEM: {"schema": ProblemSchema}},
                },
            )

    def operation_helper(
        self,
        path: str | None = None,
        operations: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Complete the ``operations`` of ``path``."""
        rule: Rule = kwargs["rule"]
        for operation in (operations or {}).values():
            operation["operationId"] = rule.endpoint.removeprefix("api_").replace(".", "_")
            kept = {
                status: answer
                for status, answer in operation.get("responses", {}).items()
                if str(status).startswith("2")
            }
            refused = {str(status): _name(status) for status in _refusals(rule, operation)}
            operation["responses"] = kept | refused


def _refusals(rule: Rule, operation: dict[str, Any]) -> Iterator[int]:
    yield from ALWAYS
    if rule.arguments:
        yield ABSENT
    if "requestBody" in operation:
        yield from OF_A_BODY
    if any(p.get("name") == "Idempotency-Key" for p in operation.get("parameters", [])):
        yield CONFLICT


def _name(status: int) -> str:
    return HTTPStatus(status).name.title().replace("_", "")
