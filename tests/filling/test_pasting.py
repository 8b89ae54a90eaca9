"""A pasted list, looked at and put into the basket."""

import html
import re

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from supply.catalogue.models import Product, ProductGtin
from supply.catalogue.successors import name_successor
from supply.catalogue.terms import PackLevel
from supply.db import db, transaction
from supply.filling.finding import Match, match_lines
from supply.filling.rules import read_list
from supply.filling.services import packs_in_baskets
from supply.ordering.models import PurchaseOrder
from tests.ordering.world import NOW, TODAY, World, make_product
from tests.support.people import sign_in
from tests.support.queries import recorded_statements

BASKET = "/c/mitte/basket"


@pytest.fixture
def catalogue(world: World) -> World:
    """More to find: two of one SKU, names alike, what is withdrawn, and barcodes."""
    with transaction():
        make_product(world.postal, "GLO-M", "Gloves M, powder-free")
        make_product(world.supplier, "BIO-10", "Biotin 10 ml")
        gone = make_product(world.supplier, "OLD-1", "Old serum")
        gone.withdrawn_at = NOW
        for level, containers, gtin in (
            (PackLevel.EACH, 1, "04006381333931"),
            (PackLevel.PACK, 10, "14006381333938"),
            (PackLevel.CASE, 50, "24006381333935"),
        ):
            db.session.add(
                ProductGtin(
                    product_id=world.biotin.id, gtin=gtin, level=level, containers=containers
                )
            )
    return world


def matched(world: World, text: str) -> list[Match]:
    db.session.rollback()
    return match_lines(read_list(text), world.clinic, today=TODAY)


def said(match: Match) -> list[tuple[str, int | None]]:
    return [(one.product.sku, one.packs) for one in match.choices]


def test_lines_are_found_by_code_barcode_and_name(catalogue: World) -> None:
    text = (
        "5 x bio-5\n"  # a SKU, whatever its case
        "14006381333938 3\n"  # the pack's barcode
        "20 x 4006381333931\n"  # a single container's: two packs of ten
        "24006381333935\t2\n"  # a case of five packs
        "(01)14006381333938(17)271231(10)L1\n"  # a scan of the box
        "2 Biotin 5 ml\n"  # the whole name, though another begins like it
        "20 vials BIO-5\n"
        "Caffeine 2 ml"
    )
    found = matched(catalogue, text)
    assert [said(one) for one in found] == [
        [("BIO-5", 5)], [("BIO-5", 3)], [("BIO-5", 2)], [("BIO-5", 10)], [("BIO-5", 1)],
        [("BIO-5", 2)], [("BIO-5", 2)], [("CAF-2", 1)],
    ]  # fmt: skip
    assert all(one.sure for one in found)


def test_what_is_not_sure_is_for_a_person_to_say(catalogue: World) -> None:
    text = "GLO-M 2\n3 biotin\nOLD-1 4\nwarm greetings\n5 bioton\n15 vials BIO-5\n100 pcs GLO-M"
    several, alike, gone, unknown, misspelt, uneven, pieces = matched(catalogue, text)
    assert said(several) == [("GLO-M", 2), ("GLO-M", 2)]
    assert sorted(said(alike)) == [("BIO-10", 3), ("BIO-5", 3)]
    assert ([one.sku for one in gone.gone], gone.choices) == (["OLD-1"], ())
    assert (unknown.gone, unknown.choices) == ((), ())
    assert sorted(said(misspelt)) == [("BIO-10", 5), ("BIO-5", 5)]
    assert said(uneven) == [("BIO-5", None)]
    assert sorted(said(pieces)) == [("GLO-M", None), ("GLO-M", None)]
    assert [one.sure for one in (several, alike, gone, unknown, misspelt)] == [False] * 5


def test_what_replaces_a_product_is_for_a_person_to_choose(
    client: FlaskClient, catalogue: World
) -> None:
    with transaction():
        old = db.session.scalars(sa.select(Product).where(Product.sku == "OLD-1")).one()
        new = make_product(catalogue.supplier, "NEW-1", "New serum", containers=10)
        larger = make_product(catalogue.supplier, "NEW-20", "New serum, 20", containers=20)
        name_successor(old, new)
        ids = old.id, new.id, larger.id
    (match,) = matched(catalogue, "OLD-1 4")
    assert (said(match), match.sure, match.gone) == ([("NEW-1", 4)], False, (old,))
    with transaction():
        name_successor(db.session.get_one(Product, ids[0]), db.session.get_one(Product, ids[2]))
    assert said(matched(catalogue, "OLD-1 4")[0]) == [("NEW-20", None)]

    sign_in(client, "mia@example.org")
    page = client.post(f"{BASKET}/paste", data={"pasted": "OLD-1 4"}).text
    assert "Old serum is no longer sold; this replaces it." in page
    assert "Spelled otherwise" not in page
    sent = {"pasted": "OLD-1 4", "form_key": "k", "packs_0": "2"}
    assert client.post(f"{BASKET}/paste/add", data=sent | {"pick_0": ""}).status_code == 400
    client.post(f"{BASKET}/paste/add", data=sent | {"pick_0": str(ids[2])})
    assert packs_in_baskets(catalogue.clinic.id) == {ids[2]: 2}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_looking_up_costs_a_statement_for_each_name_and_few_besides(catalogue: World) -> None:
    codes = "\n".join(f"BIO-5 {packs}" for packs in range(1, 101))
    matched(catalogue, "warm up")
    with recorded_statements(db.engine) as few:
        matched(catalogue, codes)
    with recorded_statements(db.engine) as more:
        matched(catalogue, f"{codes}\ncaffeine\nbiotin")
    assert len(few) <= 8
    assert len(more) - len(few) <= 6


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_list_is_shown_before_it_goes_into_the_basket(
    client: FlaskClient, catalogue: World
) -> None:
    pasted = (
        "SKU\tName\tQty\r\nBIO-5\tBiotin\t3\r\nGLO-M\tGloves\t1\r\nXX\tNothing\t2\r\nBIO-5\t\t4"
    )
    sign_in(client, "mia@example.org")
    page = client.post(f"{BASKET}/paste", data={"pasted": pasted})
    text = html.unescape(page.text)
    assert page.status_code == 200
    assert "3 lines are understood; nothing is in the basket yet." in re.sub("<[^>]+>", "", text)
    assert "Line 4: XX Nothing 2" in text
    assert "Nothing in the catalogue is called so." in text
    assert "Asked for in several lines: 7 packs together." in text
    assert packs_in_baskets(catalogue.clinic.id) == {}

    biotin = str(catalogue.biotin.id)
    sent = {"pasted": pasted, "form_key": "k", "pick_0": biotin, "packs_0": "3", "pick_1": "",
            "packs_1": "1", "pick_3": biotin, "packs_3": "x"}  # fmt: skip
    refused = client.post(f"{BASKET}/paste/add", data=sent)
    assert refused.status_code == 400
    assert "Line 3: choose one, or leave it out." in refused.text
    assert "Line 5: enter whole packs from 1 to 10000." in refused.text
    assert packs_in_baskets(catalogue.clinic.id) == {}


def test_what_is_chosen_goes_in_once_and_can_be_taken_out_again(
    client: FlaskClient, catalogue: World
) -> None:
    sign_in(client, "mia@example.org")
    biotin, gloves = str(catalogue.biotin.id), str(catalogue.gloves.id)
    client.post(BASKET, data={"product_id": biotin, "packs": "1", "form_key": "first"})
    sent = {"pasted": "BIO-5 3\nGLO-M 1\nBIO-5 4\nCAF-2 9", "form_key": "k", "pick_0": biotin,
            "packs_0": "3", "pick_1": gloves, "packs_1": "1", "pick_2": biotin, "packs_2": "4",
            "pick_3": "0", "packs_3": "9"}  # fmt: skip
    for _ in range(2):
        assert client.post(f"{BASKET}/paste/add", data=sent).location == BASKET
    clinic_id = catalogue.clinic.id
    # Seven more of biotin; gloves begin at their minimum order of two packs.
    assert packs_in_baskets(clinic_id) == {int(biotin): 8, int(gloves): 2}
    assert "2 products are in the basket: 9 packs more." in client.get(BASKET).text

    client.post(BASKET, data={"product_id": gloves, "packs": "1", "form_key": "more"})
    changes = f"[[{biotin}, 1, 8], [{gloves}, 0, 2]]"
    undone = client.post(
        f"{BASKET}/fill/undo", data={"changes": changes, "form_key": "u"}, follow_redirects=True
    )
    assert "1 line has been changed since, and stays." in undone.text
    db.session.rollback()
    assert packs_in_baskets(clinic_id) == {int(biotin): 1, int(gloves): 3}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("pasted", "sentence"),
    [
        ("", "Paste at least one line"),
        ("\n---\n", "Paste at least one line"),
        ("x" * 30_001, "Paste at most 30000 characters at a time."),
        ("BIO-5 1\n" * 201, "Paste at most 200 lines at a time."),
        ("BIO-5 \x01 5\n\x00", "This holds a character that cannot be kept."),
        ('"BIO-5\t5', "understood"),
    ],
)
def test_any_text_is_answered(
    client: FlaskClient, catalogue: World, pasted: str, sentence: str
) -> None:
    sign_in(client, "mia@example.org")
    page = client.post(f"{BASKET}/paste", data={"pasted": pasted})
    assert page.status_code in (200, 400)
    assert sentence in page.text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_only_who_may_order_fills_the_basket(client: FlaskClient, catalogue: World) -> None:
    sign_in(client, "vera@example.org")
    assert client.get(f"{BASKET}/fill").status_code == 403
    for path in ("paste", "paste/add", "fill/undo"):
        assert client.post(f"{BASKET}/{path}", data={"pasted": "BIO-5 5"}).status_code == 403
    sign_in(client, "otto@example.org")
    assert client.post(f"{BASKET}/paste", data={"pasted": "BIO-5 5"}).status_code == 404
    assert db.session.scalar(sa.select(sa.func.count()).select_from(PurchaseOrder)) == 0
