"""The list of sessions and a session's page."""

from __future__ import annotations

import datetime as dt
import re

from flask import Flask
from flask.testing import FlaskClient

from supply.accounts.models import Person
from supply.db import db, transaction
from supply.formulations.models import Formulation
from supply.inventory.models import Lot
from supply.inventory.reversal import reverse
from supply.treatments import session_queries
from supply.treatments.recording import Recorded, record_session
from supply.treatments.session_lines import SessionRequest
from tests.factories import AMPOULE, NEEDLE, NOW, VIAL, World, make_formulation, stock
from tests.support.people import AsPerson
from tests.support.queries import recorded_statements


def _record(
    world: World, patient: str, *, hours_ago: int = 0, by: Person | None = None, code: str = "SMALL"
) -> Recorded:
    with transaction():
        return record_session(
            world.clinic,
            SessionRequest(code, patient, occurred_at=NOW - dt.timedelta(hours=hours_ago)),
            actor=world.actor(by or world.practitioner),
            now=NOW,
        )


def _patients(client: FlaskClient, query: str = "") -> list[str]:
    page = client.get(f"/c/riga/sessions{query}")
    assert page.status_code == 200
    return re.findall(r'class="row-link"[^>]*>([^<]+)<', page.text)


def test_newest_first_and_filtered(world: World, as_person: AsPerson) -> None:
    stock(world, NEEDLE, "100")
    small = make_formulation(world, [(NEEDLE, "1")], code="SMALL")
    make_formulation(world, [(NEEDLE, "1")], code="OTHER")
    _record(world, "P-1", hours_ago=1)
    _record(world, "P-2", hours_ago=30)
    _record(world, "P-3", code="OTHER")
    undone = _record(world, "P-4", hours_ago=2)
    with transaction():
        reverse(undone.entry_id, reason="", actor=world.actor(), now=NOW)
    client = as_person(world.viewer)
    assert _patients(client) == ["P-3", "P-1", "P-4", "P-2"]
    assert _patients(client, "?status=recorded") == ["P-3", "P-1", "P-2"]
    assert _patients(client, "?status=undone") == ["P-4"]
    assert _patients(client, "?patient=p-2") == ["P-2"]
    assert _patients(client, f"?formulation={small.id}") == ["P-1", "P-4", "P-2"]
    assert _patients(client, "?from=2026-06-15") == ["P-3", "P-1", "P-4"]
    assert _patients(client, "?to=2026-06-14") == ["P-2"]
    assert _patients(client, "?status=planned") == []
    assert _patients(client, "?status=what&from=soon&after=x") == ["P-3", "P-1", "P-4", "P-2"]
    assert _patients(as_person(world.owner), "?patient=nobody") == []


def test_pages_by_place(app: Flask, world: World, as_person: AsPerson) -> None:
    stock(world, NEEDLE, "100")
    make_formulation(world, [(NEEDLE, "1")], code="SMALL")
    for number in range(3):
        _record(world, f"P-{number}", hours_ago=1)
    client = as_person(world.practitioner)
    client.get("/c/riga/sessions")
    with recorded_statements(db.engine) as few:
        client.get("/c/riga/sessions")
    for number in range(3, 52):
        _record(world, f"P-{number}", hours_ago=number)
    with recorded_statements(db.engine) as many:
        first = client.get("/c/riga/sessions")
    assert len(many) == len(few)
    following = re.search(r'rel="next" href="/c/riga/sessions([^"]+)"', first.text)
    assert following is not None
    assert len(_patients(client)) == session_queries.PAGE_SIZE
    assert _patients(client, following[1].replace("&amp;", "&")) == ["P-50", "P-51"]


def test_undo_is_offered_to_who_recorded_and_who_keeps_stock(
    world: World, as_person: AsPerson
) -> None:
    stock(world, NEEDLE, "100")
    make_formulation(world, [(NEEDLE, "1")], code="SMALL")
    recorded = _record(world, "P-1")
    offered = f'action="/c/riga/entries/{recorded.entry_id}/undo"'
    page = as_person(world.owner).get(f"/c/riga/sessions/{recorded.session_id}").text
    assert page.count('1 <span class="unit">piece</span>') == 3
    for address in ("/c/riga/sessions", f"/c/riga/sessions/{recorded.session_id}"):
        for person in (world.practitioner, world.manager, world.owner):
            assert offered in as_person(person).get(address).text
        for person in (world.viewer, world.lapsed):
            assert offered not in as_person(person).get(address).text


def test_the_page_of_a_session(
    world: World, formulation: Formulation, shelves: dict[str, Lot], as_person: AsPerson
) -> None:
    later = stock(world, AMPOULE, "5", lot="AMP-2", expiry=dt.date(2028, 1, 31), cost_minor=450)
    request = SessionRequest(
        formulation.code,
        "P-9",
        amounts={NEEDLE: None},
        lots={AMPOULE: later.number},
        reasons={AMPOULE: "Asked for it"},
    )
    with transaction():
        recorded = record_session(
            world.clinic, request, actor=world.actor(world.practitioner), now=NOW
        )
    address = f"/c/riga/sessions/{recorded.session_id}"
    page = as_person(world.viewer).get(address)
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))
    assert "Lot AMP-2 picked. Asked for it" in text
    assert "Left out" in text
    assert "Single-dose remainder" in text
    # 4.88 of 5 ml at 4.50 € an ampoule; 3 of 20 ml at 2.50 € a vial.
    assert "€4.39" in text
    assert "€0.38" in text
    assert f'href="/c/riga/entries/{recorded.entry_id}"' in page.text
    assert as_person(world.outsider).get(address).status_code == 404
    assert as_person(world.owner).get("/c/dublin" + address[7:]).status_code == 404


def test_a_multi_dose_session_has_no_waste_card(world: World, as_person: AsPerson) -> None:
    stock(world, VIAL, "20")
    make_formulation(world, [(VIAL, "1")], code="SMALL")
    recorded = _record(world, "P-1")
    page = as_person(world.viewer).get(f"/c/riga/sessions/{recorded.session_id}")
    assert "Wasted" not in page.text
