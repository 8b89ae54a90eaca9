"""What the OpenAPI document says of every call beside its shapes: its name, and how it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from apispec import APISpec, BasePlugin
from werkzeug.routing import Rule

from supply.api.base.problems import ProblemSchema

PROBLEM = "application/problem+json"

ALWAYS = (401, 403, 429, 503)
"""No good token; a role that does not reach this; too many calls; the database is away."""

ABSENT = 404
"""There is nothing of the caller's at this address."""

OF_A_BODY = (400, 413, 415, 422)
"""Not to be read at all; too large; not JSON; a field that cannot be taken."""

CONFLICT = 409
"""It stands against what is there, or the key was used for something else."""


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
    elif operation.get("parameters"):
        yield 422
    if any(p.get("name") == "Idempotency-Key" for p in operation.get("parameters", [])):
        yield CONFLICT


def _name(status: int) -> str:
    return HTTPStatus(status).name.title().replace("_", "")
