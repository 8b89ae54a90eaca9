"""One line for each request, without anything secret: no query, no form, no token."""

from __future__ import annotations

import logging
import time

from flask import Flask, Response, g, request

logger = logging.getLogger("supply.request")

QUIET = frozenset({"static", "health.healthz", "health.readyz"})


def install(app: Flask) -> None:
    """Log every request but those of files and health checks."""
    app.before_request(_start)
    app.after_request(_finish)


def _start() -> None:
    g.request_started = time.perf_counter()


def _finish(response: Response) -> Response:
    if request.endpoint not in QUIET:
        took = (time.perf_counter() - g.get("request_started", time.perf_counter())) * 1000
        logger.info("%s %s %s %.0f ms", request.method, _path(), response.status_code, took)
    return response


def _path() -> str:
    """Return the path, or its pattern where the path holds a secret."""
    if request.url_rule is not None and "token" in (request.view_args or {}):
        return str(request.url_rule)
    return request.path
