"""The page on which people decide on an order from the mail that asks, without signing in.

Opening it changes nothing: programs that read mail follow links. Whoever holds the link sees that
one order; deciding needs an owner who still is one, or for an order that its supplier wrote
somebody who may still order.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping

from flask import Response, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from supply import clock
from supply.accounts.access import NotFoundHereError, has_right, membership_reaching
from supply.accounts.factors.asking import asks
from supply.accounts.models import Membership, Person
from supply.accounts.rules import Right
from supply.actor import Actor
from supply.answering import progress
from supply.approving.sending_back import send_back
from supply.baskets import contents, placing
from supply.baskets.columns import draft_column
from supply.catalogue import wording as goods
from supply.clock import local_date
from supply.db import db, transaction
from supply.ordering import queries, wording
from supply.ordering.decision_links import Link, link_behind
from supply.ordering.events import locked_order, today_at
from supply.ordering.models import PurchaseOrder
from supply.ordering.refusals import WrongStage
from supply.ordering.routes import blueprint
from supply.ordering.terms import EventKind, Side, Stage
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
    """Decide as the person that the link was sent to: once, whoever sends it twice."""
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
    found, membership = _order_and_member(link)
    if _needs_second_step(found, membership):
        raise Refusal(_("Sign in to decide on the order."))
    order = locked_order(link.order_id)
    if not link.is_open_for(order):
        raise WrongStage(order.number, order.stage)
    actor = Actor(link.person_id, request.remote_addr)
    approve = picked(Do, form.get("do"), "do", _("Choose how to decide.")) is Do.APPROVE
    reason = form.get("reason", "")
    if order.stage is Stage.DRAFT and approve:
        _check_shown(order, form, now)
        limit = placing.order_limit(membership)
        placing.place(order.id, limit=limit, actor=actor, now=now)
    elif order.stage is Stage.DRAFT:
        progress.cancel_rest(order.id, side=Side.CLINIC, reason=reason, actor=actor, now=now)
    elif approve:
        placing.approve(order.id, actor=actor, now=now)
    else:
        send_back(order.id, reason=reason, actor=actor, now=now)


def _check_shown(order: PurchaseOrder, form: Mapping[str, str], now: dt.datetime) -> None:
    """Refuse to place a draft that comes to another sum than the page showed."""
    total, _to_pay = contents.draft_totals(order, now)
    if total is not None and form.get("total") != str(total.minor):
        raise Refusal(_("It is not as this page showed it any more: look at it again."))


def _admitted(token: str) -> Link | Response:
    instead = _("Sign in to decide on the order.")
    return by_key.admitted(token, link_behind, clock.now(), instead=instead)


def _order_and_member(link: Link) -> tuple[PurchaseOrder, Membership]:
    """Return the order and the membership by which the person the link was sent to decides.

    Raises:
        NotFoundHereError: there is no such order, or the person decides for its clinic no more.
    """
    order, person = queries.order_with_id(link.order_id), db.session.get(Person, link.person_id)
    membership = membership_reaching(person, order.clinic) if person else None
    if person is None or not person.is_active or membership is None:
        raise NotFoundHereError
    if not has_right(membership, _right(link, order), today_at(order, clock.now())):
        raise NotFoundHereError
    return order, membership


def _right(link: Link, order: PurchaseOrder) -> Right:
    """Return what the link asks for: an owner's word on a limit, else one who orders."""
    over_limit = order.stage is Stage.AWAITING_APPROVAL and link.is_open_for(order)
    return Right.SETTINGS if order.proposed_at is None or over_limit else Right.ORDER


def _needs_second_step(order: PurchaseOrder, membership: Membership) -> bool:
    """Return whether a link is not enough: the practice asks whoever decides for more."""
    return asks(order.clinic.practice, membership.role)


def _page(token: str, link: Link, status: int = 200, refusal: Refusal | None = None) -> Response:
    order, membership = _order_and_member(link)
    now, is_open = clock.now(), link.is_open_for(order)
    g.membership = membership
    guarded = is_open and _needs_second_step(order, membership)
    is_open = is_open and not guarded
    written = is_open and order.stage is Stage.DRAFT
    page = render_template(
        "approving/decide.html",
        token=token,
        order=order,
        owner=membership.person,
        is_open=is_open,
        guarded=guarded,
        column=draft_column(order, now, None, {}) if written else None,
        goods=goods,
        word=wording.STATUS_WORDS[order.status],
        said=_last_step(order),
        refusals=sentences(refusal) if isinstance(refusal, InvalidInput) else [],
        refusal=None if isinstance(refusal, InvalidInput) else refusal,
        reason=request.form.get("reason", ""),
        today=local_date(now, order.clinic.timezone),
    )
    return by_key.private(page, status)


def _last_step(order: PurchaseOrder) -> dict[str, object] | None:
    """Return the last step on the order, as a timeline's entry."""
    steps = [event for event in order.events if event.kind != EventKind.COMMENT]
    return wording.entry(steps[-1], order.clinic.timezone) if steps else None
