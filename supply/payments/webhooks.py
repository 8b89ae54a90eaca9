"""Where Stripe tells what happened: checked on the raw body, kept once, handled by a job."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Sequence
from typing import Any, Final

import stripe
from flask import Blueprint, current_app, request

from supply import clock
from supply.db import transaction
from supply.extensions import csrf
from supply.payments import events
from supply.payments.gateway import SeenEvent, event_in

blueprint = Blueprint("stripe", __name__)
csrf.exempt(blueprint)  # It is signed instead.

TOLERANCE: Final = dt.timedelta(minutes=5)
"""How far a signature's time may be from ours, before it or after."""
_TIME: Final = re.compile(r"t=(\d{1,12})", re.ASCII)


@blueprint.post("/payments/stripe/webhook")
def webhook() -> tuple[dict[str, Any], int]:
    """Keep what Stripe tells: 200 once it is kept, 400 for what is not signed or no event."""
    now = clock.now()
    event = _event(request.get_data(), request.headers.get("Stripe-Signature", ""), now)
    if event is None:
        return {"error": "not an event that is signed for us"}, 400
    with transaction():
        events.keep(event, now)
    return {"received": True}, 200


def _event(body: bytes, header: str, now: dt.datetime) -> SeenEvent | None:
    """Return the event in ``body``, if it is signed with one of our secrets, lately."""
    try:
        text = body.decode("utf-8")
        if not is_signed(text, header, current_app.config["STRIPE_WEBHOOK_SECRETS"], now):
            return None
        return event_in(json.loads(text))
    except (
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        RecursionError,
        OverflowError,
        OSError,
    ):
        return None


def is_signed(text: str, header: str, secrets: Sequence[str], now: dt.datetime) -> bool:
    """Return whether one of ``secrets`` signed ``text``, at a time near ``now``.

    While a secret is changed two of them sign. The library lets a time ahead of ours pass.
    """
    times = [item for item in header.split(",") if item.partition("=")[0].strip() == "t"]
    signed_at = _TIME.fullmatch(times[0]) if len(times) == 1 else None
    if signed_at is None or abs(now.timestamp() - int(signed_at[1])) > TOLERANCE.total_seconds():
        return False
    return any(_is_signed_with(secret, text, header) for secret in secrets)


def _is_signed_with(secret: str, text: str, header: str) -> bool:
    try:
        return bool(stripe.WebhookSignature.verify_header(text, header, secret, tolerance=None))
    except stripe.SignatureVerificationError:
        return False
