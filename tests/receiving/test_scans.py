"""Codes scanned while shipping and receiving: one row filled in whole, never a foreign product."""

import re

import pytest
from flask.testing import FlaskClient

from supply.catalogue.models import Product, ProductGtin
from supply.catalogue.terms import PackLevel
from supply.db import db, transaction
from supply.items import services as items
from supply.items.models import ItemGtin
from supply.shipping.ship_lines import ShipLine
from tests.ordering.world import NOW, World, counters, on_shelves, order_of, placed
from tests.shipping.parcels import GOOD_DAY, contents, parcel, sent
from tests.support.people import sign_in

PACK = "04006381333931"
CASE = "14006381333938"
GLOVES = "04012345678901"
UNKNOWN = "04099999999996"
GS = "\x1d"


@pytest.fixture
def coded(world: World) -> World:
    """The cast; biotin has a code on its pack and on a case of three packs, gloves on theirs."""
    with transaction():
        add_gtin(world.biotin, PACK, PackLevel.PACK, 10)
        add_gtin(world.biotin, CASE, PackLevel.CASE, 30)
        add_gtin(world.gloves, GLOVES, PackLevel.PACK, 100)
    return world


def add_gtin(product: Product, gtin: str, level: PackLevel, containers: int) -> None:
    db.session.add(
        ProductGtin(product_id=product.id, gtin=gtin, level=level, containers=containers)
    )


def box(lot: str, gtin: str = PACK, expiry: str = "280531") -> str:
    """Return what the code on a box says."""
    return f"01{gtin}17{expiry}10{lot}"


def value(page: str, name: str) -> str:
    """Return what stands in a field."""
    tag = re.search(rf'<input[^>]*name="{name}"[^>]*>', page)
    assert tag is not None, name
    found = re.search(r'value="([^"]*)"', tag[0])
    return found[1] if found else ""


@pytest.fixture
def ordered(coded: World) -> tuple[int, str, str]:
    """An order of three packs of biotin and two of gloves, and the names of their ship rows."""
    order_id = placed(coded, (coded.biotin, 3), (coded.gloves, 2))
    biotin, gloves = order_of(order_id).lines
    return order_id, f"{biotin.id}_0", f"{gloves.id}_0"


def read(client: FlaskClient, order_id: int, **typed: str) -> tuple[int, str]:
    """Scan into the ship form as a supplier's person does."""
    sign_in(client, "sam@example.org")
    answer = client.post(f"/s/dermal/orders/{order_id}/ship", data={**typed, "do": "read"})
    return answer.status_code, answer.text


def test_another_products_code_fills_in_nothing_when_shipping(
    client: FlaskClient, ordered: tuple[int, str, str]
) -> None:
    order_id, biotin, _gloves = ordered
    foreign = {f"lot_{biotin}": box("G-9", GLOVES), f"packs_{biotin}": "3"}
    page = read(client, order_id, **foreign)[1]
    assert "This code is of Gloves M: scan it there." in page
    assert (value(page, f"lot_{biotin}"), value(page, f"expiry_{biotin}")) == ("", "")
    assert "G-9" not in page

    page = read(client, order_id, **{f"lot_{biotin}": box("X-1", UNKNOWN)})[1]
    assert f"This code is of another product (GTIN {UNKNOWN})." in page
    assert "X-1" not in page

    answer = client.post(f"/s/dermal/orders/{order_id}/ship", data={**foreign, "do": "ship"})
    assert answer.status_code == 400
    assert counters(order_id) == {"BIO-5": (3, 0, 0, 0), "GLO-M": (2, 0, 0, 0)}


def test_a_box_scanned_anywhere_fills_in_its_row_when_shipping(
    client: FlaskClient, ordered: tuple[int, str, str]
) -> None:
    order_id, biotin, gloves = ordered
    typed = {f"packs_{biotin}": "3", f"lot_{biotin}": "", f"packs_{gloves}": "1"}
    page = read(client, order_id, scan=box("G-9", GLOVES), **typed)[1]
    assert (value(page, f"lot_{gloves}"), value(page, f"expiry_{gloves}")) == ("G-9", "2028-05-31")
    assert (value(page, f"lot_{biotin}"), value(page, "scan")) == ("", "")

    answer = client.post(f"/s/dermal/orders/{order_id}/ship", data={**typed, "scan": box("B-1")})
    assert (answer.status_code, value(answer.text, f"lot_{biotin}")) == (200, "B-1")
    assert counters(order_id) == {"BIO-5": (3, 0, 0, 0), "GLO-M": (2, 0, 0, 0)}

    typed |= {f"lot_{gloves}": "G-9"}
    for lot in ("g-9", "H-1"):
        page = read(client, order_id, scan=box(lot, GLOVES), **typed)[1]
    second = gloves.removesuffix("0") + "1"
    assert [value(page, f"lot_{row}") for row in (gloves, second)] == ["G-9", "H-1"]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (box("X-1", UNKNOWN), "This code is of no product on the order."),
        (f"01{PACK}17280531", "This code names no lot. Enter the lot printed on the box."),
        ("+H123ABC01234567890/$$3280531A1", "This is a HIBC code. Enter lot and expiry by hand."),
        ("PAT-20417", "“PAT-20417” is no product"),
    ],
)
def test_a_code_that_belongs_nowhere_fills_in_nothing_when_shipping(
    client: FlaskClient, ordered: tuple[int, str, str], code: str, said: str
) -> None:
    order_id, biotin, gloves = ordered
    page = read(client, order_id, scan=code, **{f"packs_{biotin}": "3"})[1]
    assert said in page
    assert [value(page, f"lot_{row}") for row in (biotin, gloves)] == ["", ""]
    assert value(page, "scan") == code


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (f"01{PACK}17280531", "This code names the product, but no lot."),
        (PACK[1:], "This code names the product, but no lot."),
        ("http://[", "This is an address, not a lot number."),
        ("https://example.org/patients/7", "This is an address, not a lot number."),
        ("+H123ABC01234567890/$$3280531A1", "This is a HIBC code. Enter lot and expiry by hand."),
    ],
)
def test_a_code_without_a_lot_is_never_the_lot(
    client: FlaskClient, ordered: tuple[int, str, str], code: str, said: str
) -> None:
    order_id, biotin, _gloves = ordered
    page = read(client, order_id, **{f"lot_{biotin}": code})[1]
    assert said in page
    assert value(page, f"lot_{biotin}") == ""


@pytest.mark.parametrize("separator", [GS, "^]", "<GS>", "|", "~", "#"])
def test_a_separator_written_otherwise_is_no_part_of_the_lot(
    client: FlaskClient, ordered: tuple[int, str, str], separator: str
) -> None:
    order_id, biotin, _gloves = ordered
    code = f"01{PACK}10AB-7{separator}17280531"
    page = read(client, order_id, **{f"lot_{biotin}": code})[1]
    assert value(page, f"lot_{biotin}") == "AB-7"
    assert value(page, f"expiry_{biotin}") == "2028-05-31"


@pytest.mark.parametrize("typed", ["10ABC", "4711", "20240116", "+A1", "P-1001", "9N24017A"])
def test_a_lot_number_that_is_typed_stays_as_it_is(
    client: FlaskClient, ordered: tuple[int, str, str], typed: str
) -> None:
    order_id, biotin, _gloves = ordered
    page = read(client, order_id, **{f"lot_{biotin}": typed})[1]
    assert value(page, f"lot_{biotin}") == typed


def test_a_code_without_expiry_leaves_the_one_typed_when_shipping(
    client: FlaskClient, ordered: tuple[int, str, str]
) -> None:
    order_id, biotin, _gloves = ordered
    typed = {f"expiry_{biotin}": "2028-05-31", f"lot_{biotin}": "", f"packs_{biotin}": "3"}
    for scanned in ({"scan": f"01{PACK}10B2"}, {f"lot_{biotin}": f"01{PACK}10B2"}):
        page = read(client, order_id, **typed | scanned)[1]
        assert value(page, f"lot_{biotin}") == "B2", scanned
        assert value(page, f"expiry_{biotin}") == "2028-05-31", scanned


@pytest.fixture
def on_their_way(coded: World) -> tuple[int, int, str]:
    """Three packs of biotin's lot B2 on their way: order, shipment, name of the good field."""
    order_id = placed(coded, (coded.biotin, 3))
    shipment_id = sent(coded, order_id, ShipLine("B2", GOOD_DAY, 3, sku="BIO-5"))
    return order_id, shipment_id, f"good_{parcel(shipment_id).lines[0].id}"


def scan(client: FlaskClient, shipment_id: int, code: str, **typed: str) -> tuple[int, str]:
    sign_in(client, "mia@example.org")
    data = {"do": "scan", "scan": code, "counting": "1", **typed}
    answer = client.post(f"/c/mitte/receive/{shipment_id}", data=data)
    return answer.status_code, answer.text


def test_no_more_is_counted_than_was_sent(
    client: FlaskClient, on_their_way: tuple[int, int, str]
) -> None:
    _order, shipment_id, good = on_their_way
    status, page = scan(client, shipment_id, box("B2"), **{good: "2"})
    assert (status, value(page, good)) == (200, "3")
    status, page = scan(client, shipment_id, box("B2"), **{good: "3"})
    assert (status, value(page, good)) == (400, "3")
    assert "Biotin 5 ml: every pack of this lot is counted already." in page
    assert "Scanned 3 of 3" in page
    assert "Scanned: Biotin" not in page

    status, page = scan(client, shipment_id, box("B2", CASE), **{good: "0"})
    assert (status, value(page, good)) == (200, "3")
    status, page = scan(client, shipment_id, box("B2", CASE), **{good: "1"})
    assert (status, value(page, good)) == (400, "1")
    assert "this code stands for 3 packs, and 2 are left to count." in page


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (box("B2", GLOVES), f"No product in this shipment has the code {GLOVES}."),
        (box("C3"), "Biotin 5 ml: lot C3 is not in this shipment."),
        ("+A123BJC5D6E71G", "This is a HIBC code. Enter lot and expiry by hand."),
        (f"+d201{PACK}17280531", "The scanner types for another keyboard."),
        (box("B2") * 2, "Two scans ran together. Scan once more."),
        ("PAT-20417", "“PAT-20417” is not in this shipment."),
        (f"01{PACK}10B217280531", "ends like a date: check lot and expiry on the box."),
        ("http://[", "This is an address, not a lot number."),
    ],
)
def test_a_foreign_code_counts_nothing_when_receiving(
    client: FlaskClient, on_their_way: tuple[int, int, str], code: str, said: str
) -> None:
    _order, shipment_id, good = on_their_way
    status, page = scan(client, shipment_id, code, **{good: "1"})
    assert status == 400
    assert said in page
    assert value(page, good) == "1"
    assert contents(shipment_id) == [("B2", 3, 0, 0, 0)]


def test_a_code_that_the_practice_linked_counts_its_lot(
    client: FlaskClient, on_their_way: tuple[int, int, str]
) -> None:
    _order, shipment_id, good = on_their_way
    page = scan(client, shipment_id, box("B2", UNKNOWN), **{good: "0"})[1]
    assert "Link 04099999999996 to an item" in page
    line = parcel(shipment_id).lines[0].order_line
    with transaction():
        link = ItemGtin(gtin=UNKNOWN, containers=20, item_id=line.item_id, linked_at=NOW)
        link.practice_id = line.item.practice_id
        db.session.add(link)
    status, page = scan(client, shipment_id, box("B2", UNKNOWN), **{good: "0"})
    assert (status, value(page, good)) == (200, "2"), "two packs of ten carry it"
    assert "Link 04099999999996" not in page


def test_a_code_without_a_lot_names_no_lot_of_a_product_without_codes(
    client: FlaskClient, coded: World
) -> None:
    order_id = placed(coded, (coded.caffeine, 3))
    shipment_id = sent(coded, order_id, ShipLine("C1", GOOD_DAY, 3, sku="CAF-2"))
    status, page = scan(client, shipment_id, f"01{PACK}17280531")
    assert status == 400
    assert f"No product in this shipment has the code {PACK}." in page
    assert "None" not in page


@pytest.fixture
def stocked(coded: World) -> World:
    """Biotin and gloves are items of the practice."""
    with transaction():
        for product in (coded.biotin, coded.gloves):
            items.item_of_product(coded.practice.id, product, now=NOW)
    return coded


def take(client: FlaskClient, do: str, **typed: object) -> tuple[int, str]:
    sign_in(client, "mia@example.org")
    answer = client.post("/c/mitte/receive/goods", data={**typed, "do": do})
    return answer.status_code, answer.text


def row(page: str, number: int) -> tuple[str, ...]:
    """Return item, lot, expiry and packs of a row."""
    return tuple(value(page, f"{field}_{number}") for field in ("sku", "lot", "expiry", "packs"))


def test_goods_begin_with_one_row_and_get_more(client: FlaskClient, stocked: World) -> None:
    sign_in(client, "mia@example.org")
    page = client.get("/c/mitte/receive/goods").text
    assert page.count('<legend class="sr-only">') == 1

    status, page = take(client, "more", sku_1="BIO-5", lot_1="H1")
    assert status == 200
    assert page.count('<legend class="sr-only">') == 2
    assert row(page, 1) == ("BIO-5", "H1", "", "")


def test_a_code_in_a_lot_field_fills_in_its_row_whole(client: FlaskClient, stocked: World) -> None:
    status, page = take(client, "read", lot_1=box("B2"), sku_1="", expiry_1="", packs_1="")
    assert status == 200
    assert row(page, 1) == ("BIO-5", "B2", "2028-05-31", "1")
    assert row(page, 2) == ("", "", "", "")


def test_a_code_in_another_field_fills_in_its_row_or_the_one_it_belongs_to(
    client: FlaskClient, stocked: World
) -> None:
    page = take(client, "read", sku_1=box("B2"), lot_1="")[1]
    assert row(page, 1) == ("BIO-5", "B2", "2028-05-31", "1")
    page = take(client, "read", sku_1="bio-5", lot_1="", packs_1="", scan=box("B2"))[1]
    assert row(page, 1) == ("BIO-5", "B2", "2028-05-31", "1")
    typed = {"sku_1": "BIO-5", "lot_1": "B2", "expiry_1": "2028-05-31", "packs_1": "1"}
    page = take(client, "read", **typed | {"packs_1": box("G-9", GLOVES)})[1]
    assert (row(page, 1), row(page, 2)) == (
        ("BIO-5", "B2", "2028-05-31", ""),
        ("GLO-M", "G-9", "2028-05-31", "1"),
    )
    page = take(client, "read", **typed, scan=f"01{PACK}10B2")[1]
    assert row(page, 1) == ("BIO-5", "B2", "2028-05-31", "2"), "an absent expiry erased a known one"


def test_a_scanner_that_presses_no_button_takes_no_goods_in(
    client: FlaskClient, stocked: World
) -> None:
    sign_in(client, "mia@example.org")
    answer = client.post("/c/mitte/receive/goods", data={"scan": box("B2"), "lot_1": ""})
    assert (answer.status_code, row(answer.text, 1)) == (200, ("BIO-5", "B2", "2028-05-31", "1"))
    assert on_shelves(stocked.clinic) == {}


def test_boxes_scanned_one_after_another_find_their_rows(
    client: FlaskClient, stocked: World
) -> None:
    typed: dict[str, object] = {"lot_1": ""}
    page = ""
    for code in (box("B2"), box("G-9", GLOVES), box("b2")):
        status, page = take(client, "read", scan=code, **typed)
        assert status == 200
        rows = range(1, page.count('<legend class="sr-only">') + 1)
        fields = ("sku", "lot", "expiry", "packs")
        typed = {f"{name}_{at}": value(page, f"{name}_{at}") for at in rows for name in fields}
    assert row(page, 1) == ("BIO-5", "B2", "2028-05-31", "2")
    assert re.search(r"data-scan-said>.*\n?.*Biotin 5 ml, lot B2: 2 packs\.", page)
    assert row(page, 2) == ("GLO-M", "G-9", "2028-05-31", "1")

    typed["sku_3"] = typed["lot_3"] = ""
    typed["arrived_2"] = "warm"
    kept = take(client, "read", **typed)[1]
    assert '<option value="warm" selected>' in kept, "a scan keeps what was said"
    assert take(client, "take", **typed)[0] == 302
    assert "The goods are received. 1 row is on hold." in client.get("/c/mitte/receive").text
    assert on_shelves(stocked.clinic) == {"B2": 100, "G-9": 100}


def test_a_case_counts_all_packs_in_it(client: FlaskClient, stocked: World) -> None:
    """By its own GTIN, and by the label that says of what, and how many, it is."""
    for code in (box("B2", CASE), f"02{PACK}1728053110B2{GS}373"):
        page = take(client, "read", scan=code, lot_1="")[1]
        assert row(page, 1) == ("BIO-5", "B2", "2028-05-31", "3"), code
    typed = {"sku_1": "BIO-5", "lot_1": "B2", "expiry_1": "2028-05-31", "packs_1": "1"}
    page = take(client, "read", scan=f"02{PACK}10B2{GS}3712", **typed)[1]
    assert row(page, 1) == ("BIO-5", "B2", "2028-05-31", "13")


def test_a_case_label_counts_its_packs_of_a_shipment(
    client: FlaskClient, on_their_way: tuple[int, int, str]
) -> None:
    _order, shipment_id, good = on_their_way
    status, page = scan(client, shipment_id, f"02{PACK}10B2{GS}372", **{good: "0"})
    assert (status, value(page, good)) == (200, "2")
    status, page = scan(client, shipment_id, f"02{PACK}10B2{GS}37900", **{good: "0"})
    assert (status, value(page, good)) == (400, "0")
    assert "this code stands for 900 packs" in page


def test_the_second_of_two_bar_codes_fills_in_lot_and_expiry(
    client: FlaskClient, stocked: World
) -> None:
    """Long labels have two: the first says the product, the second all the rest."""
    second = "1728053110B2"
    page = take(client, "read", scan=f"01{PACK}", lot_1="")[1]
    assert row(page, 1) == ("BIO-5", "", "", "1")
    waiting: dict[str, object] = {"sku_1": "BIO-5", "lot_1": "", "packs_1": "1"}
    for typed in ({"scan": second}, {"lot_1": second}, {"scan": f"]C1{second}"}):
        status, page = take(client, "read", **waiting | typed)
        assert (status, row(page, 1)) == (200, ("BIO-5", "B2", "2028-05-31", "1")), typed
    status, page = take(client, "read", lot_1=second)
    assert (status, row(page, 1)) == (400, ("", "B2", "2028-05-31", ""))
    assert "This code names no product. Enter the item code" in page
    assert take(client, "read", scan=second, lot_1="")[0] == 400, "of which box?"


def test_a_wrong_check_digit_is_named_and_is_no_lot(client: FlaskClient, stocked: World) -> None:
    wrong = f"01{PACK[:-1]}217280531" + "10B2"
    for typed in ({"lot_1": wrong, "sku_1": "BIO-5"}, {"scan": wrong, "sku_1": "BIO-5"}):
        status, page = take(client, "read", **typed)
        assert (status, row(page, 1)) == (400, ("BIO-5", "", "", "")), typed
        assert "The check digit should be 1" in page, typed


def test_another_items_code_leaves_the_row_as_it_was(client: FlaskClient, stocked: World) -> None:
    status, page = take(client, "read", sku_1="GLO-M", lot_1=box("B2"))
    assert status == 400
    assert "This code is of Biotin 5 ml: scan it into a row of its own." in page
    assert row(page, 1) == ("GLO-M", "", "", "")

    status, page = take(client, "take", sku_1="", lot_1=box("X", UNKNOWN), packs_1="1")
    assert status == 400
    assert f"No item of yours has the code {UNKNOWN}. Enter the item code." in page
    assert on_shelves(stocked.clinic) == {}


def test_a_row_without_an_item_says_so(client: FlaskClient, stocked: World) -> None:
    status, page = take(client, "take", lot_1="H1", packs_1="1")
    assert status == 400
    assert 'href="#sku_1">Row 1: enter an item code.' in page
    assert "the code ." not in page


def test_a_text_that_is_no_products_code_goes_nowhere(client: FlaskClient, stocked: World) -> None:
    status, page = take(client, "read", scan="PAT-20417", lot_1="H1", sku_1="BIO-5")
    assert status == 400
    assert "“PAT-20417” is no product&#39;s code." in page
    assert row(page, 1) == ("BIO-5", "H1", "", "")


def test_a_scan_finds_its_line_of_an_order(client: FlaskClient, coded: World) -> None:
    with transaction():
        add_gtin(coded.caffeine, "04000000000006", PackLevel.PACK, 10)
    order_id = placed(coded, (coded.caffeine, 2))
    name = f"{order_of(order_id).lines[0].id}_0"
    code = box("K1", "04000000000006", "291130")
    typed: dict[str, object] = {"order": order_id, f"packs_{name}": "2"}
    status, page = take(client, "read", scan=code, **typed)
    assert status == 200
    assert (value(page, f"lot_{name}"), value(page, f"packs_{name}")) == ("K1", "2")
    assert value(page, f"expiry_{name}") == "2029-11-30"

    status, page = take(client, "read", scan=box("B2"), **typed)
    assert status == 400
    assert "This code is of Biotin 5 ml, which is not on the order." in page
