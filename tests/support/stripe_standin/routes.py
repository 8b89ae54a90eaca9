"""The calls the stand-in answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final

from stripe.params._balance_transaction_retrieve_params import BalanceTransactionRetrieveParams
from stripe.params._charge_list_params import ChargeListParams
from stripe.params._charge_retrieve_params import ChargeRetrieveParams
from stripe.params._dispute_list_params import DisputeListParams
from stripe.params._dispute_retrieve_params import DisputeRetrieveParams
from stripe.params._event_list_params import EventListParams
from stripe.params._event_retrieve_params import EventRetrieveParams
from stripe.params._payment_intent_cancel_params import PaymentIntentCancelParams
from stripe.params._payment_intent_list_params import PaymentIntentListParams
from stripe.params._payment_intent_retrieve_params import PaymentIntentRetrieveParams
from stripe.params._refund_cancel_params import RefundCancelParams
from stripe.params._refund_create_params import RefundCreateParams
from stripe.params._refund_list_params import RefundListParams
from stripe.params._refund_retrieve_params import RefundRetrieveParams
from stripe.params.checkout._session_create_params import SessionCreateParams
from stripe.params.checkout._session_expire_params import SessionExpireParams
from stripe.params.checkout._session_list_params import SessionListParams
from stripe.params.checkout._session_retrieve_params import SessionRetrieveParams

from tests.support.stripe_standin.books import SESSION, Books, Object
from tests.support.stripe_standin.errors import Refused, no_such, not_acted_on
from tests.support.stripe_standin.expanding import LIST_OF
from tests.support.stripe_standin.listing import created_within, page
from tests.support.stripe_standin.refunds import cancel_refund, create_refund
from tests.support.stripe_standin.sessions import create_session, expire_session

Action = Callable[[Books, dict[str, Any], str], Object]
"""Carries out a call: the books, its parameters, the id in its path ("" where there is none)."""

EVENTS_REACH: Final = 30 * 86_400
MOST_TYPES: Final = 20
_PAGING: Final = frozenset({"created", "ending_before", "limit", "starting_after"})


@dataclass(frozen=True)
class Route:
    """A call: how it is addressed, what describes its parameters, what it answers, how."""

    method: str
    path: str
    description: type
    kind: str
    action: Action

    def id_in(self, method: str, path: str) -> str | None:
        """Return the id in a path that is this call's, and None for another's."""
        pattern = re.escape(self.path).replace(r"\{id\}", r"([^/]+)")
        match = re.fullmatch(pattern, path)
        if match is None or method != self.method:
            return None
        return match[1] if match.groups() else ""


def find_route(method: str, path: str) -> tuple[Route, str]:
    """Return the call that is addressed, and the id in its path.

    Raises:
        Refused: there is no such call (404).
    """
    for route in ROUTES:
        if (object_id := route.id_in(method, path)) is not None:
            return route, object_id
    raise Refused(f"Unrecognized request URL ({method}: {path}).", status=404)


def _retrieves(kind: str, param: str = "id") -> Action:
    def retrieve(books: Books, asked: dict[str, Any], object_id: str) -> Object:
        return books.find(kind, object_id, param)

    return retrieve


def _lists(kind: str, path: str, *filters: str) -> Action:
    def list_(books: Books, asked: dict[str, Any], _id: str) -> Object:
        for name in asked:
            if name not in _PAGING and name not in filters:
                raise not_acted_on(name)
        wanted = {name: asked[name] for name in filters if name in asked}
        found = [
            one
            for one in books.all_of(kind)
            if created_within(one, asked.get("created"))
            and all(one[name] == value for name, value in wanted.items())
        ]
        return page(found, asked, path)

    return list_


def _retrieve_event(books: Books, asked: dict[str, Any], event_id: str) -> Object:
    event = books.find("event", event_id)
    if event["created"] < books.clock.now() - EVENTS_REACH:
        raise no_such("event", event_id, "id")
    return event


def _list_events(books: Books, asked: dict[str, Any], _id: str) -> Object:
    if "type" in asked and "types" in asked:
        raise Refused("You may only specify one of these parameters: type, types.", param="type")
    types = asked.get("types", [asked.get("type", "*")])
    if len(types) > MOST_TYPES:
        raise Refused(f"You may pass at most {MOST_TYPES} types.", param="types")
    oldest = books.clock.now() - EVENTS_REACH
    found = [
        event
        for event in books.all_of("event")
        if event["created"] >= oldest
        and created_within(event, asked.get("created"))
        and any(fnmatchcase(event["type"], wanted) for wanted in types)
        and asked.get("delivery_success") in {None, not event["pending_webhooks"]}
    ]
    return page(found, asked, "/v1/events")


def _create_session(books: Books, asked: dict[str, Any], _id: str) -> Object:
    return create_session(books, asked)


def _expire_session(books: Books, asked: dict[str, Any], session_id: str) -> Object:
    return expire_session(books, session_id)


def _create_refund(books: Books, asked: dict[str, Any], _id: str) -> Object:
    return create_refund(books, asked)


def _cancel_refund(books: Books, asked: dict[str, Any], refund_id: str) -> Object:
    return cancel_refund(books, refund_id)


def _cancel_intent(books: Books, asked: dict[str, Any], intent_id: str) -> Object:
    books.find("payment_intent", intent_id, "intent")
    raise Refused(
        "You cannot cancel a PaymentIntent that a Checkout Session made: expire the session.",
        code="payment_intent_unexpected_state",
        began=True,
    )


_SESSIONS: Final = "/v1/checkout/sessions"
_INTENT: Final = "payment_intent"
_INTENTS: Final = "/v1/payment_intents"
_BALANCE: Final = "balance_transaction"

ROUTES: Final = (
    Route("POST", _SESSIONS, SessionCreateParams, SESSION, _create_session),
    Route("GET", _SESSIONS, SessionListParams, LIST_OF + SESSION,
          _lists(SESSION, _SESSIONS, "payment_intent", "status", "customer")),
    Route("GET", f"{_SESSIONS}/{{id}}", SessionRetrieveParams, SESSION,
          _retrieves(SESSION, "session")),
    Route("POST", f"{_SESSIONS}/{{id}}/expire", SessionExpireParams, SESSION, _expire_session),
    Route("GET", _INTENTS, PaymentIntentListParams, LIST_OF + _INTENT,
          _lists(_INTENT, _INTENTS, "customer")),
    Route("GET", f"{_INTENTS}/{{id}}", PaymentIntentRetrieveParams, _INTENT,
          _retrieves(_INTENT, "intent")),
    Route("POST", f"{_INTENTS}/{{id}}/cancel", PaymentIntentCancelParams, _INTENT,
          _cancel_intent),
    Route("GET", "/v1/charges", ChargeListParams, LIST_OF + "charge",
          _lists("charge", "/v1/charges", "payment_intent", "customer", "transfer_group")),
    Route("GET", "/v1/charges/{id}", ChargeRetrieveParams, "charge", _retrieves("charge")),
    Route("POST", "/v1/refunds", RefundCreateParams, "refund", _create_refund),
    Route("GET", "/v1/refunds", RefundListParams, LIST_OF + "refund",
          _lists("refund", "/v1/refunds", "charge", "payment_intent")),
    Route("GET", "/v1/refunds/{id}", RefundRetrieveParams, "refund", _retrieves("refund")),
    Route("POST", "/v1/refunds/{id}/cancel", RefundCancelParams, "refund", _cancel_refund),
    Route("GET", "/v1/disputes", DisputeListParams, LIST_OF + "dispute",
          _lists("dispute", "/v1/disputes", "charge", "payment_intent")),
    Route("GET", "/v1/disputes/{id}", DisputeRetrieveParams, "dispute", _retrieves("dispute")),
    Route("GET", "/v1/events", EventListParams, LIST_OF + "event", _list_events),
    Route("GET", "/v1/events/{id}", EventRetrieveParams, "event", _retrieve_event),
    Route("GET", "/v1/balance_transactions/{id}", BalanceTransactionRetrieveParams, _BALANCE,
          _retrieves(_BALANCE)),
)  # fmt: skip
