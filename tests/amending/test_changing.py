"""Changing an order: at once before the supplier answers, by consent after."""

import datetime as dt
import html
import re
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import IntegrityError

from supply import clock
from supply.accounts.models import Membership
from supply.amending import services
from supply.amending.models import OrderChange
from supply.amending.refusals import NotYoursToAnswer, ProposalOpen
from supply.amending.services import Wanted
from supply.amending.terms import Answer, ChangeState
from supply.answering import answering, progress, taking_back
from supply.db import db, transaction
from supply.money import Money
from supply.ordering.models import PurchaseOrder
from supply.ordering.refusals import WrongStage
from supply.ordering.terms import PayBy, Side
from supply.refusals import InvalidInput
from tests.invoicing.test_issuing import box
from tests.ordering.world import NOW, TODAY, World, counters, events, mails, order_of, placed
from tests.shipping.parcels import sent
from tests.support.people import sign_in
from tests.support.racing import all_at_once

MONDAY = TODAY + dt.timedelta(days=8)


def acknowledged(world: World) -> int:
    """Return the id of an order of 3 biotin and 2 gloves that its supplier has answered."""
    order_id = placed(world, (world.biotin, 3), (world.gloves, 2))
    with transaction():
        answering.acknowledge(order_id, actor=world.seller_acts, now=NOW)
    return order_id


def lines(order_id: int) -> dict[str, int]:
    return {line.sku: line.id for line in order_of(order_id).lines}


def proposed(world: World, order_id: int, side: Side = Side.CLINIC, **wanted: Any) -> int:
    """Return the id of a proposal, committed."""
    actor = world.manager_acts if side is Side.CLINIC else world.seller_acts
    with transaction():
        change = services.propose(order_id, Wanted(**wanted), side=side, actor=actor, now=NOW)
        assert change is not None
    return change.id


def answer(world: World, order_id: int, change_id: int, given: Answer, side: Side) -> None:
    actor = world.manager_acts if side is Side.CLINIC else world.seller_acts
    with transaction():
        services.answer(order_id, change_id, given, side=side, actor=actor, now=NOW)


def state(change_id: int) -> ChangeState:
    db.session.rollback()
    return db.session.get_one(OrderChange, change_id).state


def test_before_the_supplier_answers_it_is_changed_at_once(world: World) -> None:
    order_id = placed(world, (world.biotin, 3), (world.gloves, 2))
    ids, before = lines(order_id), len(mails())
    with transaction():
        made = services.propose(
            order_id,
            Wanted(MONDAY, {ids["BIO-5"]: 5, ids["GLO-M"]: 0}, "Fewer patients"),
            side=Side.CLINIC,
            actor=world.manager_acts,
            now=NOW,
        )
    assert made is None
    assert counters(order_id) == {"BIO-5": (5, 0, 0, 0), "GLO-M": (2, 0, 0, 2)}
    order = order_of(order_id)
    assert (order.requested_on, order.expected_on) == (MONDAY, MONDAY)
    assert order.owed.minor == 5 * 2505
    assert events(order_id)[-1] == ("changed", "Fewer patients")
    (mail,) = mails()[before:]
    assert mail.to_address == "sam@example.org"
    assert f"Order {order.number} changed by Mitte" in mail.subject
    assert "Biotin 5 ml: 5 packs instead of 3" in mail.text
    assert "Gloves M: 0 packs instead of 2" in mail.text


def test_after_it_the_other_side_accepts(world: World) -> None:
    order_id = acknowledged(world)
    ids = lines(order_id)
    change_id = proposed(world, order_id, packs={ids["BIO-5"]: 4, ids["GLO-M"]: 1}, day=MONDAY)
    assert counters(order_id) == {"BIO-5": (3, 0, 0, 0), "GLO-M": (2, 0, 0, 0)}
    again = Wanted(packs={ids["BIO-5"]: 9})
    with pytest.raises(ProposalOpen), transaction():
        services.propose(order_id, again, side=Side.SUPPLIER, actor=world.seller_acts, now=NOW)
    for given, side in ((Answer.ACCEPT, Side.CLINIC), (Answer.WITHDRAW, Side.SUPPLIER)):
        with pytest.raises(NotYoursToAnswer):
            answer(world, order_id, change_id, given, side)
    answer(world, order_id, change_id, Answer.ACCEPT, Side.SUPPLIER)
    assert counters(order_id) == {"BIO-5": (4, 0, 0, 0), "GLO-M": (2, 0, 0, 1)}
    confirmed = {line.sku: line.confirmed for line in order_of(order_id).lines}
    assert confirmed == {"BIO-5": 4, "GLO-M": 1}
    assert order_of(order_id).expected_on == MONDAY
    assert [kind for kind, _text in events(order_id)][-2:] == ["change_proposed", "change_accepted"]
    told = [mail.to_address for mail in mails()[-2:]]
    assert told == ["olga@example.org", "mia@example.org"]
    with pytest.raises(NotYoursToAnswer, match="accepted already"):
        answer(world, order_id, change_id, Answer.DECLINE, Side.SUPPLIER)


def test_the_supplier_proposes_and_is_declined_or_withdraws(world: World) -> None:
    order_id = acknowledged(world)
    with pytest.raises(InvalidInput, match="Nothing is changed"):
        proposed(world, order_id, Side.SUPPLIER)
    first = proposed(world, order_id, Side.SUPPLIER, day=MONDAY, reason="No lorry")
    answer(world, order_id, first, Answer.DECLINE, Side.CLINIC)
    second = proposed(world, order_id, Side.SUPPLIER, day=MONDAY)
    answer(world, order_id, second, Answer.WITHDRAW, Side.SUPPLIER)
    assert (state(first), state(second)) == (ChangeState.DECLINED, ChangeState.WITHDRAWN)
    assert order_of(order_id).requested_on is None
    assert counters(order_id) == {"BIO-5": (3, 0, 0, 0), "GLO-M": (2, 0, 0, 0)}
    twin = OrderChange(order_id=order_id, side=Side.CLINIC, packs={}, proposed_at=NOW)
    third = proposed(world, order_id, Side.SUPPLIER, day=MONDAY)
    with pytest.raises(IntegrityError), transaction():
        db.session.add(twin)
    assert state(third) is ChangeState.OPEN


def test_what_has_been_sent_is_not_taken_back_by_a_change(world: World) -> None:
    order_id = acknowledged(world)
    ids = lines(order_id)
    change_id = proposed(world, order_id, packs={ids["BIO-5"]: 1})
    sent(world, order_id, box("BIO-5", 2))
    with pytest.raises(InvalidInput, match="Enter 2 to 10000 packs"):
        answer(world, order_id, change_id, Answer.ACCEPT, Side.SUPPLIER)
    assert state(change_id) is ChangeState.OPEN
    with transaction():
        progress.cancel_rest(order_id, actor=world.manager_acts, now=NOW)
    sent_only = order_of(order_id)
    assert counters(order_id) == {"BIO-5": (3, 2, 0, 1), "GLO-M": (2, 0, 0, 2)}
    answer(world, order_id, change_id, Answer.WITHDRAW, Side.CLINIC)
    assert order_of(order_id).owed == sent_only.owed


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_a_change_refuses(world: World) -> None:
    order_id = acknowledged(world)
    ids = lines(order_id)
    with transaction():
        clinic = db.session.get_one(type(world.clinic), world.clinic.id)
        clinic.opening_days = 0b0011111
    for wanted, said in (
        ({"day": TODAY - dt.timedelta(days=1)}, "gone by"),
        ({"day": TODAY + dt.timedelta(days=366)}, "within a year"),
        ({"day": dt.date(2026, 11, 29)}, "closed on 29 Nov 2026"),
        ({"packs": {ids["BIO-5"]: 10_001}}, "Enter 0 to 10000 packs"),
        ({"packs": {ids["BIO-5"]: 0, ids["GLO-M"]: 0}}, "Cancel the order instead"),
        ({"packs": {0: 1}}, "not on the order"),
    ):
        with pytest.raises(InvalidInput, match=said):
            proposed(world, order_id, **wanted)
    more = Wanted(packs={ids["BIO-5"]: 5})
    refuse: dict[str, Any] = {"side": Side.CLINIC, "actor": world.manager_acts, "now": NOW}
    with pytest.raises(InvalidInput, match="over your limit"), transaction():
        services.propose(order_id, more, limit=Money(10_000, "EUR"), **refuse)
    with transaction():
        db.session.get_one(PurchaseOrder, order_id).pay_by = PayBy.CARD
    with pytest.raises(InvalidInput, match="paid by card"), transaction():
        services.propose(order_id, more, **refuse)
    fresh = placed(world, (world.biotin, 3))
    with pytest.raises(WrongStage), transaction():
        services.propose(
            fresh, Wanted(MONDAY), side=Side.SUPPLIER, actor=world.seller_acts, now=NOW
        )
    assert db.session.scalar(sa.select(sa.func.count()).select_from(OrderChange)) == 0


@pytest.mark.race
def test_of_two_answers_at_once_one_counts(app: Flask, world: World) -> None:
    order_id = acknowledged(world)
    change_id = proposed(world, order_id, packs={lines(order_id)["BIO-5"]: 1})
    accept = partial(
        services.answer, order_id, change_id, Answer.ACCEPT,
        side=Side.SUPPLIER, actor=world.seller_acts, now=NOW,
    )  # fmt: skip
    withdraw = partial(
        services.answer, order_id, change_id, Answer.WITHDRAW,
        side=Side.CLINIC, actor=world.manager_acts, now=NOW,
    )  # fmt: skip
    results = all_at_once(app, [accept, withdraw, accept, withdraw])
    assert sum(isinstance(one, NotYoursToAnswer) for one in results) == 3
    took = counters(order_id)["BIO-5"]
    assert took == ((3, 0, 0, 2) if state(change_id) is ChangeState.ACCEPTED else (3, 0, 0, 0))
    kinds = [kind for kind, _text in events(order_id) if kind.startswith("change_")]
    assert len(kinds) == 2


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_both_sides_pages(world: World, client: FlaskClient) -> None:
    order_id = acknowledged(world)
    ours, theirs = f"/c/mitte/orders/{order_id}", f"/s/dermal/orders/{order_id}"
    packs = {f"packs_{one}": "2" for one in lines(order_id).values()}
    sign_in(client, "mia@example.org")
    assert "Propose a change" in client.get(ours).text
    refused = client.post(f"{ours}/change", data={**packs, "day": "tomorrow"})
    assert refused.status_code == 400
    assert "Write the day as year-month-day" in refused.text
    done = client.post(f"{ours}/change", data={**packs, "form_key": "a"}, follow_redirects=True)
    assert "Biotin 5 ml: 2 packs instead of 3" in html.unescape(done.text)
    assert "Withdraw the proposal" in done.text
    change_id = db.session.scalar(sa.select(OrderChange.id))
    sign_in(client, "rita@example.org")
    assert client.post(f"{theirs}/changes/{change_id}/accept").status_code == 404
    sign_in(client, "vera@example.org")
    assert client.post(f"{ours}/changes/{change_id}/withdraw").status_code == 403
    sign_in(client, "sam@example.org")
    assert "Mitte proposes a change." in client.get(theirs).text
    answered = client.post(f"{theirs}/changes/{change_id}/accept", follow_redirects=True)
    assert "Accepted: the order is changed." in answered.text
    assert "The change is accepted" in answered.text
    assert counters(order_id)["BIO-5"] == (3, 0, 0, 1)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_day_and_a_message_go_with_an_order(world: World, client: FlaskClient) -> None:
    sign_in(client, "mia@example.org")
    client.post("/c/mitte/basket", data={"product_id": world.caffeine.id, "packs": "1"})
    order_id = db.session.scalar(sa.select(PurchaseOrder.id))
    assert order_id is not None
    home = f"/c/mitte/basket/{order_id}"
    far = clock.now().date() + dt.timedelta(days=90)
    typed = {f"requested_{order_id}": "2020-01-01", f"message_{order_id}": "Ring twice"}
    refused = client.post(home, data={**typed, "do": "place", "form_key": "a"})
    assert refused.status_code == 400
    assert "this day has gone by" in refused.text
    assert "Ring twice" in refused.text
    typed[f"requested_{order_id}"] = far.isoformat()
    client.post(home, data={**typed, "do": "place", "form_key": "b"})
    order = order_of(order_id)
    assert (order.stage, order.requested_on, order.expected_on) == ("placed", far, far)
    assert order.message == "Ring twice"
    mail = mails()[-1]
    assert mail.to_address == "orders@post.example.org"
    assert "Ring twice" in mail.text
    assert "Delivery asked for:" in mail.text


def limited(world: World) -> None:
    """Let the stock manager order up to €100 alone."""
    with transaction():
        member = db.session.query(Membership).filter_by(person_id=world.manager.id).one()
        member.order_limit_minor = 10_000


def test_who_may_not_order_that_much_does_not_accept_it(world: World) -> None:
    order_id = acknowledged(world)
    change_id = proposed(world, order_id, Side.SUPPLIER, packs={lines(order_id)["BIO-5"]: 400})

    def accept(limit: Money | None) -> None:
        actor, side = world.manager_acts, Side.CLINIC
        with transaction():
            services.answer(
                order_id, change_id, Answer.ACCEPT, side=side, limit=limit, actor=actor, now=NOW
            )

    with pytest.raises(InvalidInput, match="over your limit"):
        accept(Money(10_000, "EUR"))
    assert (state(change_id), counters(order_id)["BIO-5"][0]) == (ChangeState.OPEN, 3)
    accept(None)
    assert counters(order_id)["BIO-5"][0] == 400


def test_a_day_that_has_gone_by_is_not_accepted(world: World) -> None:
    order_id = acknowledged(world)
    change_id = proposed(world, order_id, Side.SUPPLIER, day=MONDAY)
    late = NOW + dt.timedelta(days=9)
    accept = partial(services.answer, order_id, change_id, Answer.ACCEPT, side=Side.CLINIC)
    with pytest.raises(InvalidInput, match="this day has gone by"), transaction():
        accept(actor=world.manager_acts, now=late)
    assert (state(change_id), order_of(order_id).requested_on) == (ChangeState.OPEN, None)


def test_other_packs_leave_the_day_it_is_expected(world: World) -> None:
    order_id = placed(world, (world.biotin, 3))
    soonest, tomorrow = order_of(order_id).expected_on, TODAY + dt.timedelta(days=1)
    acts: Any = {"side": Side.CLINIC, "actor": world.manager_acts, "now": NOW}
    with transaction():
        services.propose(order_id, Wanted(tomorrow), **acts)
    assert order_of(order_id).expected_on == soonest == TODAY + dt.timedelta(days=3)
    with transaction():
        packs = {lines(order_id)["BIO-5"]: 2}
        services.propose(
            order_id, Wanted(tomorrow, packs), **acts | {"now": NOW + dt.timedelta(days=2)}
        )
    order = order_of(order_id)
    assert (order.requested_on, order.expected_on) == (tomorrow, soonest)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_pages_that_others_have_overtaken(world: World, client: FlaskClient) -> None:
    limited(world)
    order_id = acknowledged(world)
    ours, ids = f"/c/mitte/orders/{order_id}", lines(order_id)
    sign_in(client, "mia@example.org")
    form = dict(
        re.findall(
            r'name="((?:was|packs)_\w+)"[^>]*value="(.*?)"', client.get(f"{ours}/change").text
        )
    )
    with transaction():
        progress.cancel_rest(order_id, side=Side.CLINIC, actor=world.owner_acts, now=NOW)
        taking_back.take_back_cancelling(
            order_id, side=Side.CLINIC, actor=world.owner_acts, now=NOW
        )
    change_id = proposed(world, order_id, Side.SUPPLIER, packs={ids["GLO-M"]: 1})
    shown = dict(re.findall(r'name="(seen_\d+)" value="(\d+)"', client.get(ours).text))
    assert shown == {f"seen_{ids['BIO-5']}": "3", f"seen_{ids['GLO-M']}": "2"}
    stale = {**shown, f"seen_{ids['BIO-5']}": "5"}
    accept = f"{ours}/changes/{change_id}/accept"
    said = client.post(accept, data=stale, follow_redirects=True).text
    assert "was changed since you opened it. Nothing was accepted" in html.unescape(said)
    assert state(change_id) is ChangeState.OPEN
    client.post(accept, data=shown)
    assert state(change_id) is ChangeState.ACCEPTED
    form[f"packs_{ids['BIO-5']}"] = "2"
    client.post(f"{ours}/change", data=form)
    assert db.session.scalars(sa.select(OrderChange.packs).order_by(OrderChange.id)).all()[-1] == {
        str(ids["BIO-5"]): 2
    }
    more = proposed_again(client, world, order_id, ids["BIO-5"])
    said = client.post(f"{ours}/changes/{more}/accept", follow_redirects=True).text
    assert "over your limit" in said
    assert state(more) is ChangeState.OPEN


def proposed_again(client: FlaskClient, world: World, order_id: int, line_id: int) -> int:
    """Withdraw what is proposed; return the supplier's next proposal, of 400 packs."""
    change = services.open_change(order_id)
    assert change is not None
    client.post(f"/c/mitte/orders/{order_id}/changes/{change.id}/withdraw")
    return proposed(world, order_id, Side.SUPPLIER, packs={line_id: 400})
