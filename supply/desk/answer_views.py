"""The page on which a supplier answers an order from its mail, without an account.

Opening it changes nothing: programs that read mail follow links. Whoever holds the link sees that
one order, and nothing of the clinic beyond it.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping

from flask import Response, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from supply import clock
from supply.accounts.access import NotFoundHereError
from supply.actor import Actor
from supply.answering import answer_forms, answering
from supply.clock import local_date
from supply.db import transaction
from supply.desk.routes import blueprint
from supply.ordering import queries, wording
from supply.ordering.answer_links import Link, link_behind
from supply.ordering.models import PurchaseOrder
from supply.ordering.refusals import ChangedSince
from supply.ordering.terms import EventKind, Stage
from supply.refusals import InvalidInput, Refusal
from supply.web import by_key
from supply.web.choices import picked
from supply.web.forms import sentences

ANSWERS = (EventKind.ACKNOWLEDGED, EventKind.DECLINED, EventKind.CANCELLED)

Answer = Response | AnyResponse


class Do(enum.StrEnum):
    """What a form of the page does."""

    CONFIRM = "confirm"
    LINES = "lines"
    DECLINE = "decline"


@blueprint.get("/answer/<token>")
def answer(token: str) -> Answer:
    """Show the order with the ways to answer it, or what was answered."""
    g.standing_alone = True
    link = _admitted(token)
    return link if isinstance(link, Response) else _page(token, _order(link), link)


@blueprint.post("/answer/<token>")
def send_answer(token: str) -> Answer:
    """Answer the order as the address that the link was sent to: once, whoever sends it twice."""
    g.standing_alone = True
    link = _admitted(token)
    if isinstance(link, Response):
        return link
    order = _order(link)
    if order.stage is not Stage.PLACED:
        return _page(token, order, link, 409)
    try:
        with transaction():
            _do(order, link, request.form, clock.now())
    except InvalidInput as refusal:
        return _page(token, _order(link), link, 400, refusal)
    except ChangedSince as refusal:
        return _page(token, _order(link), link, 409, changed=str(refusal))
    except Refusal:
        # Somebody answered at the same moment: the page says what.
        return _page(token, _order(link), link, 409)
    return redirect(url_for("desk.answer", token=token))


def _do(order: PurchaseOrder, link: Link, form: Mapping[str, str], now: dt.datetime) -> None:
    by, actor = link.address, Actor(None, request.remote_addr)
    what = picked(Do, form.get("do"), "do", _("Choose how to answer."))
    if what is Do.DECLINE:
        reason = form.get("reason", "")
        answering.decline(order.id, reason=reason, by=by, actor=actor, now=now)
        return
    said = answer_forms.said(order, form) if what is Do.LINES else None
    ship_on = answer_forms.ship_day(form)
    seen = answer_forms.seen(form)
    answering.acknowledge(order.id, said, ship_on=ship_on, seen=seen, by=by, actor=actor, now=now)


def _admitted(token: str) -> Link | Response:
    instead = _("Answer the mail itself, or ask the clinic.")
    return by_key.admitted(token, link_behind, clock.now(), instead=instead)


def _order(link: Link) -> PurchaseOrder:
    order = queries.order_with_id(link.order_id)
    if not link.is_for(order):
        raise NotFoundHereError
    return order


def _page(
    token: str,
    order: PurchaseOrder,
    link: Link,
    status: int = 200,
    refusal: InvalidInput | None = None,
    changed: str = "",
) -> Response:
    page = render_template(
        "desk/answer.html",
        token=token,
        order=order,
        link=link,
        word=wording.STATUS_WORDS[order.status],
        said=_last_answer(order),
        too_late=status == 409,
        changed=changed,
        refusals=sentences(refusal),
        faults=dict(refusal.errors) if refusal else {},
        typed={} if changed else request.form,
        today=local_date(clock.now(), order.supplier.timezone),
        Stage=Stage,
    )
    return by_key.private(page, status)


def _last_answer(order: PurchaseOrder) -> dict[str, object] | None:
    """Return the last step that answered or ended the order, as a timeline's entry."""
    answers = [event for event in order.events if event.kind in ANSWERS]
    return wording.entry(answers[-1], order.supplier.timezone) if answers else None
