"""Acknowledging, declining and cancelling placed orders."""

import pytest

from supply.answering import answering, progress
from supply.db import transaction
from supply.ordering.refusals import NothingLeft, WrongStage
from supply.ordering.terms import Side
from supply.refusals import InvalidInput
from tests.ordering.world import (
    LATER,
    World,
    counters,
    draft,
    events,
    mails,
    order_of,
    placed,
)


def new_mails() -> list[tuple[str, str]]:
    """Return (recipient, subject) of what came after the order's own mail."""
    return [(mail.to_address, mail.subject) for mail in mails()[1:]]


def test_an_order_is_acknowledged_in_full(world: World) -> None:
    order_id = placed(world, (world.biotin, 3))
    with transaction():
        answering.acknowledge(order_id, actor=world.seller_acts, now=LATER)

    order = order_of(order_id)
    assert (order.stage, order.acknowledged_at) == ("acknowledged", LATER)
    assert [line.confirmed for line in order.lines] == [3]
    assert events(order_id) == [("placed", ""), ("acknowledged", "")]
    assert new_mails() == []


def test_two_people_acknowledge_once(world: World) -> None:
    order_id = placed(world, (world.biotin, 3))
    with transaction():
        answering.acknowledge(order_id, actor=world.seller_acts, now=LATER)

    with pytest.raises(WrongStage), transaction():
        answering.acknowledge(order_id, actor=world.seller_acts, now=LATER)
    with pytest.raises(WrongStage), transaction():
        answering.decline(order_id, reason="No", actor=world.seller_acts, now=LATER)
    assert events(order_id) == [("placed", ""), ("acknowledged", "")]


def test_a_draft_cannot_be_acknowledged(world: World) -> None:
    order_id = draft(world, (world.biotin, 3))

    with pytest.raises(WrongStage), transaction():
        answering.acknowledge(order_id, actor=world.seller_acts, now=LATER)


def test_declining_tells_the_clinic_why(world: World) -> None:
    order_id = placed(world, (world.biotin, 3))
    with transaction():
        answering.decline(order_id, reason=" Out of stock ", actor=world.seller_acts, now=LATER)

    order = order_of(order_id)
    assert (order.stage, order.status, order.ended_at) == ("declined", "declined", LATER)
    assert counters(order_id) == {"BIO-5": (3, 0, 0, 3)}
    assert events(order_id)[-1] == ("declined", "Out of stock")
    subject = f"Dermal GmbH declined order {order.number}"
    assert new_mails() == [("olga@example.org", subject), ("mia@example.org", subject)]
    assert mails()[-1].text.startswith(
        f"Dermal GmbH will not deliver order {order.number}. The reason given: Out of stock\n"
    )


def test_a_supplier_gives_a_reason(world: World) -> None:
    order_id = placed(world, (world.biotin, 3))

    with pytest.raises(InvalidInput), transaction():
        answering.decline(order_id, reason=" ", actor=world.seller_acts, now=LATER)
    with pytest.raises(InvalidInput), transaction():
        progress.cancel_rest(order_id, side=Side.SUPPLIER, actor=world.seller_acts, now=LATER)
    assert order_of(order_id).stage == "placed"
    assert new_mails() == []


def test_a_clinic_cancels_and_the_supplier_is_told(world: World) -> None:
    order_id = placed(world, (world.biotin, 3), (world.gloves, 2))
    with transaction():
        progress.cancel_rest(order_id, reason="Moved", actor=world.manager_acts, now=LATER)

    order = order_of(order_id)
    assert (order.stage, order.ended_at) == ("cancelled", LATER)
    assert counters(order_id) == {"BIO-5": (3, 0, 0, 3), "GLO-M": (2, 0, 0, 2)}
    assert new_mails() == [
        ("sam@example.org", f"Mitte cancelled 2 products of order {order.number}")
    ]
    with pytest.raises(WrongStage), transaction():
        progress.cancel_rest(order_id, actor=world.manager_acts, now=LATER)


def test_a_draft_is_cancelled_quietly(world: World) -> None:
    order_id = draft(world, (world.biotin, 3))
    with transaction():
        progress.cancel_rest(order_id, actor=world.manager_acts, now=LATER)

    assert order_of(order_id).stage == "cancelled"
    assert mails() == []


def test_a_supplier_cannot_cancel_what_it_never_got(world: World) -> None:
    order_id = draft(world, (world.biotin, 3))

    with pytest.raises(WrongStage), transaction():
        progress.cancel_rest(
            order_id, side=Side.SUPPLIER, reason="No", actor=world.seller_acts, now=LATER
        )


def test_comments_are_kept_for_both_sides(world: World) -> None:
    order_id = placed(world, (world.biotin, 3))
    with transaction():
        progress.comment(order_id, text=" Side door, please ", actor=world.manager_acts, now=LATER)
    with pytest.raises(InvalidInput), transaction():
        progress.comment(order_id, text="  ", actor=world.manager_acts, now=LATER)
    with pytest.raises(InvalidInput, match="Use at most 2000 characters"), transaction():
        progress.comment(order_id, text="x" * 2001, actor=world.manager_acts, now=LATER)
    with pytest.raises(InvalidInput, match="Use at most 2000 characters"), transaction():
        progress.cancel_rest(order_id, reason="x" * 2001, actor=world.manager_acts, now=LATER)
    with pytest.raises(InvalidInput, match="Use at most 2000 characters"), transaction():
        answering.decline(order_id, reason="x" * 2001, actor=world.seller_acts, now=LATER)

    assert events(order_id) == [("placed", ""), ("comment", "Side door, please")]


def test_nothing_left_is_said(world: World) -> None:
    from supply.shipping import ship_lines, shipping

    order_id = placed(world, (world.gloves, 2))
    with transaction():
        line = ship_lines.ShipLine("G1", None, 2, sku="GLO-M")
        shipping.ship(order_id, [line], actor=world.seller_acts, now=LATER)

    with pytest.raises(NothingLeft), transaction():
        progress.cancel_rest(order_id, actor=world.manager_acts, now=LATER)
