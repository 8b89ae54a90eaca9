"""The ledger: what a session draws, what stays, and what an undo puts back."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError

from supply.audit.models import AuditRow
from supply.db import db, transaction
from supply.handling import actions, holding, moving, spots
from supply.inventory import ledger, queries
from supply.inventory.models import Balance, Container, Entry, Hold, Lot, Move
from supply.inventory.refusals import (
    AlreadyReversedError,
    CountedSinceError,
    ShortageError,
    StandsInTheWayError,
)
from supply.inventory.reversal import reverse
from supply.inventory.rules import cause_in
from supply.inventory.terms import EntryKind, WasteCause
from supply.inventory.verification import verify
from supply.items.models import Location
from supply.items.terms import LocationKind
from supply.refusals import InvalidInput, Refusal
from supply.treatments.models import SessionLine, TreatmentSession
from supply.treatments.recording import Recorded, preview_session, record_session
from supply.treatments.session_lines import SessionRequest
from supply.treatments.terms import SessionStatus
from tests.factories import (
    AMPOULE,
    BIOTIN,
    COLD,
    CREAM,
    FORMULATION,
    NEEDLE,
    NOW,
    VIAL,
    World,
    item,
    make_formulation,
    stock,
)


def record(world: World, **changes: object) -> Recorded:
    request = SessionRequest(
        **({"formulation": FORMULATION, "patient_reference": "P-1"} | changes)  # type: ignore[arg-type]
    )
    with transaction():
        return record_session(world.clinic, request, actor=world.actor(), now=NOW)


def on_hand(world: World) -> dict[tuple[str, bool], Decimal]:
    """Return what is on the shelves by (lot number, open)."""
    rows = db.session.execute(
        sa.select(Lot.number, Balance.container_id, Balance.quantity)
        .join(Lot, Lot.id == Balance.lot_id)
        .where(Balance.clinic_id == world.clinic.id, Balance.quantity > 0)
    )
    found: dict[tuple[str, bool], Decimal] = {}
    for number, container, quantity in rows:
        key = (number, container is not None)
        found[key] = found.get(key, Decimal(0)) + quantity
    return found


def outside(world: World, kind: LocationKind) -> Decimal:
    """Return the net quantity that went to an outside place."""
    place = sa.select(Location.id).where(
        Location.clinic_id == world.clinic.id, Location.kind == kind
    )
    came = db.session.scalar(
        sa.select(sa.func.sum(Move.quantity)).where(Move.to_location_id.in_(place))
    )
    went = db.session.scalar(
        sa.select(sa.func.sum(Move.quantity)).where(Move.from_location_id.in_(place))
    )
    return (came or Decimal(0)) - (went or Decimal(0))


def test_single_dose_uses_up_an_ampoule_and_wastes_the_rest(world: World) -> None:
    make_formulation(world, [(AMPOULE, "0.12")])
    stock(world, AMPOULE, "50")

    recorded = record(world)

    assert recorded.as_json()["drawn"] == [{"sku": AMPOULE, "lot": "A1", "quantity": "0.120"}]
    assert recorded.as_json()["wasted"] == [
        {"sku": AMPOULE, "lot": "A1", "quantity": "4.880", "reason": "single-dose remainder"}
    ]
    assert on_hand(world) == {("A1", False): Decimal(45)}
    assert outside(world, LocationKind.PATIENT) == Decimal("0.120")
    assert outside(world, LocationKind.WASTE) == Decimal("4.880")
    assert verify() == []


def test_multi_dose_opens_a_vial_and_starts_its_clock(world: World) -> None:
    make_formulation(world, [(VIAL, "3")])
    stock(world, VIAL, "40")

    record(world)

    assert on_hand(world) == {("A1", False): Decimal(20), ("A1", True): Decimal(17)}
    container = db.session.scalars(sa.select(Container)).one()
    assert container.opened_at == NOW
    assert container.discard_at == NOW + dt.timedelta(hours=672)
    assert outside(world, LocationKind.WASTE) == 0
    assert verify() == []


def test_the_open_vial_is_drawn_first_and_then_the_next_is_opened(world: World) -> None:
    make_formulation(world, [(VIAL, "15")])
    stock(world, VIAL, "40")

    record(world)
    second = record(world)

    assert second.as_json()["drawn"] == [{"sku": VIAL, "lot": "A1", "quantity": "15.000"}]
    assert on_hand(world) == {("A1", True): Decimal(10)}
    assert len(db.session.scalars(sa.select(Container)).all()) == 2
    assert verify() == []


def test_a_cream_without_a_rule_lasts_to_the_end_of_its_expiry_date(world: World) -> None:
    make_formulation(world, [(CREAM, "5")])
    stock(world, CREAM, "30", expiry=dt.date(2027, 1, 31))

    record(world)

    container = db.session.scalars(sa.select(Container)).one()
    assert container.discard_at == dt.datetime(2027, 1, 31, 22, 0, tzinfo=dt.UTC)


def test_the_first_to_expire_is_drawn_first_and_undated_last(world: World) -> None:
    make_formulation(world, [(NEEDLE, "6")])
    stock(world, NEEDLE, "5", lot="LATE", expiry=dt.date(2028, 1, 1))
    stock(world, NEEDLE, "5", lot="NONE", expiry=None)
    stock(world, NEEDLE, "2", lot="SOON", expiry=dt.date(2026, 6, 15))
    stock(world, NEEDLE, "9", lot="GONE", expiry=dt.date(2026, 6, 14))

    recorded = record(world)

    assert [(d.lot_number, d.quantity) for d in recorded.drawn] == [
        ("SOON", Decimal(2)),
        ("LATE", Decimal(4)),
    ]


def test_a_shortage_names_every_short_item_and_changes_nothing(world: World) -> None:
    make_formulation(world, [(AMPOULE, "6"), (NEEDLE, "3"), (BIOTIN, "1")])
    stock(world, AMPOULE, "5")
    stock(world, BIOTIN, "1")

    with pytest.raises(ShortageError) as refused:
        record(world)

    assert [(s.code, s.needed, s.available) for s in refused.value.items] == [
        (AMPOULE, Decimal(6), Decimal(5)),
        (NEEDLE, Decimal(3), Decimal(0)),
    ]
    assert db.session.scalars(sa.select(TreatmentSession)).all() == []
    assert on_hand(world) == {("A1", False): Decimal(6)}


def test_held_lots_are_not_drawn(world: World) -> None:
    make_formulation(world, [(NEEDLE, "5")])
    held = stock(world, NEEDLE, "5", lot="HELD", expiry=dt.date(2026, 7, 1))
    stock(world, NEEDLE, "5", lot="FREE")
    with transaction():
        holding.hold(
            world.clinic,
            held.id,
            location_id=None,
            reason="looks wrong",
            actor=world.actor(),
            now=NOW,
        )

    assert [d.lot_number for d in record(world).drawn] == ["FREE"]


def test_a_held_quantity_leaves_the_rest_of_the_lot_free(world: World) -> None:
    make_formulation(world, [(AMPOULE, "5")])
    stock(world, AMPOULE, "10", hold_reason="2 crushed")
    stock(world, AMPOULE, "5")

    record(world)
    with pytest.raises(ShortageError):
        record(world)

    level = queries.levels([world.clinic.id], now=NOW)[(world.clinic.id, item(world, AMPOULE).id)]
    assert (level.on_hand, level.available) == (Decimal(10), Decimal(0))
    assert db.session.scalars(sa.select(Hold.quantity)).one() == Decimal(10)


def test_another_lot_may_be_picked_and_the_reason_is_kept(world: World) -> None:
    make_formulation(world, [(NEEDLE, "1")])
    stock(world, NEEDLE, "5", lot="SOON", expiry=dt.date(2026, 7, 1))
    picked = stock(world, NEEDLE, "5", lot="LATE")

    recorded = record(world, lots={NEEDLE: "late"}, reasons={NEEDLE: "box already open"})

    assert [d.lot_number for d in recorded.drawn] == ["LATE"]
    line = db.session.scalars(sa.select(SessionLine)).one()
    assert (line.lot_id, line.reason) == (picked.id, "box already open")


def test_amounts_change_leave_out_and_add_lines(world: World) -> None:
    make_formulation(world, [(AMPOULE, "1"), (NEEDLE, "2")])
    for code, quantity in ((AMPOULE, "10"), (NEEDLE, "10"), (BIOTIN, "10")):
        stock(world, code, quantity)

    recorded = record(world, amounts={AMPOULE: None, NEEDLE: Decimal(4), BIOTIN: Decimal("0.5")})

    assert [(d["sku"], d["quantity"]) for d in recorded.as_json()["drawn"]] == [
        (NEEDLE, "4.000"),
        (BIOTIN, "0.500"),
    ]


@pytest.mark.parametrize(
    ("amount", "message"),
    [
        ("-1", "Enter a quantity above zero."),
        ("0", "Enter a quantity above zero."),
        ("NaN", "Enter a number."),
        ("1000000000000", "That is too large: check the number."),
        ("0.5", "This item is counted in whole pieces."),
        ("0.0001", "Use at most three decimals."),
    ],
)
def test_a_senseless_amount_is_refused_by_name(world: World, amount: str, message: str) -> None:
    make_formulation(world, [(NEEDLE, "2")])
    stock(world, NEEDLE, "10")

    with pytest.raises(InvalidInput) as refused:
        record(world, amounts={NEEDLE: Decimal(amount)})

    assert refused.value.errors == [
        (f"amounts.{NEEDLE}", f"Mesotherapy needle 30G x 4 mm: {message}")
    ]


def test_undo_puts_everything_back_with_the_clock_unchanged(world: World) -> None:
    make_formulation(world, [(VIAL, "3"), (AMPOULE, "0.12")])
    stock(world, VIAL, "20")
    stock(world, AMPOULE, "5")
    record(world)
    container = db.session.scalars(sa.select(Container)).one()
    clock = (container.opened_at, container.discard_at)
    second = record(world, amounts={AMPOULE: None})

    with transaction():
        reverse(second.entry_id, reason="wrong patient", actor=world.actor(), now=NOW)

    assert on_hand(world) == {("A1", True): Decimal(17)}
    assert (container.opened_at, container.discard_at) == clock
    session = db.session.get_one(TreatmentSession, second.session_id)
    assert session.status is SessionStatus.UNDONE
    assert verify() == []


def test_an_opening_others_drew_from_is_not_undone_and_they_are_named(world: World) -> None:
    make_formulation(world, [(VIAL, "3")])
    stock(world, VIAL, "20")
    first, second = record(world), record(world)

    with pytest.raises(StandsInTheWayError) as refused, transaction():
        reverse(first.entry_id, reason="", actor=world.actor(), now=NOW)

    assert [o.entry_id for o in refused.value.obstacles] == [second.entry_id]
    assert str(refused.value) == (
        "This cannot be undone, because of what came after: "
        f"session of 2026-06-15 (entry {second.entry_id}, lot A1)."
    )
    assert on_hand(world) == {("A1", True): Decimal(14)}


def test_undoing_the_opener_alone_closes_the_vial_again(world: World) -> None:
    make_formulation(world, [(VIAL, "3")])
    stock(world, VIAL, "20")
    only = record(world)

    with transaction():
        reverse(only.entry_id, reason="", actor=world.actor(), now=NOW)

    assert on_hand(world) == {("A1", False): Decimal(20)}
    assert verify() == []


def test_an_entry_is_undone_once(world: World) -> None:
    make_formulation(world, [(NEEDLE, "3")])
    stock(world, NEEDLE, "20")
    recorded = record(world)
    with transaction():
        undo = reverse(recorded.entry_id, reason="", actor=world.actor(), now=NOW)

    with pytest.raises(AlreadyReversedError), transaction():
        reverse(recorded.entry_id, reason="", actor=world.actor(), now=NOW)
    with pytest.raises(InvalidInput), transaction():
        reverse(undo, reason="", actor=world.actor(), now=NOW)
    assert on_hand(world) == {("A1", False): Decimal(20)}


def test_a_session_is_dated_back_but_not_before_its_lot_came(world: World) -> None:
    make_formulation(world, [(NEEDLE, "3")])
    stock(world, NEEDLE, "20", at=NOW - dt.timedelta(days=2))

    record(world, occurred_at=NOW - dt.timedelta(days=1))
    with pytest.raises(ShortageError):
        record(world, occurred_at=NOW - dt.timedelta(days=3))
    with pytest.raises(InvalidInput) as refused:
        record(world, occurred_at=NOW + dt.timedelta(minutes=1))
    assert refused.value.errors[0][0] == "occurred_at"


def test_expiry_is_judged_at_when_it_happened(world: World) -> None:
    make_formulation(world, [(NEEDLE, "3")])
    stock(world, NEEDLE, "20", expiry=dt.date(2026, 6, 14))

    with pytest.raises(ShortageError):
        record(world)
    # 23:30 in Riga on the expiry date: still in date there, 20:30 UTC.
    record(world, occurred_at=dt.datetime(2026, 6, 14, 20, 30, tzinfo=dt.UTC))
    with pytest.raises(ShortageError):
        record(world, occurred_at=dt.datetime(2026, 6, 14, 21, 0, tzinfo=dt.UTC))


def spot(world: World, lot: Lot) -> spots.Spot:
    location = db.session.scalars(
        sa.select(Balance.location_id).where(
            Balance.lot_id == lot.id, Balance.container_id.is_(None)
        )
    ).one()
    return (location, lot.id, None)


def test_a_correction_posts_the_difference_and_bounds_later_dating(world: World) -> None:
    make_formulation(world, [(NEEDLE, "3")])
    lot = stock(world, NEEDLE, "20")

    with transaction():
        actions.correct(
            world.clinic,
            spot(world, lot),
            Decimal(17),
            reason="counted",
            actor=world.actor(),
            now=NOW,
        )

    assert on_hand(world) == {("A1", False): Decimal(17)}
    assert outside(world, LocationKind.DIFFERENCE) == Decimal(3)
    with pytest.raises(CountedSinceError):
        record(world, occurred_at=NOW - dt.timedelta(hours=1))
    assert verify() == []


def test_waste_takes_whole_containers(world: World) -> None:
    lot = stock(world, AMPOULE, "20")
    place = spot(world, lot)
    actor, broken = world.actor(), WasteCause.DAMAGED

    with pytest.raises(InvalidInput) as part, transaction():
        actions.waste(world.clinic, place, Decimal(3), cause=broken, actor=actor, now=NOW)
    with pytest.raises(ShortageError), transaction():
        actions.waste(world.clinic, place, Decimal(25), cause=broken, actor=actor, now=NOW)
    with transaction():
        actions.waste(world.clinic, place, Decimal(5), cause=broken, actor=actor, now=NOW)

    assert part.value.errors == [("quantity", "Sealed stock comes in whole containers of 5 ml.")]
    assert on_hand(world) == {("A1", False): Decimal(15)}
    assert outside(world, LocationKind.WASTE) == Decimal(5)


def test_an_open_container_is_discarded_whole(world: World) -> None:
    lot = stock(world, VIAL, "20")
    place = spot(world, lot)
    with transaction():
        actions.open_container(world.clinic, place[0], lot.id, actor=world.actor(), now=NOW)
    container = db.session.scalars(sa.select(Container)).one()

    with transaction():
        actions.discard(
            world.clinic, container.id, cause=WasteCause.PAST_TIME, actor=world.actor(), now=NOW
        )
    with pytest.raises(Refusal), transaction():
        actions.discard(
            world.clinic, container.id, cause=WasteCause.OTHER, actor=world.actor(), now=NOW
        )

    assert on_hand(world) == {}
    assert outside(world, LocationKind.WASTE) == Decimal(20)
    assert verify() == []


def test_a_lot_moves_between_places_of_the_clinic(world: World) -> None:
    lot = stock(world, COLD, "20")
    place = spot(world, lot)
    cupboard = db.session.scalars(
        sa.select(Location.id).where(
            Location.clinic_id == world.clinic.id, Location.name == "Cupboard"
        )
    ).one()

    with transaction():
        moving.move_lot(world.clinic, place, cupboard, Decimal(5), actor=world.actor(), now=NOW)

    rows = db.session.execute(
        sa.select(Balance.location_id, Balance.quantity).where(Balance.lot_id == lot.id)
    ).all()
    assert sorted(rows) == sorted([(place[0], Decimal(15)), (cupboard, Decimal(5))])
    assert verify() == []


def test_expired_and_past_time_stock_is_on_hand_but_not_available(world: World) -> None:
    make_formulation(world, [(VIAL, "1")])
    stock(world, VIAL, "20", lot="OLD", expiry=dt.date(2026, 6, 14))
    stock(world, VIAL, "20", lot="NEW")
    record(world)
    code = item(world, VIAL).id

    now = queries.levels([world.clinic.id], [code], now=NOW)[(world.clinic.id, code)]
    later = queries.levels([world.clinic.id], [code], now=NOW + dt.timedelta(days=28))[
        (world.clinic.id, code)
    ]

    assert (now.on_hand, now.available, now.sealed, now.open) == (
        Decimal(39),
        Decimal(19),
        1,
        Decimal(19),
    )
    assert (later.on_hand, later.available) == (Decimal(39), Decimal(0))


@pytest.mark.parametrize("table", ["entry", "move", "audit_row"])
@pytest.mark.parametrize("change", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_the_database_itself_refuses_to_rewrite_history(
    world: World, table: str, change: str
) -> None:
    stock(world, NEEDLE, "20")

    with pytest.raises(DatabaseError, match="append-only"), transaction():
        db.session.execute(sa.text(change.format(table)))


@pytest.mark.parametrize("quantity", [-1000, 2500])
def test_the_database_itself_refuses_broken_and_negative_stock(world: World, quantity: int) -> None:
    stock(world, AMPOULE, "5")

    with pytest.raises(DatabaseError), transaction():
        db.session.execute(sa.text("UPDATE balance SET quantity = :q"), {"q": quantity})


def test_every_entry_has_an_audit_row_and_lots_sum_to_zero(world: World) -> None:
    make_formulation(world, [(VIAL, "3"), (NEEDLE, "2")])
    stock(world, VIAL, "40")
    stock(world, NEEDLE, "10")
    recorded = record(world)

    row = db.session.scalars(
        sa.select(AuditRow).where(
            AuditRow.subject_type == "entry", AuditRow.subject_id == recorded.entry_id
        )
    ).one()
    assert (row.action, row.clinic_id, row.person_id) == (
        "ledger.session",
        world.clinic.id,
        world.owner.id,
    )
    assert db.session.get_one(Entry, recorded.entry_id).kind is EntryKind.SESSION


def test_preview_says_what_recording_will_draw_and_writes_nothing(world: World) -> None:
    make_formulation(world, [(AMPOULE, "7")])
    stock(world, AMPOULE, "50")
    request = SessionRequest(FORMULATION, "P-1")

    preview = preview_session(world.clinic, request, now=NOW)

    [step] = preview.planned
    assert [(d.taken, d.wasted, d.containers) for d in step.draws] == [(Decimal(7), Decimal(3), 2)]
    assert on_hand(world) == {("A1", False): Decimal(50)}


@pytest.mark.parametrize("cause", [None, WasteCause.OTHER])
def test_a_move_has_a_cause_when_and_only_when_it_is_waste(
    world: World, cause: WasteCause | None
) -> None:
    lot = stock(world, AMPOULE, "20")
    outside = ledger.outside_of(world.clinic.id)
    target = outside.patient if cause else outside.waste
    place = spot(world, lot)[0]
    move = ledger.MoveDraft(lot.item_id, lot.id, Decimal(5), place, target, Decimal(5), cause=cause)
    draft = ledger.Draft(world.clinic.id, EntryKind.WASTE, NOW, [move])
    with pytest.raises(ValueError, match="only when, it is waste"), transaction():
        ledger.post(draft, outside, {}, actor=world.actor(), now=NOW)


@pytest.mark.parametrize(
    ("reason", "cause", "note"),
    [
        ("expired", WasteCause.EXPIRED, ""),
        ("Broken: fell off the tray", WasteCause.DAMAGED, "fell off the tray"),
        ("past its time", WasteCause.PAST_TIME, ""),
        ("past_time: since Monday", WasteCause.PAST_TIME, "since Monday"),
        ("not kept cold", WasteCause.BADLY_KEPT, ""),
        (" Recalled ", WasteCause.RECALLED, ""),
        ("dropped", WasteCause.OTHER, "dropped"),
        ("Expired yesterday: odd", WasteCause.OTHER, "Expired yesterday: odd"),
        ("dead space", WasteCause.OTHER, "dead space"),
    ],
)
def test_a_cause_is_read_from_what_a_program_says(
    reason: str, cause: WasteCause, note: str
) -> None:
    assert cause_in(reason) == (cause, note)


def test_what_happens_at_the_instant_of_a_count_comes_after_it(world: World) -> None:
    make_formulation(world, [(NEEDLE, "3")])
    place = spot(world, stock(world, NEEDLE, "20"))
    actor = world.actor()
    with transaction():
        actions.correct(world.clinic, place, Decimal(17), reason="", actor=actor, now=NOW)

    before = NOW - dt.timedelta(microseconds=1)
    with pytest.raises(CountedSinceError):
        record(world, occurred_at=before)
    with pytest.raises(CountedSinceError), transaction():
        _waste_a_piece(world, place, before)
    record(world, occurred_at=NOW)
    with transaction():
        _waste_a_piece(world, place, NOW)
    assert on_hand(world) == {("A1", False): Decimal(13)}


def test_nothing_is_wasted_before_it_came(world: World) -> None:
    came = NOW - dt.timedelta(days=1)
    place = spot(world, stock(world, NEEDLE, "20", at=came))
    with pytest.raises(InvalidInput) as refused, transaction():
        _waste_a_piece(world, place, came - dt.timedelta(microseconds=1))
    assert refused.value.errors == [("occurred_at", "This lot came in later than that.")]
    with transaction():
        _waste_a_piece(world, place, came)
    assert on_hand(world) == {("A1", False): Decimal(19)}


def _waste_a_piece(world: World, place: spots.Spot, at: dt.datetime) -> None:
    actions.waste(
        world.clinic,
        place,
        Decimal(1),
        cause=WasteCause.OTHER,
        actor=world.actor(),
        now=NOW,
        occurred_at=at,
    )
