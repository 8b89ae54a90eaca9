"""How the demonstration's clinics buy: terms, a template, a standing order, a change proposed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import sqlalchemy as sa

from supply.accounts.models import Supplier
from supply.accounts.opening import next_open
from supply.actor import Actor
from supply.amending.services import Wanted, propose
from supply.baskets.drafts import BasketLine
from supply.catalogue.models import Product
from supply.clock import local_date
from supply.conditions.rules import Carriage, Terms
from supply.conditions.services import set_terms
from supply.db import db
from supply.demo.buying import Buying
from supply.demo.profiles import RIGA, VILNIUS
from supply.demo.supplying import Supplying
from supply.demo.ward import Ward
from supply.filling.models import OrderTemplate
from supply.filling.templates import save_template
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.ordering.terms import Side, Stage
from supply.sentences import say
from supply.standing.rules import Rhythm
from supply.standing.services import Plan, set_up
from supply.standing.terms import Every

MINIMUM = 5_000
CARRIAGE = Carriage(950, 25_000)
LONGEST_TEMPLATE = 4
"""Products on the template: those ordered most often."""

_TEMPLATE_NAME = say("Everyday supplies")
_REASON = say("Our next lorry comes later.")


def leave_habits(
    buyers: Mapping[str, Buying], suppliers: Mapping[str, Supplying], now: dt.datetime
) -> None:
    """Leave what the pages of buying show; made last, so that it changes nothing of the past."""
    ward = buyers[RIGA.code].ward
    template = _template(ward, now)
    if template is not None:
        _standing(ward, template, now)
    for supplying in suppliers.values():
        if supplying.fulfiller is not None:
            _terms(supplying.supplier, supplying.fulfiller, now)
    for clinic in (RIGA.code, VILNIUS.code):
        if _proposal(buyers[clinic].ward, suppliers, now):
            return


def _template(ward: Ward, now: dt.datetime) -> OrderTemplate | None:
    """Keep what the clinic orders most often as a template."""
    rows = db.session.execute(
        sa.select(OrderLine.product_id, sa.func.max(OrderLine.packs))
        .join(PurchaseOrder, PurchaseOrder.id == OrderLine.order_id)
        .join(Product, Product.id == OrderLine.product_id)
        .where(
            PurchaseOrder.clinic_id == ward.clinic.id,
            PurchaseOrder.placed_at.is_not(None),
            Product.withdrawn_at.is_(None),
            Product.prescription_only.is_(False),
        )
        .group_by(OrderLine.product_id)
        .order_by(sa.func.count().desc(), OrderLine.product_id)
        .limit(LONGEST_TEMPLATE)
    )
    lines = [BasketLine(product_id, packs) for product_id, packs in rows]
    name = ward.written(_TEMPLATE_NAME)
    return save_template(ward.clinic, name, lines, actor=ward.manager, now=now) if lines else None


def _standing(ward: Ward, template: OrderTemplate, now: dt.datetime) -> None:
    """Order the template on the first of each month, from the next on."""
    begins = local_date(now, ward.clinic.timezone) + dt.timedelta(days=1)
    plan = Plan(template.id, Rhythm(Every.MONTHS, 1, 1, begins))
    set_up(ward.clinic, plan, actor=ward.manager, now=now)


def _terms(supplier: Supplier, actor: Actor, now: dt.datetime) -> None:
    """Ask for a minimum order and carriage in euros."""
    set_terms(supplier, None, "EUR", Terms(MINIMUM, CARRIAGE), actor=actor, now=now)


def _proposal(ward: Ward, suppliers: Mapping[str, Supplying], now: dt.datetime) -> bool:
    """Have a supplier propose a later day for an order it has acknowledged, if there is one."""
    fulfillers = {
        one.supplier.id: one.fulfiller for one in suppliers.values() if one.fulfiller is not None
    }
    order = db.session.scalars(
        sa.select(PurchaseOrder)
        .where(
            PurchaseOrder.clinic_id == ward.clinic.id,
            PurchaseOrder.supplier_id.in_(fulfillers),
            PurchaseOrder.stage == Stage.ACKNOWLEDGED,
            PurchaseOrder.lines.any(OrderLine.to_ship > 0),
        )
        .order_by(PurchaseOrder.id)
    ).first()
    if order is None:
        return False
    today = local_date(now, ward.clinic.timezone)
    day = next_open(ward.clinic.opening_days, today + dt.timedelta(days=9))
    wanted = Wanted(day, {}, ward.written(_REASON))
    actor = fulfillers[order.supplier_id]
    propose(order.id, wanted, side=Side.SUPPLIER, actor=actor, now=now)
    return True
