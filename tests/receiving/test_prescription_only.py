"""Prescription-only goods come in by whom the practice allows it, and by no one else."""

from __future__ import annotations

import sqlalchemy as sa
from flask.testing import FlaskClient

from supply.accounts.models import Membership
from supply.audit.models import AuditRow
from supply.db import db, transaction
from supply.receiving.goods_in import GoodsLine
from supply.shipping.models import ShipmentLine
from tests.ordering.world import World, on_shelves
from tests.receiving.test_goods import take
from tests.shipping.parcels import GOOD_DAY, contents, five_on_their_way
from tests.support.people import sign_in

SENTENCE = "Biotin 5 ml is prescription only: you may not receive it. Ask Olga."


def _only_the_owner_may(world: World) -> None:
    """Make biotin prescription only, and have Mia not receive such goods."""
    with transaction():
        world.biotin.prescription_only = True
        db.session.execute(
            sa.update(Membership)
            .where(Membership.person_id == world.manager.id)
            .values(receives_prescription_only=False)
        )


def test_whom_it_is_not_given_receives_the_rest_of_a_shipment(
    client: FlaskClient, world: World
) -> None:
    _, shipment_id = five_on_their_way(world)
    _only_the_owner_may(world)
    sign_in(client, "mia@example.org")
    address = f"/c/mitte/receive/{shipment_id}"

    assert "Prescription only: not for you" in client.get(address).text
    answer = client.post(address, data={"do": "fill"})
    assert answer.status_code == 200
    typed = {f"good_{line}": packs for line, packs in _lines(shipment_id)}
    refused = client.post(address, data={**typed, "do": "receive"})

    assert refused.status_code == 403
    assert SENTENCE in refused.text
    assert on_shelves(world.clinic) == {}

    sign_in(client, "olga@example.org")
    assert "Prescription only: not for you" not in client.get(address).text
    assert client.post(address, data={**typed, "do": "receive"}).status_code == 302
    assert [row[1:3] for row in contents(shipment_id)] == [(2, 2), (3, 3)]


def _lines(shipment_id: int) -> list[tuple[int, str]]:
    rows = db.session.execute(
        sa.select(ShipmentLine.id, ShipmentLine.packs)
        .where(ShipmentLine.shipment_id == shipment_id)
        .order_by(ShipmentLine.id)
    )
    return [(row.id, str(row.packs)) for row in rows]


def test_goods_by_hand_follow_the_same_rule(client: FlaskClient, world: World) -> None:
    take(world, GoodsLine("BIO-5", "A", GOOD_DAY, packs=1))
    before = on_shelves(world.clinic)
    _only_the_owner_may(world)
    sign_in(client, "mia@example.org")
    typed = {"sku_1": "BIO-5", "lot_1": "B", "expiry_1": f"{GOOD_DAY}", "packs_1": "1"}

    refused = client.post("/c/mitte/receive/goods", data={**typed, "do": "take"})

    assert refused.status_code == 403
    assert SENTENCE in refused.text
    assert 'value="BIO-5"' in refused.text
    assert on_shelves(world.clinic) == before


def test_an_owner_says_who_may(client: FlaskClient, world: World) -> None:
    member = db.session.scalars(
        sa.select(Membership).where(Membership.person_id == world.manager.id)
    ).one()
    assert member.receives_prescription_only
    sign_in(client, "olga@example.org")
    page = client.get(f"/p/skin/settings/people/{member.id}").text
    assert "May receive prescription-only goods" in page

    saved = client.post(f"/p/skin/settings/people/{member.id}", data={"role": "stock_manager"})

    assert saved.status_code == 302
    db.session.refresh(member)
    assert not member.receives_prescription_only
    row = db.session.scalars(sa.select(AuditRow).order_by(AuditRow.id.desc()).limit(1)).one()
    assert (row.before["receives_prescription_only"], row.after["receives_prescription_only"]) == (
        True,
        False,
    )
