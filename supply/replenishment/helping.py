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
from supply.diary.readiness import Readiness, readiness
from supply.formulations.models import (
    FormulationLine,
    FormulationSubstitute,
    FormulationVersion,
)
from supply.inventory import drawing
from supply.inventory.rules import Source, is_expired
from supply.items.models import Item
from supply.ordering.outstanding import Outstanding, outstanding_at
from supply.quantity import ZERO, as_text
from supply.treatments.queries import Booked, bookings_at

SISTERS_OWN = dt.timedelta(days=14)
"""For how long a sister clinic keeps what its own booked sessions take."""


NOTHING: Mapping[tuple[int, int], Decimal] = {}


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

    Nothing is asked of the database where nothing is short. What is on its way is shared among
    the sessions in their order, for nobody has to act on it. Else what helps one session is not
    taken off what helps the next: whoever acts on the first sees the second anew.
    """
    return help_at({clinic.id: sessions}, now=now)


def day_with_help(
    clinic: Clinic, day: dt.date, *, now: dt.datetime
) -> tuple[list[Readiness], dict[tuple[int, int], Help]]:
    """Return the sessions of ``day``, and what helps each of them by session and item.

    Those of the days before it have their share of what is on its way.
    """
    today = local_date(now, clinic.timezone)
    found = readiness(clinic, min(day, today), day, now=now)
    return [one for one in found if one.session.day == day], help_for(clinic, found, now=now)


def help_at(
    sessions: Mapping[int, Sequence[Readiness]], *, now: dt.datetime
) -> dict[tuple[int, int], Help]:
    """Return what :func:`help_for` says for several clinics, in as many statements as for one."""
    short = {
        clinic_id: [(one, line) for one in theirs for line in one.short]
        for clinic_id, theirs in sessions.items()
    }
    short = {clinic_id: lines for clinic_id, lines in short.items() if lines}
    if not short:
        return {}
    known = _read(short, now)
    found: dict[tuple[int, int], Help] = {}
    for clinic_id, lines in short.items():
        ways = _Ways(clinic_id, lines, known)
        for one, line in lines:
            key = one.session.session_id, line.item.id
            found[key] = ways.best(one.session.formulation_id, line, one.session.day)
    return found


Short = Sequence[tuple[Readiness, ReadyLine]]
"""The lines of a clinic's sessions that fall short."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of the items that fall short, read once for all clinics and their sisters."""

    now: dt.datetime
    clinics: Mapping[int, Clinic]
    orders: Mapping[tuple[int, int], Outstanding]
    substitutes: Mapping[tuple[int, int], Sequence[Any]]
    sources: Mapping[int, Sequence[Source]]
    booked: Mapping[int, Booked]
    measures: Mapping[int, Mapping[str, str]]

    def today(self, clinic: Clinic) -> dt.date:
        """Return a clinic's own day."""
        return local_date(self.now, clinic.timezone)

    def free_at(
        self, clinic: Clinic, item_ids: Collection[int], until: dt.date
    ) -> dict[int, list[_Lot]]:
        """Return what of ``item_ids`` may be drawn at ``clinic`` and no booked session takes.

        Sealed stock only, the last to expire first: what is booked takes the first.
        """
        today = self.today(clinic)
        taken: dict[int, Decimal] = defaultdict(lambda: ZERO)
        for _session, day, item_id, quantity in self.booked[clinic.id].needs:
            if today <= day <= until:
                taken[item_id] += quantity
        usable = [
            source
            for source in self.sources.get(clinic.id, ())
            if source.item_id in item_ids and not is_expired(source.expiry, today)
        ]
        return _left_over(usable, taken)

    def free_at_sisters(
        self, clinic: Clinic, item_ids: Collection[int], until: dt.date
    ) -> list[tuple[Clinic, dict[int, list[_Lot]]]]:
        """Return what :meth:`free_at` says of each other clinic of the practice, by name."""
        return [
            (sister, self.free_at(sister, item_ids, until))
            for sister in self.clinics.values()
            if sister.practice_id == clinic.practice_id and sister.id != clinic.id
        ]


def _read(short: Mapping[int, Short], now: dt.datetime) -> _Known:
    """Read what is to be known, in a fixed number of statements."""
    clinics = _clinics_and_sisters(short)
    item_ids = {line.item.id for lines in short.values() for _one, line in lines}
    substitutes = _substitutes(item_ids)
    stand_ins = {row.id for rows in substitutes.values() for row in rows}
    since = min(local_date(now, clinic.timezone) for clinic in clinics.values())
    last = max(one.session.day for lines in short.values() for one, _line in lines)
    return _Known(
        now,
        clinics,
        outstanding_at(list(short), item_ids),
        substitutes,
        drawing.drawable_at(list(clinics), item_ids | stand_ins, at=now, since=since),
        bookings_at(list(clinics), since, last + SISTERS_OWN),
        _measures(item_ids),
    )


def from_sisters(
    clinic: Clinic, short: Mapping[int, Decimal], *, now: dt.datetime
) -> dict[int, Help]:
    """Return, of the items ``clinic`` is ``short`` of now, which a sister clinic has to spare."""
    found = from_sisters_at({clinic.id: short}, now=now)
    return {item_id: way for (_clinic_id, item_id), way in found.items()}


def from_sisters_at(
    short: Mapping[int, Mapping[int, Decimal]],
    *,
    now: dt.datetime,
    kept: Mapping[tuple[int, int], Decimal] = NOTHING,
) -> dict[tuple[int, int], Help]:
    """Return what :func:`from_sisters` says for several clinics, in as many statements.

    A sister clinic has not to spare what is ``kept`` there, by clinic and item, beside what its
    booked sessions take. Nothing is asked of the database where nothing is short.
    """
    if not short:
        return {}
    clinics = _clinics_and_sisters(short)
    days = [local_date(now, one.timezone) for one in clinics.values()]
    until = max(days) + SISTERS_OWN
    item_ids = {item_id for theirs in short.values() for item_id in theirs}
    sources = drawing.drawable_at(list(clinics), item_ids, at=now, since=min(days))
    booked = bookings_at(list(clinics), min(days), until)
    known = _Known(now, clinics, {}, {}, sources, booked, _measures(item_ids))
    found = {}
    for clinic_id, theirs in short.items():
        sisters = known.free_at_sisters(clinics[clinic_id], theirs, until)
        today = known.today(clinics[clinic_id])
        for item_id, quantity in theirs.items():
            facts = {**known.measures[item_id], "short": as_text(quantity)}
            way = _from_a_sister(sisters, item_id, today, facts, kept)
            if way is not None:
                found[clinic_id, item_id] = way
    return found


def _from_a_sister(
    sisters: Sequence[tuple[Clinic, Mapping[int, Sequence[_Lot]]]],
    item_id: int,
    day: dt.date,
    facts: Mapping[str, Any],
    kept: Mapping[tuple[int, int], Decimal] = NOTHING,
) -> Help | None:
    """Return the first sister clinic that has all that is short on ``day``, by ``facts``."""
    for sister, free in sisters:
        lots = [lot for lot in free.get(item_id, ()) if lot.expiry is None or lot.expiry >= day]
        spare = sum((lot.quantity for lot in lots), ZERO) - kept.get((sister.id, item_id), ZERO)
        if lots and spare >= Decimal(facts["short"]):
            more = {
                "clinic": sister.name,
                "clinic_code": sister.code,
                "lot": lots[0].number,
                "spare": as_text(spare),
            }
            return Help(HelpKind.TRANSFER, {**facts, **more})
    return None


class _Ways:
    """The ways there are for what falls short at one clinic."""

    def __init__(self, clinic_id: int, short: Short, known: _Known) -> None:
        self._clinic, self._known = known.clinics[clinic_id], known
        item_ids = {line.item.id for _one, line in short}
        last = max(one.session.day for one, _line in short)
        stand_ins = {row.id for rows in known.substitutes.values() for row in rows}
        self._here = known.free_at(self._clinic, stand_ins, last)
        self._sisters = known.free_at_sisters(self._clinic, item_ids, last + SISTERS_OWN)
        self._unclaimed = {
            item_id: known.orders[clinic_id, item_id].on_order
            for item_id in item_ids
            if (clinic_id, item_id) in known.orders
        }

    def best(self, formulation_id: int, line: ReadyLine, day: dt.date) -> Help:
        """Return the first way that covers all that is short of ``line`` on ``day``."""
        facts = {**self._known.measures[line.item.id], "short": as_text(line.short)}
        order = self._known.orders.get((self._clinic.id, line.item.id))
        return (
            _from_a_sister(self._sisters, line.item.id, day, facts)
            or self._arriving(order, line, day, facts)
            or self._instead(formulation_id, line, facts)
            or self._later(order, line, day, facts)
        )

    def _arriving(
        self, order: Outstanding | None, line: ReadyLine, day: dt.date, facts: Mapping[str, Any]
    ) -> Help | None:
        """Return that an order brings in time what no session before this one waits for."""
        if order is None or order.expected_on is None or order.expected_on > day:
            return None
        if self._unclaimed[line.item.id] < line.short:
            return None
        self._unclaimed[line.item.id] -= line.short
        return Help(HelpKind.ARRIVES, {**facts, **_coming(order)})

    def _instead(
        self, formulation_id: int, line: ReadyLine, facts: Mapping[str, Any]
    ) -> Help | None:
        for row in self._known.substitutes.get((formulation_id, line.item.id), ()):
            free = sum((lot.quantity for lot in self._here.get(row.id, ())), ZERO)
            if free >= row.quantity:
                more = {"instead": row.name, "instead_code": row.code}
                return Help(HelpKind.SUBSTITUTE, {**facts, **more})
        return None

    def _later(
        self, order: Outstanding | None, line: ReadyLine, day: dt.date, facts: Mapping[str, Any]
    ) -> Help:
        today = self._known.today(self._clinic)
        if order is None or order.expected_on is None:
            return Help(HelpKind.ORDER, dict(facts))
        if self._unclaimed[line.item.id] < line.short:
            return Help(HelpKind.ORDER, dict(facts))
        arrives = max(order.expected_on, today)
        moved = next_open(self._clinic.opening_days, max(arrives, day + dt.timedelta(days=1)))
        return Help(HelpKind.MOVE, {**facts, **_coming(order), "move_to": moved.isoformat()})


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


def _left_over(sources: Sequence[Source], taken: Mapping[int, Decimal]) -> dict[int, list[_Lot]]:
    rest = dict(taken)
    found: dict[int, list[_Lot]] = defaultdict(list)
    for source in sorted(sources, key=lambda one: (one.expiry or dt.date.max, one.balance_id)):
        used = min(source.quantity, rest.get(source.item_id, ZERO))
        rest[source.item_id] = rest.get(source.item_id, ZERO) - used
        if source.container_id is None and source.quantity > used:
            left = _Lot(source.lot_number, source.expiry, source.quantity - used)
            found[source.item_id].insert(0, left)
    return found


def _clinics_and_sisters(clinic_ids: Collection[int]) -> dict[int, Clinic]:
    """Return every clinic of the practices of these, by name."""
    practices = sa.select(Clinic.practice_id).where(Clinic.id.in_(clinic_ids))
    found = db.session.scalars(
        sa.select(Clinic).where(Clinic.practice_id.in_(practices)).order_by(Clinic.name, Clinic.id)
    )
    return {clinic.id: clinic for clinic in found}


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
