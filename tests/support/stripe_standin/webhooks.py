"""Webhooks: events signed as Stripe signs them, posted when and how a test wants."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from queue import SimpleQueue
from typing import Final
from urllib.parse import urlsplit

from tests.support.stripe_standin.books import Object
from tests.support.stripe_standin.clock import StandinClock

SECRET: Final = "whsec_standin"
PATIENCE_SECONDS: Final = 60.0


@dataclass(frozen=True)
class SignedBody:
    """What is posted to a webhook endpoint."""

    body: bytes
    headers: dict[str, str]


Post = Callable[[SignedBody], int]
"""Posts a body somewhere and returns the status it was answered with."""


def over_http(url: str) -> Post:
    """Post to ``url``; a refused or broken connection counts as status 0."""
    parts = urlsplit(url)

    def post(signed: SignedBody) -> int:
        connection = HTTPConnection(parts.netloc, timeout=PATIENCE_SECONDS)
        try:
            connection.request("POST", parts.path, signed.body, signed.headers)
            return connection.getresponse().status
        except (OSError, HTTPException):
            return 0
        finally:
            connection.close()

    return post


@dataclass
class Webhooks:
    """An account's one endpoint.

    ``secrets`` sign: two of them while one is being replaced. ``types`` are what the endpoint
    asked for, every event while it is None. Nothing is sent by itself: leave an event out and
    it is late, deliver it twice and it is doubled, in another order and it is reordered.
    """

    clock: StandinClock
    secrets: list[str] = field(default_factory=lambda: [SECRET])
    types: set[str] | None = None
    events: list[Object] = field(default_factory=list)
    listeners: list[Callable[[Object], None]] = field(default_factory=list)

    def hear(self, event: Object) -> None:
        """Take up a new event."""
        if self.types is not None and event["type"] not in self.types:
            event["pending_webhooks"] = 0
            return
        self.events.append(event)
        for listen in self.listeners:
            listen(event)

    def pending(self, *types: str) -> list[Object]:
        """Return the undelivered events, oldest first, of ``types`` where some are given."""
        waiting = [one for one in self.events if one["pending_webhooks"]]
        return [one for one in waiting if not types or one["type"] in types]

    def signed(
        self, event: Object, *, age: int = 0, secrets: Iterable[str] | None = None
    ) -> SignedBody:
        """Return an event as it is posted, signed ``age`` seconds ago (negative: ahead of time).

        With other ``secrets`` than the endpoint's it is a forgery.
        """
        body = json.dumps(event, indent=2).encode()
        return self.signed_bytes(body, age=age, secrets=secrets)

    def signed_bytes(
        self, body: bytes, *, age: int = 0, secrets: Iterable[str] | None = None
    ) -> SignedBody:
        """Return any bytes with a valid signature: what came malformed from the right sender."""
        at = self.clock.now() - age
        marks = [f"v1={sign(body, at, s)}" for s in (self.secrets if secrets is None else secrets)]
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": ",".join([f"t={at}", *marks, f"v0={'0' * 64}"]),
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        }
        return SignedBody(body, headers)

    def deliver(self, post: Post, events: Iterable[Object] | None = None) -> list[int]:
        """Post ``events``, by default all undelivered ones, and return the statuses."""
        chosen = self.pending() if events is None else list(events)
        return [self._deliver(post, event) for event in chosen]

    def _deliver(self, post: Post, event: Object) -> int:
        status = post(self.signed(event))
        if 200 <= status < 300:
            event["pending_webhooks"] = 0
        return status


@contextmanager
def delivering(webhooks: Webhooks, post: Post) -> Iterator[None]:
    """Post every new event at once and in order while the block runs, and the rest at its end.

    What is not taken stays undelivered.
    """
    new: SimpleQueue[Object | None] = SimpleQueue()

    def run() -> None:
        while (event := new.get()) is not None:
            webhooks.deliver(post, [event])

    thread = threading.Thread(target=run, name="stripe-webhooks")
    webhooks.listeners.append(new.put)
    thread.start()
    try:
        yield
    finally:
        webhooks.listeners.remove(new.put)
        new.put(None)
        thread.join()


def sign(body: bytes, at: int, secret: str) -> str:
    """Return the signature of a body sent at an instant."""
    return hmac.new(secret.encode(), b"%d." % at + body, hashlib.sha256).hexdigest()
