"""The cast of these tests."""

import pytest
from flask import Flask

from supply.accounts.models import Practice, Supplier
from supply.actor import SYSTEM
from supply.db import db, transaction
from supply.settings.sellers import SellerFacts, change_seller
from supply.vat.registration import Registration, register
from tests.ordering.world import NOW, World, make_world


@pytest.fixture
def world(app: Flask) -> World:
    """A registered supplier in Latvia and a practice in Germany with a number of its own."""
    world = make_world()
    with transaction():
        supplier = db.session.get_one(Supplier, world.supplier.id)
        facts = SellerFacts(
            legal_name="Dermal Distribution SIA",
            address="Brīvības iela 1\nLV-1010 Rīga",
            iban="LV80DEMO0009990001999",
            payment_days=14,
        )
        change_seller(supplier, facts, actor=SYSTEM, now=NOW)
        said = Registration("LV", "LV40003000009", looked_up=True)
        register(supplier, said, actor=SYSTEM, now=NOW)
        practice = db.session.get_one(Practice, world.practice.id)
        register(practice, Registration("DE", "DE123456789", True), actor=SYSTEM, now=NOW)
    return world
