"""What is new at a clinic borrows use from elsewhere, until there is some of its own.

First from sister clinics: their unbooked use of the item itself, a day, on average. Where none of
them uses it, from the treatments it goes into. Its use is then reckoned from the sessions given in
the last thirteen weeks of each formulation whose newest version has it (a protocol is one of these
on its days): sessions a day times what the line takes of it, in whole containers where each serves
one patient. The clinic's own sessions count; only where it gave none of these formulations do its
sister clinics', on average. What began within that time is spread over the days since.

Sessions that were booked in time do not count: what is booked is need already, to the day. Nor do
those that left the item out though their version had it, for they did without it. Optional lines
are not reckoned with. Where nothing was given, nothing is lent.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
import sqlalchemy as sa

from supply.accounts.models import Clinic
from supply.alerts.scope import Scope, chunks
from supply.db import Instant, Key, execute, table, unindexed
from supply.formulations.models import Formulation, FormulationLine, FormulationVersion
from supply.items.models import Item
from supply.need.arrays import Pair, Whole
from supply.need.bookings import taken_of
from supply.need.models import UseDay
from supply.need.use import is_booked
from supply.treatments.models import SessionLine, TreatmentSession
from supply.treatments.queries import is_newest_version, quantity_taken
from supply.treatments.terms import SessionStatus

USE = table(UseDay)

LENT_BELOW: Final = 60
"""Days known of an item at a clinic below which it borrows."""

LATELY: Final = dt.timedelta(weeks=13)
"""How far back use and sessions are looked at."""

LEAST: Final = dt.timedelta(weeks=4)
"""Over how long they are spread at least: one of yesterday is not one a day."""

DAY: Final = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Lent:
    """What is lent of an item to a clinic, in base units a day."""

    rate: float
    reckoned_from: dict[str, Any] | None = None
    """The sessions it was reckoned from, to be worded; None where sister clinics use it."""


NOTHING: Final = Lent(0.0)


def lent(scope: Scope, pairs: Sequence[Pair], days: Whole) -> list[Lent]:
    """Return what is lent of each item to its clinic.

    ``days``: on how many an item could be used there, (items,).
    """
    new = [pair for pair, known in zip(pairs, days, strict=True) if known < LENT_BELOW]
    found = dict(_by_sisters(scope, new))
    found |= _by_sessions(scope, [pair for pair in new if pair not in found])
    return [found.get(pair, NOTHING) for pair in pairs]


def _by_sisters(scope: Scope, pairs: Sequence[Pair]) -> Iterator[tuple[Pair, Lent]]:
    rates = _rates(scope, {item_id for _clinic, item_id in pairs})
    for clinic_id, item_id in pairs:
        elsewhere = [rate for clinic, rate in rates.get(item_id, ()) if clinic != clinic_id]
        if elsewhere:
            yield (clinic_id, item_id), Lent(float(np.mean(elsewhere)))


def _rates(scope: Scope, item_ids: Collection[int]) -> dict[int, list[tuple[int, float]]]:
    """Return by item (clinic, base units a day) of each clinic that used some lately.

    Items belong to a practice, so do all clinics that keep them.
    """
    since = scope.now.date() - LATELY
    found: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for some in chunks(sorted(item_ids)):
        for row in execute(_used(), {"items": some, "since": since}):
            first = dt.datetime.combine(row.first, dt.time(), dt.UTC)
            days = days_spread(first, max(row.item_since, row.clinic_since), scope.now)
            found[row.item_id].append((row.clinic_id, float(row.used) / 1000 / days))
    return found


@cache
def _used() -> sa.Select[*tuple[Any, ...]]:
    """Return what clinics used of :items unbooked since :since, and from when on."""
    items: sa.BindParameter[int] = sa.bindparam("items", type_=Key, expanding=True)
    used = sa.func.sum(sa.type_coerce(USE.c.unbooked, sa.BigInteger))
    return (
        sa.select(
            USE.c.item_id,
            USE.c.clinic_id,
            used.label("used"),
            sa.func.min(USE.c.day).label("first"),
            Item.created_at.label("item_since"),
            Clinic.created_at.label("clinic_since"),
        )
        # By the clinics that may keep an item: its days everywhere have no index of their own.
        .select_from(Item)
        .join(Clinic, Clinic.practice_id == Item.practice_id)
        .join(
            USE,
            sa.and_(USE.c.clinic_id == unindexed(Clinic.id), USE.c.item_id == unindexed(Item.id)),
        )
        .where(Item.id.in_(items), USE.c.day >= sa.bindparam("since"))
        .group_by(USE.c.item_id, USE.c.clinic_id, Item.created_at, Clinic.created_at)
        .having(used > 0)
        .order_by(USE.c.item_id, USE.c.clinic_id)
    )


def days_spread(first: dt.datetime, known: dt.datetime, now: dt.datetime) -> float:
    """Return over how many days what happened lately is spread.

    ``first``: when it happened first in that time. ``known``: since when it could happen, which
    tells what is rare from what is new.
    """
    return min(max(now - min(first, known), LEAST), LATELY) / DAY


@dataclass(slots=True)
class Given:
    """What a clinic gave of a formulation lately, unbooked, and what that takes of an item."""

    name: str
    first: dt.datetime
    """The first of all, booked ones among them."""
    known: dt.datetime
    """Since when it is given at all: its own first day and its clinic's."""
    sessions: int = 0
    taken: float = 0.0


ByFormulation = Mapping[int, Given]


def _by_sessions(scope: Scope, pairs: Sequence[Pair]) -> Iterator[tuple[Pair, Lent]]:
    given = _given(scope, {item_id for _clinic, item_id in pairs})
    for clinic_id, item_id in pairs:
        clinics = given.get(item_id, {})
        here = clinic_id in clinics
        some = [clinics[clinic_id]] if here else list(clinics.values())
        found = reckoned(some, scope.now, here=here)
        if found.rate > 0:
            yield (clinic_id, item_id), found


def reckoned(clinics: Sequence[ByFormulation], now: dt.datetime, *, here: bool) -> Lent:
    """Return what the sessions of some clinics, on average, take of an item a day."""
    rates: dict[int, float] = defaultdict(float)
    sessions: dict[int, float] = defaultdict(float)
    names: dict[int, str] = {}
    for clinic in clinics:
        for formulation_id, one in clinic.items():
            if one.sessions:
                names[formulation_id] = one.name
                days = days_spread(one.first, one.known, now) * len(clinics)
                rates[formulation_id] += one.taken / days
                sessions[formulation_id] += one.sessions / days
    if not rates:
        return NOTHING
    most = max(rates, key=lambda formulation_id: (rates[formulation_id], -formulation_id))
    said = {
        "of": names[most],
        "others": len(rates) - 1,
        "a_week": round(sum(sessions.values()) * 7, 2),
        "here": here,
    }
    return Lent(sum(rates.values()), said)


def _given(scope: Scope, item_ids: Collection[int]) -> dict[int, dict[int, dict[int, Given]]]:
    """Return what was given lately of the formulations that take items: by item, clinic, and it."""
    found: dict[int, dict[int, dict[int, Given]]] = defaultdict(lambda: defaultdict(dict))
    for some in chunks(sorted(item_ids)):
        for row in execute(_sessions(), {"items": some, "since": scope.now - LATELY}):
            formulations = found[row.item_id][row.clinic_id]
            one = formulations.get(row.formulation_id)
            if one is None:
                known = max(row.formulation_since, row.clinic_since)
                one = Given(row.name, row.occurred_at, known)
                formulations[row.formulation_id] = one
            if row.counts and not is_booked(row.planned_on, row.booked_at, row.timezone):
                one.sessions += 1
                one.taken += float(taken_of(row))
    return found


@cache
def _sessions() -> sa.Select[*tuple[Any, ...]]:
    """Return the sessions since :since of the formulations that take :items, item by item.

    ``counts``: whether the session tells of the item's use: its version did not have it yet, or
    some of it was given.
    """
    items: sa.BindParameter[int] = sa.bindparam("items", type_=Key, expanding=True)
    session, line, then = TreatmentSession, FormulationLine, sa.orm.aliased(FormulationLine)
    had_it = sa.and_(then.version_id == session.version_id, then.item_id == line.item_id)
    gave_it = sa.and_(
        SessionLine.session_id == session.id,
        SessionLine.item_id == line.item_id,
        SessionLine.given > 0,
    )
    return (
        sa.select(*_columns(then))
        .select_from(line)
        .join(Item, Item.id == line.item_id)
        .join(FormulationVersion, FormulationVersion.id == line.version_id)
        .join(Formulation, Formulation.id == FormulationVersion.formulation_id)
        .join(Clinic, Clinic.practice_id == Formulation.practice_id)
        # The clinic before its sessions, so that those since a day are all that is read of them.
        .join(session, sa.and_(session.clinic_id == unindexed(Clinic.id), is_newest_version()))
        .outerjoin(then, had_it)
        .outerjoin(SessionLine, gave_it)
        .where(
            line.item_id.in_(items),
            sa.not_(line.optional),
            Formulation.archived_at.is_(None),
            session.status == SessionStatus.RECORDED,
            session.occurred_at >= sa.bindparam("since", type_=Instant),
        )
        .order_by(session.occurred_at, session.id, line.item_id)
    )


def _columns(then: type[FormulationLine]) -> tuple[sa.SQLColumnExpression[Any], ...]:
    """Return what is read of a session and an item; ``then``: the line its own version had."""
    return (
        FormulationLine.item_id,
        TreatmentSession.clinic_id,
        TreatmentSession.formulation_id,
        Formulation.name,
        Formulation.created_at.label("formulation_since"),
        Clinic.created_at.label("clinic_since"),
        TreatmentSession.occurred_at,
        TreatmentSession.planned_on,
        TreatmentSession.booked_at,
        Clinic.timezone,
        sa.or_(then.id.is_(None), SessionLine.id.is_not(None)).label("counts"),
        quantity_taken().label("quantity"),
        Item.dose,
        Item.content_per_container,
    )
