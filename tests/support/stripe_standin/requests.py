"""Requests as they came, kept for tests to look at."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Final

from werkzeug.datastructures import Headers

from tests.support.stripe_standin.books import API_VERSION
from tests.support.stripe_standin.errors import Refused
from tests.support.stripe_standin.forms import Node, read_form

_KEY: Final = re.compile(r"(sk|rk)_(test|live)_[A-Za-z0-9_]+")
_FORM: Final = "application/x-www-form-urlencoded"


@dataclass
class Request:
    """One request. ``encoded`` is its body, or the query of a GET; ``status`` its answer's."""

    method: str
    path: str
    encoded: str
    headers: Headers
    id: str
    status: int | None = None
    replayed: bool = False
    params: dict[str, Node] = field(init=False)

    def __post_init__(self) -> None:
        try:
            self.params = read_form(self.encoded)
        except Refused:
            self.params = {}

    @property
    def line(self) -> str:
        """The method and path."""
        return f"{self.method} {self.path}"

    def matches(self, line: str) -> bool:
        """Return whether this is a request to ``line``: "GET /v1/charges/*"."""
        return fnmatchcase(self.line, line)

    @property
    def key(self) -> str | None:
        """The idempotency key, which only a POST has."""
        return self.headers.get("Idempotency-Key") if self.method == "POST" else None

    def check_headers(self) -> None:
        """Refuse another API version than the pinned one, another account, or no form.

        Raises:
            Refused: the shapes asked for are not those the stand-in has.
        """
        version = self.headers.get("Stripe-Version", API_VERSION)
        if version != API_VERSION:
            raise Refused(f"The stand-in speaks API version {API_VERSION}, not {version}.")
        if account := self.headers.get("Stripe-Account") or self.headers.get("Stripe-Context"):
            message = f"The provided key does not have access to account '{account}'."
            raise Refused(message, status=403, code="account_invalid")
        type_ = self.headers.get("Content-Type", _FORM).partition(";")[0]
        if self.method == "POST" and self.encoded and type_ != _FORM:
            raise Refused(f"Invalid request: the content type has to be {_FORM}.")


def secret_key(headers: Headers) -> str:
    """Return the secret key a request carries.

    Raises:
        Refused: it carries none, or what is no secret key (401).
    """
    sent = _sent_key(headers.get("Authorization", ""))
    if not sent:
        raise Refused("You did not provide an API key.", status=401)
    if sent.startswith("pk_"):
        message = "This API call cannot be made with a publishable API key."
        raise Refused(message, status=401, code="secret_key_required")
    if not _KEY.fullmatch(sent):
        raise Refused(f"Invalid API Key provided: {sent[:8]}****", status=401)
    return sent


def _sent_key(authorization: str) -> str:
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "basic":
        try:
            value = base64.b64decode(value).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return value.strip() if scheme.lower() in {"basic", "bearer"} else ""
