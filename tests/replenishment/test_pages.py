"""The pages of replenishment, as owner, viewer and outsider see them."""

import io
import re

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from supply.accounts.models import Person
from supply.db import db
from supply.ordering.models import OrderLine
from supply.replenishment.models import Policy
from tests.factories import AMPOULE, BIOTIN, NEEDLE, PASSWORD, World, item, stock
from tests.replenishment.conftest import Order, Reorder, swept


def as_person(app: Flask, person: Person) -> FlaskClient:
    """Return a browser in which ``person`` is signed in."""
    browser = app.test_client()
    answer = browser.post("/sign-in", data={"email": person.email, "password": PASSWORD})
    assert answer.status_code == 302
    return browser


@pytest.fixture
def owner(app: Flask, world: World) -> FlaskClient:
    """The owner's browser."""
    return as_person(app, world.owner)


def basket() -> list[tuple[str, int]]:
    """Return every order line as (SKU, packs)."""
    db.session.rollback()
    query = sa.select(OrderLine.sku, OrderLine.packs).order_by(OrderLine.sku)
    return [(row.sku, row.packs) for row in db.session.execute(query)]


def test_proposals_go_to_the_basket_in_one_click(
    owner: FlaskClient, world: World, reorder: Reorder
) -> None:
    stock(world, BIOTIN, "8")
    stock(world, AMPOULE, "20")
    reorder(BIOTIN, "10", "25")
    reorder(AMPOULE, "50", "125")
    swept()
    page = owner.get("/c/riga/proposals")
    assert "2 packs (20 ampoules)" in page.text
    answer = owner.post("/c/riga/proposals")
    assert (answer.status_code, answer.location) == (302, "/c/riga/basket")
    assert basket() == [(AMPOULE, 3), (BIOTIN, 2)]
    owner.post("/c/riga/proposals")
    assert basket() == [(AMPOULE, 3), (BIOTIN, 2)]


def test_one_proposal_goes_to_the_basket(
    owner: FlaskClient, world: World, reorder: Reorder
) -> None:
    reorder(BIOTIN, "10", "25")
    reorder(AMPOULE, "50", "125")
    swept()
    for nobodys in ("999999", "none", "9" * 5_000):
        answer = owner.post("/c/riga/proposals", data={"proposal": nobodys})
        assert (answer.location, basket()) == ("/c/riga/proposals", [])
    chosen = str(item(world, BIOTIN).id)
    assert chosen in _buttons(owner.get("/c/riga/proposals").text)
    owner.post("/c/riga/proposals", data={"proposal": chosen})
    assert basket() == [(BIOTIN, 3)]


def test_a_page_of_before_the_sweep_orders_nothing_else(
    owner: FlaskClient, world: World, reorder: Reorder
) -> None:
    reorder(BIOTIN, "10", "25")
    swept()
    [before] = _buttons(owner.get("/c/riga/proposals").text)
    stock(world, BIOTIN, "30")
    reorder(AMPOULE, "50", "125")
    swept()
    assert len(_buttons(owner.get("/c/riga/proposals").text)) == 1
    owner.post("/c/riga/proposals", data={"proposal": before})
    assert basket() == []


def _buttons(page: str) -> list[str]:
    """Return what the button of each proposal sends."""
    return re.findall(r'name="proposal" value="(\d+)"', page)


def policies() -> dict[str, tuple[str, str]]:
    """Return the reorder points as {item code: (reorder point, par level)}."""
    db.session.rollback()
    found = db.session.scalars(sa.select(Policy))
    return {p.item.code: (str(p.reorder_point), str(p.par_level)) for p in found}


def test_only_changed_rows_are_saved(owner: FlaskClient, world: World, reorder: Reorder) -> None:
    reorder(BIOTIN, "10", "25")
    reorder(NEEDLE, "100", "400")
    biotin, needle = item(world, BIOTIN).id, item(world, NEEDLE).id
    assert "needle 30G" in owner.get("/c/riga/policies").text
    form = {
        f"was-{biotin}": "10|25|fixed",
        f"point-{biotin}": "12,5",
        f"par-{biotin}": "30",
        # Unchanged on this page, though somebody else has changed it meanwhile.
        f"was-{needle}": "50|200|fixed",
        f"point-{needle}": "50",
        f"par-{needle}": "200",
    }
    answer = owner.post("/c/riga/policies", data=form)
    assert answer.status_code == 302
    assert policies() == {BIOTIN: ("12.500", "30.000"), NEEDLE: ("100.000", "400.000")}


def test_emptied_rows_lose_their_reorder_point(
    owner: FlaskClient, world: World, reorder: Reorder
) -> None:
    reorder(BIOTIN, "10", "25")
    stock(world, BIOTIN, "10")
    biotin = item(world, BIOTIN).id
    form = {f"was-{biotin}": "10|25|fixed", f"point-{biotin}": "", f"par-{biotin}": " "}
    owner.post("/c/riga/policies", data=form)
    assert policies() == {}


@pytest.mark.parametrize(
    ("point", "par", "says"),
    [
        ("10", "10", "The par level must be above the reorder point."),
        ("-1", "10", "Enter a quantity above zero."),
        ("1.5", "10", "This item is counted in whole pieces."),
        ("NaN", "10", "Enter a number, such as 2.5."),
        ("1000000000000", "10", "That is too large: check the number."),
        ("", "10", "Enter a quantity."),
    ],
)
def test_what_is_wrong_is_said_in_its_row_and_nothing_is_saved(
    owner: FlaskClient, world: World, reorder: Reorder, point: str, par: str, says: str
) -> None:
    reorder(BIOTIN, "10", "25")
    reorder(NEEDLE, "100", "400")
    biotin, needle = item(world, BIOTIN).id, item(world, NEEDLE).id
    form = {
        f"was-{needle}": "100|400|fixed",
        f"point-{needle}": point,
        f"par-{needle}": par,
        f"was-{biotin}": "10|25|fixed",
        f"point-{biotin}": "11",
        f"par-{biotin}": "25",
    }
    answer = owner.post("/c/riga/policies", data=form)
    assert answer.status_code == 400
    assert says in answer.text
    assert f'value="{point}"' in answer.text
    assert policies() == {BIOTIN: ("10.000", "25.000"), NEEDLE: ("100.000", "400.000")}


def upload(browser: FlaskClient, content: str) -> tuple[int, str]:
    """Send a file of reorder points; return the status and the page it leads to."""
    file = (io.BytesIO(content.encode("utf-8-sig")), "points.csv")
    answer = browser.post("/c/riga/policies/file", data={"file": file}, follow_redirects=True)
    return answer.history[0].status_code if answer.history else answer.status_code, answer.text


def test_a_file_goes_out_and_comes_in(owner: FlaskClient, world: World, reorder: Reorder) -> None:
    reorder(BIOTIN, "10", "25")
    exported = owner.get("/c/riga/policies.csv").text
    assert exported == (
        "sku,method,reorder_point,par_level,service_level\r\nVIT-B7-A10x1,fixed,10.000,25.000,\r\n"
    )
    status, page = upload(owner, exported.replace("10.000", "15") + f"{NEEDLE},,100,400,\r\n")
    assert status == 302
    assert "2 reorder points set." in page
    assert policies() == {BIOTIN: ("15.000", "25.000"), NEEDLE: ("100.000", "400.000")}


def test_a_file_with_faults_changes_nothing(
    owner: FlaskClient, world: World, reorder: Reorder
) -> None:
    status, page = upload(
        owner,
        "sku,reorder_point,par_level\n"
        f"{BIOTIN},10,25\n{NEEDLE},1.5,400\nNO-SUCH,1,2\n{AMPOULE},50,40\n{BIOTIN},1,2\n",
    )
    assert status == 400
    for said in (
        "Row 3, reorder_point: This item is counted in whole pieces.",
        "Row 4, sku: No item or product has the code NO-SUCH.",
        "Row 5, par_level: The par level must be above the reorder point.",
        "Row 6, sku: This item is in row 2 already.",
    ):
        assert said in page
    assert policies() == {}


@pytest.mark.parametrize(
    "level", ["NaN", "sNaN", "Infinity", "1E-1", "98%", "0.98555", "-1", "1", "0.49"]
)
def test_a_service_level_that_is_none_is_named(owner: FlaskClient, level: str) -> None:
    head = "sku,method,reorder_point,par_level,service_level"
    status, page = upload(owner, f"{head}\n{BIOTIN},projected,,,{level}\n")
    assert status == 400
    sentence = "Enter a service level from 0.5 to 0.999 with at most three decimals, such as 0.98."
    assert f"Row 2, service_level: {sentence}" in page
    assert policies() == {}


def test_a_column_that_was_not_read_is_said(owner: FlaskClient, world: World) -> None:
    status, page = upload(owner, f"sku,reorder_point,par_level,note\n{BIOTIN},10,25,x\n")
    assert status == 302
    assert "This column was not read: note." in page
    assert policies() == {BIOTIN: ("10.000", "25.000")}


PAGES = ("/c/riga/alerts", "/c/riga/proposals", "/c/riga/policies", "/c/riga/policies.csv")


def test_a_viewer_looks_and_an_outsider_finds_nothing(app: Flask, world: World) -> None:
    viewer, outsider = as_person(app, world.viewer), as_person(app, world.outsider)
    assert [viewer.get(page).status_code for page in PAGES] == [200] * 4
    assert [outsider.get(page).status_code for page in PAGES] == [404] * 4
    posts = (
        "/c/riga/alerts/1/acknowledge",
        "/c/riga/alerts/1/snooze",
        "/c/riga/alerts/1/reopen",
        "/c/riga/proposals",
        "/c/riga/policies",
        "/c/riga/policies/file",
    )
    assert [viewer.post(page).status_code for page in posts] == [403] * 6
    assert [outsider.post(page).status_code for page in posts] == [404] * 6
    assert [app.test_client().get(page).status_code for page in PAGES] == [302] * 4


def test_what_is_on_order_by_now_is_not_proposed(
    owner: FlaskClient, world: World, reorder: Reorder, order: Order
) -> None:
    stock(world, BIOTIN, "8")
    reorder(BIOTIN, "10", "25")
    swept()
    order(BIOTIN, 2)
    assert "Nothing has to be ordered now." in owner.get("/c/riga/proposals").text
    assert "8 ampoules available and 20 ampoules on order" in owner.get("/c/riga/alerts").text
    assert owner.post("/c/riga/proposals").location == "/c/riga/proposals"
    assert basket() == [(BIOTIN, 2)]


def test_some_on_order_makes_the_proposal_smaller(
    owner: FlaskClient, world: World, reorder: Reorder, order: Order
) -> None:
    reorder(BIOTIN, "10", "25")
    swept()
    order(BIOTIN, 1)
    page = owner.get("/c/riga/proposals").text
    assert "None available and 10 ampoules on order" in page
    assert "2 packs (20 ampoules)" in page


def test_what_is_in_the_basket_says_so(owner: FlaskClient, world: World, reorder: Reorder) -> None:
    reorder(BIOTIN, "10", "25")
    swept()
    owner.post("/c/riga/proposals")
    for path in ("/c/riga/proposals", "/c/riga/alerts", "/c/riga/today"):
        assert "In the basket: 3 packs" in owner.get(path).text
