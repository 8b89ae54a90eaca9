"""Invoices follow shipments; credit notes follow what is taken back, claimed, cancelled."""

import datetime as dt

import pytest
import sqlalchemy as sa
from flask import Flask

from supply.accounts.models import Practice, Supplier
from supply.answering import progress, taking_back
from supply.audit.models import AuditRow
from supply.catalogue.models import Product
from supply.claims import claiming
from supply.claims.claiming import NewClaim
from supply.claims.terms import ClaimOutcome
from supply.db import db, table, transaction
from supply.invoicing.models import Invoice
from supply.ordering.terms import Side
from supply.receiving import receiving
from supply.receiving.receiving import ReceiveLine
from supply.receiving.terms import ClaimKind, ClaimWish
from supply.shipping import shipping
from supply.shipping.ship_lines import ShipLine
from supply.shipping.terms import Condition
from supply.vat.terms import TaxClass
from tests.invoicing.bills import documents, issued, packs_billed, say
from tests.ordering.world import NOW, TODAY, World, make_world, order_of, placed
from tests.shipping.parcels import GOOD_DAY, sent

YEAR_END = dt.datetime(2026, 12, 31, 22, 30, tzinfo=dt.UTC)
"""Still 2026 in London, 2027 in Riga; the supplier of these tests is at UTC."""


def box(sku: str, packs: int, lot: str = "A1") -> ShipLine:
    return ShipLine(lot, GOOD_DAY, packs, sku=sku)


def claim(world: World, order_id: int, packs: int, outcome: ClaimOutcome, kind: ClaimKind) -> int:
    """Claim packs of biotin and have it settled; return the claim's id."""
    with transaction():
        new = NewClaim("BIO-5", packs, kind, ClaimWish.CREDIT)
        raised = claiming.raise_claim(order_id, new, actor=world.manager_acts, now=NOW)
    with transaction():
        claiming.settle_claim(raised.id, outcome, actor=world.seller_acts, now=NOW)
    return raised.id


def received(world: World, shipment_id: int, *lines: ReceiveLine) -> None:
    with transaction():
        receiving.receive_shipment(
            shipment_id, list(lines) or None, actor=world.manager_acts, now=NOW
        )


def agrees(order_id: int) -> bool:
    """Return whether what was billed and not credited is what is owed, in net."""
    signs = [(-1 if one.is_credit else 1, one.net_minor) for one in documents()]
    return sum(sign * net for sign, net in signs) == order_of(order_id).owed.minor


def test_a_shipment_is_invoiced(world: World) -> None:
    order_id = placed(world, (world.biotin, 5), (world.gloves, 2))
    shipment_id = sent(world, order_id, box("BIO-5", 2), box("BIO-5", 1, "B2"), box("GLO-M", 2))
    [invoice] = documents()
    assert (invoice.number, invoice.sequence, invoice.year) == ("DERMAL-2026-00001", 1, 2026)
    assert (invoice.order_id, invoice.shipment_id) == (order_id, shipment_id)
    assert (invoice.issued_on, invoice.supplied_on) == (TODAY, TODAY)
    assert invoice.due_on == TODAY + dt.timedelta(days=14)
    assert [
        (line.sku, line.packs, line.pack_minor, line.net_minor, line.lots) for line in invoice.lines
    ] == [("BIO-5", 3, 2505, 7515, ["A1", "B2"]), ("GLO-M", 2, 799, 1598, ["A1"])]
    assert [(tax.category.value, tax.net_minor, tax.vat_minor) for tax in invoice.taxes] == [
        ("K", 9113, 0)
    ]
    assert invoice.facts["seller"]["name"] == "Dermal Distribution SIA"
    assert invoice.facts["seller"]["vat_number"] == "LV40003000009"
    assert invoice.facts["buyer"]["vat_number"] == "DE123456789"
    assert invoice.facts["deliver_to"]["country"] == "DE"
    actions = db.session.scalars(sa.select(AuditRow.action).order_by(AuditRow.id.desc())).first()
    assert actions == "invoice.issued"


def test_each_shipment_has_its_own_with_tax_by_rate(world: World) -> None:
    say(Practice, "skin", "", "")
    with transaction():
        db.session.get_one(Product, world.gloves.id).tax_class = TaxClass.MEDICINE
    order_id = placed(world, (world.biotin, 5), (world.gloves, 2))
    sent(world, order_id, box("BIO-5", 3), box("GLO-M", 2))
    sent(world, order_id, box("BIO-5", 2))
    assert issued() == [
        ("DERMAL-2026-00001", "invoice", "shipped", 9113, 1578 + 192),  # 15.7815 and 1.9176
        ("DERMAL-2026-00002", "invoice", "shipped", 5010, 1052),  # 10.521
    ]
    assert agrees(order_id)


def test_a_shipment_taken_back_is_credited_and_no_number_is_lost(world: World) -> None:
    order_id = placed(world, (world.biotin, 5))
    first = sent(world, order_id, box("BIO-5", 5))
    with transaction():
        shipping.take_back(first, actor=world.seller_acts, now=NOW)
    sent(world, order_id, box("BIO-5", 5, "C3"))
    assert [row[:4] for row in issued()] == [
        ("DERMAL-2026-00001", "invoice", "shipped", 12525),
        ("DERMAL-2026-00002", "credit_note", "taken_back", 12525),
        ("DERMAL-2026-00003", "invoice", "shipped", 12525),
    ]
    note = documents()[1]
    assert [line.credits.invoice.number for line in note.lines if line.credits] == [
        "DERMAL-2026-00001"
    ]
    assert note.facts == documents()[0].facts
    assert agrees(order_id)


def test_damaged_packs_credited_after_a_claim(world: World) -> None:
    order_id = placed(world, (world.biotin, 10))
    first = sent(world, order_id, box("BIO-5", 5))
    received(world, first)
    claim_id = claim(world, order_id, 2, ClaimOutcome.CREDIT, ClaimKind.DAMAGED)
    assert packs_billed() == [[("BIO-5", 5)], [("BIO-5", 2)]]
    assert documents()[1].claim_id == claim_id
    assert documents()[1].reason.value == "claim"
    sent(world, order_id, box("BIO-5", 5))
    assert packs_billed()[2] == [("BIO-5", 5)]
    assert agrees(order_id)


def test_missing_packs_refunded_after_a_claim(world: World) -> None:
    order_id = placed(world, (world.biotin, 10))
    first = sent(world, order_id, box("BIO-5", 5))
    received(
        world,
        first,
        ReceiveLine("BIO-5", "A1", 4, Condition.GOOD),
        ReceiveLine("BIO-5", "A1", 1, Condition.MISSING),
    )
    with transaction():
        claim_id = db.session.scalar(sa.text("SELECT id FROM claim"))
        claiming.settle_claim(claim_id, ClaimOutcome.REFUND, actor=world.seller_acts, now=NOW)
    assert packs_billed() == [[("BIO-5", 5)], [("BIO-5", 1)]]
    sent(world, order_id, box("BIO-5", 5))
    assert packs_billed()[2] == [("BIO-5", 5)]
    assert agrees(order_id)


def test_what_is_sent_again_is_not_charged_again(world: World) -> None:
    order_id = placed(world, (world.biotin, 3))
    first = sent(world, order_id, box("BIO-5", 3))
    received(world, first)
    claim(world, order_id, 2, ClaimOutcome.RESEND, ClaimKind.DAMAGED)
    sent(world, order_id, box("BIO-5", 2, "N1"))
    assert packs_billed() == [[("BIO-5", 3)]]
    assert agrees(order_id)


def test_what_was_to_be_sent_again_and_is_cancelled_is_credited(world: World) -> None:
    order_id = placed(world, (world.biotin, 3))
    first = sent(world, order_id, box("BIO-5", 3))
    received(world, first)
    claim(world, order_id, 2, ClaimOutcome.RESEND, ClaimKind.DAMAGED)
    with transaction():
        progress.cancel_rest(
            order_id, side=Side.SUPPLIER, reason="Sold out", actor=world.seller_acts, now=NOW
        )
    assert [row[1:4] for row in issued()] == [
        ("invoice", "shipped", 7515),
        ("credit_note", "cancelled", 5010),
    ]
    assert agrees(order_id)
    with transaction():
        taking_back.take_back_cancelling(
            order_id, side=Side.SUPPLIER, actor=world.seller_acts, now=NOW
        )
    sent(world, order_id, box("BIO-5", 2, "N1"))
    assert packs_billed() == [[("BIO-5", 3)], [("BIO-5", 2)], [("BIO-5", 2)]]
    assert agrees(order_id)


def test_cancelling_what_never_left_credits_nothing(world: World) -> None:
    order_id = placed(world, (world.biotin, 5))
    sent(world, order_id, box("BIO-5", 2))
    with transaction():
        progress.cancel_rest(order_id, actor=world.manager_acts, now=NOW)
    assert packs_billed() == [[("BIO-5", 2)]]
    assert agrees(order_id)


def test_a_refused_claim_credits_nothing(world: World) -> None:
    order_id = placed(world, (world.biotin, 3))
    received(world, sent(world, order_id, box("BIO-5", 3)))
    claim(world, order_id, 2, ClaimOutcome.REFUSED, ClaimKind.DAMAGED)
    assert packs_billed() == [[("BIO-5", 3)]]


def test_goods_that_came_by_mail_order_are_not_invoiced_here(world: World) -> None:
    """A supplier that does not use Supply sends its own."""
    order_id = placed(world, (world.caffeine, 1))
    assert order_of(order_id).placed_at is not None
    assert issued() == []


def test_numbers_begin_anew_each_year_on_the_sellers_calendar(world: World) -> None:
    with transaction():
        db.session.get_one(Supplier, world.supplier.id).timezone = "Europe/Riga"
    order_id = placed(world, (world.biotin, 5))
    sent(world, order_id, box("BIO-5", 1))
    for instant in (YEAR_END, YEAR_END + dt.timedelta(hours=2)):
        with transaction():
            shipping.ship(order_id, [box("BIO-5", 1)], actor=world.seller_acts, now=instant)
    assert [row[0] for row in issued()] == [
        "DERMAL-2026-00001",
        "DERMAL-2027-00001",
        "DERMAL-2027-00002",
    ]


def _ship_and_fail(world: World, order_id: int) -> None:
    with transaction():
        shipping.ship(order_id, [box("BIO-5", 1)], actor=world.seller_acts, now=NOW)
        raise ZeroDivisionError


def test_a_refused_shipment_takes_no_number(world: World) -> None:
    order_id = placed(world, (world.biotin, 5))
    with pytest.raises(ZeroDivisionError):
        _ship_and_fail(world, order_id)
    assert issued() == []
    sent(world, order_id, box("BIO-5", 1))
    assert [row[0] for row in issued()] == ["DERMAL-2026-00001"]


def test_a_seller_that_says_nothing_of_itself_ships_all_the_same(app: Flask) -> None:
    world = make_world()
    order_id = placed(world, (world.biotin, 1))
    sent(world, order_id, box("BIO-5", 1))
    assert issued() == [("DERMAL-2026-00001", "invoice", "shipped", 2505, 0)]


@pytest.mark.parametrize("name", ["invoice", "invoice_line", "invoice_tax"])
@pytest.mark.parametrize("way", ["UPDATE {0} SET id = id", "DELETE FROM {0}"])
def test_what_was_issued_takes_no_change(world: World, name: str, way: str) -> None:
    order_id = placed(world, (world.biotin, 1))
    sent(world, order_id, box("BIO-5", 1))
    before = issued()
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), transaction():
        db.session.execute(sa.text(way.format(name)))
    assert issued() == before


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("invoice", "id"),
        ("invoice", "number"),
        ("invoice", "sequence"),
        ("invoice", "shipment_id"),
        ("invoice_line", "id"),
        ("invoice_line", "position"),
        ("invoice_tax", "id"),
        ("invoice_tax", "category"),
    ],
)
def test_no_replace_removes_it_by_any_of_its_keys(world: World, name: str, key: str) -> None:
    """Also of a client of the file that fires no triggers for what a REPLACE removes."""
    order_id = placed(world, (world.biotin, 1))
    sent(world, order_id, box("BIO-5", 1))
    columns = [column["name"] for column in sa.inspect(db.engine).get_columns(name)]
    others = {
        "invoice": {"id": "99", "number": "'X'", "sequence": "99", "shipment_id": "99"},
        "invoice_line": {"id": "99", "position": "99"},
        "invoice_tax": {"id": "99", "category": "'E'"},
    }[name]
    changed = {one: value for one, value in others.items() if one != key}
    values = ", ".join(changed.get(one, f'"{one}"') for one in columns)
    with db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA recursive_triggers=OFF")
        connection.commit()
        with pytest.raises(sa.exc.DBAPIError, match="append-only"):
            connection.exec_driver_sql(f"REPLACE INTO {name} SELECT {values} FROM {name}")  # noqa: S608
        connection.rollback()
        connection.exec_driver_sql("PRAGMA recursive_triggers=ON")


def test_one_shipment_has_one_invoice(world: World) -> None:
    order_id = placed(world, (world.biotin, 1))
    sent(world, order_id, box("BIO-5", 1))
    first = documents()[0]
    kept = {
        name: getattr(first, name)
        for name in table(Invoice).columns.keys()  # noqa: SIM118 - not a dict
        if name not in ("id", "number", "sequence")
    }
    with pytest.raises(sa.exc.DBAPIError), transaction():
        db.session.add(Invoice(**kept, number="DERMAL-2026-00009", sequence=9))


def test_what_the_seller_says_later_changes_no_invoice(world: World) -> None:
    order_id = placed(world, (world.biotin, 1))
    sent(world, order_id, box("BIO-5", 1))
    say(Supplier, "dermal", "EE", "EE123456789")
    assert documents()[0].facts["seller"]["vat_number"] == "LV40003000009"
