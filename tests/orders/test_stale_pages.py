"""A page opened before an order was changed decides nothing that it did not show."""

import re
from html import unescape

import pytest
from flask.testing import FlaskClient

from supply import clock
from supply.approving.sending_back import send_back, take_back_sending
from supply.baskets import drafts, placing
from supply.baskets.drafts import BasketLine
from supply.db import transaction
from supply.money import Money
from supply.ordering.terms import Stage
from tests.ordering.world import LATER, NOW, World, draft, events, order_of
from tests.support.people import sign_in

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

TODAY_PAGE = "/c/mitte/today"


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand still an hour after the order was asked for."""
    monkeypatch.setattr(clock, "now", lambda: LATER)


def asked_for(order_id: int, world: World, packs: dict[int, int] | None = None) -> None:
    """Ask for approval, of other packs than before where those are given; committed."""
    with transaction():
        if packs:
            drafts.set_packs(order_id, packs, actor=world.manager_acts, now=NOW)
        limit = Money(100, "EUR")
        placing.place(order_id, limit=limit, actor=world.manager_acts, now=NOW)


def shown(client: FlaskClient, page: str, order_id: int, step: str) -> dict[str, str]:
    """Return what a page's form for ``step`` on an order sends, its key left out."""
    form = re.search(
        rf'<form[^>]*/orders/{order_id}/{step}">.*?</form>', client.get(page).text, re.S
    )
    assert form is not None
    fields = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form[0])
    return {name: value for name, value in fields if name not in ("csrf_token", "form_key")}


def words(text: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", text)))


@pytest.mark.parametrize("step", ["approve", "send-back"])
@pytest.mark.parametrize("on_today", [True, False])
def test_an_owner_decides_only_on_what_was_shown(
    client: FlaskClient, world: World, step: str, *, on_today: bool
) -> None:
    order_id = draft(world, (world.biotin, 4), (world.gloves, 2))
    asked_for(order_id, world)
    sign_in(client, "olga@example.org")
    page = TODAY_PAGE if on_today else f"/c/mitte/orders/{order_id}"
    form = shown(client, page, order_id, step) | {"reason": "Less will do."}
    with transaction():
        send_back(order_id, reason="Less will do.", actor=world.owner_acts, now=LATER)
    lines = {line.sku: line.id for line in order_of(order_id).lines}
    with transaction():
        drafts.remove_line(order_id, lines["GLO-M"], actor=world.manager_acts, now=LATER)
    asked_for(order_id, world, {lines["BIO-5"]: 400})

    answer = client.post(f"/c/mitte/orders/{order_id}/{step}", data=form)

    number = order_of(order_id).number
    assert answer.status_code == (302 if on_today else 400)
    said = words(client.get(TODAY_PAGE).text if on_today else answer.text)
    assert (
        f"Nothing is decided: order {number} is not as you were shown it."
        " It came to €116.18 and comes to €10,020.00."
        " Biotin 5 ml: 400 packs, before 4. GLO-M is off it. Look at it again."
    ) in said
    assert order_of(order_id).stage is Stage.AWAITING_APPROVAL
    assert [kind for kind, _text in events(order_id)] == [
        "approval_asked", "sent_back", "approval_asked"
    ]  # fmt: skip
    client.post(
        f"/c/mitte/orders/{order_id}/approve", data=shown(client, page, order_id, "approve")
    )
    assert order_of(order_id).stage is Stage.PLACED


def test_one_waiting_again_after_a_thought_better_of_is_not_what_was_shown(
    client: FlaskClient, world: World
) -> None:
    order_id = draft(world, (world.biotin, 4))
    asked_for(order_id, world)
    sign_in(client, "olga@example.org")
    form = shown(client, TODAY_PAGE, order_id, "approve")
    with transaction():
        send_back(order_id, reason="Hm.", actor=world.owner_acts, now=LATER)
        take_back_sending(order_id, actor=world.owner_acts, now=LATER)

    client.post(f"/c/mitte/orders/{order_id}/approve", data=form)

    assert order_of(order_id).stage is Stage.AWAITING_APPROVAL
    assert "It was sent back since, and asked for anew." in words(client.get(TODAY_PAGE).text)


@pytest.mark.parametrize("how", ["all", "one"])
def test_lines_that_a_colleague_put_in_are_not_placed_unseen(
    client: FlaskClient, world: World, how: str
) -> None:
    with transaction():
        line = BasketLine(world.biotin.id, 3)
        (order,) = drafts.add_to_basket(world.clinic, [line], actor=world.manager_acts, now=NOW)
        order_id, number = order.id, order.number
    sign_in(client, "mia@example.org")
    page = client.get("/c/mitte/basket").text
    fields = dict(re.findall(r'name="((?:packs|lines|seen)_\d+)"[^>]*value="([^"]*)"', page))
    fields |= {"order": str(order_id), "place": "all" if how == "all" else str(order_id)}
    with transaction():
        more = [BasketLine(world.gloves.id, 50)]
        drafts.add_to_basket(world.clinic, more, actor=world.owner_acts, now=NOW)

    answer = client.post("/c/mitte/basket/all", data=fields)

    assert answer.status_code == 400
    assert "Added since: Gloves M. Look at it again." in words(answer.text)
    assert (order_of(order_id).stage, number) == (Stage.DRAFT, order_of(order_id).number)
    with transaction():
        gone = order_of(order_id).lines[0].id
        drafts.remove_line(order_id, gone, actor=world.owner_acts, now=NOW)
    fields = dict(re.findall(r'name="((?:packs|lines|seen)_\d+)"[^>]*value="([^"]*)"', answer.text))
    answer = client.post(
        "/c/mitte/basket/all", data=fields | {"order": str(order_id), "place": "all"}
    )
    assert "Something was taken off since." in words(answer.text)
    assert order_of(order_id).stage is Stage.DRAFT
