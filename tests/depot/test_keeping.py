"""A depot is a clinic to the ledger, and to nobody else."""

import datetime as dt
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from flask import Flask
from flask.cli import ScriptInfo
from flask.testing import FlaskClient
from sqlalchemy.exc import IntegrityError

from supply.accounts.access import clinics_of
from supply.accounts.models import Clinic, Membership, Person, Practice, Supplier
from supply.accounts.queries import clinic_with_code, practice_with_code
from supply.accounts.terms import Role
from supply.alerts.digest import queue_digests
from supply.alerts.models import Alert, DigestMark
from supply.audit.models import AuditRow
from supply.catalogue.prices.services import practice_with_code as practice_priced
from supply.cli import main
from supply.db import db, transaction
from supply.depot.keeping import keep_stock
from supply.depot.refusals import KeepsNoStock, OrdersByMail
from supply.ordering.models import PurchaseOrder
from supply.ordering.terms import Stage
from supply.refusals import InvalidInput
from supply.replenishment.sweep import sweep
from tests.depot.stock import FAR, came, depot_row, keeps
from tests.ordering.world import LATER, NOW, TODAY, World, mails
from tests.shipping.parcels import count
from tests.support.people import sign_in
from tests.support.racing import at_once

GONE = TODAY - dt.timedelta(days=1)


def test_keeping_stock_makes_one_depot_and_keeps_it(world: World) -> None:
    with pytest.raises(KeepsNoStock):
        came(world, (world.biotin, "A", FAR, 1))
    depot = keeps(world)
    assert (depot.code, depot.name) == (f"depot:{world.supplier.id}", "Dermal GmbH")
    depot_id, practices = depot.id, count(Practice)
    keeps(world)
    keeps(world, keeps=False)
    with pytest.raises(KeepsNoStock):
        came(world, (world.biotin, "A", FAR, 1))
    assert keeps(world).id == depot_id
    assert count(Practice) == practices
    told = db.session.scalars(
        sa.select(AuditRow.action)
        .where(AuditRow.supplier_id == world.supplier.id, AuditRow.action.contains("stock"))
        .order_by(AuditRow.id)
    ).all()
    assert told == ["supplier.stock_kept", "supplier.stock_not_kept", "supplier.stock_kept"]


def test_a_supplier_by_mail_keeps_none(world: World) -> None:
    with pytest.raises(OrdersByMail), transaction():
        keep_stock(world.postal, keeps=True, actor=world.seller_acts, now=NOW)


def test_no_customer_sees_a_depot(app: Flask, client: FlaskClient, world: World) -> None:
    """Whoever enumerates clinics and practices leaves it out, by name, by id, and altogether."""
    depot = keeps(world)
    depot_id, code = depot.id, depot.code
    came(world, (world.biotin, "OLD", GONE, 2), (world.gloves, "NEAR", TODAY, 3))

    for which in (None, [depot_id], [world.clinic.id, depot_id]):
        with transaction():
            counts = sweep(LATER, which)
        assert (counts.failed, count(Alert)) == ({}, 0)
    evening = NOW.replace(hour=20)
    before = len(mails())
    with transaction():
        queue_digests(evening)
    assert len(mails()) == before
    marked = db.session.scalars(sa.select(DigestMark.clinic_id)).all()
    assert depot_id not in marked

    assert practice_with_code(code) is None
    assert clinic_with_code(code) is None
    with pytest.raises(InvalidInput):
        practice_priced(db.session.get_one(Supplier, world.supplier.id), code)
    everyone = db.session.scalars(sa.select(Person)).all()
    assert {clinic.id for person in everyone for clinic in clinics_of(person)} == {world.clinic.id}
    db.session.rollback()

    for email in ("sam@example.org", "rita@example.org", "olga@example.org"):
        sign_in(client, email)
        for page in ("today", "stock", "locations", "orders"):
            assert client.get(f"/c/{code}/{page}").status_code == 404
        assert client.get(f"/p/{code}/settings").status_code == 404
    words = f"create clinic --practice {code} --code x --name X --timezone UTC".split()
    script = ScriptInfo(create_app=lambda: app)
    made = CliRunner().invoke(main, words, obj=script)
    assert (made.exit_code, f"There is no practice {code}." in made.stderr) == (1, True)


REFUSED: dict[str, Callable[[World, Clinic], object]] = {
    "a member": lambda world, depot: Membership(
        person_id=world.seller.id,
        practice_id=depot.practice_id,
        role=Role.OWNER,
        created_at=NOW,
    ),
    "a sister": lambda _world, depot: Clinic(
        practice_id=depot.practice_id,
        code="sister",
        name="Sister",
        timezone="UTC",
        currency="EUR",
        locale="en",
        created_at=NOW,
    ),
    "an order": lambda world, depot: PurchaseOrder(
        number="PO-1",
        clinic_id=depot.id,
        supplier_id=world.supplier.id,
        currency="EUR",
        stage=Stage.DRAFT,
        created_at=NOW,
    ),
}


def test_the_database_itself_keeps_customers_and_depots_apart(world: World) -> None:
    keeps(world)
    for what, make in REFUSED.items():
        depot = depot_row(world)
        assert depot is not None
        with pytest.raises(IntegrityError), transaction():
            db.session.add(make(world, depot))
        assert what
    for row, values in (
        (world.supplier, {"depot_id": world.clinic.id}),
        (world.supplier, {"depot_id": None, "keeps_stock": False}),
        (world.postal, {"depot_id": world.clinic.id}),
        (world.postal, {"keeps_stock": True}),
    ):
        with pytest.raises(IntegrityError), transaction():
            db.session.execute(sa.update(Supplier).where(Supplier.id == row.id).values(**values))


@pytest.mark.race
def test_two_who_begin_at_once_make_one(app: Flask, world: World) -> None:
    supplier_id, actor = world.supplier.id, world.seller_acts

    def begin() -> None:
        supplier = db.session.get_one(Supplier, supplier_id)
        keep_stock(supplier, keeps=True, actor=actor, now=NOW)

    assert at_once(app, begin, 2) == [None, None]
    codes = db.session.scalars(sa.select(Clinic.code).where(Clinic.code.contains(":"))).all()
    assert codes == [f"depot:{supplier_id}"]
