"""What a patient reference is allergic to asks for a reason, booked or not."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from supply.actor import Actor
from supply.audit.models import AuditRow
from supply.catalogue.allergens import allergen_code
from supply.catalogue.models import Product, ProductAllergen
from supply.db import db, transaction
from supply.formulations.models import Formulation
from supply.inventory.models import Entry, Lot
from supply.inventory.reversal import reverse
from supply.items.models import Item
from supply.refusals import InvalidInput, Refusal
from supply.reports.trace import trace
from supply.treatments.allergies import known_of, note, withdraw
from supply.treatments.models import KnownAllergen, SessionOverride
from supply.treatments.recording import record_session
from supply.treatments.references import reference_key
from supply.treatments.session_lines import SessionRequest
from supply.treatments.warnings import WarningsError
from tests.factories import AMPOULE, BIOTIN, NOW, VIAL, World, make_formulation, stock
from tests.support.people import AsPerson
from tests.support.queries import recorded_statements
from tests.treatments.conftest import everything


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("fish", "fish"),
        (" Fish ", "fish"),
        ("poisson", "fish"),
        ("ｆｉｓｈ", "fish"),
        ("Benzyl alcohol", "benzyl_alcohol"),
        ("benzyl-alcohol", "benzyl_alcohol"),
        ("Anesthésique amide", "amide_anaesthetic"),
        ("Penicillin G", "penicillin_g"),
        (" ", ""),
    ],
)
def test_an_allergen_has_one_code(text: str, code: str) -> None:
    assert allergen_code(text) == code


def test_references_are_compared_without_their_looks() -> None:
    same = {
        reference_key(text)
        for text in ("P-12", "p-12", " P-12 ", "P - 12", "Ｐ－１２", "P-12\u200b")
    }
    assert same == {"p-12"}
    assert reference_key("P-1") != reference_key("P-12")


@pytest.fixture
def fishy(world: World, formulation: Formulation, shelves: dict[str, Lot]) -> Formulation:
    """The recipe, its vial made of fish; P-102 is allergic to it."""
    _contains(VIAL, "Fish")
    _note(world, "P-102")
    return formulation


def _contains(sku: str, allergen: str) -> None:
    with transaction():
        product = db.session.scalars(sa.select(Product).where(Product.sku == sku)).one()
        product.allergens = [ProductAllergen(allergen=allergen)]


def _note(world: World, reference: str, allergen: str = "poisson") -> None:
    with transaction():
        note(world.clinic, reference, [allergen], actor=world.actor(), now=NOW)


def _record(world: World, request: SessionRequest) -> int:
    with transaction():
        return record_session(world.clinic, request, actor=world.actor(), now=NOW).session_id


WHY = {"allergen:fish": "Pricked, negative"}


@pytest.mark.parametrize("reference", ["P-102", "p-102", " Ｐ-102 ", "P- 102"])
def test_nothing_is_recorded_without_a_reason(
    world: World, fishy: Formulation, reference: str
) -> None:
    before = everything()
    with pytest.raises(WarningsError) as refused:
        _record(world, SessionRequest(fishy.code, reference))
    (warning,) = refused.value.warnings
    assert (warning.key, warning.skus) == ("allergen:fish", (VIAL,))
    assert warning.source == "Noted for P-102 on 15 Jun 2026"
    assert warning.message == (
        "P-102 is allergic to fish, and this contains it: Lidocaine 1%, multi-dose vial."
    )
    for reason in ({}, {"allergen:fish": "  "}, {"allergen:soy": "Other"}):
        with pytest.raises(WarningsError):
            _record(world, SessionRequest(fishy.code, reference, overrides=reason))
    assert everything() == before


def test_the_reason_stays_with_the_session(world: World, fishy: Formulation) -> None:
    session_id = _record(world, SessionRequest(fishy.code, "P-102", overrides=WHY))

    kept = db.session.scalars(sa.select(SessionOverride)).one()
    assert (kept.session_id, kept.warning, kept.skus, kept.reason) == (
        session_id,
        "allergen:fish",
        [VIAL],
        "Pricked, negative",
    )
    audited = db.session.scalars(
        sa.select(AuditRow.after).where(AuditRow.action == "ledger.session")
    ).one()
    assert audited is not None
    assert audited["overrides"] == {"allergen:fish": "Pricked, negative"}
    found = trace([world.clinic], lot="VIAL-1", sku=VIAL)
    assert [row.overrides for row in found.sessions] == [((kept.message, kept.reason),)]


@pytest.mark.parametrize("how", ["left out", "another patient", "elsewhere"])
def test_no_reason_is_asked_where_nothing_is_known(
    world: World, fishy: Formulation, how: str
) -> None:
    request = SessionRequest(fishy.code, "P-102")
    if how == "left out":
        request = replace(request, amounts={VIAL: None})
    if how == "another patient":
        request = replace(request, patient_reference="P-103")
    if how == "elsewhere":
        assert known_of(world.other_clinic.practice_id, "P-102") == []
        with transaction():
            withdraw(world.clinic, _known(), "Tolerated", actor=world.actor(), now=NOW)
    assert _record(world, request) > 0


def _known() -> int:
    return db.session.scalars(sa.select(KnownAllergen.id)).one()


def test_added_lines_and_what_lots_came_as_are_judged(
    world: World, formulation: Formulation, shelves: dict[str, Lot]
) -> None:
    stock(world, BIOTIN, "10", lot="B-1")
    _contains(BIOTIN, "fish")
    _note(world, "P-102")
    added = SessionRequest(formulation.code, "P-102", amounts={BIOTIN: Decimal(1)})
    with pytest.raises(WarningsError) as refused:
        _record(world, added)
    assert [warning.skus for warning in refused.value.warnings] == [(BIOTIN,)]

    assert _record(world, SessionRequest(formulation.code, "P-102")) > 0
    with transaction():
        # The ampoule on the shelf came as a product that the item is not bought as any more.
        other = db.session.scalars(sa.select(Product.id).where(Product.sku == BIOTIN)).one()
        db.session.execute(sa.update(Lot).where(Lot.number == "AMP-1").values(product_id=other))
    with pytest.raises(WarningsError) as refused:
        _record(world, SessionRequest(formulation.code, "P-102"))
    assert [warning.skus for warning in refused.value.warnings] == [(AMPOULE,)]


def test_an_allergy_stays_known_until_taken_back(world: World, fishy: Formulation) -> None:
    session_id = _record(world, SessionRequest(fishy.code, "P-102", overrides=WHY))
    entry = db.session.scalars(
        sa.select(Entry.id).where(
            Entry.source_id == session_id, Entry.source_type == "treatment_session"
        )
    ).one()
    with transaction():
        reverse(entry, reason="Slip", actor=world.actor(), now=NOW)
    with pytest.raises(WarningsError):
        _record(world, SessionRequest(fishy.code, "P-102"))
    with pytest.raises(InvalidInput), transaction():
        withdraw(world.clinic, _known(), " ", actor=world.actor(), now=NOW)
    with pytest.raises(Refusal), transaction():
        withdraw(world.other_clinic, _known(), "Mine", actor=Actor(world.outsider.id), now=NOW)
    _note(world, "p 102")
    assert len(known_of(world.practice.id, "P-102")) == 1


def test_the_page_says_so_before_the_click_and_loses_nothing(
    world: World, fishy: Formulation, as_person: AsPerson
) -> None:
    client = as_person(world.practitioner)
    address = f"/c/riga/use/{fishy.id}"
    data = {"patient_ref": "p-102", "form_key": "k", f"amount-{_item(VIAL)}": "2.5"}
    shown = client.post(f"{address}/preview", data=data | {"areas_shown": "1"})
    assert 'name="override-allergen:fish"' in shown.text
    assert "This patient is allergic to fish, and this contains it." in shown.text

    before = everything()
    refused = client.post(address, data=data | {"do": "record"})
    assert refused.status_code == 400
    assert everything() == before
    assert 'name="override-allergen:fish" value=""' in refused.text
    assert "Give a reason: it is kept with the session." in refused.text
    assert re.search(rf'name="amount-{_item(VIAL)}"[^>]* value="2.5"', refused.text)
    assert 'value="p-102"' in refused.text

    done = client.post(
        address, data=data | {"do": "record", "override-allergen:fish": "Pricked, negative"}
    )
    assert done.status_code == 302
    session_id = db.session.scalars(sa.select(SessionOverride.session_id)).one()
    page = client.get(f"/c/riga/sessions/{session_id}").text
    assert "Reason: Pricked, negative" in page


def _item(sku: str) -> int:
    return db.session.scalars(sa.select(Item.id).where(Item.code == sku)).one()


def test_what_is_known_of_a_reference_is_seen_and_corrected(
    world: World, fishy: Formulation, as_person: AsPerson
) -> None:
    client = as_person(world.practitioner)
    assert "Allergic to:" in client.get("/c/riga/patient?patient=p-102").text
    assert "No allergy is known" in client.get("/c/riga/patient?patient=P-9").text
    noted = client.post(
        "/c/riga/patient",
        data={"patient": "P-9", "allergens": "soy", "other": "Latex, ", "form_key": "n"},
    )
    assert noted.status_code == 302
    assert [row.allergen for row in known_of(world.practice.id, "P-9")] == ["latex", "soy"]
    address = f"/c/riga/patient/allergens/{known_of(world.practice.id, 'P-9')[0].id}/withdraw"
    refused = client.post(address, data={"patient": "P-9", "form_key": "w1"})
    assert refused.status_code == 400
    assert "Say how it is known that the patient tolerates it." in refused.text
    assert (
        client.post(
            address, data={"patient": "P-9", "reason": "Tested", "form_key": "w2"}
        ).status_code
        == 302
    )
    assert [row.allergen for row in known_of(world.practice.id, "P-9")] == ["soy"]
    _only_who_may_record_changes_it(world, as_person, address)


def _only_who_may_record_changes_it(world: World, as_person: AsPerson, address: str) -> None:
    for person in (world.manager, world.viewer, world.lapsed):
        client: FlaskClient = as_person(person)
        assert client.get("/c/riga/patient?patient=P-9").status_code == 200
        assert client.post("/c/riga/patient", data={"patient": "P-9"}).status_code == 403
        assert client.post(address, data={"patient": "P-9"}).status_code == 403
    stranger = as_person(world.outsider)
    assert stranger.get("/c/riga/patient?patient=P-9").status_code == 404
    assert "No allergy is known" in stranger.get("/c/elsewhere-1/patient?patient=P-9").text


def test_the_statement_count_of_recording(world: World, shelves: dict[str, Lot]) -> None:
    make_formulation(world, [(AMPOULE, "1"), (VIAL, "1")], code="F")
    _record(world, SessionRequest("F", "P-1"))
    actor = world.actor()
    with recorded_statements(db.engine) as statements, transaction():
        record_session(world.clinic, SessionRequest("F", "P-1"), actor=actor, now=NOW)
    locks = 0 if db.engine.dialect.name == "sqlite" else 1
    # The recipe, what may be drawn, session, lines, entry, moves, balances, audit.
    writes = [text for text in statements if not text.startswith(("BEGIN", "COMMIT", "PRAGMA"))]
    assert len(writes) == 8 + locks, writes
