"""Setting standing orders up, pausing, skipping and ending them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from supply.accounts.access import NotFoundHereError
from supply.accounts.models import Clinic
from supply.actor import Actor
from supply.audit import services as audit
from supply.baskets.drafts import BasketLine
from supply.catalogue.models import Product
from supply.catalogue.successors import replacements
from supply.clock import local_date
from supply.db import db
from supply.filling import templates
from supply.filling.models import OrderTemplate, TemplateLine
from supply.filling.templates import Replaced, template_of
from supply.refusals import InvalidInput
from supply.standing.models import StandingOrder, StandingRun
from supply.standing.refusals import AlreadyOver, ChangedMeanwhile
from supply.standing.rules import MOST_EVERY, Rhythm, next_due
from supply.standing.terms import Every

MOST = 100
"""Standing orders a clinic may have."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is ordered, of whom (None: everybody on the template), and when."""

    template_id: int
    rhythm: Rhythm
    supplier_id: int | None = None


def standing_orders(clinic: Clinic) -> Sequence[StandingOrder]:
    """Return the clinic's standing orders, those due next first; a fixed number of statements."""
    query = (
        sa.select(StandingOrder)
        .where(StandingOrder.clinic_id == clinic.id, StandingOrder.deleted_at.is_(None))
        .options(
            joinedload(StandingOrder.template)
            .selectinload(OrderTemplate.lines)
            .joinedload(TemplateLine.product),
            joinedload(StandingOrder.supplier),
            joinedload(StandingOrder.person),
        )
        .order_by(StandingOrder.next_on.is_(None), StandingOrder.next_on, StandingOrder.id)
    )
    return db.session.scalars(query).all()


def last_runs(standing: Sequence[StandingOrder]) -> dict[int, StandingRun]:
    """Return by standing order's id what came of it the last time it was due; one statement."""
    ids = [one.id for one in standing]
    last = (
        sa.select(sa.func.max(StandingRun.id))
        .where(StandingRun.standing_order_id.in_(ids))
        .group_by(StandingRun.standing_order_id)
    )
    rows = db.session.scalars(sa.select(StandingRun).where(StandingRun.id.in_(last)))
    return {run.standing_order_id: run for run in rows}


def standing_order(
    clinic: Clinic, standing_id: int, *, deleted: bool = False, lock: bool = True
) -> StandingOrder:
    """Return a standing order of the clinic, locked for a change unless it is only looked at.

    Raises:
        NotFoundHereError: there is none.
    """
    query = (
        sa.select(StandingOrder)
        .where(
            StandingOrder.id == standing_id,
            StandingOrder.clinic_id == clinic.id,
            StandingOrder.deleted_at.is_not(None)
            if deleted
            else StandingOrder.deleted_at.is_(None),
        )
        .execution_options(populate_existing=True)
    )
    if lock:
        query = query.with_for_update(key_share=True)
    found = db.session.scalars(query).one_or_none()
    if found is None:
        raise NotFoundHereError
    return found


def set_up(clinic: Clinic, plan: Plan, *, actor: Actor, now: dt.datetime) -> StandingOrder:
    """Make a standing order of the person who acts.

    Raises:
        InvalidInput: a rhythm that cannot be, or is over before it begins; a template that is not
            the clinic's, or without a line of the supplier: by field.
    """
    if len(standing_orders(clinic)) >= MOST:
        raise InvalidInput(("", _("End a standing order you no longer need first.")))
    today = local_date(now, clinic.timezone)
    next_on = _checked(clinic, plan, today)
    order = StandingOrder(
        clinic_id=clinic.id, person_id=actor.person_id, created_at=now, next_on=next_on
    )
    _put(order, plan)
    db.session.add(order)
    return _saved(order, clinic, "set_up", actor, now)


def change(
    clinic: Clinic,
    standing_id: int,
    plan: Plan,
    *,
    was: str | None = None,
    actor: Actor,
    now: dt.datetime,
) -> StandingOrder:
    """Change what a standing order orders and when; it is from now on who acts who orders.

    ``was`` is the :func:`seal` of what the page showed.

    Raises:
        ChangedMeanwhile: it is not what the page showed.
        InvalidInput: see :func:`set_up`.
    """
    order = standing_order(clinic, standing_id)
    if was not in (None, seal(order)):
        raise ChangedMeanwhile
    order.next_on = _checked(clinic, plan, local_date(now, clinic.timezone), order)
    order.skip_on, order.retry_at = None, None
    if actor.person_id is not None:
        order.person_id = actor.person_id
    _put(order, plan)
    return _saved(order, clinic, "changed", actor, now)


def seal(order: StandingOrder) -> str:
    """Return a word for what a standing order orders and when, the same while that is."""
    rhythm = order.rhythm
    parts = (
        order.template_id,
        order.supplier_id or "",
        rhythm.every.value,
        rhythm.count,
        rhythm.on,
    )
    return "/".join(map(str, (*parts, rhythm.starts_on, rhythm.ends_on or "")))


def pause(clinic: Clinic, standing_id: int, *, actor: Actor, now: dt.datetime) -> StandingOrder:
    """Order nothing until it is resumed."""
    order = standing_order(clinic, standing_id)
    order.paused_at = order.paused_at or now
    return _saved(order, clinic, "paused", actor, now)


def resume(clinic: Clinic, standing_id: int, *, actor: Actor, now: dt.datetime) -> StandingOrder:
    """Go on from the next day it is due, not counting those that went by while it was paused.

    Raises:
        AlreadyOver: it is not due any more.
    """
    order = standing_order(clinic, standing_id)
    yesterday = local_date(now, clinic.timezone) - dt.timedelta(days=1)
    order.next_on = _next(order, yesterday)
    if order.next_on is None:
        raise AlreadyOver
    order.paused_at = None
    return _saved(order, clinic, "resumed", actor, now)


def skip_next(
    clinic: Clinic, standing_id: int, due_on: dt.date, *, actor: Actor, now: dt.datetime
) -> StandingOrder:
    """Leave the next order out; ``due_on`` says which was meant, so that twice skips one.

    Raises:
        AlreadyOver: another one is next by now.
    """
    order = standing_order(clinic, standing_id)
    if order.next_on != due_on:
        raise AlreadyOver
    order.skip_on = due_on
    return _saved(order, clinic, "skipped", actor, now)


def unskip(clinic: Clinic, standing_id: int, *, actor: Actor, now: dt.datetime) -> StandingOrder:
    """Order the next one after all."""
    order = standing_order(clinic, standing_id)
    order.skip_on = None
    return _saved(order, clinic, "unskipped", actor, now)


def end(clinic: Clinic, standing_id: int, *, actor: Actor, now: dt.datetime) -> StandingOrder:
    """End a standing order; :func:`take_up_again` brings it back."""
    order = standing_order(clinic, standing_id)
    order.deleted_at = now
    return _saved(order, clinic, "ended", actor, now)


def take_up_again(
    clinic: Clinic, standing_id: int, *, actor: Actor, now: dt.datetime
) -> StandingOrder:
    """Bring an ended standing order back; what went by meanwhile is not ordered."""
    order = standing_order(clinic, standing_id, deleted=True)
    order.deleted_at = None
    order.next_on = _next(order, local_date(now, clinic.timezone) - dt.timedelta(days=1))
    return _saved(order, clinic, "taken_up_again", actor, now)


def _next(order: StandingOrder, after: dt.date) -> dt.date | None:
    """Return when an order is due next after a day, and after the last day it ran."""
    return next_due(order.rhythm, max(after, _last_ran(order)))


def _last_ran(order: StandingOrder) -> dt.date:
    """Return the last day on which it was due and something came of it."""
    last = sa.select(sa.func.max(StandingRun.due_on)).where(
        StandingRun.standing_order_id == order.id
    )
    return db.session.scalar(last) or dt.date.min


def _checked(
    clinic: Clinic, plan: Plan, today: dt.date, order: StandingOrder | None = None
) -> dt.date:
    """Return when a plan is due first, from today on; refuse what cannot be."""
    rhythm, faults = plan.rhythm, []
    if not 1 <= rhythm.count <= MOST_EVERY:
        faults.append(("count", _("Enter a whole number from 1 to %(most)d.", most=MOST_EVERY)))
    least, most = (0, 6) if rhythm.every is Every.WEEKS else (1, 31)
    if not least <= rhythm.on <= most:
        faults.append(("day_of", _("Choose a day.")))
    if not faults and rhythm.ends_on is not None and rhythm.ends_on < rhythm.starts_on:
        faults.append(("ends_on", _("The last day is before the first.")))
    if faults:
        raise InvalidInput(*faults)
    _check_template(clinic, plan)
    yesterday = today - dt.timedelta(days=1)
    due = next_due(rhythm, max(yesterday, _last_ran(order)) if order else yesterday)
    if due is None:
        raise InvalidInput(("ends_on", _("With these days nothing would ever be ordered.")))
    return due


def _check_template(clinic: Clinic, plan: Plan) -> None:
    try:
        template = template_of(clinic, plan.template_id)
    except NotFoundHereError as error:
        raise InvalidInput(("template", _("Choose a template."))) from error
    suppliers = {line.product.supplier_id for line in template.lines}
    if plan.supplier_id is not None and plan.supplier_id not in suppliers:
        message = _("Nothing on this template is from that supplier.")
        raise InvalidInput(("supplier", message))


def _put(order: StandingOrder, plan: Plan) -> None:
    rhythm = plan.rhythm
    order.template_id, order.supplier_id = plan.template_id, plan.supplier_id
    order.every, order.count, order.day_of = rhythm.every, rhythm.count, rhythm.on
    order.starts_on, order.ends_on = rhythm.starts_on, rhythm.ends_on


def _saved(
    order: StandingOrder, clinic: Clinic, did: str, actor: Actor, now: dt.datetime
) -> StandingOrder:
    db.session.flush()
    audit.record(
        actor,
        f"standing_order.{did}",
        ("standing_order", order.id),
        now,
        practice_id=clinic.practice_id,
        clinic_id=clinic.id,
        after={
            "template": order.template_id,
            "every": f"{order.count} {order.every.value}",
            "next_on": order.next_on.isoformat() if order.next_on else None,
        },
    )
    return order


def lines_of(order: StandingOrder) -> list[TemplateLine]:
    """Return the lines that it orders: its supplier's, or all; none of a deleted template."""
    if order.template.deleted_at is not None:
        return []
    return [
        line
        for line in order.template.lines
        if order.supplier_id in (None, line.product.supplier_id)
    ]


def not_sold(standing: Sequence[StandingOrder]) -> dict[int, list[tuple[TemplateLine, Product]]]:
    """Return by standing order's id its lines that are no longer sold, with what replaces each.

    What nothing replaces is left out. At most one statement.
    """
    lines = {one.id: lines_of(one) for one in standing}
    instead = replacements(line.product for found in lines.values() for line in found)
    return {
        one: [(line, instead[line.product_id]) for line in found if line.product_id in instead]
        for one, found in lines.items()
    }


def replace_line(
    clinic: Clinic, standing_id: int, line_id: int, *, actor: Actor, now: dt.datetime
) -> Replaced:
    """Let what replaces a line's product be ordered from now on: its template has that instead.

    Raises:
        InvalidInput: the template has no such line, or nothing replaces its product.
    """
    order = standing_order(clinic, standing_id)
    return templates.replace_line(clinic, order.template_id, line_id, actor=actor, now=now)


def undo_replacing(
    clinic: Clinic,
    standing_id: int,
    line_id: int,
    old: BasketLine,
    *,
    actor: Actor,
    now: dt.datetime,
) -> StandingOrder:
    """Let the ``old`` product be ordered again that something replaced on the template's line.

    Raises:
        InvalidInput: the template was changed since.
    """
    order = standing_order(clinic, standing_id)
    templates.undo_replacing(clinic, order.template_id, line_id, old, actor=actor, now=now)
    return order
