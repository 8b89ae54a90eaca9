"""What the API says of recalls: to a clinic with its sessions, to the supplier in sums."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from marshmallow import Schema, fields

from supply.accounts.models import Clinic
from supply.api.base.fields import Amount
from supply.api.base.paging import NextSchema
from supply.recalls import queries
from supply.recalls.figures import items_of
from supply.recalls.models import Recall, RecallPractice


class DeclaredSchema(Schema):
    """The recall, and how many lots of how many practices it reaches; numbers that look alike."""

    recall = fields.Integer(required=True)
    lots = fields.Integer(required=True)
    practices = fields.Integer(required=True)
    alike = fields.List(fields.String(), required=True)


class BriefSchema(Schema):
    """A recall in a list."""

    recall = fields.Integer(required=True)
    supplier = fields.String(required=True)
    recall_class = fields.String(required=True, data_key="class")
    reason = fields.String(required=True)
    action = fields.String(required=True)
    status = fields.String(required=True)
    drill = fields.Boolean(required=True)
    products = fields.List(fields.String(), required=True)
    lots = fields.List(fields.String(), required=True)
    all_lots = fields.Boolean(required=True)
    deadline = fields.Date(required=True, allow_none=True)
    declared_at = fields.String(required=True)


class RecallListSchema(NextSchema):
    """Recalls, the newest first."""

    recalls = fields.List(fields.Nested(BriefSchema), required=True)


class StockRowSchema(Schema):
    """A lot at a clinic, or to the supplier in a practice; each row adds up.

    Wasted includes what a count found missing; unaccounted is on hand and in transit.
    """

    practice = fields.String(required=True)
    clinic = fields.String(required=True, allow_none=True)
    sku = fields.String(required=True)
    lot = fields.String(required=True)
    received = Amount(required=True)
    used = Amount(required=True)
    wasted = Amount(required=True)
    on_hand = Amount(required=True)
    in_transit = Amount(required=True)
    returned = Amount(required=True)
    destroyed = Amount(required=True)
    unaccounted = Amount(required=True)


class RecallSessionSchema(Schema):
    """A session that gave some of it."""

    clinic = fields.String(required=True)
    session = fields.Integer(required=True)
    patient_ref = fields.String(required=True)
    occurred_at = fields.String(required=True)
    sku = fields.String(required=True)
    lot = fields.String(required=True)
    quantity = Amount(required=True)


class AnsweredSchema(Schema):
    """A practice that the recall reaches, and its answer."""

    practice = fields.String(required=True)
    told_at = fields.String(required=True, allow_none=True)
    acknowledged_at = fields.String(required=True, allow_none=True)
    answer = fields.String(required=True, allow_none=True)
    reminders = fields.Integer(required=True)


class RecallSchema(BriefSchema):
    """A recall with what became of its lots, and the sessions that used them."""

    stock = fields.List(fields.Nested(StockRowSchema), required=True)
    sessions = fields.List(fields.Nested(RecallSessionSchema), required=True)
    practices = fields.List(fields.Nested(AnsweredSchema), required=True)


class AnswerGivenSchema(Schema):
    """The recall, and what is known as answered."""

    recall = fields.Integer(required=True)
    status = fields.String(required=True)
    answer = fields.String(required=True)


class AccountedSchema(Schema):
    """The ledger entry, and whether the recall is over by it."""

    entry = fields.Integer(required=True)
    status = fields.String(required=True)


def brief(recall: Recall) -> dict[str, Any]:
    """Return a recall as a list says it."""
    return {
        "recall": recall.id,
        "supplier": recall.supplier.code,
        "recall_class": recall.recall_class.value,
        "reason": recall.reason,
        "action": recall.action,
        "status": recall.status.value,
        "drill": recall.is_drill,
        "products": [product.sku for product in recall.products],
        "lots": [lot.number for lot in recall.lots],
        "all_lots": recall.all_lots,
        "deadline": recall.deadline,
        "declared_at": recall.declared_at.isoformat(),
    }


def at_clinics(
    recall: Recall,
    answers: list[RecallPractice],
    clinics: Mapping[int, Clinic],
    traced: Collection[int],
) -> dict[str, Any]:
    """Return what became of a recall's lots in ``clinics``, and the sessions of those traced."""
    rows = [
        row
        for row in queries.stock_of(recall, [one.practice_id for one in answers])
        if row.clinic_id in clinics
    ]
    sessions = queries.sessions_of(recall.id, traced)
    items = items_of([*rows, *sessions])
    return {
        "stock": [
            {
                "practice": clinics[row.clinic_id].practice.code,
                "clinic": clinics[row.clinic_id].code,
                "sku": items[row.item_id].code,
                "lot": row.number,
                **queries.quantities(row),
            }
            for row in rows
        ],
        "sessions": [
            {
                "clinic": clinics[one.clinic_id].code,
                "session": one.session_id,
                "patient_ref": one.patient_reference,
                "occurred_at": one.occurred_at.isoformat(),
                "sku": items[one.item_id].code,
                "lot": one.number,
                "quantity": one.quantity,
            }
            for one in sessions
        ],
        "practices": [_answered(one) for one in answers],
    }


def of_practices(recall: Recall) -> dict[str, Any]:
    """Return what became of a recall's lots, summed by practice, and of patients nothing."""
    answers = [one for one in queries.practices_of(recall.id) if one.depot_of_id is None]
    codes = {one.practice_id: one.practice.code for one in answers}
    rows = queries.stock_of(recall, list(codes))
    skus = queries.own_skus(recall.id, {row.item_id for row in rows})
    return {
        "stock": [
            {
                "practice": codes[practice],
                "clinic": None,
                "sku": sku,
                "lot": lot,
                **queries.quantities(row),
            }
            for (practice, sku, lot, _unit), row in queries.summed(rows, skus).items()
        ],
        "sessions": [],
        "practices": [_answered(one) for one in answers],
    }


def _answered(row: RecallPractice) -> dict[str, Any]:
    return {
        "practice": row.practice.code,
        "told_at": row.told_at.isoformat() if row.told_at else None,
        "acknowledged_at": row.acknowledged_at.isoformat() if row.acknowledged_at else None,
        "answer": row.answer.value if row.answer else None,
        "reminders": row.reminders,
    }
