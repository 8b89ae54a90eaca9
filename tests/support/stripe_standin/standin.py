"""The stand-in itself, with its handles for tests."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final, Literal

from tests.support.stripe_standin import disputes, paying, refunds, sessions
from tests.support.stripe_standin.answering import Desk
from tests.support.stripe_standin.books import Books, Object
from tests.support.stripe_standin.clock import StandinClock
from tests.support.stripe_standin.faults import Fault, Trouble
from tests.support.stripe_standin.requests import Request
from tests.support.stripe_standin.webhooks import Webhooks

SECRET_KEY: Final = "sk_test_standin"
LIVE_KEY: Final = "sk_live_standin"
OUTAGE_SECONDS: Final = 3600


class StripeStandin:
    """A Stripe of one's own, spoken to at ``url``, which has no slash at its end."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.clock = StandinClock()
        self.webhooks = Webhooks(self.clock)
        self._books = {mode: Books(mode, self.clock, url) for mode in (False, True)}
        for books in self._books.values():
            books.on_event.append(self.webhooks.hear)
        self.desk = Desk(self.clock, self._books)
        self._lock = self.desk.lock

    @property
    def requests(self) -> list[Request]:
        """All requests so far, as they came."""
        return self.desk.requests

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
        """Return the requests to ``"POST /v1/refunds"`` or ``"POST */expire"``, as they came."""
        return [one for one in self.requests if one.matches(line)]

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
        self.desk.revoked.add(key)

    def forbid(self, key: str, *lines: str) -> None:
        """Let a restricted key lack the permission for calls: ``"GET /v1/charges/*"``."""
        self.desk.forbidden[key] = lines

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
            return self.desk.troubles.add(fault, on, times)

    def outage(self, seconds: int = OUTAGE_SECONDS) -> None:
        """Answer 503 to everything until the clock is ``seconds`` on."""
        self.desk.down_until = self.clock.now() + seconds

    def release_all(self) -> None:
        """Let every hanging request go on."""
        self.desk.troubles.release_all()

    def _books_of(self, object_id: str) -> Books:
        for books in self._books.values():
            if object_id in books.objects:
                return books
        raise KeyError(object_id)

    def _caught_up(self, object_id: str) -> Books:
        books = self._books_of(object_id)
        sessions.expire_due(books)
        return books
