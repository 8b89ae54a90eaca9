"""The cast of these tests: orders of a clinic, and a stand-in for Stripe that takes the cards."""

from collections.abc import Iterator

import pytest
from flask import Flask

from supply.payments.gateway import StripeGateway
from tests.ordering.world import NOW, World, make_world
from tests.support.cards import take_cards
from tests.support.stripe_standin import SECRET_KEY, StripeStandin


@pytest.fixture
def world(app: Flask) -> World:
    """A practice with a clinic, its suppliers and products, committed."""
    return make_world()


@pytest.fixture
def stripe(app: Flask, stripe_standin: StripeStandin) -> Iterator[StripeStandin]:
    """Stripe, which the application takes cards with; its clock stands at NOW."""
    take_cards(app, stripe_standin, NOW)
    yield stripe_standin
    stripe_standin.release_all()


@pytest.fixture
def gateway(stripe: StripeStandin) -> StripeGateway:
    """The way to Stripe."""
    return StripeGateway(SECRET_KEY, stripe.url)
