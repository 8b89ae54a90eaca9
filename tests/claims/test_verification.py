"""Counters that somebody changed past the services are said, line by line."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Flask

from supply.db import db, transaction
from supply.inventory.verification import verify
from supply.ordering.models import OrderLine
from supply.shipping.models import ShipmentLine
from tests.ordering.world import make_world
from tests.shipping.parcels import five_on_their_way


def test_changed_counters_are_said(app: Flask) -> None:
    order_id, shipment_id = five_on_their_way(make_world())
    db.session.rollback()
    assert verify() == []
    db.session.rollback()
    with transaction():
        db.session.execute(sa.update(OrderLine).values(shipped=4, received=1))
        db.session.execute(sa.update(ShipmentLine).values(good=1))
    lines = db.session.scalars(sa.select(ShipmentLine.id).order_by(ShipmentLine.id)).all()
    [line] = db.session.scalars(sa.select(OrderLine.id)).all()
    assert verify() == [
        f"order {order_id}, line {line}: the receipts say 0 packs received, the line 1",
        f"order {order_id}, line {line}: the shipments say 5 packs shipped, the line 4",
        *(
            f"shipment {shipment_id}, line {parcel}: the receipts say 0 packs good, the line 1"
            for parcel in lines
        ),
    ]
