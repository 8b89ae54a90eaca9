"""Documents of before have their items on the account."""

from __future__ import annotations

from flask import Flask
from flask_migrate import downgrade, upgrade

from supply.db import db, transaction
from supply.ordering.models import PurchaseOrder
from supply.ordering.terms import PayBy
from supply.shipping.ship_lines import ShipLine
from tests.ordering.world import World, placed
from tests.settling.books import claim, invoiced, items, receive, settled
from tests.shipping.parcels import GOOD_DAY, sent


def test_documents_of_before_are_on_the_account(app: Flask, world: World) -> None:
    order_id, _shipment_id = invoiced(world, 4)
    settled(world, claim(world, order_id, 1))
    card = placed(world, (world.biotin, 3))
    with transaction():
        db.session.get_one(PurchaseOrder, card).pay_by = PayBy.CARD
    receive(world, sent(world, card, ShipLine("A1", GOOD_DAY, 3, sku="BIO-5")))
    settled(world, claim(world, card, 2))
    before = items()
    db.session.remove()
    downgrade(revision="0031")
    upgrade(revision="head")
    assert items() == before
    assert before == {
        "DERMAL-2026-00001": ("invoice", 10020, 2505),
        "DERMAL-2026-00002": ("credit_note", 2505, 2505),
        "DERMAL-2026-00003": ("invoice", 7515, 7515),
        "DERMAL-2026-00004": ("credit_note", 5010, 5010),
    }
