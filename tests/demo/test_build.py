"""A short demonstration, made on both engines: what is in it, and what it leaves to do."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from supply import create_app
from supply.accounts.models import Clinic, Person, Practice, Supplier
from supply.accounts.queries import demo_people
from supply.accounts.services import create_practice, verify_password
from supply.accounts.terms import Role
from supply.actor import SYSTEM
from supply.alerts.models import Alert
from supply.alerts.terms import AlertKind, AlertStatus
from supply.amending.models import OrderChange
from supply.amending.terms import ChangeState
from supply.conditions.models import SupplyTerms
from supply.counting.models import ClassedItem, Count, CountLine
from supply.counting.terms import CountStatus
from supply.db import Base, db, transaction
from supply.demo.builder import Built, NotEmpty, build
from supply.demo.profiles import PASSWORD, PEOPLE
from supply.filling.models import OrderTemplate
from supply.inventory.models import Entry, Hold, Move
from supply.inventory.terms import EntryKind
from supply.inventory.verification import verify
from supply.items.models import Item, Location
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.ordering.terms import OrderStatus
from supply.outbox.models import Mail
from supply.outbox.terms import MailKind
from supply.replenishment.models import Policy, Proposal
from supply.returning.models import Return
from supply.returning.terms import ReturnState
from supply.shipping.models import Shipment
from supply.standing.models import StandingOrder
from supply.transfers.models import Transfer
from supply.treatments.models import TreatmentSession
from supply.treatments.terms import SessionStatus
from tests.support.commands import SupplyCommand
from tests.support.databases import SqliteDatabases
from tests.support.settings import settings_for

NOW = dt.datetime(2026, 6, 17, 9, 0, tzinfo=dt.UTC)
"""A Wednesday morning; every clinic is open."""


def _made(days: int) -> Built:
    with transaction():
        return build(NOW, days=days)


def _count(model: type[Base], *where: sa.ColumnElement[bool]) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model).where(*where)) or 0


def _open_alerts() -> set[AlertKind]:
    query = sa.select(Alert.kind).where(Alert.status == AlertStatus.OPEN).distinct()
    return set(db.session.scalars(query))


@pytest.mark.slow
def test_seven_weeks_leave_something_on_every_page(app: Flask) -> None:
    built = _made(49)

    assert built == Built(sessions=612, planned=407, entries=700, orders=23, mails=167)
    assert verify() == []
    _check_people()
    _check_history()
    _check_what_is_left_to_do()
    with pytest.raises(NotEmpty):
        build(NOW, days=1)


def _check_people() -> None:
    people = demo_people()
    assert [person.email for person in people] == [profile.email for profile in PEOPLE]
    assert {person.memberships[0].role for person in people} == set(Role)
    assert all(verify_password(person, PASSWORD) for person in people)
    lapsed = [
        person.name
        for person in people
        for member in person.memberships
        if member.certificate_valid_to and member.certificate_valid_to < NOW.date()
    ]
    assert lapsed == ["Toms Kalve"]
    clinics = db.session.execute(sa.select(Clinic.code, Clinic.currency).order_by(Clinic.code))
    assert clinics.all() == [
        (f"depot:{_depots()[0]}", "EUR"),
        ("london", "GBP"),
        ("lyon", "EUR"),
        ("riga", "EUR"),
        ("vilnius", "EUR"),
    ]


def _depots() -> list[int]:
    """Return the suppliers that keep their own stock."""
    return list(db.session.scalars(sa.select(Supplier.id).where(Supplier.keeps_stock)))


def _check_history() -> None:
    kinds = set(db.session.scalars(sa.select(Entry.kind).distinct()))
    assert kinds == {
        EntryKind.OPENING_BALANCE,
        EntryKind.RECEIPT,
        EntryKind.SESSION,
        EntryKind.OPENING,
        EntryKind.WASTE,
        EntryKind.CORRECTION,
        EntryKind.REVERSAL,
        EntryKind.DISCARD,
        EntryKind.SHIPMENT,
        EntryKind.TRANSFER,
        EntryKind.COUNT,
    }
    last = db.session.scalar(sa.select(sa.func.max(Entry.occurred_at)))
    assert last is not None
    assert last < dt.datetime(2026, 6, 16, 21, 0, tzinfo=dt.UTC)
    assert _count(Move) > _count(Entry)
    assert _count(Policy) == 91
    history = Mail.queued_at < dt.datetime(2026, 6, 16, 21, 0, tzinfo=dt.UTC)
    assert _count(Mail, history, Mail.sent_at.is_(None)) == 0


def _check_what_is_left_to_do() -> None:
    statuses = {order.status for order in db.session.scalars(sa.select(PurchaseOrder))}
    assert statuses >= {
        OrderStatus.DRAFT,
        OrderStatus.AWAITING_APPROVAL,
        OrderStatus.PLACED,
        OrderStatus.ACKNOWLEDGED,
        OrderStatus.PARTLY_SHIPPED,
        OrderStatus.SHIPPED,
        OrderStatus.CLOSED,
    }
    assert _count(Shipment, Shipment.received_at.is_(None)) == 3
    assert _count(PurchaseOrder, PurchaseOrder.basket.is_(True)) == 2
    assert _count(OrderLine, OrderLine.why != "") == 62
    assert (_count(OrderTemplate), _count(StandingOrder), _count(SupplyTerms)) == (1, 1, 2)
    assert _count(OrderChange, OrderChange.state == ChangeState.OPEN) == 1
    assert _count(Return, Return.state == ReturnState.ASKED) == _count(Return) == 1
    assert _count(Hold, Hold.released_at.is_(None)) == 2
    arrived, on_its_way = db.session.scalars(sa.select(Transfer).order_by(Transfer.id))
    assert (arrived.in_transit, len(on_its_way.in_transit)) == ([], 1)
    count = db.session.scalars(sa.select(Count)).one()
    differing = CountLine.difference != Decimal(0)
    assert (count.status, _count(CountLine, differing)) == (CountStatus.POSTED, 2)
    assert _count(ClassedItem) > 50
    assert _open_alerts() >= {
        AlertKind.ORDER_NOW,
        AlertKind.EXPIRING,
        AlertKind.EXPIRED,
        AlertKind.OPEN_PAST_TIME,
        AlertKind.DELIVERY_OVERDUE,
    }
    assert _count(Proposal) == 13
    assert _count(Mail, Mail.kind == MailKind.DIGEST) == 62
    booked = sa.and_(
        TreatmentSession.status == SessionStatus.PLANNED,
        TreatmentSession.planned_on == NOW.date(),
    )
    clinics = sa.select(TreatmentSession.clinic_id).where(booked).distinct()
    assert len(db.session.scalars(clinics).all()) == 4


def _rows(databases: SqliteDatabases, directory: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return what a demonstration of two weeks put into some tables of a fresh database."""
    directory.mkdir()
    app = create_app(settings_for(databases.copy_to(directory), directory))
    with app.app_context():
        _made(14)
        # What a shipment drew says its code, and codes are drawn to be unguessable.
        _said = sa.case((Entry.kind == EntryKind.SHIPMENT, ""), else_=Entry.reason)
        columns: dict[str, tuple[Any, ...]] = {
            "moves": (Move.entry_id, Move.lot_id, Move.quantity),
            "entries": (Entry.kind, Entry.occurred_at, Entry.person_id, _said),
            "lines": (OrderLine.order_id, OrderLine.sku, OrderLine.packs, OrderLine.received),
            "sessions": (TreatmentSession.patient_reference, TreatmentSession.planned_on),
            "alerts": (Alert.kind, Alert.subject, Alert.opened_at),
        }
        found = {
            name: [tuple(row) for row in db.session.execute(sa.select(*some).order_by(*some))]
            for name, some in columns.items()
        }
        db.session.remove()
        db.engine.dispose()
    return found


@pytest.mark.slow
def test_the_same_now_and_seed_make_the_same_rows(
    sqlite_databases: SqliteDatabases, tmp_path: Path
) -> None:
    first = _rows(sqlite_databases, tmp_path / "first")

    assert _rows(sqlite_databases, tmp_path / "second") == first
    assert all(first.values())


def test_a_database_with_somebody_in_it_is_refused(
    app: Flask, supply_command: SupplyCommand
) -> None:
    with transaction():
        create_practice(name="Already here", actor=SYSTEM, now=NOW)

    refused = supply_command.run("demo", "--json")
    left = supply_command.run("demo", "--if-empty", "--json")

    assert (refused.returncode, refused.stdout) == (1, "")
    assert "There is data in this database" in refused.stderr
    assert (left.returncode, left.stdout) == (0, "")
    assert _count(Practice) == 1
    assert _count(Person) == 0


def test_the_french_practice_has_nothing_in_english(app: Flask) -> None:
    """Its people read mails, notes, items and places in their language."""
    _made(21)
    practice = db.session.scalars(sa.select(Practice).filter_by(code="atelier")).one()
    (clinic,) = practice.clinics
    subjects = db.session.scalars(sa.select(Mail.subject).filter_by(practice_id=practice.id)).all()
    reasons = set(db.session.scalars(sa.select(Entry.reason).filter_by(clinic_id=clinic.id)))
    items = set(db.session.scalars(sa.select(Item.name).filter_by(practice_id=practice.id)))

    assert {"Armoire", "Réfrigérateur 2–8 °C"} <= set(
        db.session.scalars(sa.select(Location.name).filter_by(clinic_id=clinic.id))
    )
    assert "Stock d’ouverture" in reasons
    assert reasons <= {"", "Stock d’ouverture", "Inventaire mensuel", "Tombé", "Ampoule fêlée"}
    assert "Aiguille de mésothérapie 30G x 4 mm, stérile" in items
    assert "Mesotherapy needle 30G x 4 mm, sterile" not in items
    assert any("Commande" in subject for subject in subjects)
    assert not any(word in subject for subject in subjects for word in ("Order", " at ", "low"))
