"""Keys in the links of mails: signed statements that open one page each without signing in."""

from __future__ import annotations

import re
from typing import Any, Final

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer

ANSWER: Final = "answer an order from its mail"
DECIDE: Final = "decide on an order from its mail"
UNSUBSCRIBE: Final = "stop a kind of mail from the mail itself"
"""What a key is for: one that was signed for anything else opens nothing."""

_IN_ADDRESS = re.compile(r"(/(?:answer|decide|unsubscribe)/)[\w.-]+", re.ASCII)


def key(purpose: str, *said: int | float | str) -> str:
    """Return the key that says ``said`` to the page it is for; it stands well in an address."""
    return _signer(purpose).dumps(list(said))


def said_by(purpose: str, token: str) -> list[Any] | None:
    """Return what ``token`` says, None where we did not sign it for this purpose."""
    try:
        said = _signer(purpose).loads(token)
    except BadData:
        return None
    return said if isinstance(said, list) else None


def without_keys(text: str) -> str:
    """Return a mail's text for others than its reader to see: its links open nothing."""
    return _IN_ADDRESS.sub(r"\1…", text)


def _signer(purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt=purpose)
