"""Paying an order: once, to the cent, whatever is lost on the way."""

import datetime as dt

import pytest
import sqlalchemy as sa
from flask_babel import force_locale

from supply.accounts.models import Person, Supplier
from supply.answering import progress
from supply.baskets import placing
from supply.db import db, transaction
from supply.money import Money
from supply.ordering import wording as orders
from supply.ordering.refusals import NoCard, WrongStage
from supply.ordering.terms import PayBy, Side
from supply.payments import asking, checkout, wording
from supply.payments.gateway import StripeGateway
from supply.payments.models import GatewayRequest, Payment
from supply.payments.refusals import StripeAway, StripeRefused
from tests.ordering.world import NOW, World, draft, events, mails, order_of, set_price
from tests.payments.paying import (
    SOON,
    begun,
    opened,
    paid,
    payment_of,
    refunds_of,
    requests_of,
    run,
    session_of,
    stage_of,
    to_pay,
)
from tests.support.stripe_standin import Fault, StripeStandin

SESSION = "POST /v1/checkout/sessions"
HOUR = dt.timedelta(hours=1)


def test_an_order_to_be_paid_waits_and_its_supplier_hears_nothing(
    world: World, stripe: StripeStandin
) -> None:
    order_id = to_pay(world, (world.biotin, 3))
    order = order_of(order_id)
    assert (order.stage, order.status, order.placed_at) == (
        "awaiting_payment", "awaiting_payment", None,
    )  # fmt: skip
    assert events(order_id) == [("payment_asked", "")]
    assert mails() == []
    assert stripe.requests == []


def test_what_is_asked_for_is_the_gross_sum_and_our_name_for_it(
    world: World, stripe: StripeStandin, gateway: StripeGateway
) -> None:
    order_id = to_pay(world, (world.biotin, 3))
    payment_id = opened(world, order_id, gateway)
    payment, order = payment_of(payment_id), order_of(order_id)
    session = stripe.object(str(payment.session_id))
    assert payment.status == "open"
    assert payment.amount == order.to_pay
    assert (session["amount_total"], session["currency"]) == (order.to_pay.minor, "eur")
    assert session["client_reference_id"] == payment.reference == f"{order.number}-1"
    assert session["metadata"] == {"reference": payment.reference, "order": order.number}
    assert session["expires_at"] == int((NOW + 23 * HOUR).timestamp())
    assert payment.url == session["url"]


def test_paid_means_that_stripe_says_so(
    world: World, stripe: StripeStandin, gateway: StripeGateway
) -> None:
    order_id, payment_id = paid(world, stripe, gateway, (world.biotin, 3))
    payment, order = payment_of(payment_id), order_of(order_id)
    assert (payment.status, payment.paid) == ("paid", order.to_pay)
    assert (order.placed_at, order.placed_by_id) == (NOW, world.manager.id)
    assert [kind for kind, _text in events(order_id)] == ["payment_asked", "paid"]
    assert [mail.to_address for mail in mails()] == ["sam@example.org"]


def test_a_redirect_alone_proves_nothing(
    world: World, stripe: StripeStandin, gateway: StripeGateway
) -> None:
    order_id = to_pay(world, (world.biotin, 3))
    payment_id = opened(world, order_id, gateway)
    assert asking.look(payment_id, gateway, NOW) == "open"
    assert stage_of(order_id) == "awaiting_payment"


@pytest.mark.parametrize("card", ["declined", "3ds_abandoned"])
def test_a_card_that_does_not_pay_leaves_the_order_waiting(
    world: World, stripe: StripeStandin, gateway: StripeGateway, card: str
) -> None:
    order_id = to_pay(world, (world.biotin, 3))
    payment_id = opened(world, order_id, gateway)
    stripe.pay(session_of(payment_id), card)  # type: ignore[arg-type]
    assert asking.look(payment_id, gateway, NOW) == "open"
    stripe.pay(session_of(payment_id), "3ds_ok")
    assert asking.look(payment_id, gateway, NOW) == "paid"
    assert stage_of(order_id) == "placed"


def test_two_tabs_share_one_page(
    world: World, stripe: StripeStandin, gateway: StripeGateway
) -> None:
    order_id = to_pay(world, (world.biotin, 3))
    assert opened(world, order_id, gateway) == opened(world, order_id, gateway, SOON)
    assert len(stripe.requests_to(SESSION)) == 1


def test_looking_twice_places_the_order_once(
    world: World, stripe: StripeStandin, gateway: StripeGateway
) -> None:
    order_id, payment_id = paid(world, stripe, gateway, (world.biotin, 3))
    assert asking.look(payment_id, gateway, SOON) == "paid"
    assert [kind for kind, _text in events(order_id)] == ["payment_asked", "paid"]
    assert len(mails()) == 1


@pytest.mark.parametrize(
    "fault",
    [Fault.DROP_BEFORE, Fault.DROP_AFTER, Fault.TRUNCATED, Fault.CUT_OFF, Fault.UNAVAILABLE,
     Fault.TOO_MANY, Fault.ERROR_BEFORE],
)  # fmt: skip
def test_a_lost_answer_is_asked_for_again_word_for_word(
    world: World, stripe: StripeStandin, gateway: StripeGateway, fault: Fault
) -> None:
    order_id = to_pay(world, (world.biotin, 3))
    payment_id = begun(world, order_id)
    stripe.fail_next(fault, SESSION)
    with pytest.raises(StripeAway):
        asking.page_to_pay(payment_id, gateway, NOW)
    assert payment_of(payment_id).status == "starting"
    for later in (SOON, SOON + HOUR, SOON + 2 * HOUR):
        run(gateway, later)
    asked = stripe.requests_to(SESSION)
    assert {request.encoded for request in asked} == {asked[0].encoded}
    assert len(stripe.objects("checkout.session")) <= 1
    if fault is Fault.ERROR_BEFORE:  # Kept there under its key: that page is never made.
        assert payment_of(payment_id).status == "failed"
        payment_id = opened(world, order_id, gateway, SOON)
    assert payment_of(payment_id).status == "open"
    assert payment_of(payment_id).session_id == stripe.objects("checkout.session")[0]["id"]


def test_a_page_made_behind_a_kept_fault_is_found(
    world: World, stripe: StripeStandin, gateway: StripeGateway
) -> None:
    payment_id = begun(world, to_pay(world, (world.biotin, 3)))
    stripe.fail_next(Fault.ERROR_AFTER, SESSION)
    with pytest.raises(StripeAway):
        asking.page_to_pay(payment_id, gateway, NOW)
    run(gateway, SOON)
    (session,) = stripe.objects("checkout.session")
    assert (payment_of(payment_id).status, payment_of(payment_id).session_id) == (
        "open", session["id"],
    )  # fmt: skip


def test_an_answer_lost_for_a_day_is_looked_for(
    world: World, stripe: StripeStandin, gateway: StripeGateway
) -> None:
    payment_id = begun(world, to_pay(world, (world.biotin, 3)))
    stripe.fail_next(Fault.DROP_AFTER, SESSION)
    with pytest.raises(StripeAway):
        asking.page_to_pay(payment_id, gateway, NOW)
    stripe.pay(stripe.objects("checkout.session")[0]["id"])
    stripe.advance(25 * 3600)
    run(gateway, NOW + 25 * HOUR)
    assert payment_of(payment_id).status == "paid"
    assert len(stripe.requests_to(SESSION)) == 1


def test_what_stripe_refuses_is_said_and_may_be_tried_again(
    world: World, stripe: StripeStandin, gateway: StripeGateway
) -> None:
    with transaction():
        db.session.get_one(Supplier, world.supplier.id).stripe_account = "acct_unknown"
    order_id = to_pay(world, (world.biotin, 3))
    payment_id = begun(world, order_id)
    with pytest.raises(StripeRefused):
        asking.page_to_pay(payment_id, gateway, NOW)
    assert payment_of(payment_id).status == "failed"
    assert stage_of(order_id) == "awaiting_payment"
    with transaction():
        db.session.get_one(Supplier, world.supplier.id).stripe_account = None
    again = opened(world, order_id, gateway)
    assert (again != payment_id, payment_of(again).status) == (True, "open")


def test_a_suppliers_own_account_gets_the_money(
    world: World, stripe: StripeStandin, gateway: StripeGateway
) -> None:
    stripe.connect("acct_dermal")
    with transaction():
        db.session.get_one(Supplier, world.supplier.id).stripe_account = "acct_dermal"
    _order_id, payment_id = paid(world, stripe, gateway, (world.biotin, 3))
    intent = stripe.object(str(payment_of(payment_id).intent_id))
    assert intent["transfer_data"]["destination"] == "acct_dermal"
    assert intent["on_behalf_of"] == "acct_dermal"


@pytest.mark.parametrize(
    ("fields", "facts", "said", "french"),
    [
        (
            {"amount_received": 7514},
            ["amount", 7515, 7514],
            "Sum: €75.15 asked for, €75.14 paid.",
            "75,14\xa0€",
        ),
        (
            {"currency": "usd"},
            ["currency", "eur", "usd"],
            "Currency: EUR asked for, USD paid.",
            "USD",
        ),
    ],
)
def test_money_that_does_not_agree_is_held_and_both_sides_are_told(
    world: World,
    stripe: StripeStandin,
    gateway: StripeGateway,
    fields: dict[str, object],
    facts: list[object],
    said: str,
    french: str,
) -> None:
    """What differs is kept as facts, and said to each reader in their own language."""
    with transaction():
        db.session.get_one(Person, world.owner.id).locale = "fr"
    order_id = to_pay(world, (world.biotin, 3))
    payment_id = opened(world, order_id, gateway)
    stripe.pay(session_of(payment_id))
    intent = stripe.object(session_of(payment_id))["payment_intent"]
    stripe.tamper(intent, **fields)
    assert asking.look(payment_id, gateway, NOW) == "held"
    payment = payment_of(payment_id)
    assert (stage_of(order_id), payment.differences) == ("awaiting_payment", [facts])
    assert wording.why(payment) == said
    event = order_of(order_id).events[-1]
    assert orders.entry(event, "UTC")["text"] == f"Held until somebody has looked. {said}"
    with force_locale("fr"):
        assert french in wording.why(payment)
    mine = {mail.to_address: mail.text for mail in mails()}
    assert said in mine["mia@example.org"]
    assert french in mine["olga@example.org"]
    assert sorted(mail.to_address for mail in mails()) == [
        "mia@example.org", "olga@example.org", "sam@example.org",
    ]  # fmt: skip
    subjects = {mail.to_address: mail.subject for mail in mails()}
    assert subjects["mia@example.org"].startswith("A payment that does not agree: order ")
    pages = {mail.to_address: f"/orders/{order_id}" in mail.text for mail in mails()}
    assert pages == {"mia@example.org": True, "olga@example.org": True, "sam@example.org": False}


def test_another_reference_or_mode_is_held(
    world: World, stripe: StripeStandin, gateway: StripeGateway
) -> None:
    for fields in ({"client_reference_id": "someone-else"}, {"livemode": True}):
        payment_id = opened(world, to_pay(world, (world.biotin, 3)), gateway)
        stripe.pay(session_of(payment_id))
        stripe.tamper(session_of(payment_id), **fields)
        assert asking.look(payment_id, gateway, NOW) == "held"


def test_held_money_goes_back_once_the_order_is_withdrawn(
    world: World, stripe: StripeStandin, gateway: StripeGateway
) -> None:
    order_id = to_pay(world, (world.biotin, 3))
    payment_id = opened(world, order_id, gateway)
    stripe.pay(session_of(payment_id))
    stripe.tamper(session_of(payment_id), client_reference_id="someone-else")
    asking.look(payment_id, gateway, NOW)
    run(gateway)
    assert refunds_of(payment_id) == []
    with transaction():
        progress.cancel_rest(order_id, actor=world.manager_acts, now=SOON)
    run(gateway)
    assert refunds_of(payment_id) == [("succeeded", 7515)]


def test_a_page_nobody_pays_on_expires_and_another_may_be_made(
    world: World, stripe: StripeStandin, gateway: StripeGateway
) -> None:
    order_id = to_pay(world, (world.biotin, 3))
    payment_id = opened(world, order_id, gateway)
    stripe.advance(24 * 3600)
    late = NOW + 24 * HOUR
    assert asking.look(payment_id, gateway, late) == "expired"
    assert [(mail.to_address, mail.subject) for mail in mails()] == [
        ("mia@example.org", f"Not paid yet: order {order_of(order_id).number}")
    ]
    again = opened(world, order_id, gateway, late)
    stripe.pay(session_of(again))
    assert asking.look(again, gateway, late) == "paid"
    assert stage_of(order_id) == "placed"


def test_withdrawing_closes_the_page(
    world: World, stripe: StripeStandin, gateway: StripeGateway
) -> None:
    order_id = to_pay(world, (world.biotin, 3))
    payment_id = opened(world, order_id, gateway)
    with transaction():
        progress.cancel_rest(order_id, actor=world.manager_acts, now=NOW)
    run(gateway)
    assert stripe.object(session_of(payment_id))["status"] == "expired"
    assert (payment_of(payment_id).status, stage_of(order_id)) == ("expired", "cancelled")
    assert mails() == []


def test_withdrawing_before_the_page_is_known_closes_it_once_it_is(
    world: World, stripe: StripeStandin, gateway: StripeGateway
) -> None:
    order_id = to_pay(world, (world.biotin, 3))
    payment_id = begun(world, order_id)
    with transaction():
        progress.cancel_rest(order_id, actor=world.manager_acts, now=NOW)
    run(gateway)
    run(gateway)
    assert stripe.object(session_of(payment_id))["status"] == "expired"
    assert requests_of(payment_id) == [("session", True), ("expire", True)]
    assert payment_of(payment_id).status == "expired"


def test_what_was_paid_while_it_was_withdrawn_goes_back_whole(
    world: World, stripe: StripeStandin, gateway: StripeGateway
) -> None:
    order_id = to_pay(world, (world.biotin, 3))
    payment_id = opened(world, order_id, gateway)
    stripe.pay(session_of(payment_id))
    with transaction():
        progress.cancel_rest(order_id, actor=world.manager_acts, now=NOW)
    run(gateway)
    run(gateway)
    assert (payment_of(payment_id).status, stage_of(order_id)) == ("paid", "cancelled")
    assert refunds_of(payment_id) == [("succeeded", 7515)]
    assert [mail.to_address for mail in mails()] == []


def test_a_price_that_changes_while_it_is_paid_is_the_old_one(
    world: World, stripe: StripeStandin, gateway: StripeGateway
) -> None:
    order_id = to_pay(world, (world.biotin, 3))
    payment_id = opened(world, order_id, gateway)
    with transaction():
        set_price(world.biotin, 9900, valid_from=NOW.date())
    stripe.pay(session_of(payment_id))
    assert asking.look(payment_id, gateway, NOW) == "paid"
    assert order_of(order_id).total_minor == 7515


def test_on_account_after_all_closes_the_page_and_gives_back_what_came(
    world: World, stripe: StripeStandin, gateway: StripeGateway
) -> None:
    order_id = to_pay(world, (world.biotin, 3))
    payment_id = opened(world, order_id, gateway)
    stripe.pay(session_of(payment_id))
    with transaction():
        placing.pay_on_account(order_id, actor=world.manager_acts, now=NOW)
    run(gateway)
    run(gateway)
    order = order_of(order_id)
    assert (order.stage, order.pay_by, payment_of(payment_id).status) == (
        "placed", "account", "paid",
    )  # fmt: skip
    assert refunds_of(payment_id) == [("succeeded", 7515)]


def test_over_the_limit_an_owner_approves_and_who_asked_pays(
    world: World, stripe: StripeStandin, gateway: StripeGateway
) -> None:
    order_id = draft(world, (world.biotin, 3))
    with transaction():
        placing.place(
            order_id, limit=Money(100, "EUR"), pay_by=PayBy.CARD, actor=world.manager_acts, now=NOW
        )
    assert stage_of(order_id) == "awaiting_approval"
    with transaction():
        placing.approve(order_id, actor=world.owner_acts, now=NOW)
    assert stage_of(order_id) == "awaiting_payment"
    assert [kind for kind, _text in events(order_id)] == ["approval_asked", "approved_to_pay"]
    told = mails()[-1]
    assert (told.to_address, told.subject) == (
        "mia@example.org",
        f"Approved, to be paid: order {order_of(order_id).number} to Dermal GmbH",
    )


def test_without_a_key_only_on_account(world: World) -> None:
    order_id = draft(world, (world.biotin, 3))
    with pytest.raises(NoCard, match="Cards are not taken here"), transaction():
        placing.place(order_id, pay_by=PayBy.CARD, actor=world.manager_acts, now=NOW)
    assert stage_of(order_id) == "draft"


def test_a_sum_below_the_least_is_refused(world: World, stripe: StripeStandin) -> None:
    with transaction():
        set_price(world.biotin, 10, valid_from=NOW.date())
    order_id = draft(world, (world.biotin, 1))
    with pytest.raises(NoCard, match="too small"), transaction():
        placing.place(order_id, pay_by=PayBy.CARD, actor=world.manager_acts, now=NOW)


def test_only_an_order_that_waits_for_it_is_paid(world: World, stripe: StripeStandin) -> None:
    order_id = draft(world, (world.biotin, 1))
    with pytest.raises(WrongStage), transaction():
        checkout.begin(order_id, actor=world.manager_acts, now=NOW)
    assert db.session.scalar(sa.select(sa.func.count(Payment.id))) == 0


def test_the_supplier_cannot_cancel_what_it_does_not_know(
    world: World, stripe: StripeStandin
) -> None:
    order_id = to_pay(world, (world.biotin, 1))
    with pytest.raises(WrongStage), transaction():
        progress.cancel_rest(
            order_id, side=Side.SUPPLIER, reason="No.", actor=world.seller_acts, now=NOW
        )


def test_stripe_is_never_asked_inside_a_transaction(world: World, gateway: StripeGateway) -> None:
    with transaction(), pytest.raises(RuntimeError, match="inside a transaction"):
        gateway.session("cs_test_1")


def test_what_is_asked_is_kept_before_it_is_asked(world: World, stripe: StripeStandin) -> None:
    payment_id = begun(world, to_pay(world, (world.biotin, 3)))
    row = db.session.scalars(sa.select(GatewayRequest)).one()
    assert (row.payment_id, row.kind, row.done_at) == (payment_id, "session", None)
    assert row.body["line_items"][0]["price_data"]["unit_amount"] == 7515
    assert stripe.requests == []
