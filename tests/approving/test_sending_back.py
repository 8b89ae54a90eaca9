"""An owner approves or sends back: from Today, across clinics, and may think again."""

import re
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from supply import clock
from supply.answering import progress
from supply.approving.sending_back import reason_sent_back, send_back, take_back_sending
from supply.baskets import placing
from supply.db import db, transaction
from supply.money import Money
from supply.ordering.refusals import WrongStage
from supply.ordering.terms import Stage
from supply.outbox.models import Mail
from supply.refusals import InvalidInput
from tests.ordering.world import LATER, NOW, World, draft, events, order_of
from tests.support.people import sign_in

TODAY_PAGE = "/c/mitte/today"


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand still an hour after the order was asked for."""
    monkeypatch.setattr(clock, "now", lambda: LATER)


def waiting(world: World, packs: int = 4) -> int:
    """Return the id of an order of the stock manager's that waits for an owner, committed."""
    order_id = draft(world, (world.biotin, packs))
    with transaction():
        placing.place(order_id, limit=Money(100, "EUR"), actor=world.manager_acts, now=NOW)
    return order_id


def sent_back(world: World, reason: str = "Half of it will do.") -> int:
    """Return the id of an order that the owner sent back, committed."""
    order_id = waiting(world)
    with transaction():
        send_back(order_id, reason=reason, actor=world.owner_acts, now=LATER)
    return order_id


def words(client: FlaskClient, path: str = TODAY_PAGE) -> str:
    """Return the words of a page, spaces as one."""
    page = client.get(path).get_data(as_text=True)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


def test_it_is_a_draft_again_and_says_why(world: World) -> None:
    order_id = sent_back(world, "  Half of it\n will do. ")

    order = order_of(order_id)
    assert (order.stage, order.basket, order.placed_at) == (Stage.DRAFT, False, None)
    assert reason_sent_back(order) == "Half of it will do."
    assert events(order_id) == [
        ("approval_asked", ""),
        ("sent_back", "Half of it will do."),
    ]


def test_who_asked_for_it_gets_the_reason_by_mail(world: World) -> None:
    order_id = sent_back(world)

    mail = db.session.scalars(select(Mail).order_by(Mail.id.desc())).first()
    number = order_of(order_id).number
    assert mail is not None
    assert mail.to_address == "mia@example.org"
    assert mail.subject == f"Olga sent back your order to Dermal GmbH: {number}"
    assert (
        "Olga sent back your order of €100.20 to Dermal GmbH for Mitte. It is a draft again."
        in mail.text
    )
    assert "Half of it will do." in mail.text
    assert f"/c/mitte/orders/{order_id}" in mail.text


@pytest.mark.parametrize("reason", ["", "  \n ", "x" * 2001])
def test_a_reason_is_needed(world: World, reason: str) -> None:
    order_id = waiting(world)

    with pytest.raises(InvalidInput) as refused, transaction():
        send_back(order_id, reason=reason, actor=world.owner_acts, now=LATER)

    assert [field for field, _message in refused.value.errors] == ["reason"]
    assert order_of(order_id).stage is Stage.AWAITING_APPROVAL


def test_only_what_waits_is_sent_back(world: World) -> None:
    order_id = sent_back(world)

    with pytest.raises(WrongStage), transaction():
        send_back(order_id, reason="Again.", actor=world.owner_acts, now=LATER)
    assert len(events(order_id)) == 2


def test_a_draft_sent_back_is_asked_for_again(world: World) -> None:
    order_id = sent_back(world)

    with transaction():
        placing.place(order_id, limit=Money(100, "EUR"), actor=world.manager_acts, now=LATER)

    order = order_of(order_id)
    assert order.stage is Stage.AWAITING_APPROVAL
    assert reason_sent_back(order) is None


def test_sending_back_is_undone_while_nothing_followed(world: World) -> None:
    order_id = sent_back(world)
    with transaction():
        progress.comment(order_id, text="I look at it.", actor=world.manager_acts, now=LATER)
        take_back_sending(order_id, actor=world.owner_acts, now=LATER)

    assert order_of(order_id).stage is Stage.AWAITING_APPROVAL
    assert events(order_id)[-1] == ("sending_back_undone", "")
    with transaction():
        placing.approve(order_id, actor=world.owner_acts, now=LATER)
    assert order_of(order_id).stage is Stage.PLACED


def test_an_ordinary_draft_has_nothing_to_undo(world: World) -> None:
    order_id = draft(world, (world.biotin, 1))

    with pytest.raises(WrongStage), transaction():
        take_back_sending(order_id, actor=world.owner_acts, now=LATER)
    assert order_of(order_id).stage is Stage.DRAFT


def test_today_lists_what_waits_first_with_both_steps(client: FlaskClient, world: World) -> None:
    order_id = waiting(world)
    sign_in(client, "olga@example.org")

    said = words(client)
    assert "1 order to approve" in said
    assert "Today , 1 waiting" in said
    assert "Awaiting approval 1" in said
    assert "€100.20 to Dermal GmbH" in said
    assert "1 product for Mitte, asked for by Mia." in said

    answer = client.post(
        f"/c/mitte/orders/{order_id}/send-back", data={"reason": "Too much.", "next": TODAY_PAGE}
    )
    assert (answer.status_code, answer.location) == (302, TODAY_PAGE)
    assert f"Order {order_of(order_id).number} is sent back. Undo" in words(client)
    assert "Awaiting approval" not in words(client)

    client.post(f"/c/mitte/orders/{order_id}/send-back/undo", data={"next": TODAY_PAGE})
    assert "Awaiting approval 1" in words(client)

    client.post(f"/c/mitte/orders/{order_id}/approve", data={"next": TODAY_PAGE})
    assert order_of(order_id).stage is Stage.PLACED


def test_who_asked_sees_the_reason_on_the_order(client: FlaskClient, world: World) -> None:
    order_id = sent_back(world)
    sign_in(client, "mia@example.org")

    said = words(client, f"/c/mitte/orders/{order_id}")
    assert "Sent back to be changed. Half of it will do." in said
    assert "Awaiting approval" not in words(client)


@pytest.mark.parametrize(("who", "status"), [("mia", 403), ("vera", 403), ("otto", 404)])
@pytest.mark.parametrize("step", ["approve", "send-back", "send-back/undo"])
def test_only_an_owner_decides(
    client: FlaskClient, world: World, who: str, status: int, step: str
) -> None:
    order_id = sent_back(world) if step.endswith("undo") else waiting(world)
    before = events(order_id)
    sign_in(client, f"{who}@example.org")

    answer = client.post(f"/c/mitte/orders/{order_id}/{step}", data={"reason": "No."})

    assert answer.status_code == status
    assert events(order_id) == before
    assert "Awaiting approval" not in words(client, "/")


def test_a_refusal_keeps_one_where_one_was(client: FlaskClient, world: World) -> None:
    order_id = waiting(world)
    sign_in(client, "olga@example.org")
    url = f"/c/mitte/orders/{order_id}/send-back"

    from_today = client.post(url, data={"reason": "", "next": TODAY_PAGE})
    assert (from_today.status_code, from_today.location) == (302, TODAY_PAGE)
    assert "Say why, so that it can be changed." in words(client)

    from_order = client.post(url, data={"reason": ""})
    assert from_order.status_code == 400
    assert "Say why, so that it can be changed." in from_order.get_data(as_text=True)
    elsewhere = client.post(url, data={"reason": "No.", "next": "https://evil.example/"})
    assert elsewhere.location == f"/c/mitte/orders/{order_id}"
