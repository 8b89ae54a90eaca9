"""Choosing what was given: tiles in order of use, search, scans."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

import sqlalchemy as sa
from flask.testing import FlaskClient

from supply.catalogue.models import Product, ProductGtin
from supply.catalogue.terms import PackLevel
from supply.db import db, transaction
from supply.formulations.models import Formulation
from supply.inventory.refusals import ShortageError, ShortItem
from supply.treatments.recording import record_session
from supply.treatments.session_lines import SessionRequest
from tests.factories import AMPOULE, NEEDLE, NOW, World, make_formulation, stock
from tests.support.people import AsPerson


def _tiles(client: FlaskClient, query: str = "") -> list[str]:
    page = client.get(f"/c/riga/use{query}")
    assert page.status_code == 200
    found = re.findall(r'class="choice-title">([^<]+)<', page.text)
    return [title.strip() for title in found]


def _record(world: World, code: str, days_ago: int) -> None:
    with transaction():
        record_session(
            world.clinic,
            SessionRequest(code, "P-1", occurred_at=NOW - dt.timedelta(days=days_ago)),
            actor=world.actor(),
            now=NOW,
        )


def test_the_most_used_come_first(world: World, as_person: AsPerson) -> None:
    stock(world, NEEDLE, "100", at=NOW - dt.timedelta(days=60))
    for code in ("AA", "BB", "CC"):
        made = make_formulation(world, [(NEEDLE, "1")], code=code)
        with transaction():
            db.session.get_one(Formulation, made.id).concern = "scars" if code == "CC" else "hair"
    _record(world, "BB", 1)
    _record(world, "CC", 2)
    _record(world, "CC", 3)
    _record(world, "AA", 31)
    client = as_person(world.practitioner)
    assert _tiles(client) == ["Cc", "Bb", "Aa"]
    assert "2 times in 30 days" in client.get("/c/riga/use").text


def test_search_by_name_concern_and_item(world: World, as_person: AsPerson) -> None:
    make_formulation(world, [(NEEDLE, "1")], code="ALPHA")
    one = make_formulation(world, [(AMPOULE, "1"), (NEEDLE, "1")], code="BETA")
    with transaction():
        ampoule = db.session.scalars(sa.select(Product).where(Product.sku == AMPOULE)).one()
        gtin = ProductGtin(gtin="09506000134352", level=PackLevel.EACH, containers=1)
        ampoule.gtins.append(gtin)
    client = as_person(world.viewer)
    assert _tiles(client, "?q=hair+loss") == ["Alpha", "Beta"]
    assert _tiles(client, "?q=zz") == []
    assert client.get("/c/riga/use?q=tranexamic").location == f"/c/riga/use/{one.id}"
    assert client.get("/c/riga/use?q=(01)09506000134352").location == f"/c/riga/use/{one.id}"


def test_a_formulation_no_longer_kept_is_gone(world: World, as_person: AsPerson) -> None:
    made = make_formulation(world, [(NEEDLE, "1")], code="OLD")
    with transaction():
        db.session.get_one(Formulation, made.id).archived_at = NOW
    client = as_person(world.practitioner)
    assert _tiles(client) == []
    assert "No formulations yet" in client.get("/c/riga/use").text
    assert client.get(f"/c/riga/use/{made.id}").status_code == 404


def test_pieces_are_called_pieces(world: World, as_person: AsPerson) -> None:
    made = make_formulation(world, [(NEEDLE, "3")], code="PRICK")
    page = as_person(world.practitioner).get(f"/c/riga/use/{made.id}").text
    assert '<span class="control-unit">pieces</span>' in page
    assert "3 pieces needed, 0 pieces there." in page


def test_who_may_not_record_reads_why_first(world: World, as_person: AsPerson) -> None:
    make_formulation(world, [(NEEDLE, "1")], code="PRICK")
    page = as_person(world.manager).get("/c/riga/use").text
    why = page.index("Sessions are recorded by practitioners and owners. You may look.")
    assert why < page.index("choices-quiet") < page.index("Prick")
    lapsed = as_person(world.lapsed).get("/c/riga/use").text
    assert "You cannot record: your certificate on file is missing or out of date." in lapsed
    assert "choices-quiet" not in as_person(world.practitioner).get("/c/riga/use").text


def test_a_shortage_says_pieces() -> None:
    short = ShortItem(1, NEEDLE, "Needle", "each", Decimal(1000), Decimal(1))
    assert str(ShortageError([short])) == "Needle: 1000 pieces needed, 1 piece available."
