"""Recalls of both sides: declared by the supplier, answered and accounted for by practices."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask_babel import gettext as _

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
from supply.api.base.fields import (
    LARGEST_ID,
    Day,
    Flag,
    Input,
    Objects,
    QuantityText,
    Several,
    Text,
    one_of,
)
from supply.api.base.paging import CursorSchema, cursor_after, id_cursor
from supply.api.recall_answers import (
    AccountedSchema,
    AnswerGivenSchema,
    DeclaredSchema,
    RecallListSchema,
    RecallSchema,
    at_clinics,
    brief,
    of_practices,
)
from supply.db import db
from supply.recalls import queries
from supply.recalls.accounting import Accounted, account
from supply.recalls.answering import acknowledge
from supply.recalls.declaring import Named, Notice, declare
from supply.recalls.models import Recall, RecallPractice
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
    products = Several(Objects(RecalledProductSchema), least=1, most=MOST_PRODUCTS, required=True)
    lots = Several(Text(80), most=MOST_LOTS)
    all_lots = Flag()
    recall_class = Text(required=True, validate=one_of(RecallClass), data_key="class")
    reason = Text(LONGEST_TEXT, required=True)
    action = Text(LONGEST_TEXT, required=True)
    deadline = Day(allow_none=True)
    reference = Text(LONGEST_NAME, blank=True)
    device = Text(LONGEST_NAME, blank=True)
    reply_wanted = Flag()
    drill = Flag()


class RecallQuery(CursorSchema):
    """Which recalls."""

    status = Text(validate=one_of(RecallStatus))


class AnswerSchema(Input):
    """What a practice answers; without one it follows from what is recorded."""

    answer = Text(validate=one_of(RecallAnswer))
    note = Text(LONGEST_TEXT, blank=True)


class AccountSchema(Input):
    """What became of how much of a lot (base unit), at one location or wherever it lies."""

    clinic = Text(required=True)
    sku = Text(required=True)
    lot = Text(required=True)
    quantity = QuantityText(required=True)
    outcome = Text(required=True, validate=one_of(Outcome))
    location = Text()
    note = Text(500, blank=True)


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
        before=id_cursor(query.get("cursor")),
        most=queries.PAGE + 1,
    )
    shown = found[: queries.PAGE]
    more = len(found) > queries.PAGE
    return {
        "recalls": [brief(one) for one in shown],
        "next": cursor_after(shown[-1].id) if more else None,
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
    if rows:
        clinics = {clinic.id: clinic for clinic in clinics_of(auth.person())}
        traced = clinics_to_trace_for(auth.person(), clinics.values())
        found = at_clinics(recall, rows, clinics, traced)
    else:
        found = of_practices(recall)
    return {**brief(recall), **found}


def _to_answer(*, recall_id: int) -> dict[str, Any]:
    """Hand on the practices of the caller's that a recall reaches, and whose stock they keep."""
    rows: list[RecallPractice] = _seen(recall_id=recall_id)["rows"]
    clinics = clinics_of(auth.person())
    kept = set(clinics_to_keep_for(auth.person(), clinics))
    mine = {clinic.practice_id for clinic in clinics if clinic.id in kept}
    answering = [row.practice_id for row in rows if row.practice_id in mine]
    if not answering:
        raise ForbiddenError(_("Your role here does not include this."))
    places = {
        practice_id: [
            one.id for one in clinics if one.id in kept and one.practice_id == practice_id
        ]
        for practice_id in answering
    }
    return {"recall_id": recall_id, "places": places}


@blueprint.route(f"{_ONE}/acknowledge", methods=["POST"])
@blueprint.response(200, AnswerGivenSchema)
@blueprint.writes
@auth.handing(_to_answer)
@blueprint.arguments(AnswerSchema)
def answer(body: dict[str, Any], recall_id: int, places: dict[int, list[int]]) -> dict[str, Any]:
    """Answer a recall for the practice, once. That there is none here is an answer.

    It says that the clinics whose stock the caller keeps have looked.
    """
    said = RecallAnswer(body["answer"]) if "answer" in body else None

    def work(now: dt.datetime) -> dict[str, Any]:
        rows = [
            acknowledge(
                recall_id,
                practice_id,
                answer=said,
                note=body.get("note", ""),
                clinics=clinics,
                actor=auth.actor(),
                now=now,
            )
            for practice_id, clinics in places.items()
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
