"""Claims on the pages of both sides, and steps taken back."""

import re

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from supply.answering import progress
from supply.catalogue.models import ProductGtin
from supply.claims import claiming
from supply.claims.claiming import NewClaim
from supply.claims.models import Claim
from supply.claims.terms import ClaimOutcome
from supply.db import db, transaction
from supply.ordering.terms import Side
from supply.receiving import receiving
from supply.receiving.terms import ClaimKind, ClaimWish
from supply.shipping import shipping
from tests.ordering.world import LATER, World, counters, events, on_shelves, order_of, placed
from tests.shipping.parcels import contents, count, five_on_their_way
from tests.support.people import sign_in

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def text_of(page: str) -> str:
    """Return a page's words, on one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def received(world: World) -> tuple[int, int]:
    """Return an order of five packs, and its shipment, received as sent."""
    order_id, shipment_id = five_on_their_way(world)
    with transaction():
        receiving.receive_shipment(shipment_id, actor=world.manager_acts, now=LATER)
    return order_id, shipment_id


def test_a_claim_goes_from_the_clinics_page_to_the_suppliers_and_back(
    client: FlaskClient, world: World
) -> None:
    order_id, _ = received(world)
    sign_in(client, "mia@example.org")
    form = client.get(f"/c/mitte/orders/{order_id}/claim").text
    assert "Biotin 5 ml, lot B2" in form
    typed = {
        "what": "BIO-5\nB2",
        "packs": "2",
        "kind": "damaged",
        "want": "refund",
        "note": "Leaking",
        "form_key": "k",
    }
    for _ in range(2):
        answer = client.post(f"/c/mitte/orders/{order_id}/claim", data=typed)
        assert answer.status_code == 302
    assert count(Claim) == 1
    page = text_of(client.get(f"/c/mitte/orders/{order_id}").text)
    assert "Claimed: 2 packs of Biotin 5 ml, damaged. Wanted: refund" in page
    assert "Leaking" in page
    listed = text_of(client.get("/c/mitte/claims").text)
    assert "1 claim waits for the supplier's answer." in listed
    assert "lot B2" in listed

    sign_in(client, "sam@example.org")
    assert "1 open claim" in text_of(client.get("/s/dermal/orders").text)
    page = client.get(f"/s/dermal/orders/{order_id}").text
    assert "Leaking" in page
    (address,) = set(re.findall(r'action="(/s/dermal/claims/\d+/settle)"', page))
    answer = client.post(address, data={"outcome": "refund", "answer": "Sorry", "form_key": "s"})
    assert answer.status_code == 302
    page = text_of(client.get(f"/s/dermal/orders/{order_id}").text)
    sums = "Ordered €125.25 Credited after claims and returns −€50.10 Owed €75.15"
    assert sums in page.replace("− €", "−€")

    sign_in(client, "mia@example.org")
    page = client.get(f"/c/mitte/orders/{order_id}").text
    assert "Refunded" in page
    assert "Sorry" in page
    (address,) = set(re.findall(r'action="(/c/mitte/claims/\d+/goods)"', page))
    client.post(address, data={"goods": "returned", "form_key": "g"})
    assert on_shelves(world.clinic) == {"a-1": 100, "B2": 50}
    assert "Returned to the supplier" in client.get(f"/c/mitte/orders/{order_id}").text


PACK, GLOVES = "04006381333931", "04012345678901"


def coded(world: World) -> None:
    """Biotin and gloves have a code on their packs."""
    with transaction():
        for product, gtin in ((world.biotin, PACK), (world.gloves, GLOVES)):
            row = {"product_id": product.id, "gtin": gtin, "level": "pack", "containers": 10}
            db.session.execute(sa.insert(ProductGtin).values(row))


def test_packs_are_claimed_by_scan_from_whichever_field(client: FlaskClient, world: World) -> None:
    coded(world)
    order_id, _ = received(world)
    sign_in(client, "mia@example.org")
    address = f"/c/mitte/orders/{order_id}/claim"
    typed = {"what": "BIO-5\na-1", "packs": "1", "note": "Wet", "scanned": ""}

    def said(**more: str) -> tuple[int, str, tuple[str, str]]:
        page = client.post(address, data={**typed, **more})
        chosen = re.search(r'<option value="([^"]*)" selected>Biotin', page.text)
        packs = re.search(r'name="packs"[^>]* value="([^"]*)"', page.text)
        assert chosen is not None
        assert packs is not None
        return page.status_code, page.text, (chosen[1], packs[1])

    box = f"01{PACK}1728053110B2"
    assert said(scan=box)[::2] == (200, ("BIO-5\nB2", "1"))
    assert said(note=box)[::2] == (200, ("BIO-5\nB2", "1"))
    assert said(packs=box)[::2] == (200, ("BIO-5\nB2", "1"))
    assert said(scan=box, scanned="BIO-5\nB2", packs="1")[2] == ("BIO-5\nB2", "2")
    for code, words in (
        (f"01{GLOVES}10B2", "This code is of Gloves M, which is not on the order."),
        (f"01{PACK}10ZZ", "Biotin 5 ml: lot ZZ is not one of these."),
        ("01095000000000411010B2", "The check digit should be"),
        ("PATIENT-7", "“PATIENT-7” is not one of these."),
    ):
        status, page, left = said(scan=code)
        assert (status, left) == (400, ("BIO-5\na-1", "1")), code
        assert words in text_of(page), code
    status, page, _left = said(scan=box, scanned="BIO-5\nB2", packs="5")
    assert (status, count(Claim)) == (400, 0)
    assert "Only 5 packs were received and are not claimed yet." in page


def test_a_claim_that_cannot_be_is_said_by_field(client: FlaskClient, world: World) -> None:
    order_id, _ = received(world)
    sign_in(client, "mia@example.org")
    address = f"/c/mitte/orders/{order_id}/claim"
    typed = {"what": "BIO-5\nB2", "kind": "wrong", "want": "credit", "note": "Kept"}
    for packs, sentence in (
        ("6", "Only 5 packs were received and are not claimed yet."),
        ("x", "Packs: enter whole packs, up to 10000."),
    ):
        answer = client.post(address, data={**typed, "packs": packs})
        assert answer.status_code == 400
        assert sentence in text_of(answer.text)
        assert 'value="Kept"' in answer.text
    assert count(Claim) == 0


def test_claims_are_for_the_two_sides_alone(client: FlaskClient, world: World) -> None:
    order_id, _ = received(world)
    with transaction():
        new = NewClaim("BIO-5", 1, ClaimKind.WRONG, ClaimWish.CREDIT)
        claim_id = claiming.raise_claim(order_id, new, actor=world.manager_acts, now=LATER).id
    routes = [
        ("GET", "/c/mitte/claims", "vera@example.org", 200),
        ("GET", f"/c/mitte/orders/{order_id}/claim", "vera@example.org", 403),
        ("POST", f"/c/mitte/orders/{order_id}/claim", "vera@example.org", 403),
        ("POST", f"/c/mitte/claims/{claim_id}/withdraw", "vera@example.org", 403),
        ("POST", f"/c/mitte/claims/{claim_id}/goods", "vera@example.org", 403),
        ("POST", f"/c/mitte/claims/{claim_id}/settle", "mia@example.org", 404),
        ("GET", "/c/mitte/claims", "otto@example.org", 404),
        ("POST", f"/c/mitte/claims/{claim_id}/withdraw", "otto@example.org", 404),
        ("GET", "/s/dermal/claims", "rita@example.org", 404),
        ("POST", f"/s/dermal/claims/{claim_id}/settle", "rita@example.org", 404),
        ("POST", f"/s/rival/claims/{claim_id}/settle", "rita@example.org", 404),
        ("POST", f"/s/dermal/claims/{claim_id}/settle", "mia@example.org", 404),
    ]
    for method, address, email, status in routes:
        sign_in(client, email)
        answer = client.open(address, method=method, data={"outcome": "credit"})
        assert answer.status_code == status, (address, email)
    db.session.rollback()
    assert db.session.get_one(Claim, claim_id).status == "open"


def test_a_decline_is_taken_back(client: FlaskClient, world: World) -> None:
    order_id = placed(world, (world.biotin, 5))
    sign_in(client, "sam@example.org")
    at = f"/s/dermal/orders/{order_id}"
    answer = client.post(f"{at}/decline", data={"reason": "Out"}, follow_redirects=True)
    assert f'action="{at}/decline/undo"' in answer.text
    assert order_of(order_id).status == "declined"
    client.post(f"{at}/decline/undo")

    assert order_of(order_id).status == "placed"
    assert counters(order_id) == {"BIO-5": (5, 0, 0, 0)}
    assert [kind for kind, _ in events(order_id)][-2:] == ["declined", "decline_undone"]
    again = client.post(f"{at}/decline/undo")
    assert again.status_code == 400
    assert "The supplier takes the order after all" in text_of(again.text)


def test_what_a_side_cancelled_is_taken_back_until_the_other_goes_on(
    client: FlaskClient, world: World
) -> None:
    order_id, shipment_id = five_on_their_way(world)
    with transaction():
        shipping.take_back(shipment_id, actor=world.seller_acts, now=LATER)
    sign_in(client, "mia@example.org")
    at = f"/c/mitte/orders/{order_id}"
    client.post(f"{at}/cancel", data={"reason": ""})
    assert order_of(order_id).status == "cancelled"
    client.post(f"{at}/cancel/undo")
    assert order_of(order_id).status == "acknowledged"
    assert counters(order_id) == {"BIO-5": (5, 0, 0, 0)}

    with transaction():
        progress.cancel_rest(
            order_id, side=Side.SUPPLIER, reason="No", actor=world.seller_acts, now=LATER
        )
    refused = client.post(f"{at}/cancel/undo")
    assert refused.status_code == 400
    assert counters(order_id) == {"BIO-5": (5, 0, 0, 5)}


def test_a_withdrawn_order_waits_again(client: FlaskClient, world: World) -> None:
    order_id = placed(world, (world.biotin, 5))
    sign_in(client, "mia@example.org")
    client.post(f"/c/mitte/orders/{order_id}/cancel", data={"reason": "Changed"})
    client.post(f"/c/mitte/orders/{order_id}/cancel/undo")
    assert order_of(order_id).status == "placed"


def test_a_shipment_is_taken_back_before_it_is_received(client: FlaskClient, world: World) -> None:
    order_id, shipment_id = five_on_their_way(world)
    sign_in(client, "sam@example.org")
    client.post(f"/s/dermal/shipments/{shipment_id}/undo")
    assert counters(order_id) == {"BIO-5": (5, 0, 0, 0)}
    assert events(order_id)[-1][0] == "shipment_undone"
    sign_in(client, "mia@example.org")
    assert client.get(f"/c/mitte/receive/{shipment_id}").status_code == 404

    _, shipment_id = received(world)
    sign_in(client, "sam@example.org")
    answer = client.post(f"/s/dermal/shipments/{shipment_id}/undo")
    assert answer.status_code == 400
    assert "cannot be taken back: the clinic has received some of it" in answer.text
    assert contents(shipment_id) == [("a-1", 2, 2, 0, 0), ("B2", 3, 3, 0, 0)]


def test_a_comment_sent_twice_is_written_once(client: FlaskClient, world: World) -> None:
    order_id = placed(world, (world.biotin, 5))
    for email, at in (
        ("mia", f"/c/mitte/orders/{order_id}"),
        ("sam", f"/s/dermal/orders/{order_id}"),
    ):
        sign_in(client, f"{email}@example.org")
        for _ in range(2):
            answer = client.post(f"{at}/comments", data={"text": email, "form_key": "once"})
            assert answer.status_code == 302
    assert [text for kind, text in events(order_id) if kind == "comment"] == ["mia", "sam"]


def test_of_two_pages_of_one_parcel_the_second_is_told_and_offered_a_claim(
    client: FlaskClient, world: World
) -> None:
    order_id, shipment_id = five_on_their_way(world)
    at = f"/c/mitte/receive/{shipment_id}"
    sign_in(client, "olga@example.org")
    page = client.get(at).text
    names = re.findall(r'name="(left_\d+)" value="(\d+)"', page)
    (one, two) = (int(name.removeprefix("left_")) for name, _ in names)
    seen = dict(names)
    sign_in(client, "mia@example.org")
    whole = {**seen, f"good_{one}": "2", f"good_{two}": "3", "do": "some", "form_key": "m"}
    assert client.post(at, data=whole).status_code == 302

    sign_in(client, "olga@example.org")
    damaged = {**whole, f"good_{two}": "0", f"damaged_{two}": "3", "form_key": "o"}
    answer = client.post(at, data=damaged)
    assert answer.status_code == 409
    words = text_of(answer.text)
    assert "Mia received shipment" in words
    assert "What you say of it is not recorded" in words
    claim = f"/c/mitte/orders/{order_id}/claim?what=BIO-5%0AB2&amp;packs=3"
    assert claim in answer.text
    assert count(Claim) == 0
    form = client.get(claim.replace("&amp;", "&")).text
    assert 'value="3"' in form
    assert client.post(at, data={**whole, "form_key": "p"}).status_code == 302
    assert counters(order_id) == {"BIO-5": (5, 5, 5, 0)}


def test_a_part_received_says_what_is_still_to_come_and_lists_that_alone(
    client: FlaskClient, world: World
) -> None:
    _, shipment_id = five_on_their_way(world)
    at = f"/c/mitte/receive/{shipment_id}"
    sign_in(client, "mia@example.org")
    (one, two) = re.findall(r'name="left_(\d+)"', client.get(at).text)
    some = {f"left_{one}": "2", f"left_{two}": "3", f"good_{one}": "2", "do": "some"}
    answer = client.post(at, data=some, follow_redirects=True)
    assert "3 packs are still to come." in text_of(answer.text)
    assert 'name="left_' + two in answer.text
    assert 'name="left_' + one not in answer.text


@pytest.mark.parametrize("goods", ["", "sold"])
def test_nonsense_releases_nothing(client: FlaskClient, world: World, goods: str) -> None:
    order_id, _ = received(world)
    with transaction():
        new = NewClaim("BIO-5", 2, ClaimKind.DAMAGED, ClaimWish.CREDIT, "", "B2")
        claim = claiming.raise_claim(order_id, new, actor=world.manager_acts, now=LATER)
        claiming.settle_claim(
            claim.id, ClaimOutcome.CREDIT, answer="", actor=world.seller_acts, now=LATER
        )
        claim_id = claim.id
    sign_in(client, "mia@example.org")

    client.post(f"/c/mitte/claims/{claim_id}/goods", data={"goods": goods, "form_key": "n"})
    page = client.get(f"/c/mitte/orders/{order_id}").text
    assert "Choose what becomes of the packs." in page
    assert db.session.get_one(Claim, claim_id).goods is None


@pytest.mark.parametrize(("field", "said"), [("kind", "what is wrong"), ("want", "what you want")])
def test_nonsense_claims_nothing(client: FlaskClient, world: World, field: str, said: str) -> None:
    order_id, _ = received(world)
    sign_in(client, "mia@example.org")
    typed = {"what": "BIO-5\nB2", "packs": "2", "kind": "damaged", "want": "refund"}

    answer = client.post(f"/c/mitte/orders/{order_id}/claim", data={**typed, field: "else"})
    assert answer.status_code == 400
    assert f"Choose {said}." in answer.text
    assert count(Claim) == 0
