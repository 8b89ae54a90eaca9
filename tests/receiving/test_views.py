"""The pages of suppliers' and clinics' parcels: who may, and the way through."""

import datetime as dt
import re
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from supply.catalogue.terms import Storage
from supply.claims.models import Claim
from supply.db import db, transaction
from supply.inventory.models import Hold
from supply.inventory.terms import HoldSource
from supply.receiving.terms import ClaimKind
from supply.shipping import shipping
from supply.shipping.ship_lines import ShipLine
from tests.ordering.world import (
    NOW,
    World,
    counters,
    make_product,
    on_shelves,
    order_of,
    placed,
)
from tests.shipping.parcels import GOOD_DAY, contents, five_on_their_way, parcel, sent
from tests.support.people import sign_in


@pytest.fixture
def shipped(world: World) -> tuple[int, int]:
    """An order of five packs and the shipment that carries them."""
    return five_on_their_way(world)


def addresses(order_id: int, shipment_id: int) -> Iterator[tuple[str, str, str]]:
    """Yield (method, address, side) of every route."""
    supplier = f"/s/dermal/orders/{order_id}"
    yield "GET", "/s/dermal/orders", "supplier"
    yield "POST", "/s/dermal/orders/acknowledge", "supplier"
    yield "GET", supplier, "supplier"
    for step in ("acknowledge", "decline", "cancel", "comments", "ship"):
        yield "POST", f"{supplier}/{step}", "supplier"
    yield "GET", f"{supplier}/order.pdf", "supplier"
    yield "GET", f"/s/dermal/shipments/{shipment_id}", "supplier"
    yield "GET", "/c/mitte/receive", "clinic"
    yield "GET", f"/c/mitte/receive/{shipment_id}", "clinic"
    yield "POST", f"/c/mitte/receive/{shipment_id}", "clinic"
    yield "GET", "/c/mitte/receive/goods", "clinic"
    yield "POST", "/c/mitte/receive/goods", "clinic"


def test_strangers_learn_nothing(
    client: FlaskClient, world: World, shipped: tuple[int, int]
) -> None:
    order_id, shipment_id = shipped
    for method, address, side in addresses(*shipped):
        for email in ("otto@example.org", "rita@example.org"):
            sign_in(client, email)
            assert client.open(address, method=method).status_code == 404, (address, email)
        other = "mia@example.org" if side == "supplier" else "sam@example.org"
        sign_in(client, other)
        assert client.open(address, method=method).status_code == 404, (address, other)
    assert counters(order_id) == {"BIO-5": (5, 5, 0, 0)}
    assert contents(shipment_id) == [("a-1", 2, 0, 0, 0), ("B2", 3, 0, 0, 0)]


def test_a_viewer_looks_and_does_not_touch(
    client: FlaskClient, world: World, shipped: tuple[int, int]
) -> None:
    sign_in(client, "vera@example.org")

    assert client.get("/c/mitte/receive").status_code == 200
    for address in (f"/c/mitte/receive/{shipped[1]}", "/c/mitte/receive/goods"):
        assert client.get(address).status_code == 403
        assert client.post(address).status_code == 403
    assert on_shelves(world.clinic) == {}


def test_another_suppliers_order_is_not_there(client: FlaskClient, world: World) -> None:
    order_id = placed(world, (world.caffeine, 1))
    sign_in(client, "sam@example.org")

    assert client.get(f"/s/dermal/orders/{order_id}").status_code == 404
    answer = client.post("/s/dermal/orders/acknowledge", data={"order": [str(order_id)]})
    assert answer.status_code == 404
    assert order_of(order_id).stage == "placed"


def test_a_supplier_confirms_line_by_line(client: FlaskClient, world: World) -> None:
    order_id = placed(world, (world.biotin, 3))
    (line,) = order_of(order_id).lines
    sign_in(client, "sam@example.org")
    address = f"/s/dermal/orders/{order_id}/acknowledge"
    data = {f"confirm_{line.id}": "seven", f"until_{line.id}": "soon"}
    answer = client.post(address, data=data)
    assert answer.status_code == 400
    assert "Biotin 5 ml: enter whole packs, up to 10000." in answer.text
    assert 'value="seven"' in answer.text

    data = {f"confirm_{line.id}": "1", f"until_{line.id}": "2126-12-24", "ship_on": "2126-12-01"}
    assert client.post(address, data=data).status_code == 302
    assert [one.confirmed for one in order_of(order_id).lines] == [1]
    assert order_of(order_id).ship_on == dt.date(2126, 12, 1)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_substitute_goes_from_desk_to_clinic_and_back(client: FlaskClient, world: World) -> None:
    with transaction():
        make_product(world.supplier, "BIO-10", "Biotin 10 ml", minor=9900)
    order_id = placed(world, (world.biotin, 3), (world.gloves, 2))
    biotin, gloves = (line.id for line in order_of(order_id).lines)
    sign_in(client, "sam@example.org")
    data = {
        f"confirm_{biotin}": "0",
        f"rest_{biotin}": "substitute",
        f"substitute_{biotin}": "BIO-10",
        f"substitute_packs_{biotin}": "2",
        f"confirm_{gloves}": "1",
        f"rest_{gloves}": "decline",
        f"decline_{gloves}": "",
    }
    address = f"/s/dermal/orders/{order_id}/acknowledge"
    refused = client.post(address, data=data)
    assert refused.status_code == 400
    assert "Gloves M: say why it is declined: the clinic reads it." in refused.text
    assert 'value="BIO-10"' in refused.text
    assert client.post(address, data=data | {f"decline_{gloves}": "Torn"}).status_code == 302
    assert "Declined: Torn" in client.get(f"/s/dermal/orders/{order_id}").text

    sign_in(client, "vera@example.org")
    page = f"/c/mitte/orders/{order_id}"
    assert "Substitute offered for Biotin 5 ml" not in client.get(page).text
    sign_in(client, "mia@example.org")
    shown = client.get(page).text
    assert "Substitute offered for Biotin 5 ml" in shown
    offer = {"offer": re.findall(r'name="offer" value="(\d+)"', shown)[0], "accept": "yes"}
    assert client.post(f"{page}/substitutes", data=offer).status_code == 302
    assert "Instead of Biotin 5 ml" in client.get(page).text
    again = client.post(f"{page}/substitutes", data=offer | {"accept": "no"})
    assert again.status_code == 400
    assert "This substitute has already been accepted." in again.text


def test_a_scan_fills_lot_and_expiry_and_the_parcel_leaves(
    client: FlaskClient, world: World
) -> None:
    order_id = placed(world, (world.biotin, 3))
    (line,) = order_of(order_id).lines
    name = f"{line.id}_0"
    sign_in(client, "sam@example.org")
    address = f"/s/dermal/orders/{order_id}/ship"
    data = {f"lot_{name}": "(01)04006381333931(17)280531(10)AB-7", f"packs_{name}": "2"}
    data |= {f"lot_{line.id}_1": "GOES-LATER", f"packs_{line.id}_1": "0"}
    page = client.post(address, data={**data, "do": "read"}).text
    assert 'value="AB-7"' in page
    assert 'value="2028-05-31"' in page
    assert counters(order_id) == {"BIO-5": (3, 0, 0, 0)}

    answer = client.post(address, data={**data, "do": "ship", "form_key": "one"})
    assert re.fullmatch(r"/s/dermal/shipments/\d+", answer.location)
    again = client.post(address, data={**data, "do": "ship", "form_key": "one"})
    assert again.location == answer.location
    assert counters(order_id) == {"BIO-5": (3, 2, 0, 0)}
    slip = client.get(answer.location).text
    assert "AB-7" in slip
    assert "GOES-LATER" not in slip
    assert re.search(r"SH-[2-9A-Z]{8}", slip)


def test_a_refused_parcel_keeps_what_was_typed(client: FlaskClient, world: World) -> None:
    order_id = placed(world, (world.biotin, 3))
    (line,) = order_of(order_id).lines
    sign_in(client, "sam@example.org")
    data = {
        f"lot_{line.id}_0": "",
        f"packs_{line.id}_0": "9",
        f"lot_{line.id}_1": "XY",
        f"packs_{line.id}_1": "",
        "carrier_0": "Bike",
    }
    answer = client.post(f"/s/dermal/orders/{order_id}/ship", data=data)
    assert answer.status_code == 400
    assert "Biotin 5 ml: enter whole packs, up to 10000." in answer.text
    assert 'value="9"' in answer.text
    assert 'value="XY"' in answer.text
    assert 'value="Bike"' in answer.text

    data[f"packs_{line.id}_1"] = "1"
    answer = client.post(f"/s/dermal/orders/{order_id}/ship", data=data)
    assert f'href="#packs_{line.id}_0">Biotin 5 ml: only 3 packs are left to ship.' in answer.text
    assert counters(order_id) == {"BIO-5": (3, 0, 0, 0)}


def test_a_code_opens_its_shipment(
    client: FlaskClient, world: World, shipped: tuple[int, int]
) -> None:
    code = parcel(shipped[1]).code
    sign_in(client, "mia@example.org")

    for typed in (code, code.lower(), f" {code[3:]} "):
        answer = client.get("/c/mitte/receive", query_string={"code": typed})
        assert answer.location == f"/c/mitte/receive/{shipped[1]}"
    answer = client.get("/c/mitte/receive", query_string={"code": "SH-NOTTHERE"})
    assert answer.status_code == 404
    assert "No shipment or transfer to this clinic has the code SH-NOTTHERE." in answer.text


def test_lines_turn_green_one_by_one(
    client: FlaskClient, world: World, shipped: tuple[int, int]
) -> None:
    first, second = (line.id for line in parcel(shipped[1]).lines)
    sign_in(client, "mia@example.org")
    address = f"/c/mitte/receive/{shipped[1]}"
    typed = {f"good_{first}": "1", f"good_{second}": "3", "do": "scan", "scan": "A-1"}
    typed["counting"] = "1"
    page = client.post(address, data=typed).text

    assert re.search(rf'name="good_{first}"[^>]*value="2"', page)
    assert page.count('class="row-good"') == 2
    assert "Every pack is there." in page
    assert contents(shipped[1]) == [("a-1", 2, 0, 0, 0), ("B2", 3, 0, 0, 0)]

    answer = client.post(address, data={**typed, "scan": "NOPE"})
    assert answer.status_code == 400
    assert "“NOPE” is not in this shipment." in answer.text


def test_a_scanner_that_presses_no_button_counts_and_takes_nothing_in(
    client: FlaskClient, world: World, shipped: tuple[int, int]
) -> None:
    first, _ = (line.id for line in parcel(shipped[1]).lines)
    sign_in(client, "mia@example.org")
    page = client.post(
        f"/c/mitte/receive/{shipped[1]}",
        data={f"good_{first}": "1", "scan": "A-1", "counting": "1"},
    ).text
    assert re.search(rf'name="good_{first}"[^>]*value="2"', page)
    assert on_shelves(world.clinic) == {}


def test_the_first_scan_starts_the_count_and_the_rest_is_filled_in(
    client: FlaskClient, world: World, shipped: tuple[int, int]
) -> None:
    first, second = (line.id for line in parcel(shipped[1]).lines)
    sign_in(client, "mia@example.org")
    address = f"/c/mitte/receive/{shipped[1]}"
    typed = {f"good_{first}": "2", f"good_{second}": "3", "do": "scan", "scan": "A-1"}
    page = client.post(address, data=typed).text
    assert "Scanned 1 of 5" in page
    assert 'name="counting" value="1"' in page
    assert re.search(rf'name="good_{second}"[^>]*value="0"', page)

    counted = {f"good_{first}": "1", f"damaged_{second}": "1", "counting": "1", "do": "fill"}
    page = client.post(address, data=counted).text
    assert "Scanned 5 of 5" in page
    assert re.search(rf'name="good_{second}"[^>]*value="2"', page)
    assert contents(shipped[1]) == [("a-1", 2, 0, 0, 0), ("B2", 3, 0, 0, 0)]


def test_a_shipment_is_taken_as_sent_and_can_be_undone(
    client: FlaskClient, world: World, shipped: tuple[int, int]
) -> None:
    sign_in(client, "mia@example.org")
    address = f"/c/mitte/receive/{shipped[1]}"
    first, second = (line.id for line in parcel(shipped[1]).lines)
    fresh = client.get(address).text
    assert re.search(rf'name="good_{first}"[^>]*value="2"', fresh)
    assert re.search(rf'name="damaged_{first}"[^>]*value="0"', fresh)
    assert 'class="row-good"' not in fresh
    data = {f"good_{first}": "2", f"good_{second}": "3", "do": "some"}
    for _ in range(2):
        assert client.post(address, data=data).location == "/c/mitte/receive"
    assert on_shelves(world.clinic) == {"a-1": 100, "B2": 150}

    page = client.get("/c/mitte/receive").text
    undo = re.search(r'action="(/c/mitte/entries/\d+/undo)"', page)
    assert undo is not None
    assert client.post(undo[1]).status_code == 302
    assert on_shelves(world.clinic) == {}
    assert order_of(shipped[0]).status == "shipped"


def test_undoing_a_receipt_leads_back_to_receive_it(
    client: FlaskClient, shipped: tuple[int, int]
) -> None:
    sign_in(client, "mia@example.org")
    address = f"/c/mitte/receive/{shipped[1]}"
    lines = parcel(shipped[1]).lines
    client.post(address, data={f"good_{line.id}": line.packs for line in lines} | {"do": "some"})
    action, fields = undo_of(client.get("/c/mitte/receive").text)
    assert [client.post(action, data=fields).location for _ in range(2)] == [address, address]


def undo_of(page: str) -> tuple[str, dict[str, str]]:
    """Return where a toast's *Undo* leads, and what it sends."""
    form = re.search(r'(?s)action="([^"]*/undo)">(.*?)</form>', page)
    assert form is not None
    return form[1], dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[2]))


def test_who_counted_otherwise_too_late_keeps_what_was_typed(
    client: FlaskClient, world: World, shipped: tuple[int, int]
) -> None:
    shipment_id = shipped[1]
    first, second = (line.id for line in parcel(shipment_id).lines)
    address = f"/c/mitte/receive/{shipment_id}"
    sign_in(client, "olga@example.org")
    assert (
        client.post(address, data={f"good_{first}": "2", f"good_{second}": "3"}).status_code == 302
    )

    sign_in(client, "mia@example.org")
    typed = {f"good_{first}": "1", f"good_{second}": "1", f"damaged_{second}": "2"}
    typed |= {f"left_{first}": "2", f"left_{second}": "3", "rest_missing": "1"}
    answer = client.post(address, data={**typed, "want": "refund", "reason": "Crushed & wet"})
    assert answer.status_code == 409
    assert "Olga received shipment" in answer.text
    assert "You wrote: Crushed &amp; wet" in answer.text
    claims = re.findall(r'href="(/c/mitte/orders/\d+/claim\?[^"]+)"', answer.text)
    assert len(claims) == 2
    form = client.get(claims[1].replace("&amp;", "&")).text
    assert '<option value="BIO-5\nB2" selected' in form
    assert '<option value="damaged" selected' in form
    assert '<option value="refund" selected' in form
    assert 'value="Crushed &amp; wet"' in form
    assert re.search(r'name="packs"[^>]*value="2"', form)
    assert "kind=missing" in claims[0]
    assert contents(shipment_id) == [("a-1", 2, 2, 0, 0), ("B2", 3, 3, 0, 0)]


def test_a_parcel_taken_back_under_the_page_is_said_to_be(
    client: FlaskClient, world: World, shipped: tuple[int, int]
) -> None:
    order_id, shipment_id = shipped
    code = parcel(shipment_id).code
    sign_in(client, "mia@example.org")
    address = f"/c/mitte/receive/{shipment_id}"
    assert f'name="code" value="{code}"' in client.get(address).text
    with transaction():
        shipping.take_back(shipment_id, actor=world.seller_acts, now=NOW)

    answer = client.post(address, data={"code": code, "do": "some"})
    assert answer.location == f"/c/mitte/orders/{order_id}"
    assert "The supplier took this shipment back" in client.get(answer.location).text
    assert client.post(address, data={"code": "SH-23456789"}).status_code == 404
    assert client.post(address, data={"do": "some"}).status_code == 404

    again = sent(world, order_id, ShipLine("C3", GOOD_DAY, 1, sku="BIO-5"))
    assert again > shipment_id


def test_taking_a_parcel_back_twice_does_it_once(client: FlaskClient, world: World) -> None:
    order_id = placed(world, (world.biotin, 3))
    (line,) = order_of(order_id).lines
    sign_in(client, "sam@example.org")
    data = {
        f"lot_{line.id}_0": "A1",
        f"expiry_{line.id}_0": "2028-05-31",
        f"packs_{line.id}_0": "2",
    }
    slip = client.post(f"/s/dermal/orders/{order_id}/ship", data=data).location
    action, fields = undo_of(client.get(slip).text)
    back = [client.post(action, data=fields).location for _ in range(2)]
    assert back == [f"/s/dermal/orders/{order_id}"] * 2
    assert counters(order_id) == {"BIO-5": (3, 0, 0, 0)}
    assert client.post(action, data=fields | {"form_key": "other"}).status_code == 400


def test_enter_in_another_field_scans_nothing(
    client: FlaskClient, shipped: tuple[int, int]
) -> None:
    first, second = (line.id for line in parcel(shipped[1]).lines)
    sign_in(client, "mia@example.org")
    data = {"do": "scan", "scan": " ", f"good_{first}": "1", f"good_{second}": "3"}
    answer = client.post(f"/c/mitte/receive/{shipped[1]}", data=data)
    assert answer.status_code == 200
    assert "is not in this shipment" not in answer.text
    assert re.search(rf'name="good_{first}"[^>]*value="1"', answer.text)


def test_differences_are_said_in_place(
    client: FlaskClient, world: World, shipped: tuple[int, int]
) -> None:
    first, second = (line.id for line in parcel(shipped[1]).lines)
    sign_in(client, "mia@example.org")
    address = f"/c/mitte/receive/{shipped[1]}"
    data = {f"good_{first}": "3", f"good_{second}": "1", f"damaged_{second}": "1"}
    answer = client.post(address, data=data)
    assert answer.status_code == 400
    assert f'href="#good_{first}">Biotin 5 ml: 2 packs were sent; counted: 3.' in answer.text

    data |= {f"good_{first}": "2", "rest_missing": "1"}
    assert client.post(address, data=data).status_code == 302
    assert contents(shipped[1]) == [("a-1", 2, 2, 0, 0), ("B2", 3, 1, 1, 1)]


def test_what_arrived_warm_is_held_and_claimed_and_undone_as_the_rest(
    client: FlaskClient, world: World, shipped: tuple[int, int]
) -> None:
    with transaction():
        world.biotin.storage = Storage.COLD
    first, second = (line.id for line in parcel(shipped[1]).lines)
    sign_in(client, "mia@example.org")
    address = f"/c/mitte/receive/{shipped[1]}"
    assert f'name="warm_{first}"' in client.get(address).text
    typed = {f"good_{first}": "2", f"warm_{first}": "1", f"good_{second}": "3"}
    scanned = client.post(address, data={**typed, "do": "fill"}).text
    assert re.search(rf'name="warm_{first}" value="1" checked', scanned), "kept while scanning"
    data = {**typed, "reason": "12 °C at the door", "do": "some"}
    assert client.post(address, data=data).status_code == 302
    assert contents(shipped[1]) == [("a-1", 2, 0, 2, 0), ("B2", 3, 3, 0, 0)]
    said = "Arrived warm. 12 °C at the door"
    holds = db.session.scalars(sa.select(Hold).where(Hold.released_at.is_(None))).all()
    assert [(hold.reason, hold.source) for hold in holds] == [(said, HoldSource.RECEIPT)]
    claim = db.session.scalars(sa.select(Claim)).one()
    assert (claim.kind, claim.packs, claim.note) == (ClaimKind.DAMAGED, 2, said)
    action, fields = undo_of(client.get("/c/mitte/receive").text)
    client.post(action, data=fields)
    assert on_shelves(world.clinic) == {}
    assert f'name="warm_{first}" value="1">' in client.get(address).text


def test_an_order_by_mail_is_received_from_its_form(client: FlaskClient, world: World) -> None:
    order_id = placed(world, (world.caffeine, 2))
    (line,) = order_of(order_id).lines
    sign_in(client, "mia@example.org")
    page = client.get(f"/c/mitte/receive/goods?order={order_id}").text
    assert page.count("2 packs to come") == 1
    assert page.count('<legend class="sr-only">') == 1
    assert f'<select id="location_{line.id}_0"' in page
    assert '<option value="Fridge 2–8 °C">' in page
    name = f"{line.id}_0"
    data = {"order": order_id, f"lot_{name}": "K1", f"packs_{name}": "3"}
    answer = client.post("/c/mitte/receive/goods", data=data)
    assert answer.status_code == 400
    assert f'href="#packs_{name}">Row 1: Only 2 packs are still to come.' in answer.text
    assert 'value="K1"' in answer.text

    data |= {f"packs_{name}": "2", f"expiry_{name}": GOOD_DAY.isoformat()}
    assert client.post("/c/mitte/receive/goods", data=data).location == "/c/mitte/receive"
    assert on_shelves(world.clinic) == {"K1": 100}
    assert order_of(order_id).status == "closed"


def test_goods_are_received_by_hand(client: FlaskClient, world: World) -> None:
    sign_in(client, "mia@example.org")
    data = {"sku_1": "BIO-5", "lot_1": "H1", "quantity_1": "7.5", "expiry_1": "2028-01-01"}
    answer = client.post("/c/mitte/receive/goods", data=data)
    assert answer.status_code == 400
    assert 'href="#quantity_1"' in answer.text

    answer = client.post("/c/mitte/receive/goods", data={**data, "quantity_1": "15"})
    assert answer.location == "/c/mitte/receive"
    assert on_shelves(world.clinic) == {"H1": 15}


def test_another_clinics_order_is_not_received_here(client: FlaskClient, world: World) -> None:
    sign_in(client, "mia@example.org")

    assert client.get("/c/mitte/receive/goods?order=99999").status_code == 404


def test_nothing_on_its_way_is_said_so(client: FlaskClient, world: World) -> None:
    sign_in(client, "mia@example.org")
    assert "Nothing is on its way." in client.get("/c/mitte/receive").text

    order_id = placed(world, (world.biotin, 1))
    page = client.get(f"/c/mitte/receive?order={order_id}").text
    assert "Nothing is on its way yet." in page
    crumbs = page[page.index('class="crumbs"') : page.index("</nav>", page.index('class="crumbs"'))]
    assert re.findall(r'<a href="([^"]+)"', crumbs) == [
        f"/c/mitte/orders/{order_id}",
        "/c/mitte/receive",
    ]
