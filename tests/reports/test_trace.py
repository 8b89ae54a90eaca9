"""Tracing a lot: what matches, within what a person may see."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from supply.accounts.models import Clinic
from supply.catalogue.models import ProductGtin
from supply.db import db, transaction
from supply.inventory.reversal import reverse
from supply.items.models import Item
from supply.refusals import InvalidInput
from supply.reports.trace import Trace, TracedLot, trace
from supply.treatments.recording import record_session
from supply.treatments.session_lines import SessionRequest
from tests.factories import (
    AMPOULE,
    FORMULATION,
    NOW,
    VIAL,
    World,
    item,
    make_formulation,
    stock,
)
from tests.support.people import sign_in


def record(world: World, patient: str, clinic: Clinic) -> int:
    """Record a session an hour ago; return its entry."""
    at = NOW - dt.timedelta(hours=1)
    with transaction():
        return record_session(
            clinic,
            SessionRequest(FORMULATION, patient, occurred_at=at),
            actor=world.actor(world.practitioner),
            now=NOW,
        ).entry_id


def test_a_lot_is_followed_through_both_clinics(world: World) -> None:
    stock(world, AMPOULE, "20", lot="TX-1")
    stock(world, AMPOULE, "10", lot="tx-1", clinic=world.sister)
    make_formulation(world, [(AMPOULE, "2")])
    record(world, "P-1", world.clinic)
    undone = record(world, "P-2", world.clinic)
    record(world, "P-3", world.sister)
    with transaction():
        reverse(undone, reason="", actor=world.actor(), now=NOW)
    gtin = db.session.scalars(
        sa.select(ProductGtin.gtin).where(
            ProductGtin.product_id
            == db.session.get_one(Item, item(world, AMPOULE).id).products[0].id
        )
    ).one()
    by_code = trace([world.clinic, world.sister], lot="Tx-1", sku=AMPOULE)
    by_gtin = trace([world.clinic, world.sister], lot="TX\u200b-１", gtin=gtin)
    assert by_code.as_json() == by_gtin.as_json()
    assert [(row.clinic.code, row.location, row.quantity) for row in by_code.on_hand] == [
        ("riga", "Cupboard", Decimal(15)),
        ("dublin", "Cupboard", Decimal(5)),
    ]
    assert [(row.patient_reference, row.quantity) for row in by_code.sessions] == [
        ("P-1", Decimal(2)),
        ("P-3", Decimal(2)),
    ]
    assert by_code.shipments == []


def test_only_what_the_person_may_see(world: World) -> None:
    stock(world, AMPOULE, "20", lot="TX-1")
    stock(world, AMPOULE, "10", lot="TX-1", clinic=world.sister)
    here = trace([world.sister], lot="TX-1", sku=AMPOULE)
    assert [row.clinic.code for row in here.on_hand] == ["dublin"]
    assert trace([world.other_clinic], lot="TX-1", sku=AMPOULE).is_empty


def test_the_number_alone_names_nothing(world: World) -> None:
    stock(world, VIAL, "20", lot="TX-1")
    assert trace([world.clinic], lot="TX-1", sku=AMPOULE).is_empty
    with pytest.raises(InvalidInput):
        trace([world.clinic], lot="TX-1")
    with pytest.raises(InvalidInput):
        trace([world.clinic], lot=" - ", sku=AMPOULE)


def test_the_page_searches_by_the_lot_alone(world: World, client: FlaskClient) -> None:
    stock(world, AMPOULE, "20", lot="TX-1")
    sign_in(client, "viewer@example.org")
    page = client.get("/c/riga/trace?lot=tx-1").text
    assert "0 sessions" in page
    assert "On the shelves" in page
    assert "Lots that look like it" not in page


def test_a_number_mistyped_leads_to_the_lot_it_looks_like(
    world: World, client: FlaskClient
) -> None:
    lot = stock(world, AMPOULE, "20", lot="TX-01")
    stock(world, AMPOULE, "20", lot="TX-02")
    sign_in(client, "viewer@example.org")
    page = client.get("/c/riga/trace?q=txo1").text
    assert "No lot of that number" in page
    assert "Lots that look like it" in page
    assert f"{AMPOULE}, lot {lot.number}" in page
    assert "TX-02" not in page


def test_what_items_measure_otherwise_has_no_sum() -> None:
    """One product may be stocked as two items, one by the ml and another by the piece."""
    lots = [
        TracedLot(number, 1, "A", "A", unit, "L-1", None)
        for number, unit in ((1, "ml"), (2, "each"), (3, "ml"))
    ]
    assert (Trace(lots).unit, Trace(lots[::2]).unit, Trace(lots).unit_of(2)) == (None, "ml", "each")
