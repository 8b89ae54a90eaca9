"""Reorder policies, alerts and proposals."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from marshmallow import Schema, fields
from sqlalchemy.orm import joinedload

from supply import clock
from supply.accounts.access import NotFoundHereError
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.alerts.models import Alert
from supply.alerts.terms import AlertKind, AlertStatus
from supply.alerts.wording import message
from supply.api.base import auth, writes
from supply.api.base.blueprints import api_blueprint
from supply.api.base.fields import Day, Input, Moment, QuantityText, Text, WholeText, one_of
from supply.api.base.paging import PAGE, CursorSchema, NextSchema, cursor_after, id_cursor
from supply.clock import local_date
from supply.db import db
from supply.inventory.models import Lot
from supply.items.models import Item
from supply.items.refusals import UnknownItemError
from supply.items.services import item_for_code
from supply.need.foreseeing import AHEAD, Target
from supply.need.outlook import outlook
from supply.quantity import as_text, from_thousandths
from supply.replenishment import queries, wording
from supply.replenishment.models import Policy, Proposal, ProposedTransfer
from supply.replenishment.queries import service_level
from supply.replenishment.services import set_policy
from supply.replenishment.terms import Method

FARTHEST = 366
"""Days ahead that may be asked for."""

blueprint = api_blueprint("replenishment", "Policies, alerts and proposals")


class PolicySchema(Input):
    """Fixed: a reorder point below a par level. Projected: how sure not to run out."""

    method = Text(required=True, validate=one_of(Method))
    reorder_point = QuantityText(zero=True)
    par_level = QuantityText()
    service_level = QuantityText()


class PolicyAnswer(Schema):
    """How an item is reordered, in its base unit."""

    sku = fields.String(required=True)
    method = fields.String(required=True)
    reorder_point = fields.String(required=True, allow_none=True)
    par_level = fields.String(required=True, allow_none=True)
    service_level = fields.String(required=True, allow_none=True)


class AlertsQuery(CursorSchema):
    """Which alerts; all of them where no status is said."""

    status = Text(validate=one_of(AlertStatus))


class AlertSchema(Schema):
    """Something that needs someone."""

    id = fields.Integer(required=True)
    kind = fields.String(required=True, metadata={"enum": [word.value for word in AlertKind]})
    status = fields.String(required=True, metadata={"enum": [word.value for word in AlertStatus]})
    sku = fields.String(required=True, allow_none=True)
    lot = fields.String(required=True, allow_none=True)
    opened_at = Moment(required=True)
    resolved_at = Moment(required=True, allow_none=True)
    assigned_to = fields.String(
        required=True, allow_none=True, metadata={"description": "Who is to see to it, by e-mail."}
    )
    message = fields.String(required=True)


class AlertsSchema(NextSchema):
    """Alerts, the newest first."""

    alerts = fields.List(fields.Nested(AlertSchema), required=True)


class ProposalSchema(Schema):
    """What to order: packs of a supplier's product, by a day, and why."""

    sku = fields.String(required=True)
    supplier = fields.String(required=True)
    supplier_sku = fields.String(required=True)
    packs = fields.Integer(required=True)
    order_by = Day(required=True)
    why = fields.String(required=True)


class TransferSchema(Schema):
    """A lot that a sister clinic would let expire: what to have brought over, by when, and why."""

    sku = fields.String(required=True)
    lot = fields.String(required=True)
    quantity = fields.String(required=True)
    from_clinic = fields.String(required=True)
    by = Day(required=True)
    why = fields.String(required=True)


class ProposalsSchema(NextSchema):
    """Proposals, by the day to order, and lots to have brought over first."""

    proposals = fields.List(fields.Nested(ProposalSchema), required=True)
    transfers = fields.List(fields.Nested(TransferSchema), required=True)


class ProjectionQuery(Input):
    """Which item, by its code, and how many days from today."""

    sku = Text(required=True)
    days = WholeText(1, FARTHEST, load_default=AHEAD)


class ProjectedDaySchema(Schema):
    """What is expected usable at the close of a day, and its 90 % range."""

    date = Day(required=True)
    on_hand = fields.String(required=True)
    low = fields.String(required=True)
    high = fields.String(required=True)


class EndingSchema(Schema):
    """What is expected to be left of a lot when it ends."""

    lot = fields.String(required=True)
    date = Day(required=True)
    quantity = fields.String(required=True)


class ProjectionSchema(Schema):
    """An item's days ahead, in its base unit."""

    days = fields.List(fields.Nested(ProjectedDaySchema), required=True)
    first_short = Day(required=True, allow_none=True)
    """The first day on which need is expected unmet."""
    order_by = Day(required=True, allow_none=True)
    """The last day on which ordering is likely to come in time."""
    expiring = fields.List(fields.Nested(EndingSchema), required=True)


@blueprint.route("/clinics/<clinic_code>/policies/<path:sku>", methods=["PUT"], merge_slashes=False)
@blueprint.response(200, PolicyAnswer)
@blueprint.writes
@auth.at_clinic(Right.STOCK)
@blueprint.arguments(PolicySchema)
def put_policy(body: dict[str, Any], clinic: Clinic, sku: str) -> dict[str, Any]:
    """Set how an item is reordered at the clinic.

    By projection, a reorder point and a par level that are not sent stay, to be shown beside it.
    """
    method = Method(body["method"])
    levels = ("reorder_point", "par_level")

    def work(now: dt.datetime) -> dict[str, Any]:
        try:
            item = item_for_code(clinic.practice_id, sku, now=now)
        except UnknownItemError as error:
            raise NotFoundHereError(sku) from error
        policy = set_policy(
            clinic.id,
            item.id,
            method=method,
            reorder_point=body.get("reorder_point"),
            par_level=body.get("par_level"),
            service_level=body.get("service_level"),
            kept=() if method is Method.FIXED else [name for name in levels if name not in body],
            actor=auth.actor(),
            now=now,
        )
        return _policy(sku, policy)

    return writes.once(work)


def _policy(sku: str, policy: Policy) -> dict[str, Any]:
    thousandths = policy.service_level_thousandths
    figures = {
        "reorder_point": policy.reorder_point,
        "par_level": policy.par_level,
        "service_level": None if thousandths is None else from_thousandths(thousandths),
    }
    # The answer is kept as JSON, for repeats: figures go in as text.
    kept = {name: None if figure is None else as_text(figure) for name, figure in figures.items()}
    return {"sku": sku, "method": policy.method.value, **kept}


@blueprint.route("/clinics/<clinic_code>/alerts")
@blueprint.response(200, AlertsSchema)
@auth.at_clinic(Right.VIEW)
@blueprint.arguments(AlertsQuery, location="query")
def alerts(query: dict[str, Any], clinic: Clinic) -> dict[str, Any]:
    """List the clinic's alerts, the newest first."""
    statement = (
        sa.select(Alert, Item.code, Lot.number)
        .outerjoin(Item, Item.id == Alert.item_id)
        .outerjoin(Lot, Lot.id == Alert.lot_id)
        .options(joinedload(Alert.assigned_to))
        .where(Alert.clinic_id == clinic.id)
        .order_by(Alert.id.desc())
        .limit(PAGE + 1)
    )
    if "status" in query:
        statement = statement.where(Alert.status == AlertStatus(query["status"]))
    before = id_cursor(query.get("cursor"))
    if before is not None:
        statement = statement.where(Alert.id < before)
    found = db.session.execute(statement).all()
    today = local_date(clock.now(), clinic.timezone)
    following = cursor_after(found[PAGE - 1].Alert.id) if len(found) > PAGE else None
    return {"alerts": [_alert(*row, today) for row in found[:PAGE]], "next": following}


def _alert(alert: Alert, sku: str | None, lot: str | None, today: dt.date) -> dict[str, Any]:
    return {
        "id": alert.id,
        "kind": alert.kind.value,
        "status": alert.status.value,
        "sku": sku,
        "lot": lot,
        "opened_at": alert.opened_at,
        "resolved_at": alert.resolved_at,
        "assigned_to": alert.assigned_to.email if alert.assigned_to else None,
        "message": message(alert.kind, alert.facts, today),
    }


@blueprint.route("/clinics/<clinic_code>/proposals")
@blueprint.response(200, ProposalsSchema)
@auth.at_clinic(Right.VIEW)
@blueprint.arguments(CursorSchema, location="query")
def proposals(_query: dict[str, Any], clinic: Clinic) -> dict[str, Any]:
    """List what the clinic should order: one row for each item that is low."""
    return {
        "proposals": [_proposal(row) for row in queries.proposals(clinic.id)],
        "transfers": [_transfer(row) for row in queries.proposed_transfers(clinic.id)],
        "next": None,
    }


def _transfer(transfer: ProposedTransfer) -> dict[str, Any]:
    return {
        "sku": transfer.item.code,
        "lot": transfer.lot.number,
        "quantity": as_text(transfer.quantity),
        "from_clinic": transfer.from_clinic.code,
        "by": transfer.by,
        "why": wording.bring({**transfer.facts, **wording.measured(transfer.item)}),
    }


@blueprint.route("/clinics/<clinic_code>/projection")
@blueprint.response(200, ProjectionSchema)
@auth.at_clinic(Right.VIEW)
@blueprint.arguments(ProjectionQuery, location="query")
def projection(query: dict[str, Any], clinic: Clinic) -> dict[str, Any]:
    """Say what is expected to be usable of an item day by day, when it falls short, what ends."""
    item = db.session.scalar(
        sa.select(Item).where(Item.practice_id == clinic.practice_id, Item.code == query["sku"])
    )
    if item is None:
        raise NotFoundHereError(query["sku"])
    target = Target(clinic.id, item.id, service_level(clinic.id, item.id))
    _ahead, found = outlook(clinic, target, now=clock.now(), days=query["days"])
    return {
        "days": [
            {
                "date": day.day,
                "on_hand": as_text(day.on_hand),
                "low": as_text(day.low),
                "high": as_text(day.high),
            }
            for day in found.days
        ],
        "first_short": found.first_short,
        "order_by": found.order_by,
        "expiring": [
            {"lot": one.lot, "date": one.day, "quantity": as_text(one.quantity)}
            for one in found.expiring
        ],
    }


def _proposal(proposal: Proposal) -> dict[str, Any]:
    return {
        "sku": proposal.item.code,
        "supplier": proposal.product.supplier.code,
        "supplier_sku": proposal.product.sku,
        "packs": proposal.packs,
        "order_by": proposal.order_by,
        "why": wording.why(proposal.facts),
    }
