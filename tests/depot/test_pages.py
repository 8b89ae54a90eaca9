"""A supplier's pages of its own stock, as its people walk them; and who does not."""

import re
from decimal import Decimal
from io import BytesIO

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from supply import clock
from supply.catalogue.models import ProductGtin
from supply.catalogue.terms import PackLevel
from supply.db import db, transaction
from supply.inventory.models import Balance, Entry, Hold, Lot, Move
from tests.depot.stock import FAR, FURTHER, NEAR, came, depot_row, keeps, moved, there
from tests.ordering.world import NOW, World, counters, order_of, placed
from tests.shipping.parcels import contents
from tests.support.people import sign_in

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

STOCK = "/s/dermal/stock"
GTIN = "04012345678901"


@pytest.fixture(autouse=True)
def _at_that_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def typed_in(page: str) -> dict[str, str]:
    """Return what stands in the fields of lots, by name."""
    found = {}
    for tag in re.findall(r"<input[^>]*>", page):
        said = dict(re.findall(r'(name|value)="([^"]*)"', tag))
        if re.match(r"(sku|lot|expiry|packs)_", said.get("name", "")):
            found[said["name"]] = said.get("value", "")
    return found


def addresses(world: World) -> list[tuple[str, str]]:
    """Return (method, address) of every page of the depot."""
    depot = depot_row(world)
    assert depot is not None
    lot = db.session.scalars(sa.select(Lot)).one()
    balance = db.session.scalars(sa.select(Balance)).one()
    entry = db.session.scalars(sa.select(Entry.id)).first()
    shelf = f"{STOCK}/shelves/{balance.id}"
    pages = ("", "/take", "/file", "/places", f"/places/{balance.location_id}", f"/lots/{lot.id}")
    found = [("GET", f"{STOCK}{page}") for page in pages]
    found += [("GET", f"{shelf}/{what}") for what in ("write-off", "count", "move")]
    found += [("GET", f"{STOCK}/lots/{lot.id}/hold")]
    posts = ("keeping", "take", "file", "places", f"entries/{entry}/undo", "holds/1/release")
    return found + [("POST", f"{STOCK}/{post}") for post in posts]


def test_only_its_own_people_see_it(client: FlaskClient, world: World) -> None:
    keeps(world)
    came(world, (world.biotin, "A-1", FAR, 3))
    for method, address in addresses(world):
        for email in ("rita@example.org", "olga@example.org"):
            sign_in(client, email)
            assert client.open(address, method=method).status_code == 404, (address, email)
    sign_in(client, "sam@example.org")
    for method, address in addresses(world):
        if method == "GET":
            assert client.get(address).status_code == 200, address
    assert client.post(f"{STOCK}/keeping", data={"keep": "no"}).status_code == 403
    assert there(world) == {"A-1": Decimal(3)}


def test_it_begins_with_what_it_brings(client: FlaskClient, world: World) -> None:
    sign_in(client, "sam@example.org")
    page = client.get(STOCK).text
    assert "What keeping your stock here brings" in page
    assert "Ask a supplier admin to turn it on." in page
    assert "What keeping your stock here brings" in client.get(f"{STOCK}/take").text
    assert client.post(f"{STOCK}/take", data={"do": "take"}).status_code == 409
    keeps(world)
    assert "Nothing is there yet" in client.get(STOCK).text


def test_boxes_are_scanned_in_and_undone(client: FlaskClient, world: World) -> None:
    keeps(world)
    with transaction():
        db.session.add(
            ProductGtin(product_id=world.biotin.id, gtin=GTIN, level=PackLevel.PACK, containers=10)
        )
    sign_in(client, "sam@example.org")
    scan = f"01{GTIN}17280131" + "10AB-7"
    page = client.post(f"{STOCK}/take", data={"lot_1": "", "scan": scan})
    assert page.status_code == 200
    first = {"sku_1": "BIO-5", "lot_1": "AB-7", "expiry_1": "2028-01-31", "packs_1": "1"}
    assert {name: value for name, value in typed_in(page.text).items() if "_1" in name} == first
    assert there(world) == {}

    row = {"sku_1": "bio-5", "lot_1": "AB-7", "expiry_1": "2028-01-31", "packs_1": "1"}
    page = client.post(f"{STOCK}/take", data={**row, "scan": scan})
    assert typed_in(page.text)["packs_1"] == "2"
    bad = {"sku_1": "NONE", "lot_1": "AB-7", "expiry_1": "soon", "packs_1": "0", "do": "take"}
    page = client.post(f"{STOCK}/take", data=bad)
    assert page.status_code == 400
    for said in (
        "You have no product NONE.",
        "Enter the date as 2027-05-31.",
        "Enter whole packs from 1 to 10000.",
    ):
        assert said in page.text
    assert 'value="NONE"' in page.text

    twice = {**row, "packs_1": "2", "do": "take", "form_key": "once"}
    for _again in range(2):
        assert client.post(f"{STOCK}/take", data=twice).status_code == 302
    assert there(world) == {"AB-7": Decimal(2)}
    entry = db.session.scalars(sa.select(Entry.id)).one()
    assert client.post(f"{STOCK}/entries/{entry}/undo", data={}).status_code == 302
    assert there(world) == {}


def test_a_file_is_looked_at_first(client: FlaskClient, world: World) -> None:
    keeps(world)
    sign_in(client, "sam@example.org")
    content = b"sku,lot,expiry,packs\nBIO-5,A-1,2027-12-27,2\n"
    page = client.post(f"{STOCK}/file", data={"file": (BytesIO(content), "lots.csv")})
    assert "The file is in order. Nothing is taken yet." in page.text
    assert there(world) == {}
    kept = re.search(r'name="kept" value="([^"]+)"', page.text)
    assert kept is not None
    data = {"kept": kept[1], "filename": "lots.csv", "do": "take", "form_key": "k"}
    for _again in range(2):
        assert client.post(f"{STOCK}/file", data=data).status_code == 302
    assert there(world) == {"A-1": Decimal(2)}
    wrong = client.post(f"{STOCK}/file", data={"file": (BytesIO(b"sku,lot\nA,B\n"), "lots.csv")})
    assert (wrong.status_code, "This column is missing." in wrong.text) == (400, True)


def test_a_lot_is_written_off_counted_moved_and_held(client: FlaskClient, world: World) -> None:
    keeps(world)
    came(world, (world.biotin, "A-1", FAR, 3))
    lot_id, place = db.session.execute(sa.select(Lot.id, Balance.id).join(Balance)).one()
    sign_in(client, "sam@example.org")
    shelf = f"{STOCK}/shelves/{place}"

    def act(what: str, **data: object) -> int:
        return client.post(f"{shelf}/{what}", data={"form_key": str(data), **data}).status_code

    assert act("write-off", packs="1", single="2") == 400
    assert act("write-off", packs="1", single="2", why="damaged") == 302
    assert moved("waste") == [("A-1", "shelf", "waste", Decimal(60))]
    assert act("write-off", packs="9", why="damaged") == 400
    assert act("count", packs="2", single="") == 302
    assert moved("correction") == [("A-1", "difference", "shelf", Decimal(10))]
    other = db.session.scalars(sa.select(Balance.location_id).where(Balance.id == place)).one() + 1
    assert act("move", packs="1", to=other) == 302
    page = client.get(f"{STOCK}/lots/{lot_id}").text
    for said in ("Wasted", "Corrected", "Moved", "Received", "Sam"):
        assert said in page

    data = {"location": "0", "reason": "Asked the maker", "form_key": "h"}
    assert client.post(f"{STOCK}/lots/{lot_id}/hold", data=data).status_code == 302
    assert "Asked the maker" in client.get(f"{STOCK}/lots/{lot_id}").text
    held = db.session.scalars(sa.select(Hold.id)).one()
    assert "A-1" in client.get(f"{STOCK}?show=held").text
    release = f"{STOCK}/holds/{held}/release"
    assert release in client.get(f"{STOCK}/lots/{lot_id}").text
    assert "On hold: Asked the maker" in " ".join(client.get(release).text.split())
    refused = client.post(release, data={"reason": " "})
    assert (refused.status_code, "Say why it may be sent again." in refused.text) == (400, True)
    assert db.session.scalars(sa.select(Hold.released_at)).one() is None
    assert client.post(release, data={"reason": "The maker says it is fine"}).status_code == 302
    assert db.session.scalars(sa.select(Hold.release_reason)).one() == "The maker says it is fine"
    assert "Lot A-1 is released." in client.get(STOCK).text
    assert "A-1" not in client.get(f"{STOCK}?show=held").text


def test_a_parcel_is_filled_first_expired_first(client: FlaskClient, world: World) -> None:
    keeps(world)
    came(
        world,
        (world.biotin, "LATE", FURTHER, 2),
        (world.biotin, "SOON", FAR, 2),
        (world.biotin, "NEAR", NEAR, 9),
    )
    order_id = placed(world, (world.biotin, 5))
    (line,) = order_of(order_id).lines
    sign_in(client, "sam@example.org")
    page = client.get(f"/s/dermal/orders/{order_id}").text
    assert "SOON: Store; LATE: Store" in page
    assert "1 pack is not in your stock" in page
    assert "9 packs there expire too soon for what you promise." in page

    typed = typed_in(page)
    name = f"{line.id}_"
    assert [typed[f"lot_{name}{row}"] for row in range(3)] == ["SOON", "LATE", ""]
    assert [typed[f"packs_{name}{row}"] for row in range(3)] == ["2", "2", ""]
    pick = client.get(f"/s/dermal/orders/pick?order={order_id}").text
    assert "Store: lot SOON" in pick
    assert "1 pack is not in your stock" in pick
    assert client.get(f"/s/dermal/orders/pick.pdf?order={order_id}").status_code == 200

    elsewhere = {f"lot_{name}2": "OURS", f"expiry_{name}2": FAR.isoformat(), f"packs_{name}2": "1"}
    address = f"/s/dermal/orders/{order_id}/ship"
    refused = client.post(address, data={**typed, **elsewhere, "do": "ship"})
    assert refused.status_code == 400
    assert "lot OURS is not in your stock." in refused.text
    told = {**typed, **elsewhere, f"elsewhere_{name}2": "1", "do": "ship"}
    sent = client.post(address, data=told)
    assert sent.status_code == 302
    shipment_id = int(sent.headers["Location"].rpartition("/")[2])
    assert [row[:2] for row in contents(shipment_id)] == [("SOON", 2), ("LATE", 2), ("OURS", 1)]
    assert there(world) == {"NEAR": Decimal(9)}
    assert counters(order_id) == {"BIO-5": (5, 5, 0, 0)}

    lot_id, entry = db.session.execute(
        sa.select(Lot.id, Move.entry_id)
        .join(Move, Move.lot_id == Lot.id)
        .join(Entry, Entry.id == Move.entry_id)
        .where(Lot.number == "SOON", Entry.kind == "shipment")
    ).one()
    assert "Shipped" in client.get(f"{STOCK}/lots/{lot_id}").text
    client.post(f"{STOCK}/entries/{entry}/undo", data={"lot": lot_id})
    assert there(world) == {"NEAR": Decimal(9)}
    assert client.post(f"/s/dermal/shipments/{shipment_id}/undo", data={}).status_code == 302
    assert there(world) == {"LATE": Decimal(2), "NEAR": Decimal(9), "SOON": Decimal(2)}


def test_places_are_added_renamed_and_put_away(client: FlaskClient, world: World) -> None:
    keeps(world)
    sign_in(client, "sam@example.org")
    data = {"name": "Attic", "storage": "ambient", "form_key": "a"}
    assert client.post(f"{STOCK}/places", data=data).status_code == 302
    page = client.get(f"{STOCK}/places").text
    found = re.search(rf'href="({STOCK}/places/\d+)"[^>]*>Attic', page)
    assert found is not None
    assert client.post(found[1], data={**data, "name": "Loft"}).status_code == 302
    assert client.post(f"{found[1]}/archive").status_code == 302
    assert "Loft is put away." in client.get(f"{STOCK}/places").text
    assert "Loft" not in client.get(f"{STOCK}/take").text
    assert client.post(f"{found[1]}/restore").status_code == 302
    assert "Loft" in client.get(f"{STOCK}/take").text
