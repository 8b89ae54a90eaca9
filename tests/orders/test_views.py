"""The pages of baskets and orders: who may, and the way through."""

import re
from collections.abc import Iterator

from flask.testing import FlaskClient

from supply.accounts.models import Membership
from supply.baskets import drafts
from supply.baskets.drafts import BasketLine
from supply.db import db, transaction
from supply.ordering.models import PurchaseOrder
from tests.ordering.world import NOW, World, draft, events, order_of, placed
from tests.support.people import sign_in


def basket(world: World) -> PurchaseOrder:
    """Return a basket of three packs of biotin, committed."""
    with transaction():
        line = BasketLine(world.biotin.id, 3, "Runs out on Friday")
        (order,) = drafts.add_to_basket(world.clinic, [line], actor=world.manager_acts, now=NOW)
    return order_of(order.id)


def reading(order_id: int) -> Iterator[str]:
    """Yield the addresses of pages."""
    yield from ("/c/mitte/basket", "/c/mitte/orders", f"/c/mitte/orders/{order_id}")
    yield from (f"/c/mitte/orders/{order_id}/order.{form}" for form in ("pdf", "csv"))


def writing(order_id: int, line_id: int) -> Iterator[str]:
    """Yield the addresses that change something."""
    yield "/c/mitte/basket"
    yield f"/c/mitte/basket/{order_id}"
    yield f"/c/mitte/basket/{order_id}/lines/{line_id}/remove"
    for step in ("approve", "cancel", "comments"):
        yield f"/c/mitte/orders/{order_id}/{step}"


def test_outsiders_learn_nothing_and_viewers_touch_nothing(
    client: FlaskClient, world: World
) -> None:
    order = basket(world)
    order_id, line_id = order.id, order.lines[0].id
    for email in ("otto@example.org", "sam@example.org"):
        sign_in(client, email)
        for address in reading(order_id):
            assert client.get(address).status_code == 404, (address, email)
        for address in writing(order_id, line_id):
            assert client.post(address).status_code == 404, (address, email)
    sign_in(client, "vera@example.org")
    for address in reading(order_id):
        assert client.get(address).status_code == 200, address
    for address in writing(order_id, line_id):
        assert client.post(address).status_code == 403, address
    assert [line.packs for line in order_of(order_id).lines] == [3]


def test_a_product_goes_into_the_basket(client: FlaskClient, world: World) -> None:
    sign_in(client, "mia@example.org")
    data = {"product_id": world.biotin.id, "packs": "2", "form_key": "one"}
    for _ in range(2):
        assert client.post("/c/mitte/basket", data=data).location == "/c/mitte/basket"

    page = client.get("/c/mitte/basket").text
    assert "Biotin 5 ml" in page
    assert "€50.10" in page
    assert re.search(r'name="packs_\d+"[^>]*value="2"', page)


def test_nonsense_is_refused(client: FlaskClient, world: World) -> None:
    sign_in(client, "mia@example.org")
    for packs in ("", "0", "-1", "1.5", "NaN", "1000000000000"):
        data = {"product_id": world.biotin.id, "packs": packs}
        assert client.post("/c/mitte/basket", data=data).status_code == 400, packs
    assert db.session.query(PurchaseOrder).count() == 0


def test_packs_typed_are_placed_in_one_step(client: FlaskClient, world: World) -> None:
    order = basket(world)
    order_id, field = order.id, f"packs_{order.lines[0].id}"
    sign_in(client, "mia@example.org")
    data = {field: "7", "do": "place", "form_key": "one"}
    for _ in range(2):
        answer = client.post(f"/c/mitte/basket/{order_id}", data=data)
        assert answer.location == f"/c/mitte/orders/{order_id}?placed=1"

    placed_order = order_of(order_id)
    assert (placed_order.stage, placed_order.lines[0].packs) == ("placed", 7)
    assert events(order_id) == [("placed", "")]
    page = client.get(f"/c/mitte/orders/{order_id}").text
    assert f"Order {placed_order.number} is placed." in page
    assert "Order placed" in page


def test_what_was_typed_is_kept_when_refused(client: FlaskClient, world: World) -> None:
    order = basket(world)
    field = f"packs_{order.lines[0].id}"
    sign_in(client, "mia@example.org")
    answer = client.post(f"/c/mitte/basket/{order.id}", data={field: "lots", "do": "place"})

    assert answer.status_code == 400
    assert 'value="lots"' in answer.text
    assert f'href="#{field}">Biotin 5 ml: Enter whole packs from 1 to 10000.' in answer.text


def test_a_line_taken_off_comes_back_with_undo(client: FlaskClient, world: World) -> None:
    order = basket(world)
    order_id, line_id = order.id, order.lines[0].id
    sign_in(client, "mia@example.org")
    client.post(f"/c/mitte/basket/{order_id}/lines/{line_id}/remove")
    page = client.get("/c/mitte/basket").text
    assert "Biotin 5 ml is off the order." in page
    assert "The basket is empty" in page

    toast = page[page.index("data-toast=") : page.index("</form>", page.index("data-toast="))]
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', toast))
    client.post("/c/mitte/basket", data=fields)
    assert [(line.packs, line.why) for line in order_of(order_id).lines] == [
        (3, "Runs out on Friday")
    ]


def test_over_the_limit_only_an_owner_approves(client: FlaskClient, world: World) -> None:
    with transaction():
        membership = db.session.query(Membership).filter_by(person_id=world.manager.id).one()
        membership.order_limit_minor = 100
    order = basket(world)
    order_id = order.id
    sign_in(client, "mia@example.org")
    client.post(f"/c/mitte/basket/{order_id}", data={"do": "place"})
    assert order_of(order_id).stage == "awaiting_approval"
    page = client.get(f"/c/mitte/orders/{order_id}").text
    assert "Waiting for an owner." in page
    assert "Approve and place" not in page
    assert "Withdraw the order" in page
    assert "Cancel what is left" not in page
    assert client.post(f"/c/mitte/orders/{order_id}/approve").status_code == 403

    sign_in(client, "olga@example.org")
    assert "Approve and place" in client.get(f"/c/mitte/orders/{order_id}").text
    for _ in range(2):
        answer = client.post(f"/c/mitte/orders/{order_id}/approve", data={"form_key": "yes"})
        assert answer.status_code == 302
    assert client.post(f"/c/mitte/orders/{order_id}/approve").status_code == 400
    assert order_of(order_id).stage == "placed"


def test_a_draft_is_placed_from_its_own_page(client: FlaskClient, world: World) -> None:
    order_id = draft(world, (world.biotin, 2))
    sign_in(client, "mia@example.org")
    assert "Place with Dermal GmbH" in client.get(f"/c/mitte/orders/{order_id}").text

    client.post(f"/c/mitte/basket/{order_id}", data={"do": "place"})
    assert order_of(order_id).stage == "placed"


def test_orders_are_listed_by_filter(client: FlaskClient, world: World) -> None:
    open_one, ended = placed(world, (world.biotin, 1)), placed(world, (world.gloves, 2))
    sign_in(client, "mia@example.org")
    answer = client.post(f"/c/mitte/orders/{ended}/cancel", data={"reason": "Moved"})
    assert answer.location == f"/c/mitte/orders/{ended}"

    def listed(show: str) -> set[int]:
        page = client.get(f"/c/mitte/orders?show={show}").text
        return {int(found) for found in re.findall(r'href="/c/mitte/orders/(\d+)"', page)}

    assert listed("open") == {open_one}
    assert listed("ended") == {ended}
    assert listed("all") == {open_one, ended}
    assert listed("drafts") == set()
    assert listed("nonsense") == {open_one}


def test_comments_and_documents(client: FlaskClient, world: World) -> None:
    order_id = placed(world, (world.biotin, 1))
    number = order_of(order_id).number
    sign_in(client, "mia@example.org")
    address = f"/c/mitte/orders/{order_id}"
    assert client.post(f"{address}/comments", data={"text": " "}).status_code == 400
    client.post(f"{address}/comments", data={"text": "Side door <please>"})
    assert "Side door &lt;please&gt;" in client.get(address).text

    pdf = client.get(f"{address}/order.pdf")
    assert (pdf.mimetype, pdf.data[:5]) == ("application/pdf", b"%PDF-")
    assert pdf.headers["Content-Disposition"] == f'attachment; filename="{number}.pdf"'
    assert client.get(f"{address}/order.csv").text.startswith("\ufefforder,line,sku,name,packs,")
    assert client.get(f"{address}/order.exe").status_code == 404


def test_receiving_is_the_next_step_once_goods_may_be_at_the_door(
    client: FlaskClient, world: World
) -> None:
    fresh, by_post = placed(world, (world.biotin, 1)), placed(world, (world.caffeine, 1))
    sign_in(client, "mia@example.org")

    def button(order_id: int) -> str:
        page = client.get(f"/c/mitte/orders/{order_id}").text
        found = re.search(rf'class="([^"]*)" href="/c/mitte/receive\?order={order_id}"', page)
        assert found is not None
        return found[1]

    assert button(fresh) == "button button-secondary"
    assert button(by_post) == "button button-primary button-large"


def test_an_order_that_waits_is_withdrawn(client: FlaskClient, world: World) -> None:
    order_id = draft(world, (world.biotin, 2))
    sign_in(client, "mia@example.org")
    assert "Discard the draft" in client.get(f"/c/mitte/orders/{order_id}").text

    client.post(f"/c/mitte/orders/{order_id}/cancel")
    assert order_of(order_id).stage == "cancelled"
    assert "It is withdrawn." in client.get(f"/c/mitte/orders/{order_id}").text
