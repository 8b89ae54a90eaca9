"""Pages of accounts: who may, what they show, and what is done on them."""

import datetime as dt
import html
import re

import pytest
from flask.testing import FlaskClient

from supply.accounts import services as accounts
from supply.accounts.models import Clinic, Supplier
from supply.accounts.terms import Role
from supply.actor import SYSTEM
from supply.db import db, transaction
from supply.items.places import furnish_clinic
from supply.settling.saying import NewPayment
from tests.ordering.world import NOW, TODAY, World
from tests.settling.books import FIRST, claim, invoiced, items, new, recorded, settled
from tests.support.people import sign_in

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

PRACTICE = "/p/skin/accounts"
BUYER = f"{PRACTICE}/dermal/EUR"
SUPPLIER = "/s/dermal/accounts"
SELLER = f"{SUPPLIER}/skin/EUR"


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def limited(world: World, clinic: Clinic, name: str = "lim") -> None:
    """Add a stock manager of one clinic only."""
    with transaction():
        accounts.create_person(
            email=f"{name}@example.org", name=name, role=Role.STOCK_MANAGER,
            practice=world.practice, clinics=[clinic], actor=SYSTEM, now=NOW,
        )  # fmt: skip


def test_who_is_limited_to_some_clinics_sees_what_their_orders_were_invoiced(
    client: FlaskClient, world: World
) -> None:
    """Two clinics with an overdue invoice each; one of them has a credit by bank besides."""
    with transaction():
        db.session.get_one(Supplier, world.supplier.id).payment_days = 0
        other = accounts.create_clinic(
            world.practice, code="nord", name="Nord", timezone="Europe/Berlin",
            actor=SYSTEM, now=NOW,
        )  # fmt: skip
        furnish_clinic(other)
    recorded(world, NewPayment(1_000, TODAY, "EARLY"))
    invoiced(world, 1)
    here = world.clinic
    world.clinic = other
    invoiced(world, 2)
    limited(world, here)
    limited(world, other, "nora")
    sign_in(client, "mia@example.org")
    page = words(client.get(BUYER).text)
    assert "€75.15 is open in all. €10.00 is the practice's credit." in html.unescape(page)
    for email, name, sum_, foreign in (
        ("lim@example.org", "Mitte", "€25.05", "€50.10"),
        ("nora@example.org", "Nord", "€50.10", "€25.05"),
    ):
        sign_in(client, email)
        page = words(client.get(PRACTICE).text)
        assert f"You see the documents of {name}." in page
        assert sum_ in page
        assert "€75.15" not in page
        assert "Accounts , 1 waiting" in page
        page = client.get(BUYER).text
        assert f"{sum_} is open in all." in words(page)
        for hidden in (foreign, "Payments by bank", "Say that you paid", "Statement<", "credit."):
            assert hidden not in page, (email, hidden)
        assert client.post(BUYER, data={}).status_code == 403
    with transaction():
        empty = accounts.create_clinic(
            world.practice, code="sued", name="Sued", timezone="Europe/Berlin",
            actor=SYSTEM, now=NOW,
        )  # fmt: skip
    limited(world, empty, "susi")
    sign_in(client, "susi@example.org")
    assert "Nothing is open." in client.get(PRACTICE).text
    assert client.get(BUYER).status_code == 404
    page = words(client.get(PRACTICE).text)
    assert "Accounts" in page
    assert "Accounts , 1 waiting" not in page


def test_who_may_see(client: FlaskClient, world: World) -> None:
    invoiced(world, 1)
    limited(world, world.clinic)
    seen = {
        "vera@example.org": (200, 404),
        "mia@example.org": (200, 404),
        "lim@example.org": (200, 404),
        "sam@example.org": (404, 200),
        "otto@example.org": (404, 404),
        "rita@example.org": (404, 404),
    }
    for email, (practice, supplier) in seen.items():
        sign_in(client, email)
        for path in (PRACTICE, BUYER):
            assert client.get(path).status_code == practice, (email, path)
        whole = 403 if email == "lim@example.org" else practice
        for path in (f"{BUYER}/statement", f"{BUYER}/statement.csv"):
            assert client.get(path).status_code == whole, (email, path)
        for path in (SUPPLIER, SELLER, f"{SELLER}/statement", f"{SELLER}/statement.pdf"):
            assert client.get(path).status_code == supplier, (email, path)
    sign_in(client, "vera@example.org")
    assert client.post(BUYER, data={}).status_code == 403
    assert client.get(f"{PRACTICE}/rival/EUR").status_code == 404
    assert client.get(f"{PRACTICE}/dermal/USD").status_code == 404


def test_what_is_overdue_by_age(client: FlaskClient, world: World) -> None:
    with transaction():
        db.session.get_one(Supplier, world.supplier.id).payment_days = 0
    invoiced(world, 2)
    sign_in(client, "olga@example.org")
    page = words(client.get(PRACTICE).text)
    today = dt.datetime.now(dt.UTC).date()
    late = (today - NOW.date()).days
    assert late > 0, "these tests run after the day they play on"
    age = "1 to 30" if late <= 30 else "31 to 60" if late <= 60 else "Over 60"
    assert "1 account is overdue." in page
    assert "Dermal GmbH EUR Overdue €50.10 €50.10" in page
    assert age in page
    shown = words(client.get(BUYER).text)
    assert "€50.10 is overdue. €50.10 is open in all." in shown
    assert f"{FIRST}" in shown
    assert "Overdue" in words(client.get("/c/mitte/today").text)
    sign_in(client, "mia@example.org")
    assert 'id="overdue"' not in client.get("/c/mitte/today").text
    sign_in(client, "sam@example.org")
    assert "€50.10 from Skin &amp; Co" in words(client.get("/s/dermal/orders").text)
    assert "Overdue" in words(client.get("/s/dermal/invoices").text)


def test_saying_paid_confirming_and_undoing(client: FlaskClient, world: World) -> None:
    invoiced(world, 2)
    sign_in(client, "mia@example.org")
    sent = {"form_key": "k1", "minor": "60", "paid_on": "2026-11-22", "reference": "TRF-9"}
    first = client.post(BUYER, data=sent, follow_redirects=True)
    assert "€60.00 announced. The supplier is asked whether it came." in words(first.text)
    client.post(BUYER, data=sent)
    again = client.post(BUYER, data={**sent, "form_key": "k2", "minor": "1,5", "paid_on": "x"})
    assert again.status_code == 400
    assert "Write the day as year-month-day" in again.text
    sign_in(client, "sam@example.org")
    page = words(client.get(SELLER).text)
    assert "€60.00 Waits for the supplier 22 Nov 2026, reference TRF-9." in page
    assert f"€50.10 for {FIRST}" in page
    client.post("/s/dermal/bank-payments/1/confirm")
    assert items() == {FIRST: ("invoice", 5010, 5010), "TRF-9": ("overpaid", 990, 0)}
    assert "€9.90 is the practice's credit." in client.get(SELLER).text.replace("&#39;", "'")
    client.post("/s/dermal/bank-payments/1/take-back")
    assert items()[FIRST] == ("invoice", 5010, 0)
    sign_in(client, "rita@example.org")
    assert client.post("/s/rival/bank-payments/1/confirm").status_code == 404
    sign_in(client, "otto@example.org")
    assert client.post("/p/elsewhere/bank-payments/1/withdraw").status_code == 404
    sign_in(client, "mia@example.org")
    client.post("/p/skin/bank-payments/1/withdraw")
    assert "Taken back" in words(client.get(BUYER).text)


def test_a_statement(client: FlaskClient, world: World) -> None:
    order_id, _shipment_id = invoiced(world, 4)
    settled(world, claim(world, order_id, 1))
    recorded(world, new(8000, "TRF 7", dt.date(2026, 11, 20)))
    sign_in(client, "vera@example.org")
    whole = client.get(f"{BUYER}/statement.csv?from=2026-11-01&to=2026-11-30")
    assert whole.data.decode("utf-8-sig").splitlines() == [
        "date,what,document,amount,balance,currency",
        "2026-11-01,opening_balance,,,0.00,EUR",
        "2026-11-20,bank,TRF 7,-80.00,-80.00,EUR",
        "2026-11-22,invoice,DERMAL-2026-00001,100.20,20.20,EUR",
        "2026-11-22,credit_note,DERMAL-2026-00002,-25.05,-4.85,EUR",
        "2026-11-30,closing_balance,,,-4.85,EUR",
    ]
    for period, opening, closing in (
        ("from=2026-11-21&to=2026-11-21", "-80.00", "-80.00"),
        ("from=2026-11-22&to=2026-11-22", "-80.00", "-4.85"),
        ("from=2026-12-01&to=2027-01-31", "-4.85", "-4.85"),
        ("from=2026-01-01&to=2026-01-31", "0.00", "0.00"),
    ):
        rows = client.get(f"{BUYER}/statement.csv?{period}").text.splitlines()
        assert rows[1].split(",")[4] == opening, period
        assert rows[-1].split(",")[4] == closing, period
    pdf = client.get(f"{BUYER}/statement.pdf?from=2026-11-01&to=2026-11-30")
    assert pdf.data.startswith(b"%PDF-")
    page = words(client.get(f"{BUYER}/statement?from=2026-11-01&to=2026-11-30").text)
    assert "Opening balance 1 Nov 2026 €0.00 TRF 7 Payment by bank 20 Nov 2026 -€80.00" in page


def test_a_difference_on_the_order(client: FlaskClient, world: World) -> None:
    order_id, _shipment_id = invoiced(world, 2, received=False)
    sign_in(client, "mia@example.org")
    page = words(client.get(f"/c/mitte/orders/{order_id}").text)
    assert "2 packs of Biotin 5 ml invoiced and not received" in page
    blocked = client.post(
        BUYER,
        data={
            "minor": "50.10", "paid_on": "2026-11-22", "reference": "T",
            "item_1": "50.10",
        },
    )  # fmt: skip
    assert blocked.status_code == 400
    assert "say on the order why it is paid nevertheless" in blocked.text
    told = client.post(
        f"/c/mitte/invoices/{FIRST}/nevertheless",
        data={"reason": "Came with another parcel"},
        follow_redirects=True,
    )
    assert "Paid nevertheless, says Mia: Came with another parcel" in words(told.text)
    sign_in(client, "sam@example.org")
    assert "Differs, paid nevertheless" in words(client.get("/s/dermal/invoices").text)
    assert "Came with another parcel" in words(client.get(f"/s/dermal/orders/{order_id}").text)
    sign_in(client, "vera@example.org")
    undo = f"/c/mitte/invoices/{FIRST}/nevertheless/undo"
    assert client.post(undo).status_code == 403
    sign_in(client, "otto@example.org")
    assert client.post(undo).status_code == 404
