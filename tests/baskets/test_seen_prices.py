"""Prices that changed since a basket was filled: shown, and seen before anything is placed."""

import html
import re

import pytest
from flask.testing import FlaskClient

from supply.baskets import drafts, seen_prices
from supply.baskets.drafts import BasketLine
from supply.catalogue.models import Price, Product
from supply.db import db, transaction
from supply.money import Money
from supply.ordering.refusals import PricesChanged
from tests.ordering.world import NOW, TODAY, World, draft, make_product, order_of, set_price
from tests.support.people import sign_in


def price(product: Product, minor: int) -> None:
    """Give a product another list price from today on."""
    with transaction():
        set_price(product, minor, TODAY)


def seen(order_id: int) -> dict[str, tuple[int, int | None]]:
    """Return (today's price, price seen last) by SKU."""
    return {line.sku: (line.pack_minor, line.seen_minor) for line in order_of(order_id).lines}


def test_a_changed_price_is_kept_apart_until_it_was_seen(world: World) -> None:
    order_id = draft(world, (world.biotin, 3), (world.gloves, 2))
    assert seen(order_id) == {"BIO-5": (2505, 2505), "GLO-M": (799, 799)}
    price(world.biotin, 2600)
    line = order_of(order_id).lines[0]
    with transaction():
        drafts.set_packs(order_id, {line.id: 4}, actor=world.manager_acts, now=NOW)
    assert seen(order_id) == {"BIO-5": (2600, 2505), "GLO-M": (799, 799)}
    with pytest.raises(PricesChanged) as refused, transaction():
        seen_prices.check_seen(order_id, {}, now=NOW)
    assert refused.value.lines == [("Biotin 5 ml", Money(2505, "EUR"), Money(2600, "EUR"))]
    for shown in (2505, 2700):  # neither is today's price: it was not seen
        with transaction():
            acts = world.manager_acts
            drafts.set_packs(order_id, {}, seen={line.id: shown}, actor=acts, now=NOW)
        assert seen(order_id)["BIO-5"] == (2600, 2505)
    with transaction():
        seen_prices.check_seen(order_id, {line.id: 2600}, now=NOW)
        drafts.set_packs(order_id, {}, seen={line.id: 2600}, actor=world.manager_acts, now=NOW)
        seen_prices.check_seen(order_id, {}, now=NOW)
    assert seen(order_id)["BIO-5"] == (2600, 2600)


def test_a_price_of_more_packs_is_no_change(world: World) -> None:
    with transaction():
        db.session.add(
            Price(
                product_id=world.biotin.id,
                currency="EUR",
                valid_from=TODAY,
                from_packs=10,
                pack_minor=2000,
            )
        )
    order_id = draft(world, (world.biotin, 3))
    line = order_of(order_id).lines[0]
    with transaction():
        drafts.set_packs(order_id, {line.id: 12}, actor=world.manager_acts, now=NOW)
        seen_prices.check_seen(order_id, {}, now=NOW)
    assert seen(order_id) == {"BIO-5": (2000, 2000)}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_basket_shows_both_prices_and_places_only_what_was_seen(
    client: FlaskClient, world: World
) -> None:
    with transaction():
        lines = [BasketLine(world.biotin.id, 3), BasketLine(world.caffeine.id, 1)]
        orders = drafts.add_to_basket(world.clinic, lines, actor=world.manager_acts, now=NOW)
        first, second = (order.id for order in orders)
    sign_in(client, "mia@example.org")
    shown = dict(re.findall(r'name="(seen_\d+)" value="(\d+)"', client.get("/c/mitte/basket").text))
    assert sorted(shown.values()) == ["2505", "4500"]
    price(world.biotin, 2600)
    packs = {
        f"packs_{line.id}": line.packs for one in (first, second) for line in order_of(one).lines
    }
    data = {"order": [first, second], "form_key": "one", "place": "all", **packs, **shown}
    answer = client.post("/c/mitte/basket/all", data=data)
    text = html.unescape(answer.text)
    assert answer.status_code == 400
    # The other supplier's order is not held up by it.
    assert [order_of(one).stage for one in (first, second)] == ["draft", "placed"]
    assert "Biotin 5 ml: was €25.05 a pack, now €26.00" in text
    assert "The price of 1 product has changed since it was put here." in text
    assert "was €25.05" in text

    shown = dict(re.findall(r'name="(seen_\d+)" value="(\d+)"', text))
    assert list(shown.values()) == ["2600"]
    data = {"order": [first], "form_key": "one", "place": first, **packs, **shown}
    assert client.post("/c/mitte/basket/all", data=data).status_code == 302
    line = order_of(first).lines[0]
    assert (order_of(first).stage, line.pack_minor) == ("placed", 2600)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_placing_all_does_is_said_before_the_click(client: FlaskClient, world: World) -> None:
    with transaction():
        toxin = make_product(world.postal, "RX-1", "Toxin", prescription_only=True)
        practice = db.session.get_one(type(world.practice), world.practice.id)
        practice.licence_valid_to = None
    with transaction():
        lines = [BasketLine(world.biotin.id, 3), BasketLine(toxin.id, 1)]
        drafts.add_to_basket(world.clinic, lines, actor=world.manager_acts, now=NOW)
    sign_in(client, "mia@example.org")
    text = html.unescape(client.get("/c/mitte/basket").text)
    assert "Goes out at once: Dermal GmbH." in text
    assert "Cannot be placed yet, and stays: Post Pharma. Prescription only: Toxin." in text
    assert "<strong>1 of 2 baskets</strong> can be placed as it is." in text
