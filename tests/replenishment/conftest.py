"""The small world, with reorder points and orders at hand."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pytest
import sqlalchemy as sa

from supply.accounts.models import Clinic
from supply.actor import SYSTEM
from supply.alerts.models import Alert
from supply.catalogue.models import Product
from supply.db import db, transaction
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.ordering.terms import Stage
from supply.replenishment.services import set_policy
from supply.replenishment.sweep import SweepCounts, sweep
from supply.replenishment.terms import Method
from tests.factories import NOW, TODAY, World, item

Reorder = Callable[..., None]
Order = Callable[..., int]


@pytest.fixture
def reorder(world: World) -> Reorder:
    """Set a fixed reorder point and commit: ``reorder(BIOTIN, "10", "25")``."""

    def reorder_at(code: str, point: str, par: str, clinic: Clinic | None = None) -> None:
        with transaction():
            set_policy(
                (clinic or world.clinic).id,
                item(world, code).id,
                method=Method.FIXED,
                reorder_point=Decimal(point),
                par_level=Decimal(par),
                actor=SYSTEM,
                now=NOW,
            )

    return reorder_at


@pytest.fixture
def order(world: World) -> Order:
    """Make a placed order of one line and commit; returns its id."""

    def make_order(
        code: str, packs: int, *, expected_on: dt.date = TODAY + dt.timedelta(days=5)
    ) -> int:
        with transaction():
            ordered = item(world, code)
            [product] = ordered.products
            made = PurchaseOrder(
                number=f"PO-{code}",
                clinic_id=world.clinic.id,
                supplier_id=world.supplier.id,
                currency="EUR",
                stage=Stage.PLACED,
                created_at=NOW,
                placed_at=NOW,
                expected_on=expected_on,
                lines=[order_line(product, ordered.id, packs)],
            )
            db.session.add(made)
            db.session.flush()
            return made.id

    return make_order


def order_line(product: Product, item_id: int, packs: int) -> OrderLine:
    """Return a line of ``packs`` packs of ``product``."""
    return OrderLine(
        position=1,
        product_id=product.id,
        item_id=item_id,
        sku=product.sku,
        name=product.name,
        containers_per_pack=product.containers_per_pack,
        content_per_container=product.content_per_container,
        pack_minor=1000,
        packs=packs,
    )


def swept(now: dt.datetime = NOW, *clinics: Clinic) -> SweepCounts:
    """Sweep and commit."""
    with transaction():
        return sweep(now, [clinic.id for clinic in clinics] or None)


def alerts() -> list[tuple[str, str, str]]:
    """Return every alert as (kind, status, subject's item or order), oldest first."""
    db.session.rollback()
    found = db.session.scalars(sa.select(Alert).order_by(Alert.id))
    return [
        (a.kind.value, a.status.value, str(a.facts.get("item") or a.facts["order"])) for a in found
    ]
