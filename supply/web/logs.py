"""An id for each request, and one line about it; nothing secret in any line.

A line never holds a query, a form, a header, a token or a patient's reference: the address in it
is the pattern of the page, with only codes of places and numbers of rows filled in.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask import Flask, Response, g, request
from werkzeug.wsgi import ClosingIterator

from supply.outage import outage_of

Environ = dict[str, Any]
StartResponse = Callable[..., Any]

logger = logging.getLogger("supply.request")
faults = logging.getLogger("supply.fault")

HEADER = "X-Request-ID"
RECORD = "supply.request"
"""Environ key of the request's :class:`Record`."""
FORMATS = ("logfmt", "json")

_SANE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
_CODE = re.compile(r"[A-Za-z0-9-]{1,40}")
_CODES = frozenset({"clinic_code", "practice_code", "supplier_code"})
_current: ContextVar[str | None] = ContextVar("request_id", default=None)


@dataclass(slots=True)
class Record:
    """What a request's line says."""

    id: str
    method: str
    address: str | None
    path: str = "-"
    status: int = 0
    note: str | None = None
    person: int | None = None
    began: float = field(default_factory=time.perf_counter)


def request_id() -> str | None:
    """Return the id of the request that is being answered, None outside of one."""
    return _current.get()


def note(text: str) -> None:
    """Say ``text`` in the line of the request that is being answered."""
    record = request.environ.get(RECORD)
    if isinstance(record, Record):
        record.note = text


class RequestLog:
    """WSGI middleware: gives the request its id, says it in the answer, writes the line.

    Around another of its kind it is the outer one that does so.
    """

    def __init__(self, inner: Callable[..., Iterable[bytes]], *, trusted: bool) -> None:
        """Wrap ``inner``; an id sent along counts if ``trusted``: from our own proxy."""
        self._inner = inner
        self._trusted = trusted

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        if RECORD in environ:
            return self._inner(environ, start_response)
        record = environ[RECORD] = self._record(environ)
        before = _current.set(record.id)

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            record.status = int(status[:3])
            kept = [(name, value) for name, value in headers if name.lower() != HEADER.lower()]
            return start_response(status, [*kept, (HEADER, record.id)], *rest)

        def end() -> None:
            _write(record)
            _current.set(None)

        try:
            return ClosingIterator(self._inner(environ, start), end)
        except BaseException:
            _write(record)
            _current.reset(before)
            raise

    def _record(self, environ: Environ) -> Record:
        sent = str(environ.get("HTTP_X_REQUEST_ID", "")) if self._trusted else ""
        known = sent if _SANE_ID.fullmatch(sent) else secrets.token_hex(8)
        path = str(environ.get("PATH_INFO", ""))
        place = "/static/…" if path.startswith("/static/") else "-"
        method = str(environ.get("REQUEST_METHOD", ""))[:10]
        return Record(known, method, environ.get("REMOTE_ADDR"), place)


def write_apart(method: str, path: str, status: int, address: str) -> str:
    """Write the line of a request that is answered without the application; return its id."""
    record = Record(secrets.token_hex(8), method, address, path, status)
    before = _current.set(record.id)
    _write(record)
    _current.reset(before)
    return record.id


def install(app: Flask) -> None:
    """Log every request of ``app``, and a fault of ours with its trace, once."""
    # The request's own line says all that the form library would in another.
    logging.getLogger("flask_wtf.csrf").setLevel(logging.WARNING)
    app.before_request(_note_request)
    app.after_request(_note_person)
    app.log_exception = _log_exception  # type: ignore[method-assign]


def wrap(app: Flask) -> None:
    """Put the log around all that answers for ``app`` so far."""
    trusted = bool(app.config["SECURE_COOKIES"])
    app.wsgi_app = RequestLog(app.wsgi_app, trusted=trusted)  # type: ignore[method-assign]


def _note_request() -> None:
    record = request.environ.get(RECORD)
    if isinstance(record, Record):
        record.path = _path()
        record.address = request.remote_addr


def _note_person(response: Response) -> Response:
    record = request.environ.get(RECORD)
    if isinstance(record, Record):
        record.person = _person_id()
    return response


def _path() -> str:
    """Return the pattern of the address, codes of places and numbers filled in."""
    if request.url_rule is None:
        return "-"
    path = str(request.url_rule)
    for name, value in (request.view_args or {}).items():
        if isinstance(value, int) or (name in _CODES and _CODE.fullmatch(str(value))):
            path = re.sub(rf"<(?:[a-z_]+(?:\([^)]*\))?:)?{name}>", str(value), path)
    return path


def _person_id() -> int | None:
    """Return who asked, as far as it was found out; the database is not asked again."""
    person = g.get("api_person") or g.get("_login_user")
    state = sa.inspect(person, raiseerr=False) if person is not None else None
    identity = getattr(state, "identity", None)
    return int(identity[0]) if identity else None


def _write(record: Record) -> None:
    said = {
        "method": record.method,
        "path": record.path,
        "status": record.status,
        "ms": round((time.perf_counter() - record.began) * 1000),
        "person": record.person,
        "address": record.address,
    }
    if record.note is not None:
        said["note"] = record.note
    level = logging.WARNING if record.status >= 500 else logging.INFO
    logger.log(level, "request", extra={"said": said})


def _log_exception(exc_info: Any) -> None:
    """Log what no handler took: a trace for a fault of ours, a sentence for an outage."""
    if outage_of(exc_info[1]) is None:
        faults.error("%s %s failed", request.method, _path(), exc_info=exc_info)


# How lines are written


class LineFormatter(logging.Formatter):
    """Writes a line as logfmt (``key=value``) or as one JSON object."""

    def __init__(self, style: str) -> None:
        """Write as ``style``: "logfmt" or "json"."""
        super().__init__()
        self._json = style == "json"

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; a trace stands in it, so that no line is only half of one."""
        parts = dict(self._parts(record))
        if self._json:
            return json.dumps(parts, ensure_ascii=False, default=str)
        return " ".join(f"{name}={_quoted(value)}" for name, value in parts.items())

    def _parts(self, record: logging.LogRecord) -> Iterator[tuple[str, Any]]:
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        yield "at", f"{at}.{int(record.msecs):03d}Z"
        yield "level", record.levelname.lower()
        yield "log", record.name
        if (known := _current.get()) is not None:
            yield "id", known
        said: dict[str, Any] | None = getattr(record, "said", None)
        if said is None:
            yield "message", record.getMessage()
        else:
            yield from said.items()
        if record.exc_info:
            yield "trace", self.formatException(record.exc_info)


def _quoted(value: Any) -> str:
    if value is None:
        return "-"
    text = str(value)
    if text and re.fullmatch(r"[^\s\"=\\\x00-\x1f\x7f]+", text):
        return text
    return json.dumps(text, ensure_ascii=False)


def configure(style: str) -> None:
    """Write every log of this process to standard error, as ``style`` says."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter(style))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    # Every PDF tells in fifty lines how its fonts were cut.
    logging.getLogger("fontTools").setLevel(logging.WARNING)
