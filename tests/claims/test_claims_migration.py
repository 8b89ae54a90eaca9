"""What is in a database comes through a migration whole."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from flask import Flask
from flask_migrate import downgrade, upgrade

from supply.claims.models import Claim
from supply.db import db, transaction
from supply.receiving import receiving
from supply.receiving.receiving import ReceiveLine
from supply.shipping.terms import Condition
from tests.ordering.world import LATER, counters, make_world
from tests.shipping.parcels import five_on_their_way


def test_claims_of_before_come_through(app: Flask) -> None:
    world = make_world()
    order_id, shipment_id = five_on_their_way(world)
    with transaction():
        receiving.receive_shipment(
            shipment_id,
            [
                ReceiveLine("BIO-5", "A-1", 2, Condition.DAMAGED, "Wet"),
                ReceiveLine("BIO-5", "B2", 2),
                ReceiveLine("BIO-5", "B2", 1, Condition.MISSING),
            ],
            actor=world.manager_acts,
            now=LATER,
        )
    rows = [
        {"line": claim.receipt_line_id, "hold": claim.hold_id, "note": claim.note}
        for claim in db.session.scalars(sa.select(Claim).order_by(Claim.id))
    ]
    manager_id = world.manager.id
    db.session.remove()
    downgrade(revision="0007")
    with transaction():
        for row in rows:
            db.session.execute(
                sa.text(
                    "INSERT INTO claim"
                    " (receipt_line_id, order_id, hold_id, reason, wish, raised_at)"
                    " VALUES (:line, :order_id, :hold, :note, 'credit', :at)"
                ).bindparams(sa.bindparam("at", type_=sa.DateTime(timezone=True))),
                {**row, "order_id": order_id, "at": dt.datetime(2026, 11, 22, tzinfo=dt.UTC)},
            )
    db.session.remove()
    upgrade(revision="head")

    claims = db.session.scalars(sa.select(Claim).order_by(Claim.id)).all()
    assert [(one.kind, one.packs, one.taken_in, one.note, one.status) for one in claims] == [
        ("damaged", 2, True, "Wet", "open"),
        ("missing", 1, False, "Not in the parcel.", "open"),
    ]
    assert [one.order_line.sku for one in claims] == ["BIO-5", "BIO-5"]
    assert [(one.hold is None, one.raised_by_id) for one in claims] == [
        (False, manager_id),
        (True, manager_id),
    ]
    assert counters(order_id) == {"BIO-5": (5, 4, 4, 0)}
