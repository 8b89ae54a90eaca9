"""Letting an application take cards, of a stand-in for Stripe."""

import datetime as dt

from flask import Flask

from tests.support.stripe_standin import SECRET, SECRET_KEY, StripeStandin


def take_cards(app: Flask, standin: StripeStandin, now: dt.datetime) -> None:
    """Set ``app`` up with ``standin`` as its Stripe, whose clock stands at ``now``."""
    app.config["STRIPE_SECRET_KEY"] = SECRET_KEY
    app.config["STRIPE_API_BASE"] = standin.url
    app.config["STRIPE_WEBHOOK_SECRETS"] = (SECRET,)
    standin.stand_at(now)
