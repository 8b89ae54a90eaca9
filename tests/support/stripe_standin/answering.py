"""Answering requests: out of the books, once for each key, and with what goes wrong on the way."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from werkzeug.datastructures import Headers

from tests.support.stripe_standin.books import API_VERSION, Books, Origin, new_id
from tests.support.stripe_standin.clock import StandinClock
from tests.support.stripe_standin.descriptions import check
from tests.support.stripe_standin.errors import Refused
from tests.support.stripe_standin.expanding import answered, check_paths
from tests.support.stripe_standin.faults import Fault, Trouble, Troubles
from tests.support.stripe_standin.forms import read_form
from tests.support.stripe_standin.replays import Answer, Replays
from tests.support.stripe_standin.requests import Request, secret_key
from tests.support.stripe_standin.routes import Route, find_route
from tests.support.stripe_standin.sessions import expire_due

Manner = Literal["whole", "dropped", "truncated", "cut off"]
"""How an answer reaches the caller."""

_ERROR: Final = {"type": "api_error", "message": "Something went wrong on Stripe's end."}


@dataclass(frozen=True)
class Reply:
    """An answer on its way."""

    status: int
    body: bytes
    headers: dict[str, str]
    manner: Manner = "whole"


@dataclass(frozen=True)
class _Call:
    """A request whose caller and meaning are known."""

    request: Request
    route: Route
    object_id: str
    mode: bool
    trouble: Trouble | None


@dataclass
class Desk:
    """Where requests are answered. What they change changes under ``lock``.

    A hanging request does not hold it.
    """

    clock: StandinClock
    books: dict[bool, Books]
    requests: list[Request] = field(default_factory=list)
    troubles: Troubles = field(default_factory=Troubles)
    revoked: set[str] = field(default_factory=set)
    forbidden: dict[str, tuple[str, ...]] = field(default_factory=dict)
    down_until: int = 0
    lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self._replays = {mode: Replays(self.clock) for mode in self.books}

    def answer(self, method: str, path: str, encoded: str, headers: Headers) -> Reply:
        """Answer one request, and keep it."""
        request = Request(method, path, encoded, headers, new_id("req_", 18))
        with self.lock:
            self.requests.append(request)
            down = self.clock.now() < self.down_until
            trouble = None if down else self.troubles.take(request.line)
        if down:
            return _reply(request, _error(request, 503))
        if trouble is None:
            return _reply(request, self._answer(request, None))
        try:
            return self._answer_in_trouble(request, trouble)
        finally:
            trouble.ended.set()

    def _answer_in_trouble(self, request: Request, trouble: Trouble) -> Reply:
        if trouble.fault is Fault.DROP_BEFORE:
            return Reply(0, b"", {}, "dropped")
        if trouble.fault is Fault.UNAVAILABLE:
            return _reply(request, _error(request, 503))
        if trouble.fault is Fault.TOO_MANY:
            return _reply(request, _too_many(request))
        reply = _reply(request, self._answer(request, trouble))
        return replace(reply, manner=_MANNERS.get(trouble.fault, "whole"))

    def _answer(self, request: Request, trouble: Trouble | None) -> Answer:
        try:
            mode = self._authenticate(request)
            request.check_headers()
            route, object_id = find_route(request.method, request.path)
            call = _Call(request, route, object_id, mode, trouble)
            return self._carry_out(call) if request.key is None else self._once(call, request.key)
        except Refused as refused:
            return _refusal(request, refused)

    def _authenticate(self, request: Request) -> bool:
        """Return whether a request is of live mode."""
        key = secret_key(request.headers)
        if key in self.revoked:
            message = f"Expired API Key provided: {key[:8]}****"
            raise Refused(message, status=401, code="api_key_expired")
        if any(request.matches(line) for line in self.forbidden.get(key, ())):
            message = f"The provided key '{key[:8]}****' does not have the required permissions."
            raise Refused(message, status=403, code="more_permissions_required")
        return key.split("_")[1] == "live"

    def _once(self, call: _Call, key: str) -> Answer:
        replays = self._replays[call.mode]
        with self.lock:
            kept = replays.begin(key, call.request.path, call.request.params)
        if kept is not None:
            call.request.replayed = True
            return kept
        try:
            answer = self._carry_out(call)
        except BaseException:
            with self.lock:
                replays.forget(key)
            raise
        with self.lock:
            replays.finish(key, answer)
        return answer

    def _carry_out(self, call: _Call) -> Answer:
        asked = check(read_form(call.request.encoded), call.route.description)
        paths = asked.pop("expand", [])
        check_paths(call.route.kind, paths)
        if call.trouble is None:
            return self._act(call, asked, paths)
        call.trouble.hold(Fault.HANG_BEFORE)
        if call.trouble.fault is Fault.ERROR_BEFORE:
            return _error(call.request, 500)
        answer = self._act(call, asked, paths)
        call.trouble.hold(Fault.HANG_AFTER)
        if call.trouble.fault is Fault.ERROR_AFTER:
            return _error(call.request, 500)
        return answer

    def _act(self, call: _Call, asked: dict[str, Any], paths: list[str]) -> Answer:
        with self.lock:
            books = self.books[call.mode]
            expire_due(books)
            books.origin = Origin(call.request.id, call.request.key)
            try:
                done = call.route.action(books, asked, call.object_id)
                return Answer(200, answered(books, done, paths), call.request.id)
            except Refused as refused:
                if not refused.began:
                    raise
                return _refusal(call.request, refused)
            finally:
                books.origin = Origin()


_MANNERS: Final[dict[Fault, Manner]] = {
    Fault.DROP_AFTER: "dropped",
    Fault.TRUNCATED: "truncated",
    Fault.CUT_OFF: "cut off",
}


def _reply(request: Request, answer: Answer) -> Reply:
    request.status = answer.status
    headers = {
        "Content-Type": "application/json",
        "Request-Id": request.id,
        "Stripe-Version": API_VERSION,
    }
    if request.key is not None:
        headers["Idempotency-Key"] = request.key[:300]
        headers["Original-Request"] = answer.request
    if request.replayed:
        headers["Idempotent-Replayed"] = "true"
    return Reply(answer.status, json.dumps(answer.body, indent=2).encode(), headers)


def _refusal(request: Request, refused: Refused) -> Answer:
    return Answer(refused.status, refused.body(), request.id)


def _error(request: Request, status: int) -> Answer:
    return Answer(status, {"error": _ERROR}, request.id)


def _too_many(request: Request) -> Answer:
    refused = Refused("Too many requests hit the API too quickly.", status=429, code="rate_limit")
    return _refusal(request, refused)
