"""Accounts between practices and suppliers: what is open on one."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from supply import clock
from supply.accounts import access
from supply.accounts.access import NotFoundHereError
from supply.accounts.models import Practice, Supplier
from supply.accounts.queries import supplier_with_code
from supply.accounts.rules import Right
from supply.api.base import auth
from supply.api.base.blueprints import api_blueprint
from supply.api.base.fields import Day, Text
from supply.api.base.paging import PAGE, CursorSchema, NextSchema, cursor_after, id_cursor
from supply.api.base.schemas import MoneySchema
from supply.open_items.models import OpenItem
from supply.open_items.terms import ItemKind
from supply.settling import queries
from supply.settling.saying import Clinics

blueprint = api_blueprint("accounts", "Accounts")


class OpenItemsQuery(CursorSchema):
    """In which currency; in all that the account has where none is said."""

    currency = Text(3, validate=validate.Regexp("^[A-Z]{3}$"))


class OpenItemSchema(Schema):
    """An invoice, a credit note or an overpayment, as far as it is not settled."""

    item = fields.Integer(required=True)
    kind = fields.String(required=True, metadata={"enum": [word.value for word in ItemKind]})
    name = fields.String(required=True)
    """The number of the document, or the reference of the payment."""
    order = fields.Integer(required=True, allow_none=True)
    clinic = fields.String(required=True, allow_none=True)
    dated_on = Day(required=True)
    due_on = Day(required=True, allow_none=True)
    overdue = fields.Boolean(required=True)
    total = fields.Nested(MoneySchema, required=True)
    open = fields.Nested(MoneySchema, required=True)


class OpenItemsSchema(NextSchema):
    """What is open on an account, the oldest first."""

    items = fields.List(fields.Nested(OpenItemSchema), required=True)


def _account(*, practice_code: str, supplier_code: str) -> dict[str, Any]:
    """Hand on an account, with the clinics the caller is limited to, to a member of a side of it.

    404 where the two have no account, and to outsiders.
    """
    person, supplier = auth.person(), supplier_with_code(supplier_code)
    practice = queries.practice_with_account(practice_code, supplier) if supplier else None
    if practice is None or supplier is None:
        raise NotFoundHereError(practice_code)
    try:
        membership = access.practice_for(person, practice.code, Right.VIEW, clock.now())[1]
        clinics: Clinics = frozenset(clinic.id for clinic in membership.clinics) or None
    except NotFoundHereError:
        access.supplier_for(person, supplier.code, Right.FULFIL, clock.now())
        clinics = None
    return {"practice": practice, "supplier": supplier, "clinics": clinics}


@blueprint.route("/practices/<practice_code>/accounts/<supplier_code>/items")
@blueprint.response(200, OpenItemsSchema)
@auth.handing(_account)
@blueprint.arguments(OpenItemsQuery, location="query")
def items(
    query: dict[str, Any], practice: Practice, supplier: Supplier, clinics: Clinics
) -> dict[str, Any]:
    """List what is open between a practice and a supplier; both sides may look.

    Who is limited to some clinics sees the documents of those clinics' orders.
    """
    after = id_cursor(query.get("cursor")) or 0
    found = queries.open_items_after(
        practice, supplier, after, PAGE + 1, currency=query.get("currency"), clinics=clinics
    )
    shown = found[:PAGE]
    following = cursor_after(shown[-1].id) if len(found) > PAGE else None
    return {"items": [_item(one) for one in shown], "next": following}


def _item(item: OpenItem) -> dict[str, Any]:
    order = item.invoice.order if item.invoice else None
    today = clock.local_date(clock.now(), order.clinic.timezone if order else "UTC")
    return {
        "item": item.id,
        "kind": item.kind.value,
        "name": item.name,
        "order": order.id if order else None,
        "clinic": order.clinic.code if order else None,
        "dated_on": item.dated_on,
        "due_on": item.due_on,
        "overdue": not item.is_credit and item.due_on is not None and item.due_on < today,
        "total": item.total.as_json(),
        "open": item.open.as_json(),
    }
