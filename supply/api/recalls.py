"""Recalls of both sides: declared by the supplier, answered and accounted for by practices."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask_babel import gettext as _
from marshmallow import Schema, fields, validate

from supply import clock
from supply.accounts.access import (
    ForbiddenError,
    NotFoundHereError,
    clinics_of,
    clinics_to_keep_for,
    clinics_to_trace_for,
    has_right,
)
from supply.accounts.models import Clinic, Supplier
from supply.accounts.rules import Right
from supply.api.base import auth, spots, writes
from supply.api.base.blueprints import api_blueprint
from supply.api.base.fields import LARGEST_ID, Amount, Day, Input, QuantityText, Text, one_of
from supply.db import db
from supply.recalls import recall_queries as queries
from supply.recalls.accounting import Accounted, account
from supply.recalls.answering import acknowledge
from supply.recalls.declaring import Named, Notice, declare
from supply.recalls.figures import items_of
from supply.recalls.recall_models import Recall, RecallPractice
from supply.recalls.spreading import spread
from supply.recalls.terms import (
    LONGEST_NAME,
    LONGEST_TEXT,
    MOST_LOTS,
    MOST_PRODUCTS,
    Outcome,
    RecallAnswer,
    RecallClass,
    RecallStatus,
)
from supply.refusals import InvalidInput

blueprint = api_blueprint("recalls", "Recalls")

_ONE = f"/recalls/<int(max={LARGEST_ID}):recall_id>"


class RecalledProductSchema(Input):
    """A product of the supplier's, by its SKU or by a GTIN of any of its packs."""

    sku = Text()
    gtin = Text(14)


class NoticeSchema(Input):
    """What is recalled, why, and what is to be done. ``all_lots`` instead of ``lots``: every one.

    ``supplier`` is for who acts for several. A drill holds nothing.
    """

    supplier = Text()
    products = fields.List(
        fields.Nested(RecalledProductSchema),
        required=True,
        validate=validate.Length(1, MOST_PRODUCTS),
    )
    lots = fields.List(Text(80), validate=validate.Length(max=MOST_LOTS))
    all_lots = fields.Boolean()
    recall_class = Text(required=True, validate=one_of(RecallClass), data_key="class")
    reason = Text(LONGEST_TEXT, required=True)
    action = Text(LONGEST_TEXT, required=True)
    deadline = Day(allow_none=True)
    reference = Text(LONGEST_NAME, blank=True)
    device = Text(LONGEST_NAME, blank=True)
    reply_wanted = fields.Boolean()
    drill = fields.Boolean()


class DeclaredSchema(Schema):
    """The recall, and how many lots of how many practices it reaches; numbers that look alike."""

    recall = fields.Integer(required=True)
    lots = fields.Integer(required=True)
    practices = fields.Integer(required=True)
    alike = fields.List(fields.String(), required=True)


class RecallQuery(Input):
    """Which recalls."""

    status = Text(validate=one_of(RecallStatus))
    before = fields.Integer(validate=validate.Range(1, LARGEST_ID))


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


class RecallListSchema(Schema):
    """Recalls, the newest first; ``next`` is the ``before`` of the page after this."""

    recalls = fields.List(fields.Nested(BriefSchema), required=True)
    next = fields.Integer(required=True, allow_none=True)


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


class AnswerSchema(Input):
    """What a practice answers; without one it follows from what is recorded."""

    answer = Text(validate=one_of(RecallAnswer))
    note = Text(LONGEST_TEXT, blank=True)


class AnswerGivenSchema(Schema):
    """The recall, and what is known as answered."""

    recall = fields.Integer(required=True)
    status = fields.String(required=True)
    answer = fields.String(required=True)


class AccountSchema(Input):
    """What became of how much of a lot (base unit), at one location or wherever it lies."""

    clinic = Text(required=True)
    sku = Text(required=True)
    lot = Text(required=True)
    quantity = QuantityText(required=True)
    outcome = Text(required=True, validate=one_of(Outcome))
    location = Text()
    note = Text(500, blank=True)


class AccountedSchema(Schema):
    """The ledger entry, and whether the recall is over by it."""

    entry = fields.Integer(required=True)
    status = fields.String(required=True)


def _recalling(code: str | None) -> Supplier:
    """Return the supplier that the caller may recall for.

    Raises:
        ForbiddenError: none, or without the right.
        NotFoundHereError: not one of theirs.
        InvalidInput: several, and none named.
    """
    mine = [m for m in auth.person().memberships if m.supplier is not None]
    if code is not None:
        mine = [m for m in mine if m.supplier is not None and m.supplier.code == code]
        if not mine:
            raise NotFoundHereError(code)
    now = clock.now()
    able = [m.supplier for m in mine if m.supplier and has_right(m, Right.CATALOGUE, now.date())]
    if not able:
        raise ForbiddenError(_("Your role here does not include this."))
    if len(able) > 1:
        raise InvalidInput(("supplier", _("Say for which supplier.")))
    return able[0]


def _may_recall() -> dict[str, Any]:
    """Refuse who recalls for nobody, before the body is even looked at."""
    today = clock.now().date()
    if not any(
        m.supplier and has_right(m, Right.CATALOGUE, today) for m in auth.person().memberships
    ):
        raise ForbiddenError(_("Your role here does not include this."))
    return {}


@blueprint.route("/recalls", methods=["POST"])
@blueprint.response(201, DeclaredSchema)
@blueprint.writes
@auth.handing(_may_recall)
@blueprint.arguments(NoticeSchema)
def post(body: dict[str, Any]) -> dict[str, Any]:
    """Declare a recall: at once its lots are held in every practice, and people are told.

    On shelves, open, on the way, in suppliers' own stock, and whatever of them comes in later. The
    same notice again is the same recall.
    """
    supplier_id = _recalling(body.get("supplier")).id
    notice = Notice(
        products=[Named(one.get("sku", ""), one.get("gtin", "")) for one in body["products"]],
        lots=body.get("lots", ()),
        recall_class=RecallClass(body["recall_class"]),
        reason=body["reason"],
        action=body["action"],
        deadline=body.get("deadline"),
        reference=body.get("reference", ""),
        device=body.get("device", ""),
        reply_wanted=body.get("reply_wanted", True),
        all_lots=body.get("all_lots", False),
        is_drill=body.get("drill", False),
    )

    def work(now: dt.datetime) -> dict[str, Any]:
        supplier = db.session.get_one(Supplier, supplier_id)
        recall, looked = declare(supplier, notice, actor=auth.actor(), now=now)
        return {
            "recall": recall.id,
            "lots": looked.reach.lot_count,
            "practices": len(looked.reach.practices),
            "alike": list(looked.alike),
        }

    answer = writes.once(work)
    spread(answer["recall"], clock.now())
    return answer


def _suppliers() -> list[int]:
    return [m.supplier_id for m in auth.person().memberships if m.supplier_id is not None]


def _practices() -> list[int]:
    return sorted({clinic.practice_id for clinic in clinics_of(auth.person())})


@blueprint.route("/recalls")
@blueprint.response(200, RecallListSchema)
@blueprint.arguments(RecallQuery, location="query")
def index(query: dict[str, Any]) -> dict[str, Any]:
    """List the recalls that reach the caller's practices, or that their supplier declared."""
    status = RecallStatus(query["status"]) if "status" in query else None
    found = queries.recalls_for(
        suppliers=_suppliers(),
        practices=_practices(),
        status=status,
        before=query.get("before"),
        most=queries.PAGE + 1,
    )
    shown = found[: queries.PAGE]
    more = len(found) > queries.PAGE
    return {"recalls": [_brief(one) for one in shown], "next": shown[-1].id if more else None}


def _brief(recall: Recall) -> dict[str, Any]:
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


def _seen(*, recall_id: int) -> dict[str, Any]:
    """Hand on a recall that the caller may see, and the rows of their practices in it."""
    recall = queries.recall_with_id(recall_id)
    rows = queries.reached(recall_id, _practices())
    if not rows and recall.supplier_id not in _suppliers():
        raise NotFoundHereError(str(recall_id))
    return {"recall": recall, "rows": rows}


@blueprint.route(_ONE)
@blueprint.response(200, RecallSchema)
@auth.handing(_seen)
def read(recall: Recall, rows: list[RecallPractice]) -> dict[str, Any]:
    """Say what became of a recall's lots.

    A clinic sees its own, with the sessions that used some; the supplier sums by practice, and of
    patients nothing.
    """
    found = _at_clinics(recall, rows) if rows else _of_practices(recall)
    return {**_brief(recall), **found}


def _at_clinics(recall: Recall, answers: list[RecallPractice]) -> dict[str, Any]:
    clinics = {clinic.id: clinic for clinic in clinics_of(auth.person())}
    rows = [
        row
        for row in queries.stock_of(recall, [one.practice_id for one in answers])
        if row.clinic_id in clinics
    ]
    traced = clinics_to_trace_for(auth.person(), clinics.values())
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


def _of_practices(recall: Recall) -> dict[str, Any]:
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
            for (practice, sku, lot), row in queries.summed(rows, skus).items()
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


def _to_answer(*, recall_id: int) -> dict[str, Any]:
    """Hand on the practices of the caller's that a recall reaches, and whose stock they keep."""
    rows: list[RecallPractice] = _seen(recall_id=recall_id)["rows"]
    clinics = clinics_of(auth.person())
    kept = set(clinics_to_keep_for(auth.person(), clinics))
    mine = {clinic.practice_id for clinic in clinics if clinic.id in kept}
    answering = [row.practice_id for row in rows if row.practice_id in mine]
    if not answering:
        raise ForbiddenError(_("Your role here does not include this."))
    return {"recall_id": recall_id, "practice_ids": answering}


@blueprint.route(f"{_ONE}/acknowledge", methods=["POST"])
@blueprint.response(200, AnswerGivenSchema)
@blueprint.writes
@auth.handing(_to_answer)
@blueprint.arguments(AnswerSchema)
def answer(body: dict[str, Any], recall_id: int, practice_ids: list[int]) -> dict[str, Any]:
    """Answer a recall for the practice, once. That there is none here is an answer."""
    said = RecallAnswer(body["answer"]) if "answer" in body else None

    def work(now: dt.datetime) -> dict[str, Any]:
        rows = [
            acknowledge(
                recall_id,
                practice_id,
                answer=said,
                note=body.get("note", ""),
                actor=auth.actor(),
                now=now,
            )
            for practice_id in practice_ids
        ]
        row = rows[0]
        given = row.answer.value if row.answer else ""
        return {"recall": recall_id, "status": row.recall.status.value, "answer": given}

    return writes.once(work)


def _known(*, recall_id: int) -> dict[str, Any]:
    _seen(recall_id=recall_id)
    return {"recall_id": recall_id}


@blueprint.route(f"{_ONE}/account", methods=["POST"])
@blueprint.response(201, AccountedSchema)
@blueprint.writes
@auth.handing(_known)
@blueprint.arguments(AccountSchema)
def account_for(body: dict[str, Any], recall_id: int) -> dict[str, Any]:
    """Post what was returned to the supplier or destroyed; all of it gone, the recall is over."""
    clinic: Clinic = auth.clinic(body["clinic"], Right.STOCK)
    if not queries.reached(recall_id, [clinic.practice_id]):
        raise NotFoundHereError(str(recall_id))

    def work(now: dt.datetime) -> dict[str, Any]:
        name = body.get("location")
        said = Accounted(
            spots.lot_of(clinic, body["sku"], body["lot"]).id,
            body["quantity"],
            Outcome(body["outcome"]),
            None if name is None else spots.place_of(clinic, name),
            body.get("note", ""),
        )
        entry = account(clinic, recall_id, said, actor=auth.actor(), now=now)
        return {"entry": entry, "status": db.session.get_one(Recall, recall_id).status.value}

    return writes.once(work)
