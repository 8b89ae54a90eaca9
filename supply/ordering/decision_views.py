"""The page on which an owner decides on an order from the mail that asks, without signing in.

Opening it changes nothing: programs that read mail follow links. Whoever holds the link sees that
one order; deciding needs an owner who still is one.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping

from flask import Response, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from supply import clock
from supply.accounts.access import NotFoundHereError, clinics_to_decide_for
from supply.accounts.models import Person
from supply.actor import Actor
from supply.clock import local_date
from supply.db import db, transaction
from supply.ordering import queries, services, wording
from supply.ordering.decision_links import Link, link_behind
from supply.ordering.events import locked_order
from supply.ordering.models import PurchaseOrder
from supply.ordering.refusals import WrongStage
from supply.ordering.routes import blueprint
from supply.ordering.sending_back import send_back
from supply.ordering.terms import EventKind
from supply.refusals import InvalidInput, Refusal
from supply.web import by_key
from supply.web.choices import picked
from supply.web.forms import sentences

Answer = Response | AnyResponse


class Do(enum.StrEnum):
    """What a form of the page does."""

    APPROVE = "approve"
    SEND_BACK = "send_back"


@blueprint.get("/decide/<token>")
def decide(token: str) -> Answer:
    """Show the order with the two ways to decide, or what became of it."""
    g.standing_alone = True
    link = _admitted(token)
    return link if isinstance(link, Response) else _page(token, link)


@blueprint.post("/decide/<token>")
def send_decision(token: str) -> Answer:
    """Decide as the owner that the link was sent to: once, whoever sends it twice."""
    g.standing_alone = True
    link = _admitted(token)
    if isinstance(link, Response):
        return link
    try:
        with transaction():
            _do(link, request.form, clock.now())
    except InvalidInput as refusal:
        return _page(token, link, 400, refusal)
    except Refusal as refusal:
        # Decided at the same moment, or something it needs has changed since it was asked for.
        return _page(token, link, 409, refusal)
    return redirect(url_for("ordering.decide", token=token))


def _do(link: Link, form: Mapping[str, str], now: dt.datetime) -> None:
    _order_and_owner(link)
    order = locked_order(link.order_id)
    if not link.is_open_for(order):
        raise WrongStage(order.number, order.stage)
    actor = Actor(link.person_id, request.remote_addr)
    if picked(Do, form.get("do"), "do", _("Choose how to decide.")) is Do.APPROVE:
        services.approve(order.id, actor=actor, now=now)
    else:
        send_back(order.id, reason=form.get("reason", ""), actor=actor, now=now)


def _admitted(token: str) -> Link | Response:
    instead = _("Sign in to decide on the order.")
    return by_key.admitted(token, link_behind, clock.now(), instead=instead)


def _order_and_owner(link: Link) -> tuple[PurchaseOrder, Person]:
    """Return the order and the owner the link was sent to.

    Raises:
        NotFoundHereError: there is no such order, or the person decides for its clinic no more.
    """
    order, owner = queries.order_with_id(link.order_id), db.session.get(Person, link.person_id)
    if owner is None or not owner.is_active or not clinics_to_decide_for(owner, [order.clinic]):
        raise NotFoundHereError
    return order, owner


def _page(token: str, link: Link, status: int = 200, refusal: Refusal | None = None) -> Response:
    order, owner = _order_and_owner(link)
    page = render_template(
        "ordering/decide.html",
        token=token,
        order=order,
        owner=owner,
        is_open=link.is_open_for(order),
        word=wording.STATUS_WORDS[order.status],
        said=_last_step(order),
        refusals=sentences(refusal) if isinstance(refusal, InvalidInput) else [],
        refusal=None if isinstance(refusal, InvalidInput) else refusal,
        reason=request.form.get("reason", ""),
        today=local_date(clock.now(), order.clinic.timezone),
    )
    return by_key.private(page, status)


def _last_step(order: PurchaseOrder) -> dict[str, object] | None:
    """Return the last step on the order, as a timeline's entry."""
    steps = [event for event in order.events if event.kind != EventKind.COMMENT]
    return wording.entry(steps[-1], order.clinic.timezone) if steps else None
