"""A return from the asking to the credit note, and all that keeps it from being too much."""

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from supply.accounts.models import Clinic
from supply.claims.models import Claim
from supply.claims.refusals import ReturnedSince
from supply.claims.terms import ClaimOutcome
from supply.db import db, transaction
from supply.depot.arriving import Arriving, take_in
from supply.depot.keeping import keep_stock
from supply.handling.actions import waste
from supply.inventory.models import Balance, Hold, Lot
from supply.inventory.terms import HoldSource, WasteCause
from supply.inventory.verification import verify
from supply.inventory.verification_costs import verify_costs
from supply.ordering.models import OrderLine
from supply.receiving.models import Receipt
from supply.refusals import InvalidInput
from supply.returning import services
from supply.returning.models import ReturnLine
from supply.returning.refusals import NothingToTakeBack, WrongStep
from supply.returning.terms import Fate, ReturnState
from supply.returning.verification import verify_returns
from tests.invoicing.bills import documents, issued, packs_billed
from tests.invoicing.test_issuing import agrees
from tests.ordering.world import LATER, TODAY, World, events, mails, on_shelves, order_of
from tests.returning.cases import (
    LAST,
    asked,
    authorised,
    back,
    claimed,
    gone,
    line_of,
    on_its_way,
    received,
    return_of,
    sealed,
    settled,
    undone,
)
from tests.shipping.parcels import GOOD_DAY

RESTOCKED = 2005


def test_packs_are_asked_for_authorised_sent_received_and_credited(world: World) -> None:
    order_id = received(world, A1=2, B2=3)
    before = len(mails())
    return_id = asked(world, order_id, B2=2)
    assert return_of(return_id).state == "asked"
    rma = authorised(world, return_id, RESTOCKED)
    whole = return_of(return_id)
    assert (whole.state, whole.number, whole.valid_until) == ("authorised", rma, LAST)
    assert len(rma) == len("RMA-XXXX-XXXX")
    assert [(line.packs, line.credit_minor) for line in whole.lines] == [(2, RESTOCKED)]
    assert line_of(order_id) == (0, 0, 5 * 2505)
    entry_id = gone(world, return_id, carrier="DHL", tracking="JD1")
    assert on_shelves(world.clinic) == {"A1": Decimal(100), "B2": Decimal(50)}
    assert return_of(return_id).entry_id == entry_id
    settled(world, return_id)

    assert return_of(return_id).state == "settled"
    assert line_of(order_id) == (2, 2 * (2505 - RESTOCKED), 3 * 2505 + 1000)
    assert issued() == [
        ("DERMAL-2026-00001", "invoice", "shipped", 12525, 2630),
        ("DERMAL-2026-00002", "credit_note", "return", 4010, 842),
    ]
    note = documents()[1]
    assert note.return_id == return_id
    assert [(one.packs, one.pack_minor, one.lots) for one in note.lines] == [(2, RESTOCKED, ["B2"])]
    assert agrees(order_id)
    order = order_of(order_id)
    assert (order.credited_total.minor, order.to_pay.minor) == (4010, 8515 + 1788)
    assert (verify(), verify_costs()) == ([], [])
    with transaction():
        db.session.execute(sa.update(OrderLine).values(credited=1, restocking_minor=999))
    line = f"order {order_id}, line {order_of(order_id).lines[0].id}"
    assert verify_returns() == [
        f"{line}: 2 packs are returned, the line credits 1",
        f"{line}: the returns keep 1000 for restocking, the line 999",
    ]
    kinds = [kind for kind, _text in events(order_id)]
    assert kinds[-4:] == ["return_asked", "return_authorised", "return_sent", "return_settled"]
    told = [(mail.to_address, mail.subject) for mail in mails()[before:]]
    number = order_of(order_id).number
    assert told == [
        ("sam@example.org", f"Return asked for by Mitte, order {number}"),
        ("olga@example.org", f"Return {rma} authorised: send it by 6 Dec 2026"),
        ("mia@example.org", f"Return {rma} authorised: send it by 6 Dec 2026"),
        ("sam@example.org", f"Return {rma} is on its way from Mitte"),
        ("olga@example.org", f"Return {rma} settled by Dermal GmbH"),
        ("mia@example.org", f"Return {rma} settled by Dermal GmbH"),
    ]
    terms = mails()[before + 1].text
    assert "€20.05 credited for each pack; of its price of €25.05, €5.00 is kept" in terms
    assert "The clinic pays for sending" in terms
    assert "In the box it came in" in terms
    assert "2 packs are accepted: €40.10, net of VAT, is credited." in mails()[-1].text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_replace_removes_the_credit_note_of_a_return(world: World) -> None:
    order_id = received(world, A1=1)
    settled(world, on_its_way(world, order_id, A1=1))
    columns = [column["name"] for column in sa.inspect(db.engine).get_columns("invoice")]
    changed = {"id": "99", "number": "'X'", "sequence": "99"}
    values = ", ".join(changed.get(one, f'"{one}"') for one in columns)
    of_return = "FROM invoice WHERE return_id IS NOT NULL"
    with db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA recursive_triggers=OFF")
        connection.commit()
        with pytest.raises(sa.exc.DBAPIError, match="append-only"):
            connection.exec_driver_sql(f"REPLACE INTO invoice SELECT {values} {of_return}")
        connection.rollback()
        connection.exec_driver_sql("PRAGMA recursive_triggers=ON")


def test_sending_is_undone_until_the_supplier_has_received_it(world: World) -> None:
    order_id = received(world, A1=3)
    return_id = on_its_way(world, order_id, A1=3)
    entry_id = return_of(return_id).entry_id or 0
    assert sealed(world, "A1") == 0
    undone(world, entry_id)
    whole = return_of(return_id)
    assert (whole.state, whole.entry_id, whole.sent_at) == ("authorised", None, None)
    assert sealed(world, "A1") == 150
    assert events(order_id)[-1] == ("return_sending_undone", "")
    assert "is not on its way from Mitte" in mails()[-1].subject
    again = gone(world, return_id)
    settled(world, return_id)
    with pytest.raises(WrongStep, match="received this return and settled it"):
        undone(world, again)
    assert sealed(world, "A1") == 0
    assert verify() == []


def test_what_is_not_accepted_is_not_credited(world: World) -> None:
    order_id = received(world, A1=4)
    return_id = on_its_way(world, order_id, A1=3)
    for said, field in (
        ({"accepted": 4}, "accepted"),
        ({"accepted": -1}, "accepted"),
        ({"accepted": 1, "fate": Fate.DESTROYED}, "why"),
        ({"accepted": 1, "why": "Opened"}, "fate"),
    ):
        with pytest.raises(InvalidInput) as refused:
            settled(world, return_id, **said)
        assert [name.split("_")[0] for name, _text in refused.value.errors] == [field]
    settled(world, return_id, accepted=1, why="Two were opened.", fate=Fate.DESTROYED)
    (line,) = return_of(return_id).lines
    assert (line.accepted, line.refused, line.fate) == (1, 2, "destroyed")
    assert packs_billed() == [[("BIO-5", 4)], [("BIO-5", 1)]]
    assert line_of(order_id) == (1, 0, 3 * 2505)
    said_so = "2 packs of Biotin 5 ml, lot A1, not accepted: Two were opened. Destroyed by the"
    assert said_so in mails()[-1].text
    with pytest.raises(InvalidInput, match="Only 1 whole pack of Biotin 5 ml, lot A1"):
        asked(world, order_id, A1=2)
    other = on_its_way(world, order_id, A1=1)
    settled(world, other, accepted=0, why="Warm", fate=Fate.COME_BACK)
    assert return_of(other).state == "turned_down"
    assert len(documents()) == 2
    assert "not accepted by Dermal GmbH" in mails()[-1].subject
    with pytest.raises(WrongStep):
        settled(world, other)


def test_packs_not_accepted_are_taken_in_again_on_hold_with_what_they_cost(world: World) -> None:
    order_id = received(world, A1=3)
    return_id = on_its_way(world, order_id, A1=2)
    with pytest.raises(NothingToTakeBack):
        back(world, return_id)
    settled(world, return_id, accepted=0, why="Warm", fate=Fate.COME_BACK)
    with pytest.raises(InvalidInput, match="Only 1 whole pack"):
        asked(world, order_id, A1=2)
    entry_id = back(world, return_id)
    (line,) = return_of(return_id).lines
    assert (line.back, line.awaited, sealed(world, "A1")) == (2, 0, 150)
    hold = db.session.scalars(sa.select(Hold)).one()
    assert (hold.quantity, hold.reason) == (Decimal(100), "Warm")
    balance = db.session.scalars(sa.select(Balance).where(Balance.quantity > 0)).one()
    assert (balance.costed, balance.cost_minor) == (Decimal(150), 3 * 2505)
    assert (verify(), verify_costs()) == ([], [])
    with pytest.raises(NothingToTakeBack):
        back(world, return_id)
    again = asked(world, order_id, A1=3)
    with pytest.raises(ReturnedSince):
        undone(world, entry_id)
    with transaction():
        services.withdraw(again, actor=world.manager_acts, now=LATER)
    undone(world, entry_id)
    assert (return_of(return_id).lines[0].back, sealed(world, "A1")) == (0, 50)
    assert _held() == [(Decimal(100), True)]
    assert [kind for kind, _text in events(order_id)][-2:] == [
        "return_withdrawn",
        "return_back_undone",
    ]


def test_no_more_goes_back_than_came_and_is_neither_claimed_nor_returned(world: World) -> None:
    order_id = received(world, A1=2, B2=4)
    claimed(world, order_id, 1, "B2", ClaimOutcome.CREDIT)
    claimed(world, order_id, 1, "B2", None)
    claimed(world, order_id, 1, "B2", ClaimOutcome.REFUSED)
    for lots, said in (
        ({"B2": 3}, "Only 2 whole packs of Biotin 5 ml, lot B2"),
        ({"A1": 3}, "Only 2 whole packs"),
        ({"C3": 1}, "lot C3, was not received with the order"),
        ({"A1": 0}, "Say how many packs"),
        ({}, "Say how many packs"),
        ({"A1": 1, "a1": 1}, "Name each lot once"),
        ({"A1": -1}, "Only 2 whole packs"),
    ):
        with pytest.raises(InvalidInput, match=said):
            asked(world, order_id, **lots)
    first = asked(world, order_id, B2=2)
    with pytest.raises(InvalidInput, match="Nothing of Biotin 5 ml, lot B2, can be returned"):
        asked(world, order_id, B2=1)
    with pytest.raises(InvalidInput, match="Only 1 pack was received and is not claimed"):
        claimed(world, order_id, 2, "A1", None)
    with transaction():
        services.withdraw(first, actor=world.manager_acts, now=LATER)
    second = asked(world, order_id, B2=2)
    authorised(world, second)
    with pytest.raises(WrongStep, match="authorised, and not sent yet"):
        authorised(world, second)
    gone(world, second)
    settled(world, second)
    assert line_of(order_id) == (3, 0, 3 * 2505)
    assert agrees(order_id)
    with pytest.raises(IntegrityError), transaction():
        db.session.execute(sa.update(OrderLine).values(credited=7))
    with pytest.raises(IntegrityError), transaction():
        db.session.execute(sa.update(OrderLine).values(restocking_minor=3 * 2505 + 1))
    with pytest.raises(IntegrityError), transaction():
        db.session.execute(sa.update(ReturnLine).values(accepted=3))


def test_what_was_used_cannot_be_sent_and_what_is_returned_came(world: World) -> None:
    order_id = received(world, A1=2)
    return_id = asked(world, order_id, A1=2)
    authorised(world, return_id)
    receipt = db.session.scalars(sa.select(Receipt.entry_id)).one()
    with pytest.raises(ReturnedSince):
        undone(world, receipt or 0)
    with transaction():
        _take_one_container(world)
    with pytest.raises(InvalidInput, match="lot A1: only 1 whole pack can be sent"):
        gone(world, return_id)
    assert return_of(return_id).state == "authorised"
    assert sealed(world, "A1") == 95


def _take_one_container(world: World) -> None:
    """Waste an ampoule of the one lot there is."""
    row = db.session.scalars(sa.select(Balance).where(Balance.clinic_id == world.clinic.id)).one()
    spot, cause = (row.location_id, row.lot_id, None), WasteCause.DAMAGED
    clinic = db.session.get_one(Clinic, world.clinic.id)
    waste(clinic, spot, Decimal(5), cause=cause, actor=world.manager_acts, now=LATER)


def test_an_authorisation_lapses_and_its_packs_are_free_again(world: World) -> None:
    order_id = received(world, A1=1)
    for days, wrong in ((-1, "from today on"), (400, "within a year")):
        day = TODAY + dt.timedelta(days=days)
        return_id = asked(world, order_id, A1=1)
        with pytest.raises(InvalidInput, match=wrong):
            authorised(world, return_id, valid_until=day)
        with transaction():
            services.withdraw(return_id, actor=world.manager_acts, now=LATER)
    return_id = asked(world, order_id, A1=1)
    for credit in (0, 2506):
        with pytest.raises(InvalidInput, match=r"at most the €25.05 that was charged"):
            authorised(world, return_id, credit)
    authorised(world, return_id, valid_until=TODAY)
    tomorrow = LATER + dt.timedelta(days=1)
    with pytest.raises(WrongStep, match="last day to send this return has gone by"), transaction():
        services.withdraw(return_id, actor=world.manager_acts, now=tomorrow)
    with pytest.raises(InvalidInput, match="Nothing of"):
        asked(world, order_id, A1=1)
    assert return_of(return_id).state_on(tomorrow.date()) == "lapsed"


def test_a_refusal_says_why(world: World) -> None:
    return_id = asked(world, received(world, A1=1), A1=1)
    with pytest.raises(InvalidInput, match="Say why you do not take it back"), transaction():
        services.refuse(return_id, " \u200b ", actor=world.seller_acts, now=LATER)
    for said, wrong in (("x" * 2001, "at most 2000 characters"), ("a\x00b", "Retype this")):
        with pytest.raises(InvalidInput, match=wrong), transaction():
            services.refuse(return_id, said, actor=world.seller_acts, now=LATER)
    with transaction():
        services.refuse(return_id, "Made to order", actor=world.seller_acts, now=LATER)
    whole = return_of(return_id)
    assert (whole.state, whole.answer, whole.number) == ("refused", "Made to order", None)
    assert "Made to order" in mails()[-1].text
    with pytest.raises(WrongStep, match="has refused this return already"):
        authorised(world, return_id)


def test_what_a_refused_claim_holds_goes_along_and_comes_back_held(world: World) -> None:
    order_id = received(world, A1=4)
    claim_id = claimed(world, order_id, 2, "A1", ClaimOutcome.REFUSED)
    return_id = on_its_way(world, order_id, A1=1)
    assert _held() == [(Decimal(50), False)]
    undone(world, return_of(return_id).entry_id or 0)
    assert _held() == [(Decimal(100), False)]
    with transaction():
        services.withdraw(return_id, actor=world.manager_acts, now=LATER)
    other = on_its_way(world, order_id, A1=3)
    assert _held() == [(Decimal(100), True)]
    assert db.session.get_one(Claim, claim_id).goods == "returned"
    undone(world, return_of(other).entry_id or 0)
    assert _held() == [(Decimal(100), False)]
    assert db.session.get_one(Claim, claim_id).goods is None


def _held() -> list[tuple[Decimal | None, bool]]:
    db.session.rollback()
    rows = db.session.scalars(sa.select(Hold).order_by(Hold.id))
    return [(hold.quantity, hold.released_at is not None) for hold in rows]


@pytest.mark.parametrize(
    ("source", "sends"),
    [(HoldSource.RECALL, True), (HoldSource.MANUAL, False), (HoldSource.COLD_CHAIN, False)],
)
def test_a_recalled_lot_goes_back_and_one_held_otherwise_does_not(
    world: World, source: HoldSource, sends: bool
) -> None:
    order_id = received(world, A1=2)
    return_id = asked(world, order_id, A1=2)
    authorised(world, return_id)
    with transaction():
        lot = db.session.scalars(sa.select(Lot)).one()
        db.session.add(Hold(lot_id=lot.id, reason="Asked about", source=source, held_at=LATER))
    if sends:
        gone(world, return_id)
        assert sealed(world, "A1") == 0
    else:
        with pytest.raises(InvalidInput, match="only 0 whole packs can be sent"):
            gone(world, return_id)
        assert sealed(world, "A1") == 100


def _keep_stock(world: World, *known: Arriving) -> None:
    """Have the supplier keep its stock here, with what is there already."""
    with transaction():
        keep_stock(world.supplier, keeps=True, actor=world.seller_acts, now=LATER)
        if known:
            take_in(world.supplier, known, actor=world.seller_acts, now=LATER)


def test_what_is_accepted_comes_into_the_suppliers_own_stock_on_hold(world: World) -> None:
    return_id = on_its_way(world, received(world, A1=3), A1=2)
    _keep_stock(world)
    settled(world, return_id, into_stock=True, accepted=1, why="Crushed", fate=Fate.DESTROYED)
    (balance,) = db.session.scalars(
        sa.select(Balance).where(Balance.clinic_id == world.supplier.depot_id)
    )
    lot = balance.lot
    assert (lot.number, lot.expiry, balance.quantity) == ("A1", GOOD_DAY, Decimal(50))
    (hold,) = db.session.scalars(sa.select(Hold).where(Hold.lot_id == lot.id))
    assert hold.reason == f"Returned by Mitte, {return_of(return_id).number}."


def test_what_cannot_come_into_stock_settles_nothing(world: World) -> None:
    return_id = on_its_way(world, received(world, A1=1), A1=1)
    _keep_stock(world, Arriving(world.biotin, "A1", GOOD_DAY + dt.timedelta(days=1), 1))
    with pytest.raises(InvalidInput, match="expiry") as refused:
        settled(world, return_id, into_stock=True)
    assert [field for field, _message in refused.value.errors] == ["into_stock"]
    assert return_of(return_id).state is ReturnState.SENT
    settled(world, return_id)
    assert return_of(return_id).state is ReturnState.SETTLED
