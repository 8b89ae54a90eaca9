"""Items judged by their projection: when to order, how much, from whom, and what comes first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import sqlalchemy as sa

from supply.accounts.models import Clinic
from supply.alerts.scope import Scope
from supply.alerts.settling import Finding
from supply.alerts.terms import AlertKind
from supply.db import db, execute, table
from supply.items.models import ClinicItem, Item
from supply.need import supplies
from supply.need.bookings import total, until
from supply.need.foreseeing import COVER, Foresight, Supposed, Target, foresee
from supply.need.learning import learn
from supply.need.models import LearnedUse
from supply.need.outlook import Outlook, outlook
from supply.quantity import ZERO, as_text, whole_containers
from supply.replenishment.findings import item_facts
from supply.replenishment.models import Policy
from supply.replenishment.queries import service_level
from supply.replenishment.reordering import Emptied, Proposed
from supply.replenishment.rescuing import Rescue, Transfer, rescue
from supply.replenishment.rules import Choice, level_of
from supply.replenishment.terms import Method

CLINIC, CLINIC_ITEM, ITEM, POLICY = map(table, (Clinic, ClinicItem, Item, Policy))
LEARNED = table(LearnedUse)

SHOWN_BEFORE: Final = 7
"""Days before the day to order on which it is proposed."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a sweep foresees of items judged by their projection."""

    findings: Sequence[Finding] = ()
    proposals: Sequence[Proposed] = ()
    transfers: Sequence[Transfer] = ()
    emptied: Sequence[Emptied] = ()
    """What is out of stock of what nobody has set a policy for, and is used or booked."""


def foresee_items(scope: Scope) -> Foreseen:
    """Return what to order or bring over of the items of ``scope`` judged by their projection.

    Learns first what is not known as of the clinics' day.
    """
    learn(scope)
    kept = list(targets_of(scope))
    if not kept:
        return Foreseen()
    targets = [one.target for one in kept]
    ahead = foresee(scope, targets)
    _note_shortfalls(ahead)
    wanted = [row for row, one in enumerate(kept) if one.judged and _is_wanted(ahead, row)]
    rescues = rescue(ahead, wanted)
    findings: list[Finding] = []
    proposals: list[Proposed] = []
    for row in wanted:
        facts, choice, order_by = _proposed(ahead, row, rescues.get(row))
        target = targets[row]
        if bool(ahead.made.firing[row]):
            findings.append(_finding(target, facts))
        if choice is not None:
            proposals.append(Proposed(*target.pair, choice, facts, order_by))
    transfers = [one.transfer for one in rescues.values()]
    return Foreseen(findings, proposals, transfers, list(_emptied(ahead, kept)))


def _emptied(ahead: Foresight, kept: Sequence[Kept]) -> Iterator[Emptied]:
    for row, one in enumerate(kept):
        if one.judged and one.unset and ahead.is_used(row) and not ahead.available(row):
            item = ahead.item(row)
            yield Emptied(
                *one.target.pair,
                supplies.on_order(ahead.coming_of(row)),
                item_facts(item, item.content_per_container),
            )


@dataclass(frozen=True, slots=True)
class Kept:
    """An item counted at a clinic, and whether its projection decides when it is ordered."""

    target: Target
    judged: bool
    unset: bool
    """Whether there is no policy for it."""


def targets_of(scope: Scope) -> Iterator[Kept]:
    """Yield the tracked items kept or judged by projection, and how sure one is to be of each.

    Its projection decides where the policy says so; at clinics that began so, also where there is
    no policy.
    """
    here = sa.and_(
        POLICY.c.clinic_id == CLINIC_ITEM.c.clinic_id, POLICY.c.item_id == CLINIC_ITEM.c.item_id
    )
    projected = POLICY.c.method == Method.PROJECTED
    kept = (
        sa.select(
            CLINIC_ITEM.c.clinic_id,
            CLINIC_ITEM.c.item_id,
            POLICY.c.service_level_thousandths,
            sa.case((POLICY.c.id.is_(None), CLINIC.c.projected), else_=projected),
        )
        .join(ITEM, ITEM.c.id == CLINIC_ITEM.c.item_id)
        .join(CLINIC, CLINIC.c.id == CLINIC_ITEM.c.clinic_id)
        .outerjoin(POLICY, here)
        .where(
            scope.limit(CLINIC_ITEM.c.clinic_id),
            scope.about(CLINIC_ITEM.c.item_id),
            CLINIC_ITEM.c.tracked,
            ITEM.c.archived_at.is_(None),
        )
    )
    never_kept = (
        sa.select(
            POLICY.c.clinic_id, POLICY.c.item_id, POLICY.c.service_level_thousandths, projected
        )
        .join(ITEM, ITEM.c.id == POLICY.c.item_id)
        .where(
            scope.limit(POLICY.c.clinic_id),
            scope.about(POLICY.c.item_id),
            projected,
            ITEM.c.archived_at.is_(None),
            ~sa.exists().where(here),
        )
    )
    rows = db.session.execute(sa.union_all(kept, never_kept)).all()
    for clinic_id, item_id, thousandths, judged in sorted(rows, key=lambda row: row[:2]):
        target = Target(clinic_id, item_id, level_of(thousandths))
        yield Kept(target, bool(judged), unset=thousandths is None)


def _note_shortfalls(ahead: Foresight) -> None:
    """Keep on which day each item is expected to fall short, where that has changed."""
    changed = []
    for row, target in enumerate(ahead.targets):
        day = ahead.day(row, int(ahead.made.first_short[row])) if ahead.is_used(row) else None
        known = ahead.learned(row)
        if known is not None and known.short_on != day:
            changed.append({"clinic": target.clinic_id, "item": target.item_id, "day": day})
    if changed:
        statement = (
            sa.update(LEARNED)
            .where(
                LEARNED.c.clinic_id == sa.bindparam("clinic"),
                LEARNED.c.item_id == sa.bindparam("item"),
            )
            .values(short_on=sa.bindparam("day"))
        )
        execute(statement, changed)


@dataclass(frozen=True, slots=True)
class Advice:
    """What to order of one item, by when, and the figures it is worded from."""

    facts: dict[str, Any]
    order_by: dt.date | None
    product_id: int | None
    """The product to order."""
    used: bool
    """Whether it is used or booked at all."""


def advice_on(
    clinic: Clinic, item_id: int, *, now: dt.datetime, supposed: Supposed | None = None
) -> tuple[Advice, Outlook]:
    """Return what the projection says of an item at ``clinic``, whatever it is judged by."""
    target = Target(clinic.id, item_id, service_level(clinic.id, item_id))
    ahead, found = outlook(clinic, target, now=now, supposed=supposed)
    if found.order_by is None:
        return Advice(facts_of(ahead, 0), None, None, ahead.is_used(0)), found
    facts, choice, order_by = _proposed(ahead, 0, None)
    product_id = None if choice is None else choice.product_id
    return Advice(facts, order_by, product_id, ahead.is_used(0)), found


def kept_at(clinic: Clinic, also: Collection[int] = ()) -> list[Target]:
    """Return all that is counted at ``clinic`` and the items ``also``, each with its level."""
    rows = db.session.execute(
        sa.select(ITEM.c.id, POLICY.c.service_level_thousandths)
        .outerjoin(
            CLINIC_ITEM,
            sa.and_(CLINIC_ITEM.c.item_id == ITEM.c.id, CLINIC_ITEM.c.clinic_id == clinic.id),
        )
        .outerjoin(POLICY, sa.and_(POLICY.c.item_id == ITEM.c.id, POLICY.c.clinic_id == clinic.id))
        .where(
            ITEM.c.practice_id == clinic.practice_id,
            ITEM.c.archived_at.is_(None),
            sa.func.coalesce(CLINIC_ITEM.c.tracked, sa.true()),
            sa.or_(CLINIC_ITEM.c.clinic_id.is_not(None), ITEM.c.id.in_(list(also))),
        )
        .order_by(ITEM.c.id)
    )
    return [Target(clinic.id, item_id, level_of(thousandths)) for item_id, thousandths in rows]


def _is_wanted(ahead: Foresight, row: int) -> bool:
    """Return whether the day to order is near, of what is used or booked at all."""
    day, soon = ahead.order_by(row), ahead.day(row, SHOWN_BEFORE)
    return day is not None and soon is not None and day <= soon


def _finding(target: Target, facts: dict[str, Any]) -> Finding:
    subject = f"item:{target.item_id}"
    kind = AlertKind.ORDER_NOW
    return Finding(target.clinic_id, kind, subject, facts, item_id=target.item_id)


def _proposed(
    ahead: Foresight, row: int, brought: Rescue | None
) -> tuple[dict[str, Any], Choice | None, dt.date]:
    """Return the facts of an item to order, what to order of it, and by when."""
    firing, order_by = bool(ahead.made.firing[row]), ahead.order_by(row)
    if order_by is None:
        raise ValueError("only what is to be ordered has a day for it")
    choice = _choice(ahead, row, brought)
    facts = facts_of(ahead, row) | {"order_by": order_by.isoformat()}
    if brought is not None:
        facts |= brought.facts
    place = ahead.scope.places[ahead.targets[row].clinic_id]
    facts |= {"currency": place.currency, **_levels(ahead, row, choice, firing=firing)}
    chosen = ahead.chosen[row]
    if choice is not None and chosen is not None:
        facts |= {
            "packs": choice.packs,
            "quantity": as_text(choice.quantity),
            "chosen": chosen[1].value,
            **ahead.offers.names[choice.product_id],
        }
    return facts, choice, order_by


def _choice(ahead: Foresight, row: int, brought: Rescue | None) -> Choice | None:
    """Return what to buy beside what is brought over; None where that is enough, or none sold."""
    chosen = ahead.chosen[row]
    if chosen is None:
        return None
    offer = chosen[0]
    packs = int(ahead.made.packs[row])
    if brought is not None:
        left = ahead.lacking(row, ahead.takes(row)[1] + COVER) - brought.transfer.quantity
        if left <= 0:
            return None
        packs = max(whole_containers(left, offer.pack), offer.minimum_packs)
    return Choice(offer.product_id, packs, offer.pack)


def _levels(ahead: Foresight, row: int, choice: Choice | None, *, firing: bool) -> dict[str, str]:
    """Return the level at or below which it is to be ordered now, and the one to reach.

    What makes it low counts as the level even where a booking rather than the level says so:
    until more is there or on order, it is low.
    """
    position = ahead.available(row) + supplies.on_order(ahead.coming_of(row))
    lost = position - ahead.base(row, float(ahead.made.position[row]))
    line = ahead.base(row, float(ahead.made.line[row])) + max(lost, ZERO)
    point = max(line, position) if firing else position
    reached = position + (choice.quantity if choice is not None else ZERO)
    return {
        "reorder_point": as_text(point),
        "par_level": as_text(max(reached, point + Decimal("0.001"))),
    }


def facts_of(ahead: Foresight, row: int) -> dict[str, Any]:
    """Return the figures by which an item's need is worded, in its base unit, up to a day.

    The day is the first on which it falls short, else as far as an order placed today would last.
    """
    item = ahead.item(row)
    low, high = ahead.takes(row)
    short = int(ahead.made.first_short[row])
    days = short if short >= 0 else min(high + COVER, ahead.days - 1)
    by = ahead.day(row, days)
    if by is None:
        raise ValueError("a day ahead is a day")
    booked = until(ahead.takings_of(row), by)
    rate = float(ahead.made.rate[row])
    lost = sum((left for _lot, day, left in ahead.ending(row) if day < by), ZERO)
    coming = supplies.on_order(ahead.coming_of(row))
    available = ahead.available(row)
    return item_facts(item, item.content_per_container) | {
        "method": Method.PROJECTED.value,
        "available": as_text(available),
        "on_order": as_text(coming),
        "by": by.isoformat(),
        "short": short >= 0,
        "sessions": len({one.session_id for one in booked}),
        "booked": as_text(total(booked)),
        "expected": as_text(ahead.base(row, rate * (days + 1))),
        "usable": as_text(max(available + coming - lost, ZERO)),
        "lost": as_text(lost),
        "takes": [low, high],
        "service_level": str(round(ahead.targets[row].service_level, 3)),
        "borrowed": ahead.is_borrowed(row),
        "reckoned_from": ahead.reckoned_from(row),
    }
