"""What if there were more sessions, or a supplier were gone: which items fall short, and when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from supply.accounts.models import Clinic, Supplier
from supply.accounts.opening import next_open
from supply.catalogue.models import Product
from supply.clock import local_date
from supply.db import db
from supply.formulations.models import Formulation, FormulationVersion
from supply.items.models import ClinicItem, ItemProduct
from supply.need.bookings import Taking, supposed
from supply.need.foreseeing import Foresight, Supposed, foresee
from supply.need.outlook import scope_of
from supply.replenishment.foreseen import kept_at

MONTH: Final = 30
"""Days over which more sessions are spread."""

MOST_SESSIONS: Final = 200


@dataclass(frozen=True, slots=True)
class Question:
    """What is supposed; ids of another practice's things are as good as none."""

    formulation_id: int | None = None
    sessions: int = 0
    starts_on: dt.date | None = None
    supplier_id: int | None = None

    def __bool__(self) -> bool:
        """Whether anything is supposed."""
        return bool(self.formulation_id and self.sessions) or self.supplier_id is not None


@dataclass(frozen=True, slots=True)
class Change:
    """An item that would fall short sooner, or have to be ordered sooner or of nobody."""

    item_id: int
    name: str
    short_now: dt.date | None
    short_then: dt.date | None
    order_by: dt.date | None
    sold: bool
    """Whether anybody sells it then."""


def answer(clinic: Clinic, question: Question, *, now: dt.datetime) -> list[Change]:
    """Return what would change, what falls short first on top."""
    today = local_date(now, clinic.timezone)
    more = _more(clinic, question, today)
    targets = kept_at(clinic, {one.item_id for one in more})
    scope = scope_of(clinic, now)
    is_now = foresee(scope, targets)
    then = foresee(scope, targets, Supposed(more, question.supplier_id))
    changes = [
        _change(is_now, then, row)
        for row in range(len(targets))
        if then.is_used(row) and _differs(is_now, then, row)
    ]
    far = dt.date.max
    return sorted(
        changes,
        key=lambda one: (one.short_then or far, one.order_by or far, one.name, one.item_id),
    )


def _more(clinic: Clinic, question: Question, today: dt.date) -> Sequence[Taking]:
    if question.formulation_id is None or not question.sessions:
        return []
    days = spread(question.sessions, question.starts_on or today, clinic.opening_days)
    return supposed(clinic.id, question.formulation_id, days)


def spread(sessions: int, starts_on: dt.date, opening_days: int) -> list[dt.date]:
    """Return the days of so many sessions, even over a month, on days the clinic is open."""
    return [
        next_open(opening_days, starts_on + dt.timedelta(days=MONTH * number // sessions))
        for number in range(sessions)
    ]


def _differs(is_now: Foresight, then: Foresight, row: int) -> bool:
    """Return whether an item is worse off: short or to be ordered sooner, or sold by nobody."""
    gone = is_now.chosen[row] is not None and then.chosen[row] is None
    return (
        gone
        or _sooner(int(then.made.first_short[row]), int(is_now.made.first_short[row]))
        or _sooner(_order_day(then, row), _order_day(is_now, row))
    )


def _order_day(ahead: Foresight, row: int) -> int:
    return 0 if bool(ahead.made.firing[row]) else int(ahead.made.order_by[row])


def _sooner(then: int, now: int) -> bool:
    return then >= 0 and (now < 0 or then < now)


def _change(is_now: Foresight, then: Foresight, row: int) -> Change:
    return Change(
        then.targets[row].item_id,
        then.item(row).name,
        is_now.day(row, int(is_now.made.first_short[row])),
        then.day(row, int(then.made.first_short[row])),
        then.order_by(row),
        then.chosen[row] is not None,
    )


def formulations_of(clinic: Clinic) -> list[tuple[int, str]]:
    """Return (id, name) of what can be given, by name."""
    rows = db.session.execute(
        sa.select(Formulation.id, Formulation.name)
        .where(
            Formulation.practice_id == clinic.practice_id,
            Formulation.archived_at.is_(None),
            sa.exists().where(FormulationVersion.formulation_id == Formulation.id),
        )
        .order_by(Formulation.name, Formulation.id)
    )
    return [(row.id, row.name) for row in rows]


def suppliers_of(clinic: Clinic) -> list[tuple[int, str]]:
    """Return (id, name) of who sells what the clinic keeps, by name."""
    rows = db.session.execute(
        sa.select(Supplier.id, Supplier.name)
        .distinct()
        .join(Product, Product.supplier_id == Supplier.id)
        .join(ItemProduct, ItemProduct.product_id == Product.id)
        .join(ClinicItem, ClinicItem.item_id == ItemProduct.item_id)
        .where(ClinicItem.clinic_id == clinic.id, Product.withdrawn_at.is_(None))
        .order_by(Supplier.name, Supplier.id)
    )
    return [(row.id, row.name) for row in rows]


def asked(
    arguments: Mapping[str, str],
    formulations: Sequence[tuple[int, str]],
    suppliers: Sequence[tuple[int, str]],
    today: dt.date,
) -> Question:
    """Return the question an address asks; what makes no sense in it is not asked."""
    formulation_id = _one_of(arguments.get("formulation"), formulations)
    typed = arguments.get("sessions", "")
    sessions = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 5 else 0
    return Question(
        formulation_id,
        min(sessions, MOST_SESSIONS) if formulation_id else 0,
        _day(arguments.get("from"), today),
        _one_of(arguments.get("supplier"), suppliers),
    )


def _one_of(text: str | None, known: Sequence[tuple[int, str]]) -> int | None:
    return next((key for key, _name in known if str(key) == text), None)


def _day(text: str | None, today: dt.date) -> dt.date:
    try:
        day = dt.date.fromisoformat(text or "")
    except ValueError:
        return today
    return min(max(day, today), today + dt.timedelta(days=60))
