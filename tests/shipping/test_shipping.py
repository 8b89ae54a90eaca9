"""Parcels leave, whole or in parts."""

import datetime as dt
import re

import pytest

from supply.answering import progress
from supply.db import transaction
from supply.refusals import InvalidInput
from supply.shipping import shipping
from supply.shipping.models import Shipment
from supply.shipping.refusals import NotOnItsWay
from supply.shipping.ship_lines import ShipLine
from tests.ordering.world import (
    LATER,
    NOW,
    TODAY,
    World,
    counters,
    draft,
    events,
    mails,
    order_of,
    placed,
)
from tests.shipping.parcels import GOOD_DAY, contents, count, five_on_their_way, parcel, sent


def refused(world: World, order_id: int, *lines: ShipLine) -> list[tuple[str, str]]:
    """Return the faults that shipping ``lines`` is refused with; nothing may have changed."""
    before = (counters(order_id), count(Shipment), len(mails()))
    with pytest.raises(InvalidInput) as caught, transaction():
        shipping.ship(order_id, lines, actor=world.seller_acts, now=NOW)
    assert (counters(order_id), count(Shipment), len(mails())) == before
    return caught.value.errors


def test_several_lots_of_a_line_go_in_one_parcel(world: World) -> None:
    order_id, shipment_id = five_on_their_way(world)

    shipment = parcel(shipment_id)
    assert re.fullmatch(r"SH-[2-9A-HJKMNP-Z]{8}", shipment.code)
    assert (shipment.shipped_at, shipment.shipped_by_id) == (NOW, world.seller.id)
    assert contents(shipment_id) == [("a-1", 2, 0, 0, 0), ("B2", 3, 0, 0, 0)]
    assert [line.normalised for line in shipment.lines] == ["A-1", "B2"]
    assert counters(order_id) == {"BIO-5": (5, 5, 0, 0)}


def test_sending_acknowledges(world: World) -> None:
    order_id, shipment_id = five_on_their_way(world)

    order = order_of(order_id)
    assert (order.stage, order.acknowledged_at, order.status) == ("acknowledged", NOW, "shipped")
    assert [line.confirmed for line in order.lines] == [5]
    assert events(order_id) == [("placed", ""), ("shipped", parcel(shipment_id).code)]


def test_the_clinic_is_told_the_code(world: World) -> None:
    order_id, shipment_id = five_on_their_way(world)

    code = parcel(shipment_id).code
    told = mails()[1:]
    assert [(mail.kind, mail.to_address, mail.subject) for mail in told] == [
        ("order_news", "olga@example.org", f"Shipment {code} is on its way"),
        ("order_news", "mia@example.org", f"Shipment {code} is on its way"),
    ]
    assert told[0].text == (
        f"Dermal GmbH has sent shipment {code} of order {order_of(order_id).number}.\n"
        "\n"
        "2 packs  Biotin 5 ml  lot a-1, expires 27 Dec 2027\n"
        "3 packs  Biotin 5 ml  lot B2, expires 27 Dec 2027\n"
        "\n"
        "\n"
        "Receive it when it arrives:\n"
        f"http://127.0.0.1:8000/c/mitte/receive/{shipment_id}\n"
        "\n"
        "-- \n"
        "You get this because of your role. What reaches you, and when, is in your settings.\n"
    )


def test_parts_go_one_after_another(world: World) -> None:
    order_id = placed(world, (world.biotin, 5), (world.gloves, 2))
    first = sent(world, order_id, ShipLine("A", GOOD_DAY, 2, sku="BIO-5"))
    assert order_of(order_id).status == "partly_shipped"
    second = sent(
        world,
        order_id,
        ShipLine("A", GOOD_DAY, 3, sku="BIO-5"),
        ShipLine("G", None, 2, sku="GLO-M"),
    )

    assert parcel(first).code != parcel(second).code
    assert counters(order_id) == {"BIO-5": (5, 5, 0, 0), "GLO-M": (2, 2, 0, 0)}
    assert order_of(order_id).status == "shipped"


def test_a_line_is_named_by_id_or_sku(world: World) -> None:
    order_id = placed(world, (world.biotin, 5))
    (line,) = order_of(order_id).lines
    sent(world, order_id, ShipLine("A", GOOD_DAY, 2, order_line_id=line.id))
    sent(world, order_id, ShipLine("A", GOOD_DAY, 3, sku="BIO-5"))

    assert counters(order_id) == {"BIO-5": (5, 5, 0, 0)}


def test_the_same_lot_typed_twice_is_one_row(world: World) -> None:
    order_id = placed(world, (world.biotin, 5))
    shipment_id = sent(
        world,
        order_id,
        ShipLine("A", GOOD_DAY, 2, sku="BIO-5"),
        ShipLine(" A ", GOOD_DAY, 1, sku="BIO-5"),
    )

    assert contents(shipment_id) == [("A", 3, 0, 0, 0)]


def test_no_more_is_sent_than_is_left(world: World) -> None:
    order_id = placed(world, (world.biotin, 5))
    sent(world, order_id, ShipLine("A", GOOD_DAY, 3, sku="BIO-5"))

    assert refused(
        world,
        order_id,
        ShipLine("A", GOOD_DAY, 1, sku="BIO-5"),
        ShipLine("B", GOOD_DAY, 2, sku="BIO-5"),
    ) == [("lines.1.packs", "Biotin 5 ml: only 2 packs are left to ship.")]


def test_cancelled_packs_are_not_sent(world: World) -> None:
    order_id = placed(world, (world.biotin, 5))
    sent(world, order_id, ShipLine("A", GOOD_DAY, 3, sku="BIO-5"))
    with transaction():
        progress.cancel_rest(order_id, actor=world.manager_acts, now=LATER)

    assert order_of(order_id).status == "shipped"
    assert refused(world, order_id, ShipLine("A", GOOD_DAY, 1, sku="BIO-5")) == [
        ("lines.0.packs", "Biotin 5 ml: only 0 packs are left to ship.")
    ]


@pytest.mark.parametrize("packs", [0, -1, 10_001])
def test_packs_out_of_range_are_refused(world: World, packs: int) -> None:
    order_id = placed(world, (world.biotin, 5))

    assert refused(world, order_id, ShipLine("A", GOOD_DAY, packs, sku="BIO-5")) == [
        ("lines.0.packs", "Enter whole packs from 1 to 10000.")
    ]


def test_every_bad_label_is_named(world: World) -> None:
    order_id = placed(world, (world.biotin, 5), (world.gloves, 2))
    promised = TODAY + dt.timedelta(days=180)

    assert refused(
        world,
        order_id,
        ShipLine(" - ", promised, 1, sku="BIO-5"),
        ShipLine("B", promised - dt.timedelta(days=1), 1, sku="BIO-5"),
        ShipLine("C", TODAY - dt.timedelta(days=1), 1, sku="GLO-M"),
        ShipLine("D" * 81, promised, 1, sku="BIO-5"),
    ) == [
        ("lines.0.lot", "Give the lot number."),
        (
            "lines.1.expiry",
            "Biotin 5 ml: at least 180 days of shelf life are promised."
            " Send a lot that expires later.",
        ),
        ("lines.2.expiry", "Gloves M: this lot has expired."),
        ("lines.3.lot", "A lot number has at most 80 characters."),
    ]


def test_what_is_not_on_the_order_is_refused(world: World) -> None:
    order_id = placed(world, (world.biotin, 5))

    assert refused(world, order_id, ShipLine("A", GOOD_DAY, 1, sku="GLO-M")) == [
        ("lines.0.sku", "Product GLO-M is not on this order.")
    ]
    assert refused(world, order_id) == [("lines", "Say what is in the parcel.")]


def test_only_open_orders_are_shipped(world: World) -> None:
    order_id = draft(world, (world.biotin, 5))

    with pytest.raises(NotOnItsWay), transaction():
        shipping.ship(
            order_id, [ShipLine("A", GOOD_DAY, 1, sku="BIO-5")], actor=world.seller_acts, now=NOW
        )
