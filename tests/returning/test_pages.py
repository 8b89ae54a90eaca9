"""Returns on the pages of both sides, and who may do what."""

import html
import re

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from supply.catalogue.models import Product, ProductGtin
from supply.catalogue.terms import Storage
from supply.db import db, transaction
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.receiving.goods_in import GoodsLine, receive_goods
from supply.returning.models import Return, ReturnLine
from tests.ordering.world import LATER, World, mails, placed
from tests.returning.cases import asked, received, return_of, sealed
from tests.shipping.parcels import count
from tests.support.people import sign_in

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def words(page: str) -> str:
    """Return a page's words, on one line."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


def twice(client: FlaskClient, address: str, data: dict[str, str]) -> TestResponse:
    """Send a form twice, as a double click does; return what the second was answered."""
    client.post(address, data=data)
    return client.post(address, data=data, follow_redirects=True)


def line_id(return_id: int) -> int:
    db.session.rollback()
    return db.session.scalars(
        sa.select(ReturnLine.id).where(ReturnLine.return_id == return_id)
    ).one()


def test_a_return_goes_from_page_to_page(client: FlaskClient, world: World) -> None:
    with transaction():
        db.session.get_one(Product, world.biotin.id).storage = Storage.COLD
    order_id = received(world, A1=2, B2=3)
    sign_in(client, "mia@example.org")
    return_id = _ask(client, f"/c/mitte/orders/{order_id}")
    sign_in(client, "sam@example.org")
    _authorise(client, f"/s/dermal/orders/{order_id}", return_id)
    sign_in(client, "mia@example.org")
    _send(client, f"/c/mitte/orders/{order_id}", return_id, world)
    sign_in(client, "sam@example.org")
    _receive(client, return_id)
    sign_in(client, "mia@example.org")
    come = f"/c/mitte/returns/{return_id}/back"
    assert f'action="{come}"' in client.get(f"/c/mitte/orders/{order_id}").text
    page = words(twice(client, come, {"form_key": "g"}).text)
    assert "The packs are in your stock again, on hold" in page
    assert "1 pack of return" in page
    assert sealed(world, "B2") == 100


def _ask(client: FlaskClient, ours: str) -> int:
    assert "Return packs" in client.get(ours).text
    form = client.get(f"{ours}/return").text
    assert "Up to 3 whole, sealed packs; expires" in form
    assert "Once they have left the cold chain, the supplier may refuse them" in form
    b2 = re.findall(r'id="(packs_\d+_\d+)"', form)[-1]
    typed = {b2: "2", "reason": "not_needed", "note": "Too many", "form_key": "a"}
    for wrong, said in (
        ({b2: "4"}, "Only 3 whole packs of Biotin 5 ml, lot B2"),
        ({b2: "x"}, "Biotin 5 ml: Enter whole packs."),
        ({"reason": "whim"}, "Choose why you want to return them."),
    ):
        refused = client.post(f"{ours}/return", data={**typed, **wrong})
        assert refused.status_code == 400
        assert said in words(refused.text)
        assert "Too many" in refused.text
    done = twice(client, f"{ours}/return", typed)
    assert count(Return) == 1
    assert "Return asked for: Not needed" in words(done.text)
    return db.session.scalars(sa.select(Return.id)).one()


def _authorise(client: FlaskClient, theirs: str, return_id: int) -> None:
    desk = words(client.get("/s/dermal/orders").text)
    assert "2 packs from Mitte: Not needed" in desk
    answer = f"/s/dermal/returns/{return_id}/answer"
    assert f'href="{answer}"' in client.get(theirs).text
    page = client.get(answer).text
    assert "€25.05 was charged for a pack." in words(page)
    (credit,) = re.findall(r'name="(credit_\d+)"', page)
    terms = {credit: "20,05", "valid_until": "", "carriage": "supplier", "do": "authorise"}
    refused = client.post(answer, data={**terms, credit: "twenty"})
    assert refused.status_code == 400
    assert "Biotin 5 ml: Enter a sum, such as 1500.00." in words(refused.text)
    assert "Write the day as year-month-day" in refused.text
    terms["valid_until"] = re.findall(r'id="valid_until"[^>]*value="([^"]+)"', page)[0]
    refused = client.post(answer, data={**terms, credit: "26"})
    assert "at most the €25.05 that was charged for a pack" in words(refused.text)
    done = client.post(answer, data={**terms, "form_key": "b"}, follow_redirects=True)
    assert "The return is authorised." in done.text
    assert "€5.00 a pack kept for restocking" in words(done.text)
    assert "Nothing is left to do here." in client.get(answer).text


def _send(client: FlaskClient, ours: str, return_id: int, world: World) -> None:
    rma = return_of(return_id).number or ""
    today = words(client.get("/c/mitte/today").text)
    assert f"{rma} To be sent To be sent to Dermal GmbH by" in today
    send = f"/c/mitte/returns/{return_id}/send"
    assert f'href="{send}"' in client.get(ours).text
    assert "Keep these packs cold on the way" in client.get(send).text
    slip = client.get(f"/c/mitte/returns/{return_id}/slip.pdf")
    assert slip.headers["Content-Disposition"] == f'attachment; filename="{rma}.pdf"'
    assert slip.data.startswith(b"%PDF")
    refused = client.post(send, data={"carrier": "D" * 101})
    assert (refused.status_code, sealed(world, "B2")) == (400, 150)
    box = {"carrier": "DHL", "tracking": "JD1", "form_key": "c"}
    done = twice(client, send, box)
    assert sealed(world, "B2") == 50
    assert f"Return {rma} is sent" in words(done.text)
    entry = return_of(return_id).entry_id
    assert "Returned to the supplier, " + rma in words(client.get(f"/c/mitte/entries/{entry}").text)
    undo = f"/c/mitte/entries/{entry}/undo"
    client.post(undo, data={"form_key": "d"})
    assert (return_of(return_id).state, sealed(world, "B2")) == ("authorised", 150)
    client.post(send, data={**box, "form_key": "e"})


def _receive(client: FlaskClient, return_id: int) -> None:
    receive = f"/s/dermal/returns/{return_id}/receive"
    assert "Scan the slip of a return" in client.get("/s/dermal/orders").text
    number = (return_of(return_id).number or "").lower()
    assert client.get(f"/s/dermal/returns?number=%20{number}").headers["Location"] == receive
    lost = client.get("/s/dermal/returns?number=RMA-1")
    assert "No return to you has this number." in lost.text
    assert number.upper() in lost.text
    assert "€20.05 is credited for each, net." in words(client.get(receive).text)
    one = line_id(return_id)
    said = {f"accepted_{one}": "1", f"why_{one}": "Opened", f"fate_{one}": ""}
    refused = client.post(receive, data=said)
    assert refused.status_code == 400
    assert "Say whether you send these packs back or destroy them." in refused.text
    said |= {f"fate_{one}": "come_back", "form_key": "f"}
    done = twice(client, receive, said)
    assert "The return is settled." in done.text
    page = words(done.text)
    assert "1 pack of Biotin 5 ml, lot B2, not accepted: Opened. Sent back to the clinic." in page
    assert "Sent back and accepted" in page
    assert "Credited after claims and returns − €20.05" in page.replace("−€", "− €")
    assert "returns" not in re.findall(r'id="(\w+)"', client.get("/s/dermal/orders").text)


def test_packs_to_return_are_counted_by_scan(client: FlaskClient, world: World) -> None:
    gtin = "04006381333931"
    row = {"product_id": world.biotin.id, "gtin": gtin, "level": "pack", "containers": 10}
    with transaction():
        db.session.execute(sa.insert(ProductGtin).values(row))
    order_id = received(world, A1=2, B2=3)
    sign_in(client, "mia@example.org")
    ours = f"/c/mitte/orders/{order_id}/return"
    a1, b2 = re.findall(r'id="(packs_\d+_\d+)"', client.get(ours).text)

    def counted(**typed: str) -> tuple[int, tuple[str, str], str]:
        page = client.post(ours, data={"note": "Too many", "reason": "not_needed", **typed})
        values = [
            re.findall(rf'name="{name}"[^>]* value="([^"]*)"', page.text)[0] for name in (a1, b2)
        ]
        return page.status_code, (values[0], values[1]), words(page.text)

    box = f"01{gtin}10B2"
    assert counted(scan=box)[:2] == (200, ("0", "1"))
    assert counted(**{a1: "1", b2: box})[:2] == (200, ("1", "1"))
    status, left, page = counted(**{"scan": box, a1: "1", b2: "3"})
    assert (status, left) == (400, ("1", "3"))
    assert "Biotin 5 ml, lot B2: only 3 packs can be returned." in page
    status, left, page = counted(**{"scan": f"01{gtin}10C9", a1: "1"})
    assert (status, left) == (400, ("1", "0"))
    assert "Biotin 5 ml: lot C9 is not one of these." in page
    assert count(Return) == 0


def test_who_may_do_what(client: FlaskClient, world: World) -> None:
    order_id = received(world, A1=2)
    return_id = asked(world, order_id, A1=1)
    clinic = (
        f"/c/mitte/orders/{order_id}/return",
        f"/c/mitte/returns/{return_id}/withdraw",
        f"/c/mitte/returns/{return_id}/send",
        f"/c/mitte/returns/{return_id}/back",
    )
    supplier = (f"/s/dermal/returns/{return_id}/answer", f"/s/dermal/returns/{return_id}/receive")
    noted = (f"/c/mitte/returns/{return_id}/answer", f"/c/mitte/returns/{return_id}/receive")
    for who, pages, status in (
        ("otto", (*clinic, *supplier, *noted), 404),
        ("rita", (*clinic, *supplier), 404),
        ("vera", (*clinic, *noted), 403),
        ("mia", (*supplier, *noted), 404),
        ("sam", clinic, 404),
    ):
        sign_in(client, f"{who}@example.org")
        for page in pages:
            assert client.post(page, data={"do": "refuse"}).status_code == status, (who, page)
    assert return_of(return_id).state == "asked"
    sign_in(client, "mia@example.org")
    assert client.get(f"/c/mitte/returns/{return_id}/slip.pdf").status_code == 404
    done = client.post(clinic[1], data={"form_key": "w"}, follow_redirects=True)
    assert "The return is withdrawn" in done.text
    sign_in(client, "vera@example.org")
    page = client.get(f"/c/mitte/orders/{order_id}").text
    assert "Withdrawn" in page
    assert "Return packs" not in page


def test_the_clinic_notes_what_a_supplier_by_mail_answers(
    client: FlaskClient, world: World
) -> None:
    order_id = placed(world, (world.caffeine, 2))
    line = GoodsLine("CAF-2", "C9", None, packs=2)
    with transaction():
        clinic = db.session.merge(world.clinic)
        order = db.session.get_one(PurchaseOrder, order_id)
        receive_goods(clinic, [line], order=order, actor=world.manager_acts, now=LATER)
    sign_in(client, "mia@example.org")
    form = client.get(f"/c/mitte/orders/{order_id}/return").text
    (packs,) = re.findall(r'id="(packs_\d+_\d+)"', form)
    client.post(f"/c/mitte/orders/{order_id}/return", data={packs: "1", "reason": "wrong"})
    told = mails()[-1]
    assert told.to_address == "orders@post.example.org"
    assert "Answer this mail: nothing is sent before that." in told.text
    (return_id,) = db.session.scalars(sa.select(Return.id))
    page = client.get(f"/c/mitte/returns/{return_id}/answer").text
    (credit,) = re.findall(r'name="(credit_\d+)"', page)
    (until,) = re.findall(r'id="valid_until"[^>]*value="([^"]+)"', page)
    terms = {credit: "45", "valid_until": until, "carriage": "clinic"}
    client.post(f"/c/mitte/returns/{return_id}/answer", data=terms)
    client.post(f"/c/mitte/returns/{return_id}/send", data={})
    one = line_id(return_id)
    client.post(f"/c/mitte/returns/{return_id}/receive", data={f"accepted_{one}": "1"})
    assert return_of(return_id).state == "settled"
    assert [mail.to_address for mail in mails() if mail.to_address.endswith("@example.org")] == []
    (credited,) = db.session.scalars(
        sa.select(OrderLine.credited).where(OrderLine.order_id == order_id)
    )
    assert credited == 1
