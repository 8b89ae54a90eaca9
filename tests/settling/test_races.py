"""Two people write the same account at once."""

from functools import partial

import pytest
from flask import Flask

from supply.accounts.models import Practice, Supplier
from supply.db import db
from supply.settling import answering, saying
from supply.settling.refusals import PaymentMoved
from supply.settling.saying import Account
from tests.ordering.world import NOW, TODAY, World
from tests.settling.books import FIRST, announced, invoiced, items, new, state
from tests.support.racing import all_at_once, at_once

pytestmark = pytest.mark.race


def test_one_invoice_is_announced_once(app: Flask, world: World) -> None:
    invoiced(world, 4)
    payment, actor = new(10020, first=10020), world.manager_acts
    practice_id, supplier_id = world.practice.id, world.supplier.id

    def announce() -> int:
        practice = db.session.get_one(Practice, practice_id)
        whose = Account(practice, db.session.get_one(Supplier, supplier_id), "EUR")
        return saying.announce(whose, payment, today=TODAY, actor=actor, now=NOW).id

    answers = at_once(app, announce)
    assert sorted(type(one).__name__ for one in answers) == ["InvalidInput"] * 3 + ["int"]


def test_one_payment_is_answered_once(app: Flask, world: World) -> None:
    invoiced(world, 4)
    payment_id = announced(world, new(12000))
    seller, buyer = world.seller_acts, world.manager_acts
    works = [
        partial(answering.confirm, payment_id, actor=seller, now=NOW),
        partial(answering.confirm, payment_id, actor=seller, now=NOW),
        partial(answering.deny, payment_id, "nothing", actor=seller, now=NOW),
        partial(answering.withdraw, payment_id, actor=buyer, now=NOW),
    ]
    answers = all_at_once(app, works)
    refused = [one for one in answers if isinstance(one, PaymentMoved)]
    if state(payment_id) == "confirmed":
        assert len(refused) == 2
        assert items() == {FIRST: ("invoice", 10020, 10020), "TRF 1": ("overpaid", 1980, 0)}
    else:
        assert len(refused) == 3
        assert items() == {FIRST: ("invoice", 10020, 0)}
