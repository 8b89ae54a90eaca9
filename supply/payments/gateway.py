"""Stripe, as far as we need it: one class that asks, answers in our words and never decides.

Facts from Stripe's reference, API version 2026-10-28. No call may be made inside a transaction.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeVar

import stripe
from flask import current_app

from supply.db import db, is_writing
from supply.payments.rules import Seen
from supply.payments.terms import RefundStatus

TIMEOUT: Final = 10
"""Seconds; the library would wait eighty."""
PAGE: Final = 100
_REPLAYED: Final = "idempotent-replayed"
_INTENT: Final = "payment_intent"

Answer = TypeVar("Answer")


class GatewayError(Exception):
    """Stripe did not do what was asked. ``str()`` is what it, or the network, said.

    ``final``: it never will; else it may have been done all the same, and is to be asked again
    word for word. ``away``: Stripe itself was not reached, or is not well. ``replayed``: a fault
    that is kept under the key, and would be answered again.
    """

    def __init__(
        self, said: str, *, final: bool, away: bool = False, replayed: bool = False
    ) -> None:
        """Keep what was said, and whether asking again is of use."""
        super().__init__(said)
        self.final = final
        self.away = away
        self.replayed = replayed


@dataclass(frozen=True, slots=True)
class SeenRefund:
    """A refund, as Stripe has it."""

    id: str
    status: RefundStatus
    amount: int
    currency: str
    intent_id: str
    ours: str
    """Our id of it, "" for one that was made elsewhere."""
    why: str
    created: dt.datetime


@dataclass(frozen=True, slots=True)
class SeenDispute:
    """A dispute, as Stripe has it."""

    id: str
    status: str
    reason: str
    amount: int
    currency: str
    intent_id: str
    created: dt.datetime


@dataclass(frozen=True, slots=True)
class SeenEvent:
    """That something happened to an object."""

    id: str
    type: str
    object_id: str
    created: dt.datetime


class StripeGateway:
    """Speaks to Stripe with one secret key."""

    def __init__(self, key: str, base: str = "") -> None:
        """Prepare to ask; ``base`` is where Stripe is, if not where it always is."""
        stripe.enable_telemetry = False
        client = stripe.RequestsClient(timeout=TIMEOUT)
        where: Any = {"api": base} if base else {}
        self._client = stripe.StripeClient(
            key, base_addresses=where, http_client=client, max_network_retries=0
        )
        self.live = key.startswith(("sk_live_", "rk_live_"))

    def create_session(self, body: Mapping[str, Any], key: str) -> Seen:
        """Ask for a page to pay on. Raises GatewayError."""
        sessions = self._client.v1.checkout.sessions
        return _seen(_asked(lambda: sessions.create(_params(body), {"idempotency_key": key})))

    def session(self, session_id: str) -> Seen:
        """Return a page with what was paid on it. Raises GatewayError."""
        sessions = self._client.v1.checkout.sessions
        return _seen(_asked(lambda: sessions.retrieve(session_id, {"expand": [_INTENT]})))

    def expire_session(self, session_id: str, key: str) -> Seen:
        """Close a page nobody has paid on. Raises GatewayError: it was paid, or is closed."""
        sessions = self._client.v1.checkout.sessions
        return _seen(
            _asked(lambda: sessions.expire(session_id, _params({}), {"idempotency_key": key}))
        )

    def sessions_since(self, since: dt.datetime) -> Iterator[tuple[Seen, Mapping[str, str]]]:
        """Yield the pages made since then, each with its metadata. Raises GatewayError."""
        params = {"created": {"gte": int(since.timestamp())}, "expand": [f"data.{_INTENT}"]}
        for found in self._pages(self._client.v1.checkout.sessions.list, params):
            yield _seen(found), dict(found.get("metadata") or {})

    def create_refund(self, body: Mapping[str, Any], key: str) -> SeenRefund:
        """Give money back. Raises GatewayError."""
        refunds = self._client.v1.refunds
        return _refund(_asked(lambda: refunds.create(_params(body), {"idempotency_key": key})))

    def refund(self, refund_id: str) -> SeenRefund:
        """Return a refund. Raises GatewayError."""
        return _refund(_asked(lambda: self._client.v1.refunds.retrieve(refund_id)))

    def refunds_of(self, intent_id: str) -> Iterator[SeenRefund]:
        """Yield the refunds of a payment. Raises GatewayError."""
        for found in self._pages(self._client.v1.refunds.list, {"payment_intent": intent_id}):
            yield _refund(found)

    def dispute(self, dispute_id: str) -> SeenDispute:
        """Return a dispute. Raises GatewayError."""
        return _dispute(_asked(lambda: self._client.v1.disputes.retrieve(dispute_id)))

    def disputes_of(self, intent_id: str) -> Iterator[SeenDispute]:
        """Yield the disputes of a payment. Raises GatewayError."""
        for found in self._pages(self._client.v1.disputes.list, {"payment_intent": intent_id}):
            yield _dispute(found)

    def events_since(self, since: dt.datetime, types: tuple[str, ...]) -> Iterator[SeenEvent]:
        """Yield what happened since then, of ``types`` (twenty at most). Raises GatewayError."""
        params = {"created": {"gte": int(since.timestamp())}, "types": list(types)}
        for found in self._pages(self._client.v1.events.list, params):
            yield event_in(found)

    def _pages(
        self, fetch: Callable[[Any], Any], params: Mapping[str, Any]
    ) -> Iterator[Mapping[str, Any]]:
        after: dict[str, str] = {}
        while True:
            page = _asked(partial(fetch, _params({**params, "limit": PAGE, **after})))
            found: list[Mapping[str, Any]] = page["data"]
            yield from found
            if not page.get("has_more") or not found:
                return
            after = {"starting_after": str(found[-1]["id"])}


def configured_gateway() -> StripeGateway | None:
    """Return the way to Stripe of the application, None where no card is taken."""
    return gateway_of(current_app.config)


def gateway_of(config: Mapping[str, Any]) -> StripeGateway | None:
    """Return the way to Stripe as ``config`` says, None where no card is taken."""
    key = config["STRIPE_SECRET_KEY"]
    return StripeGateway(key, config["STRIPE_API_BASE"]) if key else None


def event_in(body: Mapping[str, Any]) -> SeenEvent:
    """Return what an event says. Raises KeyError, TypeError, ValueError for what is none."""
    about = body["data"]["object"]
    return SeenEvent(
        id=_word(body["id"], 255),
        type=_word(body["type"], 100),
        object_id=_word(about["id"], 255),
        created=_instant(body["created"]),
    )


def _word(value: Any, most: int) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= most or not value.isprintable():
        raise ValueError("not a word")
    return value


def _asked(call: Callable[[], Any]) -> Any:
    """Return what ``call`` answers, as plain mappings. Raises GatewayError."""
    if is_writing() or db.session().in_transaction():
        raise RuntimeError("Stripe is asked inside a transaction")
    try:
        return call().to_dict(recursive=True)
    except stripe.InvalidRequestError as error:
        raise GatewayError(_said(error), final=True) from error
    except (stripe.CardError, stripe.IdempotencyError) as error:
        raise GatewayError(_said(error), final=error.http_status != 409) from error
    except stripe.StripeError as error:
        replayed = any(name.lower() == _REPLAYED for name in error.headers or {})
        away = (error.http_status or 0) not in range(400, 429)
        raise GatewayError(_said(error), final=False, away=away, replayed=replayed) from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        # An answer cut short or made up on the way: it may have been done.
        raise GatewayError(f"an answer that cannot be read: {error}", final=False) from error


def _said(error: stripe.StripeError) -> str:
    return str(error.user_message or error)[:1000]


def _params(body: Mapping[str, Any]) -> Any:
    """Return what is sent; the library's own types cannot tell what was kept as JSON."""
    return dict(body)


def _read(how: Callable[[Mapping[str, Any]], Answer], found: Mapping[str, Any]) -> Answer:
    try:
        return how(found)
    except (KeyError, TypeError, ValueError) as error:
        raise GatewayError(f"an object that cannot be read: {error}", final=False) from error


def _seen(found: Mapping[str, Any]) -> Seen:
    return _read(_session, found)


def _refund(found: Mapping[str, Any]) -> SeenRefund:
    return _read(_refund_in, found)


def _dispute(found: Mapping[str, Any]) -> SeenDispute:
    return _read(_dispute_in, found)


def _session(found: Mapping[str, Any]) -> Seen:
    intent = found.get("payment_intent")
    paid = found["payment_status"] == "paid"
    amount, currency = found["amount_total"], found["currency"]
    charge = None
    intent_id = intent if isinstance(intent, str) else None
    if isinstance(intent, Mapping):
        intent_id = intent["id"]
        paid = paid and intent["status"] == "succeeded"
        if paid:
            amount, currency = intent["amount_received"], intent["currency"]
        charge = intent.get("latest_charge")
    return Seen(
        session_id=found["id"],
        status=found["status"],
        paid=paid and intent_id is not None,
        amount=int(amount or 0),  # A page that only keeps a card has none.
        currency=str(currency or ""),
        reference=found.get("client_reference_id") or "",
        live=bool(found["livemode"]),
        url=found.get("url"),
        intent_id=intent_id,
        charge_id=_id_of(charge) or None,
    )


def _refund_in(found: Mapping[str, Any]) -> SeenRefund:
    return SeenRefund(
        id=found["id"],
        status=RefundStatus(found["status"]),
        amount=int(found["amount"]),
        currency=found["currency"],
        intent_id=_id_of(found.get("payment_intent")),
        ours=(found.get("metadata") or {}).get("refund", ""),
        why=found.get("failure_reason") or "",
        created=_instant(found["created"]),
    )


def _dispute_in(found: Mapping[str, Any]) -> SeenDispute:
    return SeenDispute(
        id=found["id"],
        status=found["status"],
        reason=found.get("reason") or "",
        amount=int(found["amount"]),
        currency=found["currency"],
        intent_id=_id_of(found.get("payment_intent")),
        created=_instant(found["created"]),
    )


def _id_of(found: Any) -> str:
    """Return the id of an object that is named, or told whole."""
    return str(found["id"]) if isinstance(found, Mapping) else str(found or "")


def _instant(seconds: Any) -> dt.datetime:
    return dt.datetime.fromtimestamp(int(seconds), dt.UTC)
