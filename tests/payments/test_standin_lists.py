"""The stand-in for Stripe: lists, events and expansion."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.payments.calls import TOTAL, client_of, open_session, paid_charge
from tests.support.ports import LOOPBACK, free_port
from tests.support.stripe_standin import StripeStandin, over_http

DAY = 24 * 3600


def ids(page: Any) -> list[str]:
    """Return the ids of a page."""
    return [one.id for one in page.data]


def sessions_of(standin: StripeStandin, **asked: Any) -> Any:
    """Return a page of the list of sessions."""
    wanted: Any = asked
    return client_of(standin).v1.checkout.sessions.list(wanted)


def test_a_list_is_read_page_by_page(stripe_standin: StripeStandin) -> None:
    newest_first = [open_session(stripe_standin) for _ in range(5)][::-1]
    first = sessions_of(stripe_standin, limit=2)
    assert (ids(first), first.has_more) == (newest_first[:2], True)
    assert first.url == "/v1/checkout/sessions"
    second = sessions_of(stripe_standin, limit=2, starting_after=newest_first[1])
    assert (ids(second), second.has_more) == (newest_first[2:4], True)
    last = sessions_of(stripe_standin, limit=2, starting_after=newest_first[3])
    assert (ids(last), last.has_more) == (newest_first[4:], False)
    before = sessions_of(stripe_standin, limit=2, ending_before=newest_first[3])
    assert (ids(before), before.has_more) == (newest_first[1:3], True)
    top = sessions_of(stripe_standin, ending_before=newest_first[3])
    assert (ids(top), top.has_more) == (newest_first[:3], False)
    assert [one.id for one in first.auto_paging_iter()] == newest_first


def test_a_list_is_ten_long_unless_told(stripe_standin: StripeStandin) -> None:
    for _ in range(11):
        open_session(stripe_standin)
    page = sessions_of(stripe_standin)
    assert (len(page.data), page.has_more) == (10, True)
    assert len(sessions_of(stripe_standin, limit=100).data) == 11


@pytest.mark.parametrize(
    ("asked", "name", "status"),
    [
        ({"limit": 0}, "limit", 400),
        ({"limit": 101}, "limit", 400),
        ({"limit": "all"}, "limit", 400),
        ({"starting_after": "cs_test_nobodys"}, "starting_after", 404),
        ({"starting_after": "a", "ending_before": "b"}, "starting_after", 400),
        ({"client_reference_id": "order-17"}, "client_reference_id", 400),
        ({"created": {"since": 1}}, "created[since]", 400),
        ({"created": "today"}, "created", 400),
        ({"status": "paid"}, "status", 400),
    ],
)
def test_lists_that_cannot_be(
    stripe_standin: StripeStandin, asked: Any, name: str, status: int
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        sessions_of(stripe_standin, **asked)
    assert (caught.value.param, caught.value.http_status) == (name, status)


def test_lists_by_when_things_were_made(stripe_standin: StripeStandin) -> None:
    made = []
    for _ in range(3):
        made.append(open_session(stripe_standin))
        stripe_standin.advance(3600)
    first, second, third = made
    at = [stripe_standin.object(one)["created"] for one in made]
    assert ids(sessions_of(stripe_standin, created={"gte": at[1]})) == [third, second]
    assert ids(sessions_of(stripe_standin, created={"gt": at[1]})) == [third]
    assert ids(sessions_of(stripe_standin, created={"lte": at[1]})) == [second, first]
    assert ids(sessions_of(stripe_standin, created={"gt": at[0], "lt": at[2]})) == [second]
    assert ids(sessions_of(stripe_standin, created=at[0])) == [first]


def test_lists_by_what_things_belong_to(stripe_standin: StripeStandin) -> None:
    client = client_of(stripe_standin)
    charge, other = paid_charge(stripe_standin), paid_charge(stripe_standin)
    intent = stripe_standin.object(charge)["payment_intent"]
    refund = client.v1.refunds.create({"charge": charge, "amount": 100})
    client.v1.refunds.create({"charge": other, "amount": 100})
    assert ids(client.v1.refunds.list({"charge": charge})) == [refund.id]
    assert ids(client.v1.refunds.list({"payment_intent": intent})) == [refund.id]
    assert ids(client.v1.charges.list({"payment_intent": intent})) == [charge]
    (session,) = sessions_of(stripe_standin, payment_intent=intent).data
    assert session.payment_intent == intent
    assert len(sessions_of(stripe_standin, status="complete").data) == 2
    assert sessions_of(stripe_standin, status="open").data == []
    assert len(client.v1.payment_intents.list().data) == 2


# Events


def events_of(standin: StripeStandin, **asked: Any) -> Any:
    """Return a page of the list of events."""
    wanted: Any = {"limit": 100, **asked}
    return client_of(standin).v1.events.list(wanted)


def test_events_by_their_types(stripe_standin: StripeStandin) -> None:
    charge = paid_charge(stripe_standin)
    client_of(stripe_standin).v1.refunds.create({"charge": charge})
    paid = events_of(stripe_standin, type="checkout.session.completed")
    assert [event.type for event in paid.data] == ["checkout.session.completed"]
    several = events_of(stripe_standin, types=["refund.created", "charge.succeeded"])
    assert [event.type for event in several.data] == ["refund.created", "charge.succeeded"]
    group = events_of(stripe_standin, type="charge.*")
    assert [event.type for event in group.data] == ["charge.refunded", "charge.succeeded"]
    event = client_of(stripe_standin).v1.events.retrieve(paid.data[0].id)
    assert event.data.object["payment_status"] == "paid"


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ({"types": ["refund.created"] * 21}, "types"),
        ({"types": ["refund.created"], "type": "refund.failed"}, "type"),
        ({"delivery_success": "no"}, "delivery_success"),
    ],
)
def test_event_lists_that_cannot_be(stripe_standin: StripeStandin, asked: Any, name: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        events_of(stripe_standin, **asked)
    assert caught.value.param == name
    events_of(stripe_standin, types=["refund.created"] * 20)


def test_events_nobody_took(stripe_standin: StripeStandin) -> None:
    paid_charge(stripe_standin)
    away = over_http(f"http://{LOOPBACK}:{free_port()}/hook")
    events = stripe_standin.webhooks.pending()
    assert stripe_standin.webhooks.deliver(away, events[:1]) == [0]
    stripe_standin.webhooks.deliver(lambda _signed: 200, events[1:])
    missed = events_of(stripe_standin, delivery_success=False)
    assert ids(missed) == [events[0]["id"]]
    assert len(events_of(stripe_standin, delivery_success=True).data) == len(events) - 1
    assert len(events_of(stripe_standin).data) == len(events)


def test_events_reach_back_thirty_days(stripe_standin: StripeStandin) -> None:
    paid_charge(stripe_standin)
    event_id = stripe_standin.webhooks.pending()[0]["id"]
    stripe_standin.advance(30 * DAY - 60)
    assert event_id in ids(events_of(stripe_standin))
    stripe_standin.advance(120)
    assert events_of(stripe_standin).data == []
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client_of(stripe_standin).v1.events.retrieve(event_id)
    assert caught.value.http_status == 404


def test_events_come_newest_first(stripe_standin: StripeStandin) -> None:
    soon = stripe_standin.clock.now() + 3600
    open_session(stripe_standin, expires_at=soon)
    session_id = open_session(stripe_standin)
    stripe_standin.clock.advance(7200)
    stripe_standin.pay(session_id)
    times = [event.created for event in events_of(stripe_standin).data]
    assert times == sorted(times, reverse=True)
    assert times[-1] == soon


# Expansion


def test_ids_are_expanded_in_lists_four_levels_deep(stripe_standin: StripeStandin) -> None:
    paid_charge(stripe_standin)
    path = "data.payment_intent.latest_charge.balance_transaction"
    (session,) = sessions_of(stripe_standin, expand=[path]).data
    booked = session.payment_intent.latest_charge.balance_transaction
    assert (booked.amount, booked.fee, booked.net) == (TOTAL, 218, TOTAL - 218)


def test_refunds_of_a_charge_are_expanded(stripe_standin: StripeStandin) -> None:
    client = client_of(stripe_standin)
    charge = paid_charge(stripe_standin)
    assert "refunds" not in client.v1.charges.retrieve(charge)
    refund = client.v1.refunds.create({"charge": charge, "amount": 100})
    seen: Any = client.v1.charges.retrieve(charge, {"expand": ["refunds.data.payment_intent"]})
    assert ids(seen.refunds) == [refund.id]
    assert seen.refunds.data[0].payment_intent.amount == TOTAL


def test_nothing_expands_to_nothing(stripe_standin: StripeStandin) -> None:
    session_id = open_session(stripe_standin)
    expand: Any = {"expand": ["payment_intent.latest_charge"]}
    session = client_of(stripe_standin).v1.checkout.sessions.retrieve(session_id, expand)
    assert session.payment_intent is None


@pytest.mark.parametrize(
    "path",
    [
        "nonsense",
        "amount_total",
        "data.payment_intent",
        "payment_intent.nonsense",
        "payment_intent.latest_charge.payment_intent.latest_charge.payment_intent",
        "customer",
    ],
)
def test_what_cannot_be_expanded_does_nothing(stripe_standin: StripeStandin, path: str) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="expand"):
        open_session(stripe_standin, expand=[path])
    assert stripe_standin.objects("checkout.session") == []
