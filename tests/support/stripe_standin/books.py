"""What Stripe keeps of one account in one mode: its objects and the events about them."""

from __future__ import annotations

import copy
import secrets
import string
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from stripe._api_version import _ApiVersion

from tests.support.stripe_standin.clock import StandinClock
from tests.support.stripe_standin.errors import no_such

API_VERSION: Final = _ApiVersion.CURRENT
ALPHABET: Final = string.ascii_letters + string.digits

Object = dict[str, Any]
"""One object as it is answered, ids instead of the objects it names."""

SESSION: Final = "checkout.session"


@dataclass(frozen=True)
class Origin:
    """The request that causes a change; empty where a person or Stripe itself does."""

    request: str | None = None
    key: str | None = None


@dataclass
class Books:
    """The objects of one mode, oldest first. Whoever changes them holds the stand-in's lock.

    ``lines``, ``intent_data`` and ``intent_of`` are kept by session: what it was asked for, and
    the PaymentIntent of the first attempt, which the session itself names only once paid.
    """

    livemode: bool
    clock: StandinClock
    pages: str
    connected: set[str] = field(default_factory=set)
    customers: set[str] = field(default_factory=set)
    objects: dict[str, Object] = field(default_factory=dict)
    lines: dict[str, list[Object]] = field(default_factory=dict)
    intent_data: dict[str, Object] = field(default_factory=dict)
    intent_of: dict[str, str] = field(default_factory=dict)
    origin: Origin = field(default_factory=Origin)
    refunds_begin: str = "succeeded"
    platform_may_pay: bool = False
    on_event: list[Callable[[Object], None]] = field(default_factory=list)

    def add(self, new: Object, *, created: int | None = None) -> Object:
        """Keep a new object under its id and return it."""
        new["created"] = self.clock.now() if created is None else created
        self.objects[new["id"]] = new
        return new

    def find(self, kind: str, object_id: str, param: str = "id") -> Object:
        """Return an object of ``kind``.

        Raises:
            Refused: there is none in this mode (404).
        """
        found = self.objects.get(object_id)
        if found is None or found["object"] != kind:
            raise no_such(kind, object_id, param)
        return found

    def all_of(self, kind: str) -> list[Object]:
        """Return the objects of ``kind``, newest first."""
        found = [one for one in reversed(self.objects.values()) if one["object"] == kind]
        # Of one second the last first: sorting keeps what is equal in its order.
        return sorted(found, key=lambda one: -int(one["created"]))

    def record(
        self, type_: str, about: Object, previous: Object | None = None, at: int | None = None
    ) -> Object:
        """Keep an event: a snapshot of ``about`` as it now is."""
        data: Object = {"object": copy.deepcopy(about)}
        if previous is not None:
            data["previous_attributes"] = previous
        event: Object = {
            "id": new_id("evt_1", 28),
            "object": "event",
            "api_version": API_VERSION,
            "data": data,
            "livemode": self.livemode,
            "pending_webhooks": 1,
            "request": {"id": self.origin.request, "idempotency_key": self.origin.key},
            "type": type_,
        }
        self.add(event, created=at)
        for hear in self.on_event:
            hear(event)
        return event


def new_id(prefix: str, length: int) -> str:
    """Return an id nobody has, as long as Stripe's are."""
    return prefix + "".join(secrets.choice(ALPHABET) for _ in range(length - len(prefix)))


def change(about: Object, **fields: Any) -> Object:
    """Change fields and return what they were before."""
    previous = {name: about[name] for name in fields if about[name] != fields[name]}
    about.update(fields)
    return previous
