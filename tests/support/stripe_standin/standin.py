"""The stand-in itself: answers requests, and has handles for tests."""

from __future__ import annotations

import datetime as dt
import json
import threading
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from werkzeug.datastructures import Headers

from tests.support.stripe_standin import disputes, paying, refunds, sessions
from tests.support.stripe_standin.books import API_VERSION, Books, Object, Origin, new_id
from tests.support.stripe_standin.clock import StandinClock
from tests.support.stripe_standin.descriptions import check
from tests.support.stripe_standin.errors import Refused
from tests.support.stripe_standin.expanding import answered, check_paths
from tests.support.stripe_standin.faults import Fault, Trouble, Troubles
from tests.support.stripe_standin.forms import read_form
from tests.support.stripe_standin.replays import Answer, Replays
from tests.support.stripe_standin.requests import Request, secret_key
from tests.support.stripe_standin.routes import Route, find_route
from tests.support.stripe_standin.webhooks import Webhooks

SECRET_KEY: Final = "sk_test_standin"
LIVE_KEY: Final = "sk_live_standin"
OUTAGE_SECONDS: Final = 3600

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


class StripeStandin:
    """A Stripe of one's own, spoken to at ``url``, which has no slash at its end.

    Its state changes under one lock; a hanging request does not hold it.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.clock = StandinClock()
        self.webhooks = Webhooks(self.clock)
        self.requests: list[Request] = []
        self._troubles = Troubles()
        self._lock = threading.RLock()
        self._revoked: set[str] = set()
        self._forbidden: dict[str, tuple[str, ...]] = {}
        self._down_until = 0
        self._books = {mode: Books(mode, self.clock, url) for mode in (False, True)}
        self._replays = {mode: Replays(self.clock) for mode in (False, True)}
        for books in self._books.values():
            books.on_event.append(self.webhooks.hear)

    # What a test sees and says

    def object(self, object_id: str) -> Object:
        """Return an object as it is kept, of either mode."""
        with self._lock:
            sessions.expire_due(self._books_of(object_id))
            return self._books_of(object_id).objects[object_id]

    def objects(self, kind: str) -> list[Object]:
        """Return all objects of a kind, oldest first, test mode before live mode."""
        with self._lock:
            return [one for books in self._books.values() for one in books.all_of(kind)[::-1]]

    def requests_to(self, line: str) -> list[Request]:
        """Return the requests of one method and path: ``"POST /v1/refunds"``."""
        return [one for one in self.requests if one.line == line]

    def connect(self, account_id: str) -> None:
        """Let an account be the destination of payments, in both modes."""
        for books in self._books.values():
            books.connected.add(account_id)

    def add_customer(self, customer_id: str) -> None:
        """Let there be a customer, in both modes."""
        for books in self._books.values():
            books.customers.add(customer_id)

    def begin_refunds_as(self, status: Literal["succeeded", "pending", "requires_action"]) -> None:
        """Choose where new refunds begin: cards usually succeed at once."""
        for books in self._books.values():
            books.refunds_begin = status

    def revoke(self, key: str) -> None:
        """Let a key be refused from now on."""
        self._revoked.add(key)

    def forbid(self, key: str, *lines: str) -> None:
        """Let a restricted key lack the permission for calls: ``"POST /v1/refunds"``."""
        self._forbidden[key] = lines

    def let_platform_pay(self) -> None:
        """Take refunds of destination charges without ``reverse_transfer``, as Stripe does.

        The platform then pays for its supplier. Until this is called they are refused, so that
        forgetting it is seen.
        """
        for books in self._books.values():
            books.platform_may_pay = True

    def pay(self, session_id: str, card: paying.Card = "ok") -> str | None:
        """Try a card at the checkout; return where the person is sent, None if nowhere.

        Raises:
            NotOpenError: the session is paid or expired.
        """
        with self._lock:
            books = self._caught_up(session_id)
            return paying.pay(books, session_id, card)

    def settle_delayed(self, session_id: str, *, ok: bool) -> None:
        """Let the bank decide on a payment made with ``card="delayed"``."""
        with self._lock:
            paying.settle_delayed(self._caught_up(session_id), session_id, ok=ok)

    def abandon(self, session_id: str) -> str | None:
        """Leave the checkout by its back link; return where that leads. Nothing changes."""
        address: str | None = self.object(session_id)["cancel_url"]
        return address

    def stand_at(self, instant: dt.datetime) -> None:
        """Let the stand-in's clock stand still at ``instant``."""
        self.clock.stand_at(instant)

    def advance(self, seconds: float) -> None:
        """Let time pass; what is due by then happens."""
        with self._lock:
            self.clock.advance(seconds)
            for books in self._books.values():
                sessions.expire_due(books)

    def succeed_refund(self, refund_id: str) -> None:
        """Let a bank take an undecided refund."""
        with self._lock:
            refunds.succeed_refund(self._caught_up(refund_id), refund_id)

    def fail_refund(self, refund_id: str, reason: str = "expired_or_canceled_card") -> None:
        """Let a bank send a refund back, also one that had succeeded."""
        with self._lock:
            refunds.fail_refund(self._caught_up(refund_id), refund_id, reason)

    def cancel_refund(self, refund_id: str) -> None:
        """Cancel an undecided refund on Stripe's own pages."""
        with self._lock:
            refunds.withdraw_refund(self._caught_up(refund_id), refund_id)

    def open_dispute(
        self,
        charge_id: str,
        *,
        amount: int | None = None,
        reason: str = "fraudulent",
        inquiry: bool = False,
    ) -> str:
        """Let a cardholder dispute a charge, or only inquire; return the dispute's id."""
        with self._lock:
            books = self._caught_up(charge_id)
            opened = disputes.open_dispute(books, charge_id, amount, reason, inquiry=inquiry)
            return str(opened["id"])

    def close_dispute(self, dispute_id: str, *, won: bool) -> None:
        """Let the bank decide a dispute."""
        with self._lock:
            disputes.close_dispute(self._caught_up(dispute_id), dispute_id, won=won)

    def tell_again(self, event: Object) -> Object:
        """Let a second event, of another id, tell of the change an event tells of."""
        with self._lock:
            books = self._books[event["livemode"]]
            return books.record(event["type"], event["data"]["object"])

    def tamper(self, object_id: str, **fields: Any) -> None:
        """Change fields of an object behind everyone's back; no event tells of it."""
        with self._lock:
            kept = self._books_of(object_id).objects[object_id]
            unknown = fields.keys() - kept.keys()
            assert not unknown, f"{kept['object']} has no {', '.join(sorted(unknown))}"
            kept.update(fields)

    def fail_next(self, fault: Fault, on: str = "*", times: int = 1) -> Trouble:
        """Prepare a fault for the next requests to ``on``: ``"POST /v1/refunds"``, ``"GET *"``."""
        with self._lock:
            return self._troubles.add(fault, on, times)

    def outage(self, seconds: int = OUTAGE_SECONDS) -> None:
        """Answer 503 to everything until the clock is ``seconds`` on."""
        self._down_until = self.clock.now() + seconds

    def release_all(self) -> None:
        """Let every hanging request go on."""
        self._troubles.release_all()

    # Answering

    def answer(self, method: str, path: str, encoded: str, headers: Headers) -> Reply:
        """Answer one request, and keep it."""
        request = Request(method, path, encoded, headers, new_id("req_", 18))
        with self._lock:
            self.requests.append(request)
            trouble = self._troubles.take(request.line)
            down = self.clock.now() < self._down_until
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
            if request.key is None:
                return self._carry_out(request, route, object_id, mode, trouble)
            return self._once(request, route, object_id, mode, trouble)
        except Refused as refused:
            return _refusal(request, refused)

    def _authenticate(self, request: Request) -> bool:
        """Return whether a request is of live mode."""
        key = secret_key(request.headers)
        if key in self._revoked:
            message = f"Expired API Key provided: {key[:8]}****"
            raise Refused(message, status=401, code="api_key_expired")
        if request.line in self._forbidden.get(key, ()):
            message = f"The provided key '{key[:8]}****' does not have the required permissions."
            raise Refused(message, status=403, code="more_permissions_required")
        return key.split("_")[1] == "live"

    def _once(
        self,
        request: Request,
        route: Route,
        object_id: str,
        mode: bool,
        trouble: Trouble | None,
    ) -> Answer:
        key, replays = request.key or "", self._replays[mode]
        with self._lock:
            kept = replays.begin(key, request.path, request.params)
        if kept is not None:
            request.replayed = True
            return kept
        try:
            answer = self._carry_out(request, route, object_id, mode, trouble)
        except Refused:
            with self._lock:
                replays.forget(key)
            raise
        with self._lock:
            replays.finish(key, answer)
        return answer

    def _carry_out(
        self,
        request: Request,
        route: Route,
        object_id: str,
        mode: bool,
        trouble: Trouble | None,
    ) -> Answer:
        asked = check(read_form(request.encoded), route.description)
        check_paths(route.kind, asked.get("expand", []))
        if trouble:
            trouble.hold(Fault.HANG_BEFORE)
            if trouble.fault is Fault.ERROR_BEFORE:
                return _error(request, 500)
        answer = self._act(request, route, object_id, mode, asked)
        if trouble:
            trouble.hold(Fault.HANG_AFTER)
            if trouble.fault is Fault.ERROR_AFTER:
                return _error(request, 500)
        return answer

    def _act(
        self, request: Request, route: Route, object_id: str, mode: bool, asked: dict[str, Any]
    ) -> Answer:
        with self._lock:
            books = self._books[mode]
            sessions.expire_due(books)
            books.origin = Origin(request.id, request.key)
            try:
                done = route.action(books, asked, object_id)
                body = answered(books, done, asked.get("expand", []))
                return Answer(200, body, request.id)
            except Refused as refused:
                if not refused.began:
                    raise
                return _refusal(request, refused)
            finally:
                books.origin = Origin()

    def _books_of(self, object_id: str) -> Books:
        for books in self._books.values():
            if object_id in books.objects:
                return books
        raise KeyError(object_id)

    def _caught_up(self, object_id: str) -> Books:
        books = self._books_of(object_id)
        sessions.expire_due(books)
        return books


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
