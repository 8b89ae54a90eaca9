"""Links by which people stop a kind of mail from the mail itself, without signing in (RFC 8058).

A link is signed, names a person and a topic, and holds for good: mails are read years later. All it
does is stop mails on that topic to that person, or take that back.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from supply.outbox import keys
from supply.outbox.links import public_url


@dataclass(frozen=True, slots=True)
class Link:
    """What a link says: who wants no more mails, on what."""

    person_id: int
    topic: str

    def has_ended(self, _now: dt.datetime) -> bool:
        """Return that it never is too old."""
        return False


def unsubscribe_url(person_id: int, topic: str) -> str:
    """Return the full address at which that person stops mails on a topic."""
    token = keys.key(keys.UNSUBSCRIBE, person_id, topic)
    return public_url("alerts.unsubscribe", token=token)


def link_behind(token: str) -> Link | None:
    """Return what ``token`` says, None where we did not sign it for this."""
    try:
        person_id, topic = keys.said_by(keys.UNSUBSCRIBE, token) or []
        return Link(int(person_id), str(topic))
    except (TypeError, ValueError):
        return None
