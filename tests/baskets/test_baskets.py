"""Filling baskets and drafts."""

import re

import pytest
import sqlalchemy as sa

from supply.accounts.models import Supplier
from supply.baskets import drafts, placing
from supply.baskets.drafts import BasketLine
from supply.catalogue.models import Product
from supply.db import db, transaction
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.ordering.refusals import Withdrawn, WrongStage
from supply.refusals import InvalidInput
from tests.ordering.world import LATER, NOW, World, draft, order_of, placed


def add(world: World, *lines: BasketLine) -> list[int]:
    with transaction():
        orders = drafts.add_to_basket(world.clinic, lines, actor=world.manager_acts, now=NOW)
    return [order.id for order in orders]


def packs_of(order_id: int) -> dict[str, int]:
    return {line.sku: line.packs for line in order_of(order_id).lines}


def test_products_go_to_one_basket_for_each_supplier(world: World) -> None:
    dermal, post = add(
        world,
        BasketLine(world.biotin.id, 2, "Runs out on Friday"),
        BasketLine(world.caffeine.id, 1),
        BasketLine(world.gloves.id, 3),
    )

    order = order_of(dermal)
    assert (order.basket, order.stage, order.currency) == (True, "draft", "EUR")
    assert re.fullmatch(r"PO-[2-9A-HJKMNP-Z]{4}-[2-9A-HJKMNP-Z]{2}", order.number)
    assert [(line.sku, line.packs, line.pack_minor, line.why) for line in order.lines] == [
        ("BIO-5", 2, 2505, "Runs out on Friday"),
        ("GLO-M", 3, 799, ""),
    ]
    assert order.total_minor == 2 * 2505 + 3 * 799
    assert packs_of(post) == {"CAF-2": 1}


def test_more_of_a_product_joins_its_line(world: World) -> None:
    (first,) = add(world, BasketLine(world.biotin.id, 2, "Low"))
    (second,) = add(world, BasketLine(world.biotin.id, 3))

    assert second == first
    assert [(line.packs, line.why) for line in order_of(first).lines] == [(5, "Low")]


def test_a_gap_filled_twice_is_bought_once(world: World) -> None:
    (order_id,) = add(world, BasketLine(world.biotin.id, 4, raise_to=True))
    add(world, BasketLine(world.biotin.id, 4, raise_to=True))

    assert packs_of(order_id) == {"BIO-5": 4}


def test_a_line_starts_at_the_minimum_order(world: World) -> None:
    (order_id,) = add(world, BasketLine(world.gloves.id, 1))

    assert packs_of(order_id) == {"GLO-M": 2}


@pytest.mark.parametrize("packs", [0, -1, 10_001, 10**12])
def test_packs_out_of_range_are_refused(world: World, packs: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        add(world, BasketLine(world.biotin.id, 1), BasketLine(world.gloves.id, packs))

    assert refused.value.errors == [("lines.1.packs", "Enter whole packs from 1 to 10000.")]
    assert db.session.scalars(sa.select(PurchaseOrder)).all() == []


def test_packs_may_not_add_up_to_too_many(world: World) -> None:
    (order_id,) = add(world, BasketLine(world.biotin.id, 10_000))

    with pytest.raises(InvalidInput):
        add(world, BasketLine(world.biotin.id, 1))
    assert packs_of(order_id) == {"BIO-5": 10_000}


def test_an_unknown_product_is_refused(world: World) -> None:
    with pytest.raises(InvalidInput) as refused:
        add(world, BasketLine(99_999, 1))

    assert refused.value.errors == [
        ("lines.0.sku", "This supplier does not sell this product."),
    ]


def test_a_withdrawn_product_is_refused(world: World) -> None:
    with transaction():
        db.session.get_one(Product, world.biotin.id).withdrawn_at = NOW

    with pytest.raises(Withdrawn) as refused:
        add(world, BasketLine(world.biotin.id, 1))
    assert refused.value.names == ["Biotin 5 ml"]


def test_after_placing_there_is_a_fresh_basket(world: World) -> None:
    (first,) = add(world, BasketLine(world.biotin.id, 1))
    with transaction():
        placing.place(first, actor=world.manager_acts, now=NOW)
    (second,) = add(world, BasketLine(world.biotin.id, 1))

    assert second != first
    assert order_of(first).basket is False


def test_packs_are_set(world: World) -> None:
    (order_id,) = add(world, BasketLine(world.biotin.id, 1), BasketLine(world.gloves.id, 5))
    biotin, _ = order_of(order_id).lines
    with transaction():
        drafts.set_packs(order_id, {biotin.id: 7}, actor=world.manager_acts, now=LATER)

    assert packs_of(order_id) == {"BIO-5": 7, "GLO-M": 5}


def test_packs_below_the_minimum_are_refused_by_line(world: World) -> None:
    (order_id,) = add(world, BasketLine(world.biotin.id, 1), BasketLine(world.gloves.id, 5))
    biotin, gloves = order_of(order_id).lines

    with pytest.raises(InvalidInput) as refused, transaction():
        drafts.set_packs(
            order_id, {biotin.id: 0, gloves.id: 1}, actor=world.manager_acts, now=LATER
        )
    assert refused.value.errors == [
        (f"packs_{biotin.id}", "Biotin 5 ml: Enter whole packs from 1 to 10000."),
        (f"packs_{gloves.id}", "Gloves M: The minimum order is 2 packs."),
    ]
    assert packs_of(order_id) == {"BIO-5": 1, "GLO-M": 5}


def test_a_line_taken_off_can_be_put_back(world: World) -> None:
    (order_id,) = add(world, BasketLine(world.biotin.id, 4, "Low"), BasketLine(world.gloves.id, 5))
    biotin, _ = order_of(order_id).lines
    with transaction():
        removed = drafts.remove_line(order_id, biotin.id, actor=world.manager_acts, now=LATER)
    assert packs_of(order_id) == {"GLO-M": 5}

    add(world, removed)
    assert packs_of(order_id) == {"GLO-M": 5, "BIO-5": 4}
    assert [line.why for line in order_of(order_id).lines] == ["", "Low"]


def test_a_placed_order_is_no_longer_edited(world: World) -> None:
    order_id = placed(world, (world.biotin, 1))
    (line,) = order_of(order_id).lines

    with pytest.raises(WrongStage), transaction():
        drafts.set_packs(order_id, {line.id: 2}, actor=world.manager_acts, now=LATER)
    with pytest.raises(WrongStage), transaction():
        drafts.remove_line(order_id, line.id, actor=world.manager_acts, now=LATER)
    assert packs_of(order_id) == {"BIO-5": 1}


def test_a_draft_is_a_document_of_its_own(world: World) -> None:
    (basket,) = add(world, BasketLine(world.biotin.id, 1))
    order_id = draft(world, (world.biotin, 3))

    assert order_id != basket
    assert order_of(order_id).basket is False
    assert packs_of(basket) == {"BIO-5": 1}


def test_a_draft_takes_only_what_its_supplier_sells_and_from_the_minimum_on(world: World) -> None:
    supplier = db.session.get_one(Supplier, world.supplier.id)
    for lines, fault in [
        ([BasketLine(world.caffeine.id, 1)], "lines.0.sku"),
        ([BasketLine(world.biotin.id, 1), BasketLine(world.gloves.id, 1)], "lines.1.packs"),
        ([], "lines"),
    ]:
        with pytest.raises(InvalidInput) as refused, transaction():
            drafts.create_draft(world.clinic, supplier, lines, actor=world.manager_acts, now=NOW)
        assert [field for field, _ in refused.value.errors] == [fault]
    assert db.session.scalar(sa.select(sa.func.count(OrderLine.id))) == 0
