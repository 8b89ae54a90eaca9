"""What helps a booked session that falls short, the best first.

A sister clinic's stock in time, then an order that still arrives, then a substitute that the
formulation allows, then another day; failing all of them, an order.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

import sqlalchemy as sa

from supply.accounts.models import Clinic
from supply.accounts.opening import next_open
from supply.clock import local_date
from supply.db import db
from supply.diary.earmarks import ReadyLine
from supply.diary.readiness import Readiness
from supply.formulations.models import (
    FormulationLine,
    FormulationSubstitute,
    FormulationVersion,
)
from supply.inventory import drawing
from supply.items.models import Item
from supply.ordering.outstanding import Outstanding, outstanding
from supply.quantity import ZERO, as_text
from supply.treatments.queries import bookings

SISTERS_OWN = dt.timedelta(days=14)
"""For how long a sister clinic keeps what its own booked sessions take."""


class HelpKind(enum.StrEnum):
    """What helps."""

    TRANSFER = "transfer"
    ARRIVES = "arrives"
    SUBSTITUTE = "substitute"
    MOVE = "move"
    ORDER = "order"


@dataclass(frozen=True, slots=True)
class Help:
    """What helps with a line that falls short; ``facts`` are JSON values it is worded from."""

    kind: HelpKind
    facts: Mapping[str, Any]


def help_for(
    clinic: Clinic, sessions: Sequence[Readiness], *, now: dt.datetime
) -> dict[tuple[int, int], Help]:
    """Return what helps each short line of ``sessions``, by session and item.

    Nothing is asked of the database where nothing is short. What helps one session is not taken
    off what helps the next: whoever acts on the first sees the second anew.
    """
    short = [(one, line) for one in sessions for line in one.short]
    if not short:
        return {}
    last = max(one.session.day for one, _line in short)
    ways = _Ways(clinic, {line.item.id for _one, line in short}, last, now)
    return {
        (one.session.session_id, line.item.id): ways.best(one.session.formulation_id, line,
                                                          one.session.day)
        for one, line in short
    }  # fmt: skip


class _Ways:
    """What is known of the items that fall short, read once for all sessions."""

    def __init__(
        self, clinic: Clinic, item_ids: Collection[int], last: dt.date, now: dt.datetime
    ) -> None:
        self._clinic, self._now, self._last = clinic, now, last
        self._orders = outstanding(clinic.id, item_ids)
        self._substitutes = _substitutes(item_ids)
        stand_ins = {row.id for rows in self._substitutes.values() for row in rows}
        self._here = _free_at(clinic, stand_ins, last, now)
        self._sisters = [
            (sister, _free_at(sister, item_ids, last + SISTERS_OWN, now))
            for sister in _sisters_of(clinic)
        ]
        self._items = _measures(item_ids)

    def best(self, formulation_id: int, line: ReadyLine, day: dt.date) -> Help:
        """Return the first way that covers all that is short of ``line`` on ``day``."""
        facts = {**self._items[line.item.id], "short": as_text(line.short)}
        order = self._orders.get(line.item.id)
        return (
            self._from_a_sister(line, day, facts)
            or _arriving(order, line.short, day, facts)
            or self._instead(formulation_id, line, facts)
            or self._later(order, day, facts)
        )

    def _from_a_sister(
        self, line: ReadyLine, day: dt.date, facts: Mapping[str, Any]
    ) -> Help | None:
        for sister, free in self._sisters:
            lots = [
                lot for lot in free.get(line.item.id, ()) if lot.expiry is None or lot.expiry >= day
            ]
            spare = sum((lot.quantity for lot in lots), ZERO)
            if spare >= line.short:
                more = {"clinic": sister.name, "lot": lots[0].number, "spare": as_text(spare)}
                return Help(HelpKind.TRANSFER, {**facts, **more})
        return None

    def _instead(
        self, formulation_id: int, line: ReadyLine, facts: Mapping[str, Any]
    ) -> Help | None:
        for row in self._substitutes.get((formulation_id, line.item.id), ()):
            free = sum((lot.quantity for lot in self._here.get(row.id, ())), ZERO)
            if free >= row.quantity:
                more = {"instead": row.name, "instead_code": row.code}
                return Help(HelpKind.SUBSTITUTE, {**facts, **more})
        return None

    def _later(self, order: Outstanding | None, day: dt.date, facts: Mapping[str, Any]) -> Help:
        today = local_date(self._now, self._clinic.timezone)
        if order is None or order.expected_on is None or not order.on_order:
            return Help(HelpKind.ORDER, dict(facts))
        arrives = max(order.expected_on, today)
        moved = next_open(self._clinic.opening_days, max(arrives, day + dt.timedelta(days=1)))
        return Help(HelpKind.MOVE, {**facts, **_coming(order), "move_to": moved.isoformat()})


def _arriving(
    order: Outstanding | None, short: Decimal, day: dt.date, facts: Mapping[str, Any]
) -> Help | None:
    if order is None or order.expected_on is None or order.on_order < short:
        return None
    if order.expected_on > day:
        return None
    return Help(HelpKind.ARRIVES, {**facts, **_coming(order)})


def _coming(order: Outstanding) -> dict[str, str]:
    expected = order.expected_on
    return {
        "coming": as_text(order.on_order),
        "expected_on": expected.isoformat() if expected else "",
    }


@dataclass(frozen=True, slots=True)
class _Lot:
    number: str
    expiry: dt.date | None
    quantity: Decimal


def _free_at(
    clinic: Clinic, item_ids: Collection[int], until: dt.date, now: dt.datetime
) -> dict[int, list[_Lot]]:
    """Return what of ``item_ids`` may be drawn at ``clinic`` and no booked session takes.

    Sealed stock only, the last to expire first: what is booked takes the first.
    """
    if not item_ids:
        return {}
    sources = drawing.drawable(clinic.id, item_ids, at=now, timezone=clinic.timezone)
    today = local_date(now, clinic.timezone)
    taken: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for _session, _day, item_id, quantity in bookings(clinic.id, today, until).needs:
        taken[item_id] += quantity
    found: dict[int, list[_Lot]] = defaultdict(list)
    for source in sorted(sources, key=lambda one: (one.expiry or dt.date.max, one.balance_id)):
        used = min(source.quantity, taken[source.item_id])
        taken[source.item_id] -= used
        if source.container_id is None and source.quantity > used:
            left = _Lot(source.lot_number, source.expiry, source.quantity - used)
            found[source.item_id].insert(0, left)
    return found


def _sisters_of(clinic: Clinic) -> list[Clinic]:
    return list(
        db.session.scalars(
            sa.select(Clinic)
            .where(Clinic.practice_id == clinic.practice_id, Clinic.id != clinic.id)
            .order_by(Clinic.name, Clinic.id)
        )
    )


def _substitutes(item_ids: Collection[int]) -> dict[tuple[int, int], list[Any]]:
    """Return by formulation and item what may stand in for it, in the recipe's order."""
    found: dict[tuple[int, int], list[Any]] = defaultdict(list)
    for row in db.session.execute(_stand_ins(), {"items": list(item_ids)}):
        found[row.formulation_id, row.instead_of].append(row)
    return found


@cache
def _stand_ins() -> sa.Select[*tuple[Any, ...]]:
    version = FormulationVersion
    other = sa.orm.aliased(FormulationVersion)
    newest = (
        sa.select(sa.func.max(other.number))
        .where(other.formulation_id == version.formulation_id)
        .correlate(version)
        .scalar_subquery()
    )
    return (
        sa.select(
            version.formulation_id,
            FormulationLine.item_id.label("instead_of"),
            FormulationSubstitute.quantity,
            Item.id,
            Item.code,
            Item.name,
        )
        .join(FormulationLine, FormulationLine.version_id == version.id)
        .join(FormulationSubstitute, FormulationSubstitute.line_id == FormulationLine.id)
        .join(Item, Item.id == FormulationSubstitute.item_id)
        .where(
            FormulationLine.item_id.in_(sa.bindparam("items", expanding=True)),
            version.number == newest,
            Item.archived_at.is_(None),
        )
        .order_by(version.formulation_id, FormulationSubstitute.position)
    )


def _measures(item_ids: Collection[int]) -> dict[int, dict[str, str]]:
    """Return by item the facts by which its quantities are worded."""
    rows = db.session.execute(
        sa.select(Item.id, Item.name, Item.unit, Item.container, Item.content_per_container).where(
            Item.id.in_(item_ids)
        )
    )
    return {
        row.id: {
            "item": row.name,
            "unit": row.unit.value,
            "container": row.container,
            "content": as_text(row.content_per_container),
        }
        for row in rows
    }
