"""What must not meet in one session asks for a reason, which is kept."""

from __future__ import annotations

from decimal import Decimal

import pytest
import sqlalchemy as sa

from supply.audit.models import AuditRow
from supply.catalogue.mixing import clashes
from supply.catalogue.models import Product, ProductIngredient
from supply.db import db, transaction
from supply.formulations.models import Formulation
from supply.inventory.models import Lot
from supply.items.models import Item
from supply.treatments.models import SessionOverride
from supply.treatments.recording import record_session
from supply.treatments.session_lines import SessionRequest
from supply.treatments.warnings import WarningsError
from tests.factories import (
    AMPOULE,
    BIOTIN,
    CREAM,
    NEEDLE,
    NOW,
    VIAL,
    World,
    make_formulation,
    stock,
)
from tests.support.people import AsPerson
from tests.treatments.conftest import everything

PC, DCA = "Phosphatidylcholine", "deoxycholic acid"


@pytest.mark.parametrize(
    ("contained", "found"),
    [
        ({1: [PC], 2: ["lidocaine HCl"]}, [("phosphatidylcholine-lidocaine", (1, 2))]),
        ({1: ["chlorhydrate de lidocaïne"], 2: [PC]}, [("phosphatidylcholine-lidocaine", (1, 2))]),
        ({1: [PC, "lidocaine"], 2: ["biotin"]}, []),
        ({1: [PC, "lidocaine"], 2: ["lidocaine"]}, [("phosphatidylcholine-lidocaine", (1, 2))]),
        (
            {1: ["hyaluronidase"], 2: [], 3: ["sodium metabisulphite"]},
            [("hyaluronidase-metabisulfite", (1, 3))],
        ),
        ({1: [DCA], 2: []}, [("deoxycholic-acid", (1, 2))]),
        ({1: [DCA], 2: ["Deoxycholic acid"]}, []),
        ({1: ["sodium deoxycholate"], 2: ["biotin"]}, []),
    ],
)
def test_which_pairs_meet(contained: dict[int, list[str]], found: list[object]) -> None:
    assert [(clash.pair.code, clash.item_ids) for clash in clashes(contained)] == found


def _contains(sku: str, *ingredients: str) -> None:
    with transaction():
        product = db.session.scalars(sa.select(Product).where(Product.sku == sku)).one()
        product.ingredients = [
            ProductIngredient(position=place, name=name)
            for place, name in enumerate(ingredients, start=1)
        ]


def _record(world: World, code: str, **more: object) -> int:
    request = SessionRequest(code, "P-7", **more)  # type: ignore[arg-type]
    with transaction():
        return record_session(world.clinic, request, actor=world.actor(), now=NOW).session_id


@pytest.fixture
def clashing(world: World, formulation: Formulation, shelves: dict[str, Lot]) -> Formulation:
    """The recipe: its ampoule holds phosphatidylcholine, its vial lidocaine."""
    _contains(AMPOULE, PC)
    _contains(VIAL, "lidocaine HCl")
    return formulation


def test_a_pair_that_must_not_meet_asks_for_a_reason(world: World, clashing: Formulation) -> None:
    before = everything()
    with pytest.raises(WarningsError) as refused:
        _record(world, clashing.code)
    (warning,) = refused.value.warnings
    assert warning.as_json() == {
        "warning": "mix:phosphatidylcholine-lidocaine",
        "skus": [AMPOULE, VIAL],
        "source": "Mesoteric, on blends for mesotherapy",
        "message": "Phosphatidylcholine and lidocaine must not be mixed: "
        "Tranexamic acid 100 mg/ml, ampoule, Lidocaine 1%, multi-dose vial.",
    }
    assert everything() == before

    _record(world, clashing.code, overrides={warning.key: "In two syringes"})
    kept = db.session.scalars(sa.select(SessionOverride)).one()
    assert (kept.warning, kept.skus, kept.reason) == (
        warning.key,
        [AMPOULE, VIAL],
        "In two syringes",
    )
    after = db.session.scalars(
        sa.select(AuditRow.after).where(AuditRow.action == "ledger.session")
    ).one()
    assert after is not None
    assert after["overrides"] == {warning.key: "In two syringes"}


def test_only_what_is_injected_and_given_meets(world: World, clashing: Formulation) -> None:
    assert _record(world, clashing.code, amounts={VIAL: None}) > 0
    stock(world, CREAM, "30", lot="C-1")
    _contains(CREAM, "lidocaine")
    creamy = {VIAL: None, CREAM: Decimal(1)}
    assert _record(world, clashing.code, amounts=creamy) > 0


def test_an_empty_syringe_meets_nothing(world: World, shelves: dict[str, Lot]) -> None:
    make_formulation(world, [(AMPOULE, "1"), (NEEDLE, "1")], code="FAT")
    _contains(AMPOULE, DCA)
    with transaction():
        db.session.execute(sa.update(Item).where(Item.code == NEEDLE).values(injectable=True))
    assert _record(world, "FAT") > 0
    _contains(NEEDLE, "hyaluronic acid")
    with pytest.raises(WarningsError):
        _record(world, "FAT")


def test_what_is_added_to_a_harmless_recipe_is_judged(
    world: World, shelves: dict[str, Lot]
) -> None:
    make_formulation(world, [(VIAL, "1")], code="PLAIN")
    stock(world, BIOTIN, "10", lot="B-1")
    _contains(BIOTIN, DCA)
    with pytest.raises(WarningsError) as refused:
        _record(world, "PLAIN", amounts={BIOTIN: Decimal(1)})
    (warning,) = refused.value.warnings
    assert (warning.key, warning.skus) == ("mix:deoxycholic-acid", (VIAL, BIOTIN))


def test_the_page_warns_before_the_click_and_shows_the_reason_after(
    world: World, clashing: Formulation, as_person: AsPerson
) -> None:
    client = as_person(world.practitioner)
    address = f"/c/riga/use/{clashing.id}"
    page = client.get(address).text
    assert "Phosphatidylcholine and lidocaine must not be mixed" in page
    assert "Mesoteric, on blends for mesotherapy" in page
    field = "override-mix:phosphatidylcholine-lidocaine"
    form = {"patient_ref": "P-7", "do": "record", "form_key": "k1"}
    refused = client.post(address, data=form)
    assert refused.status_code == 400
    assert f'name="{field}"' in refused.text
    assert client.post(address, data={**form, field: "Two syringes"}).status_code == 302
    session = db.session.scalars(sa.select(SessionOverride.session_id)).one()
    assert "Reason: Two syringes" in client.get(f"/c/riga/sessions/{session}").text
