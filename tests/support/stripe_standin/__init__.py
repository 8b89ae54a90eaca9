"""A stand-in for Stripe, spoken to over real HTTP and as strict as the real one.

    def test_a_paid_order(stripe_standin):
        client = StripeClient(SECRET_KEY, base_addresses={"api": stripe_standin.url})
        ...
        stripe_standin.pay(session.id, card="3ds_ok")
        stripe_standin.webhooks.deliver(over_http(f"{server.url}/payments/stripe/webhook"))

It keeps test mode and live mode apart by the key; makes up nothing it was not asked for; and
refuses, by name, what the real one takes and it does nothing with.
"""

from tests.support.stripe_standin.faults import Fault, Trouble
from tests.support.stripe_standin.paying import NotOpenError
from tests.support.stripe_standin.refunds import NoSuchStepError
from tests.support.stripe_standin.requests import Request
from tests.support.stripe_standin.server import running_standin
from tests.support.stripe_standin.standin import LIVE_KEY, SECRET_KEY, StripeStandin
from tests.support.stripe_standin.webhooks import SECRET, SignedBody, delivering, over_http

__all__ = [
    "LIVE_KEY",
    "SECRET",
    "SECRET_KEY",
    "Fault",
    "NoSuchStepError",
    "NotOpenError",
    "Request",
    "SignedBody",
    "StripeStandin",
    "Trouble",
    "delivering",
    "over_http",
    "running_standin",
]
