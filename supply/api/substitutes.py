"""Substitutes that suppliers offer, answered by the clinic."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask_babel import gettext as _

from supply.accounts.rules import Right
from supply.answering import substituting
from supply.answering.substituting import open_offer
from supply.api.base import auth, writes
from supply.api.base.blueprints import api_blueprint
from supply.api.base.fields import Flag, Input, Text
from supply.api.orders import ORDER, OrderSummarySchema, summary
from supply.ordering.models import PurchaseOrder
from supply.ordering.refusals import OfferAnswered
from supply.ordering.terms import OfferStatus
from supply.refusals import InvalidInput

blueprint = api_blueprint("substitutes", "Substitutes")


class SubstituteAnswerSchema(Input):
    """Whether a substitute will do; ``sku`` is of the product ordered, or of the one offered."""

    sku = Text(required=True)
    accept = Flag(required=True)


@blueprint.route(f"{ORDER}/substitutes", methods=["POST"])
@blueprint.response(200, OrderSummarySchema)
@blueprint.writes
@auth.of_order(buyer=Right.ORDER)
@blueprint.arguments(SubstituteAnswerSchema)
def answer(body: dict[str, Any], order: PurchaseOrder) -> dict[str, Any]:
    """Take a substitute, which is then a line of the order; or not: what was ordered comes later.

    Answered or withdrawn before: 409, with what became of it.
    """
    order_id, offer_id = order.id, _offer_meant(order, body["sku"])

    def work(now: dt.datetime) -> dict[str, Any]:
        if offer_id is None:
            raise OfferAnswered(_last(order, body["sku"]))
        done = substituting.answer_substitute(
            order_id, offer_id, accept=body["accept"], actor=auth.actor(), now=now
        )
        return summary(done, now)

    return writes.once(work)


def _offer_meant(order: PurchaseOrder, sku: str) -> int | None:
    """Return the open offer that ``sku`` means, None where it has ended; refuse a stranger."""
    if (found := open_offer(order, sku)) is not None:
        return found.id
    if _last(order, sku) is None:
        raise InvalidInput(("sku", _("No substitute is offered for this product.")))
    return None


def _last(order: PurchaseOrder, sku: str) -> OfferStatus | None:
    """Return what became of the last substitute that ``sku`` may mean."""
    meant = [one for line in order.lines for one in line.offers if sku in (line.sku, one.sku)]
    return max(meant, key=lambda one: one.id).status if meant else None
