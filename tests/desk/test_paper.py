"""Parcels of a shipment, and what the desk prints: pick lists, labels."""

import re

import pypdfium2
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from supply.catalogue.barcodes import scan
from supply.catalogue.models import Product
from supply.catalogue.terms import Storage
from supply.db import db, transaction
from supply.desk import labels
from supply.desk.picking import pick_list
from supply.ordering import queries
from supply.refusals import InvalidInput
from supply.scanning.decoding import codes_on
from supply.scanning.seen import in_words
from supply.shipping import shipping
from supply.shipping.models import Shipment, Tracking
from supply.shipping.refusals import NoLongerSent
from supply.shipping.ship_lines import ShipLine
from supply.shipping.shipping import Parcel
from tests.ordering.world import LATER, NOW, TODAY, World, make_product, placed
from tests.shipping.parcels import GOOD_DAY, parcel, sent
from tests.support.people import sign_in


def two_boxes(world: World) -> int:
    """Return a shipment of two boxes, committed."""
    order_id = placed(world, (world.biotin, 2))
    with transaction():
        boxes = [Parcel("DHL", "1"), Parcel(" DHL ", "2"), Parcel(), Parcel("DHL", "1")]
        line = ShipLine("A", GOOD_DAY, 2, sku="BIO-5")
        actor = world.seller_acts
        return shipping.ship(order_id, [line], parcels=boxes, actor=actor, now=NOW).id


def followed(shipment_id: int) -> list[tuple[str, str]]:
    """Return (carrier, number) of a shipment's parcels."""
    return [(one.carrier, one.number) for one in parcel(shipment_id).trackings]


def test_a_shipment_has_several_parcels_and_more_may_follow(world: World) -> None:
    shipment_id = two_boxes(world)
    assert followed(shipment_id) == [("DHL", "1"), ("DHL", "2")]
    for _twice in range(2):
        with transaction():
            more = [Parcel("Bike", "")]
            shipping.track(shipment_id, more, actor=world.seller_acts, now=LATER)
    assert followed(shipment_id) == [("DHL", "1"), ("DHL", "2"), ("Bike", "")]
    many = [Parcel("DHL", str(number)) for number in range(60)]
    for refused in ([Parcel(" ", "")], many):
        with pytest.raises(InvalidInput), transaction():
            shipping.track(shipment_id, refused, actor=world.seller_acts, now=LATER)
    assert len(followed(shipment_id)) == 3

    with transaction():
        shipping.take_back(shipment_id, actor=world.seller_acts, now=LATER)
    assert db.session.scalars(sa.select(Tracking)).all() == []
    with pytest.raises(NoLongerSent), transaction():
        shipping.track(shipment_id, [Parcel("Bike")], actor=world.seller_acts, now=LATER)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_each_side_follows_each_parcel(client: FlaskClient, world: World) -> None:
    order_id = placed(world, (world.biotin, 2))
    (line,) = queries.order_with_id(order_id).lines
    sign_in(client, "sam@example.org")
    client.post(
        f"/s/dermal/orders/{order_id}/ship",
        data={
            f"lot_{line.id}_0": "A",
            f"expiry_{line.id}_0": "2128-01-31",
            f"packs_{line.id}_0": "2",
            "carrier_0": "DHL",
            "tracking_0": "77",
            "carrier_1": "Bike",
            "tracking_1": "Tuesday",
        },
    )
    (shipment,) = db.session.scalars(sa.select(Shipment)).all()
    slip = client.get(f"/s/dermal/shipments/{shipment.id}").text
    assert 'tracking-id=77" rel="noopener noreferrer"' in slip
    assert "Bike Tuesday" in slip
    address = f"/s/dermal/shipments/{shipment.id}/tracking"
    assert client.post(address, data={"carrier_0": "GLS", "tracking_0": "9"}).status_code == 302
    assert "gls-group.eu/track/9" in client.get(f"/s/dermal/orders/{order_id}").text
    assert client.post(address, data={}).status_code == 400


def test_what_is_kept_cold_is_picked_last(world: World) -> None:
    with transaction():
        cold = make_product(world.supplier, "ICE", "A cold thing")
        cold.storage = Storage.COLD
        db.session.get_one(Product, world.gloves.id).storage = Storage.EITHER
    first = placed(world, (cold, 2), (world.biotin, 3), (world.gloves, 4))
    second = placed(world, (world.biotin, 1))
    sent(world, first, ShipLine("A", GOOD_DAY, 1, sku="BIO-5"))

    orders = queries.orders_of_supplier(world.supplier, [first, second])
    assert [
        (aisle.storage, [(pick.product.sku, pick.packs, len(pick.lines)) for pick in aisle.picks])
        for aisle in pick_list(orders, TODAY)
    ] == [
        (Storage.EITHER, [("GLO-M", 4, 1)]),
        (Storage.AMBIENT, [("BIO-5", 3, 2)]),
        (Storage.COLD, [("ICE", 2, 1)]),
    ]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_desk_prints_for_its_own_orders_only(client: FlaskClient, world: World) -> None:
    first, second = placed(world, (world.biotin, 1)), placed(world, (world.gloves, 2))
    foreign = placed(world, (world.caffeine, 1))
    sign_in(client, "sam@example.org")
    chosen = client.post(
        "/s/dermal/orders/acknowledge", data={"do": "pick", "order": [first, second]}
    )
    assert chosen.location == f"/s/dermal/orders/pick?order={first}&order={second}"
    page = client.get(chosen.location).text
    assert re.findall(r"<strong>([^<]+)</strong>", page) == ["Biotin 5 ml", "Gloves M"]
    paper = client.get(f"/s/dermal/orders/pick.pdf?order={first}&order={second}")
    assert paper.data.startswith(b"%PDF")
    assert "Nothing to pick" in client.get("/s/dermal/orders/pick").text
    for address in (f"pick?order={foreign}", f"pick.pdf?order={first}&order={foreign}"):
        assert client.get(f"/s/dermal/orders/{address}").status_code == 404

    shipment_id = sent(world, first, ShipLine("A", GOOD_DAY, 1, sku="BIO-5"))
    address = f"/s/dermal/shipments/{shipment_id}/labels.pdf"
    for boxes, pages in (("", 1), ("?boxes=3", 3), ("?boxes=9999", 50), ("?boxes=-1", 1)):
        printed = client.get(f"{address}{boxes}")
        assert printed.data.count(b"/Type /Page\n") == pages
    sign_in(client, "rita@example.org")
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_boxs_label_leads_to_its_shipment(client: FlaskClient, world: World) -> None:
    shipment_id = two_boxes(world)
    shipment = parcel(shipment_id)
    text = f"91SS:{shipment.code}\x1d400{shipment.order.number}"
    document = pypdfium2.PdfDocument(labels.pdf(shipment, 2))
    for page in document:
        printed = page.render(scale=203 / 72, grayscale=True).to_pil().convert("L")
        assert codes_on(printed) == [text]
    document.close()
    assert in_words(scan(text, today=TODAY)) == f"shipment {shipment.code}"
    sign_in(client, "mia@example.org")
    for typed in (text, text.replace("\x1d", ""), text.lower()):
        found = client.get("/c/mitte/receive", query_string={"code": typed})
        assert found.location == f"/c/mitte/receive/{shipment_id}", typed
    box = client.post(f"/c/mitte/receive/{shipment_id}", data={"do": "scan", "scan": text}).text
    assert f"This is the code of shipment {shipment.code}. Scan the boxes in it." in box


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_label_is_one_page_however_long_its_texts(world: World) -> None:
    shipment_id = two_boxes(world)
    with transaction():
        shipment = db.session.get_one(Shipment, shipment_id)
        shipment.order.clinic.name = "Klinik für ästhetische Mesotherapie und Haut " * 4
        shipment.order.clinic.address = "Straße\n" * 12
        printed = labels.pdf(shipment, 1)
        db.session.rollback()
    assert printed.count(b"/Type /Page\n") == 1
