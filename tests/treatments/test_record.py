"""The Use page: what was given is drawn from the right lots, once, or not at all."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from supply.accounts.models import Person
from supply.catalogue.models import Product, ProductAllergen, ProductIngredient
from supply.db import db, transaction
from supply.diary import courses
from supply.formulations.models import Formulation, FormulationLine
from supply.formulations.terms import Per
from supply.inventory.models import Container, Entry, Lot, Move
from supply.inventory.terms import EntryKind, WasteCause
from supply.inventory.verification import verify
from supply.treatments.models import Protocol, ProtocolDay, SessionLine, TreatmentSession
from supply.treatments.terms import SessionStatus
from tests.factories import (
    AMPOULE,
    BIOTIN,
    COLD,
    NEEDLE,
    NOW,
    TODAY,
    VIAL,
    World,
    item,
    make_formulation,
    stock,
)
from tests.support.people import AsPerson
from tests.support.queries import recorded_statements
from tests.treatments.conftest import everything, on_shelves

D = Decimal


@pytest.fixture
def use(world: World, formulation: Formulation, as_person: AsPerson) -> Any:
    """Send the Use page of the formulation as the practitioner: ``use(do="record", …)``."""
    client = as_person(world.practitioner)
    address = f"/c/riga/use/{formulation.id}"

    def send(path: str = address, **fields: object) -> TestResponse:
        data = {"do": "record", "patient_ref": "P-102", "form_key": "key-1", **fields}
        return client.post(path, data=data)

    return send


def _words(answer: TestResponse) -> str:
    """Return the page's text on one line, without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def _recorded() -> TreatmentSession:
    db.session.rollback()
    return db.session.scalars(sa.select(TreatmentSession)).one()


def _moves() -> list[tuple[str, Decimal, WasteCause | None]]:
    """Return the last entry's moves as (lot number, quantity, cause of waste)."""
    last = sa.select(sa.func.max(Entry.id)).scalar_subquery()
    rows = db.session.execute(
        sa.select(Lot.number, Move.quantity, Move.cause)
        .join(Lot, Lot.id == Move.lot_id)
        .where(Move.entry_id == last)
        .order_by(Move.id)
    )
    return [(row.number, row.quantity, row.cause) for row in rows]


def test_the_page_says_what_will_happen(
    world: World, formulation: Formulation, shelves: dict[str, Lot], as_person: AsPerson
) -> None:
    before = everything()
    page = _words(as_person(world.practitioner).get(f"/c/riga/use/{formulation.id}"))
    assert "Uses 1 ampoule. Lot AMP-1, expires in 8 months, 31 Jan 2027 · Cupboard" in page
    assert "4.88 ml of the ampoule will be wasted: single dose." in page
    assert "Opens 1 vial; 17 ml stay in it. Lot VIAL-1" in page
    assert "Uses 2 pieces. Lot NDL-1" in page
    assert "98 pieces left here after this." in page
    assert everything() == before


def test_as_the_formulation_says(use: Any, shelves: dict[str, Lot], world: World) -> None:
    answer = use()
    assert (answer.status_code, answer.location) == (302, "/c/riga/use")
    session = _recorded()
    assert (session.status, session.patient_reference) == (SessionStatus.RECORDED, "P-102")
    assert (session.occurred_at, session.recorded_by_id) == (NOW, world.practitioner.id)
    assert [(line.planned, line.given, line.lot_id, line.reason) for line in session.lines] == [
        (D("0.120"), D("0.120"), None, None),
        (D("3.000"), D("3.000"), None, None),
        (D("2.000"), D("2.000"), None, None),
    ]
    assert _moves() == [
        ("AMP-1", D("0.120"), None),
        ("AMP-1", D("4.880"), WasteCause.SINGLE_DOSE_REMAINDER),
        ("VIAL-1", D("20.000"), None),
        ("VIAL-1", D("3.000"), None),
        ("NDL-1", D("2.000"), None),
    ]
    assert on_shelves() == {"AMP-1": [D(5)], "VIAL-1": [D(20), D(17)], "NDL-1": [D(98)]}
    container = db.session.scalars(sa.select(Container)).one()
    assert container.opened_at == NOW
    assert container.discard_at == NOW + dt.timedelta(hours=672)
    assert verify() == []


def test_the_open_vial_first_then_a_new_one(use: Any, shelves: dict[str, Lot]) -> None:
    vial = shelves["VIAL-1"].item_id
    use(form_key="first")
    answer = use(form_key="second", **{f"amount-{vial}": "18,5"})
    assert answer.status_code == 302
    assert on_shelves()["VIAL-1"] == [D(0), D("18.5")]
    assert [m for m in _moves() if m[0] == "VIAL-1"] == [
        ("VIAL-1", D(17), None),
        ("VIAL-1", D(20), None),
        ("VIAL-1", D("1.5"), None),
    ]
    clocks = db.session.scalars(sa.select(Container.discard_at)).all()
    assert clocks == [NOW + dt.timedelta(hours=672)] * 2


def test_a_shortage_names_all_and_changes_nothing(world: World, use: Any) -> None:
    stock(world, NEEDLE, "100", lot="NDL-1")
    stock(world, AMPOULE, "5", lot="OLD", expiry=TODAY - dt.timedelta(days=1))
    before = everything()
    answer = use()
    assert answer.status_code == 400
    page = _words(answer)
    assert "There is too little of 2 items. Nothing is recorded yet." in page
    assert "Tranexamic acid 100 mg/ml, ampoule : 0.12 ml needed, 0 ml there." in page
    assert "Lidocaine 1%, multi-dose vial : 3 ml needed, 0 ml there." in page
    ampoule = item(world, AMPOULE).id
    assert f'value="out-{ampoule}"' in answer.text
    assert f'href="/c/riga/items/{ampoule}"' in answer.text
    assert 'value="P-102"' in answer.text
    assert everything() == before


def test_leaving_a_short_line_out_and_recording(
    world: World, use: Any, shelves: dict[str, Lot], formulation: Formulation
) -> None:
    vial = shelves["VIAL-1"].item_id
    page = use(do=f"out-{vial}", **{f"amount-{vial}": "400"})
    assert page.status_code == 200
    assert re.search(rf'name="out-{vial}" value="1" checked', page.text)
    assert use(**{f"amount-{vial}": "400", f"out-{vial}": "1"}).status_code == 302
    assert [line.item.code for line in _recorded().lines] == [AMPOULE, NEEDLE]
    assert on_shelves()["VIAL-1"] == [D(40)]


def test_an_amount_of_zero_leaves_a_line_out(use: Any, shelves: dict[str, Lot]) -> None:
    needle = shelves["NDL-1"].item_id
    assert use(**{f"amount-{needle}": "0"}).status_code == 302
    assert [line.item.code for line in _recorded().lines] == [AMPOULE, VIAL]


def test_the_substitute_is_one_click(world: World, as_person: AsPerson) -> None:
    recipe = make_formulation(
        world, [(BIOTIN, "2"), (NEEDLE, "1")], code="SWAP", substitutes=[(BIOTIN, COLD, "2.5")]
    )
    stock(world, NEEDLE, "10", lot="NDL-1")
    stock(world, COLD, "5", lot="PEP-1")
    biotin, cold = item(world, BIOTIN).id, item(world, COLD).id
    client = as_person(world.practitioner)
    data = {"patient_ref": "P-7", "form_key": "k", "do": f"swap-{biotin}-{cold}"}
    page = client.post(f"/c/riga/use/{recipe.id}", data=data)
    assert page.status_code == 200
    assert f'name="swap-{biotin}" value="{cold}"' in page.text
    assert "instead of Biotin 5 mg/ml, ampoule" in page.text
    data |= {"do": "record", f"swap-{biotin}": str(cold)}
    assert client.post(f"/c/riga/use/{recipe.id}", data=data).status_code == 302
    lines = [(line.item.code, line.given, line.reason) for line in _recorded().lines]
    assert lines == [
        (NEEDLE, D(1), None),
        (COLD, D("2.5"), "Instead of Biotin 5 mg/ml, ampoule"),
    ]
    assert on_shelves() == {"NDL-1": [D(9)], "PEP-1": [D(0)]}


def test_only_allowed_substitutes(world: World, use: Any, shelves: dict[str, Lot]) -> None:
    ampoule, needle = shelves["AMP-1"].item_id, shelves["NDL-1"].item_id
    assert use(**{f"swap-{ampoule}": str(needle)}).status_code == 302
    assert [line.item.code for line in _recorded().lines] == [AMPOULE, VIAL, NEEDLE]


def test_an_item_is_added_by_code(world: World, use: Any, shelves: dict[str, Lot]) -> None:
    biotin = item(world, BIOTIN).id
    db.session.commit()
    stock(world, BIOTIN, "3", lot="BIO-1")
    page = use(do="add", add=BIOTIN.lower())
    assert f'name="added" value="{biotin}"' in page.text
    refused = use(added=str(biotin))
    assert refused.status_code == 400
    assert "Enter a number, such as 2.5." in refused.text
    assert use(added=str(biotin), **{f"amount-{biotin}": "1"}).status_code == 302
    added = _recorded().lines[-1]
    assert (added.item_id, added.planned, added.given) == (biotin, D(0), D(1))


@pytest.mark.parametrize("pressed", ["", "preview"])
def test_enter_after_a_name_adds_it(
    world: World, use: Any, shelves: dict[str, Lot], pressed: str
) -> None:
    biotin = item(world, BIOTIN).id
    db.session.commit()
    assert f'name="added" value="{biotin}"' in use(do=pressed, add=BIOTIN).text
    assert use(do=pressed, add="+A123BJC5D6E71G").status_code == 400


def test_what_was_named_but_not_added_is_never_dropped(
    world: World, use: Any, shelves: dict[str, Lot]
) -> None:
    biotin = item(world, BIOTIN).id
    db.session.commit()
    before = everything()
    page = use(add=BIOTIN)
    assert (page.status_code, f'name="added" value="{biotin}"' in page.text) == (400, True)
    assert "Enter a number, such as 2.5." in page.text
    page = use(add="no such thing")
    assert page.status_code == 400
    assert "No single item or lot is called that." in page.text
    assert everything() == before


def test_what_is_not_found_is_not_added(use: Any, shelves: dict[str, Lot]) -> None:
    answer = use(do="add", add="no such thing", added="9" * 5_000)
    assert answer.status_code == 400
    assert "No single item or lot is called that." in answer.text
    assert 'value="no such thing"' in answer.text


def test_another_lot_wants_a_reason(world: World, use: Any, shelves: dict[str, Lot]) -> None:
    later = stock(world, AMPOULE, "5", lot="AMP-2", expiry=dt.date(2028, 1, 31))
    ampoule = later.item_id
    before = everything()
    refused = use(**{f"lot-{ampoule}": "AMP-2"})
    assert refused.status_code == 400
    assert "Say why another lot than the first to expire." in refused.text
    assert everything() == before
    chosen = {f"lot-{ampoule}": "AMP-2", f"reason-{ampoule}": "First box is upstairs"}
    assert use(**chosen).status_code == 302
    line = _recorded().lines[0]
    assert (line.lot_id, line.reason) == (later.id, "First box is upstairs")
    assert (on_shelves()["AMP-1"], on_shelves()["AMP-2"]) == ([D(10)], [D(0)])


def test_a_scanned_lot_is_picked_for_its_line(
    world: World, use: Any, shelves: dict[str, Lot]
) -> None:
    later = stock(world, AMPOULE, "5", lot="AMP-2", expiry=dt.date(2028, 1, 31))
    page = use(do="", add="010950000000000017280131" + "10AMP-2")
    assert page.status_code == 200
    assert re.search(rf'name="lot-{later.item_id}" value="AMP-2" checked', page.text)


def test_scanning_the_first_to_expire_needs_no_reason(use: Any, shelves: dict[str, Lot]) -> None:
    assert use(**{f"scan-{shelves['AMP-1'].item_id}": "amp-1"}).status_code == 302
    assert _recorded().lines[0].lot_id is None


def test_an_unknown_lot_is_refused(use: Any, shelves: dict[str, Lot]) -> None:
    before = everything()
    answer = use(**{f"scan-{shelves['AMP-1'].item_id}": "NOPE"})
    assert answer.status_code == 400
    assert "There is no lot NOPE of it." in answer.text
    assert everything() == before


def test_dated_back_is_drawn_from_what_was_there_then(
    world: World, use: Any, shelves: dict[str, Lot]
) -> None:
    stock(world, AMPOULE, "5", lot="NEW", expiry=dt.date(2026, 7, 1), at=NOW)
    assert use(when="2026-06-10T14:30").status_code == 302
    assert _recorded().occurred_at == dt.datetime(2026, 6, 10, 11, 30, tzinfo=dt.UTC)
    assert (on_shelves()["NEW"], on_shelves()["AMP-1"]) == ([D(5)], [D(5)])


def test_not_before_the_lots_came_and_not_forward(use: Any, shelves: dict[str, Lot]) -> None:
    before = everything()
    early = use(when="2026-05-01T09:00")
    assert early.status_code == 400
    assert "There is too little of 3 items." in early.text
    late = use(when="2026-06-15T12:01")
    assert late.status_code == 400
    assert "When: This lies in the future. Give a time up to now." in _words(late)
    assert everything() == before


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,000", "Is that a thousand or one?"),
        ("two", "Enter a number, such as 2.5."),
        ("-1", "Enter a quantity above zero."),
        ("0.0001", "Use at most three decimals."),
    ],
)
def test_amounts_that_cannot_be_read(
    use: Any, shelves: dict[str, Lot], text: str, message: str
) -> None:
    before = everything()
    answer = use(**{f"amount-{shelves['VIAL-1'].item_id}": text})
    assert answer.status_code == 400
    assert message in answer.text
    assert f'value="{text}"' in answer.text
    assert everything() == before


def test_a_patient_reference_is_needed_to_record(use: Any, shelves: dict[str, Lot]) -> None:
    before = everything()
    assert use(patient_ref="  ").status_code == 400
    assert use(patient_ref="P" * 81).status_code == 400
    assert use(do="preview", patient_ref="").status_code == 200
    assert everything() == before


def test_a_double_click_records_once(use: Any, shelves: dict[str, Lot]) -> None:
    first, second = use(), use()
    assert (first.status_code, second.status_code) == (302, 302)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(TreatmentSession)) == 1
    assert on_shelves()["NDL-1"] == [D(98)]


def test_the_same_form_with_other_content_is_refused(use: Any, shelves: dict[str, Lot]) -> None:
    use()
    assert use(patient_ref="P-103").status_code == 409
    assert _recorded().patient_reference == "P-102"


@pytest.fixture
def booked(world: World, formulation: Formulation) -> TreatmentSession:
    """Today's session of a course for P-55, who is allergic to an anaesthetic."""
    with transaction():
        protocol = Protocol(
            practice_id=world.practice.id,
            code="HAIR",
            name="Hair",
            formulation_id=formulation.id,
            days=[ProtocolDay(day=0), ProtocolDay(day=14)],
        )
        db.session.add(protocol)
        db.session.flush()
        courses.plan_course(
            world.clinic,
            protocol,
            "P-55",
            TODAY,
            ["amide_anaesthetic"],
            actor=world.actor(),
            now=NOW,
        )
    return db.session.scalars(sa.select(TreatmentSession).order_by(TreatmentSession.id)).all()[0]


def test_a_booked_session_is_recorded_once(
    world: World,
    formulation: Formulation,
    booked: TreatmentSession,
    use: Any,
    shelves: dict[str, Lot],
    as_person: AsPerson,
) -> None:
    client = as_person(world.practitioner)
    page = client.get("/c/riga/use")
    address = f"/c/riga/use/{formulation.id}?planned={booked.id}"
    assert f'href="{address}"' in page.text
    assert 'value="P-55"' in client.get(address).text
    assert use(patient_ref="P-55", planned=str(booked.id)).status_code == 302
    db.session.rollback()
    again = db.session.get_one(TreatmentSession, booked.id)
    assert (again.status, again.occurred_at) == (SessionStatus.RECORDED, NOW)
    before = everything()
    twice = use(patient_ref="P-55", planned=str(booked.id), form_key="another")
    assert twice.status_code == 400
    assert "This booked session was already recorded or cancelled." in twice.text
    assert everything() == before
    assert client.get(address).location == f"/c/riga/sessions/{booked.id}"


def test_a_booked_session_that_falls_short_can_be_moved(
    world: World, formulation: Formulation, booked: TreatmentSession, as_person: AsPerson
) -> None:
    client = as_person(world.practitioner)
    address = f"/c/riga/use/{formulation.id}"
    moving = f'href="/c/riga/diary/sessions/{booked.id}/move"'
    assert moving in client.get(f"{address}?planned={booked.id}").text
    shown = {"areas_shown": "1", "planned": str(booked.id)}
    assert moving in client.post(f"{address}/preview", data=shown).text
    assert "/move" not in client.get(address).text


def test_a_booked_session_of_elsewhere_is_not_found(
    world: World, formulation: Formulation, booked: TreatmentSession, as_person: AsPerson
) -> None:
    client = as_person(world.practitioner)
    address = f"/use/{formulation.id}?planned={booked.id}"
    assert client.get(f"/c/dublin{address}").status_code == 404
    for nonsense in ("x", "9" * 5_000):
        assert client.get(f"/c/riga/use/{formulation.id}?planned={nonsense}").status_code == 404


def test_undo_restores_the_shelves_and_reopens_the_booking(
    world: World,
    booked: TreatmentSession,
    use: Any,
    shelves: dict[str, Lot],
    as_person: AsPerson,
) -> None:
    before = on_shelves()
    use(patient_ref="P-55", planned=str(booked.id))
    entry = db.session.scalars(sa.select(Entry.id).where(Entry.kind == EntryKind.SESSION)).one()
    client = as_person(world.practitioner)
    assert f'action="/c/riga/entries/{entry}/undo"' in client.get("/c/riga/sessions").text
    undone = client.post(f"/c/riga/entries/{entry}/undo", data={"form_key": "u"})
    assert undone.status_code == 302
    after = on_shelves()
    assert {lot: quantities[:1] for lot, quantities in after.items()} == before
    session = db.session.get_one(TreatmentSession, booked.id)
    assert (session.status, session.occurred_at, session.lines) == (
        SessionStatus.PLANNED,
        None,
        [],
    )
    assert verify() == []
    assert use(patient_ref="P-55", planned=str(booked.id), form_key="k3").status_code == 302


def test_what_the_label_and_the_course_warn_of(
    world: World,
    formulation: Formulation,
    booked: TreatmentSession,
    shelves: dict[str, Lot],
    as_person: AsPerson,
) -> None:
    with transaction():
        vial = db.session.scalars(sa.select(Product).where(Product.sku == VIAL)).one()
        vial.allergens = [ProductAllergen(allergen="amide_anaesthetic")]
        vial.ingredients = [ProductIngredient(position=1, name="lidocaine", strength="10 mg/ml")]
    client = as_person(world.practitioner)
    page = _words(client.get(f"/c/riga/use/{formulation.id}"))
    assert "Allergens: amide anaesthetic" in page
    assert "Contains lidocaine 10 mg/ml" in page
    page = _words(client.get(f"/c/riga/use/{formulation.id}?planned={booked.id}"))
    assert "This patient is allergic to amide anaesthetic, and this contains it." in page


def test_amounts_per_area_follow_the_areas(
    world: World, formulation: Formulation, use: Any, shelves: dict[str, Lot]
) -> None:
    vial = shelves["VIAL-1"].item_id
    with transaction():
        db.session.execute(
            sa.update(FormulationLine).where(FormulationLine.item_id == vial).values(per=Per.AREA)
        )
    shown = {"areas": "3", "areas_shown": "1", f"amount-{vial}": "3"}
    page = use(do="preview", **shown)
    assert re.search(rf'name="amount-{vial}"[^>]* value="9"', page.text)
    assert use(**shown).status_code == 302
    line = db.session.scalars(sa.select(SessionLine).where(SessionLine.item_id == vial)).one()
    assert (line.planned, line.given) == (D(9), D(9))
    assert use(areas="0", form_key="k2").status_code == 400


def test_the_preview_answers_with_the_parts_that_change(
    formulation: Formulation, use: Any, shelves: dict[str, Lot]
) -> None:
    vial = shelves["VIAL-1"].item_id
    before = everything()
    address = f"/c/riga/use/{formulation.id}/preview"
    answer = use(address, areas_shown="1", **{f"amount-{vial}": "5"})
    assert answer.status_code == 200
    assert "Opens 1 vial; 15 ml stay in it." in answer.text
    assert f'id="amount-{vial}"' not in answer.text
    assert everything() == before


def test_the_preview_leaves_a_half_typed_name_alone(
    world: World, formulation: Formulation, use: Any, shelves: dict[str, Lot]
) -> None:
    item(world, BIOTIN)
    db.session.commit()
    address = f"/c/riga/use/{formulation.id}/preview"
    assert use(address, add=BIOTIN).text == use(address, add="").text


@pytest.mark.parametrize("role", ["manager", "lapsed", "viewer"])
def test_who_may_not_record_may_look(
    world: World,
    formulation: Formulation,
    shelves: dict[str, Lot],
    as_person: AsPerson,
    role: str,
) -> None:
    client = as_person(getattr(world, role))
    address = f"/c/riga/use/{formulation.id}"
    page = client.get(address)
    assert page.status_code == 200
    assert 'value="record"' not in page.text
    why = "certificate on file is missing" if role == "lapsed" else "by practitioners and owners"
    assert why in page.text
    before = everything()
    data = {"do": "record", "patient_ref": "P-1", "form_key": "k"}
    assert client.post(address, data=data).status_code == 403
    assert client.post(f"{address}/preview", data=data).status_code == 403
    assert everything() == before


def test_owners_record_and_outsiders_find_nothing(
    world: World, formulation: Formulation, shelves: dict[str, Lot], as_person: AsPerson
) -> None:
    address = f"/c/riga/use/{formulation.id}"
    data = {"do": "record", "patient_ref": "P-1", "form_key": "k"}
    before = everything()
    strangers: list[Person] = [world.outsider, world.fulfiller]
    for stranger in strangers:
        client = as_person(stranger)
        assert client.get("/c/riga/use").status_code == 404
        assert client.get(address).status_code == 404
        assert client.post(address, data=data).status_code == 404
        assert client.post(f"{address}/preview", data=data).status_code == 404
    own = as_person(world.outsider)
    assert own.get(f"/c/elsewhere-1/use/{formulation.id}").status_code == 404
    assert everything() == before
    assert as_person(world.owner).post(address, data=data).status_code == 302


def test_statements_do_not_grow_with_the_formulation(
    app: Flask, world: World, formulation: Formulation, as_person: AsPerson
) -> None:
    small = make_formulation(world, [(NEEDLE, "1")], code="SMALL")
    for code in (AMPOULE, VIAL, NEEDLE, BIOTIN, COLD):
        for number in range(4):
            stock(world, code, "100", lot=f"{code}-{number}")
    large = make_formulation(
        world,
        [(AMPOULE, "1"), (VIAL, "1"), (NEEDLE, "1"), (BIOTIN, "1")],
        code="LARGE",
        substitutes=[(BIOTIN, COLD, "1")],
    )
    client = as_person(world.practitioner)
    counts = []
    for recipe in (small, large):
        address = f"/c/riga/use/{recipe.id}"
        client.get(address)
        with recorded_statements(db.engine) as statements:
            assert client.get(address).status_code == 200
        counts.append(len(statements))
    # Substitutes bring their lines and their items: one statement more.
    assert counts[1] <= counts[0] + 1
    assert counts[1] <= 25
