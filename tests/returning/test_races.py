"""Two people do the same thing to a return at once."""

from collections.abc import Callable
from functools import partial

import pytest
from flask import Flask

from supply.claims.terms import ClaimOutcome
from supply.inventory.verification import verify
from supply.refusals import InvalidInput
from supply.returning import queries, receiving, sending, services
from supply.returning.refusals import WrongStep
from tests.invoicing.bills import issued
from tests.invoicing.test_issuing import agrees
from tests.ordering.world import LATER, World, mails
from tests.returning.cases import (
    asked,
    authorised,
    claimed,
    line_of,
    on_its_way,
    received,
    return_of,
    sealed,
    wanted,
)
from tests.support.racing import all_at_once, at_once

pytestmark = pytest.mark.race


def test_a_return_settled_by_all_is_credited_once(app: Flask, world: World) -> None:
    order_id = received(world, A1=3)
    return_id = on_its_way(world, order_id, A1=2)
    before = len(mails())
    actor = world.seller_acts
    results = at_once(app, lambda: receiving.settle(return_id, actor=actor, now=LATER).state)
    assert sum(isinstance(one, WrongStep) for one in results) == 3
    assert [row[1:4] for row in issued()] == [
        ("invoice", "shipped", 7515),
        ("credit_note", "return", 5010),
    ]
    assert line_of(order_id) == (2, 0, 2505)
    assert agrees(order_id)
    assert len(mails()) == before + 2


def test_a_return_sent_by_all_leaves_stock_once(app: Flask, world: World) -> None:
    return_id = asked(world, received(world, A1=3), A1=1)
    authorised(world, return_id)
    actor = world.manager_acts
    results = at_once(app, lambda: sending.send(return_id, actor=actor, now=LATER)[1])
    assert sum(isinstance(one, WrongStep) for one in results) == 3
    assert sealed(world, "A1") == 100
    assert verify() == []


def test_of_twins_and_a_claim_for_the_same_packs_one_wins(app: Flask, world: World) -> None:
    order_id = received(world, A1=2)
    ask = partial(services.ask, order_id, wanted({"A1": 2}), actor=world.manager_acts, now=LATER)
    works: list[Callable[[], object]] = [ask, ask, ask]
    results = all_at_once(app, works)
    assert sum(isinstance(one, InvalidInput) for one in results) == 2
    with pytest.raises(InvalidInput):
        claimed(world, order_id, 1, "A1", ClaimOutcome.CREDIT)
    (return_id,) = (one.id for one in queries.returns_of(order_id))
    withdraw = partial(services.withdraw, return_id, actor=world.manager_acts, now=LATER)
    refuse = partial(services.refuse, return_id, "No", actor=world.seller_acts, now=LATER)
    results = all_at_once(app, [withdraw, refuse, withdraw, refuse])
    assert sum(isinstance(one, WrongStep) for one in results) == 3
    assert return_of(return_id).state in ("withdrawn", "refused")
