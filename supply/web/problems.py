"""Error answers of the API: problem documents (RFC 9457)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from flask import Response, json, request

from supply.web.logs import request_id


def is_api_request() -> bool:
    """Return whether the request is to the API, whose errors are JSON."""
    return f"{request.path}/".startswith("/api/")


def problem(
    status: int,
    detail: str,
    errors: Iterable[tuple[str, str]] = (),
    more: Mapping[str, Any] | None = None,
) -> Response:
    """Return a problem document; ``errors`` are (field, message), ``more`` extra members.

    ``request_id`` in it is the number by which the operator finds the request in the log.
    """
    content = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "request_id": request_id(),
        "errors": [{"field": field, "message": message} for field, message in errors],
        **(more or {}),
    }
    return Response(json.dumps(content), status, mimetype="application/problem+json")
