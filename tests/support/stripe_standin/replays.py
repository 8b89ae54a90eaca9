"""Idempotency keys: what was answered under one is answered again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from tests.support.stripe_standin.clock import StandinClock
from tests.support.stripe_standin.errors import Refused

LONGEST_KEY: Final = 255
KEPT: Final = 24 * 3600


@dataclass(frozen=True)
class Answer:
    """A status and a body, and the request that was first answered so."""

    status: int
    body: dict[str, Any]
    request: str


@dataclass
class _Entry:
    path: str
    sent: Any
    at: int
    answer: Answer | None = None


@dataclass
class Replays:
    """The keys of one mode. Whoever asks holds the stand-in's lock."""

    clock: StandinClock
    _entries: dict[str, _Entry] = field(default_factory=dict)

    def begin(self, key: str, path: str, sent: Any) -> Answer | None:
        """Return the answer kept under ``key``, or None: then carry out and finish or forget.

        Raises:
            Refused: the key is too long, of another request, or of one still under way.
        """
        if not 0 < len(key) <= LONGEST_KEY:
            message = f"Idempotency keys have up to {LONGEST_KEY} characters, not {len(key)}."
            raise Refused(message)
        entry = self._entries.get(key)
        if entry and entry.answer and entry.at + KEPT <= self.clock.now():
            entry = None
        if entry is None:
            self._entries[key] = _Entry(path, sent, self.clock.now())
            return None
        self._check_same(entry, key, path, sent)
        return entry.answer

    def finish(self, key: str, answer: Answer) -> None:
        """Keep what was answered."""
        self._entries[key].answer = answer

    def forget(self, key: str) -> None:
        """Keep nothing: carrying out had not begun."""
        del self._entries[key]

    @staticmethod
    def _check_same(entry: _Entry, key: str, path: str, sent: Any) -> None:
        another = f"Try using a key other than '{key}' if you meant another request."
        if entry.path != path:
            message = f"This idempotency key was first used for {entry.path}. {another}"
            raise Refused(message, kind="idempotency_error")
        if entry.sent != sent:
            message = f"This idempotency key was first used with other parameters. {another}"
            raise Refused(message, kind="idempotency_error")
        if entry.answer is None:
            message = f"Another request with this idempotency key is in progress: {key}."
            code = "idempotency_key_in_use"
            raise Refused(message, status=409, kind="idempotency_error", code=code)
