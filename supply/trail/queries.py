"""Rows of the audit that are a practice's or a supplier's to see, the newest first.

A row says whose it is by practice, clinic or supplier. One about a person alone (a sign-in, a
password) says neither where the person belongs to several; it is then seen by whoever the person
is a member of. Each way in has an index that ends in the time, so a page costs what it shows.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from supply.accounts.models import Clinic, Membership, Person, Practice, Supplier
from supply.audit.models import AuditRow
from supply.db import AnyRow, db, table

ROW = table(AuditRow)
PERSON = table(Person)

Place = tuple[dt.datetime, int]
"""When and which: where a page begins, after that row."""


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose rows: of practices with their clinics, and of suppliers; and their people."""

    practice_ids: Collection[int]
    supplier_ids: Collection[int]
    clinic_ids: Collection[int]
    people: Collection[int]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which of them: between two instants, by a person, of some actions, with some words."""

    since: dt.datetime | None = None
    until: dt.datetime | None = None
    person_id: int | None = None
    actions: Collection[str] | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """A row as whoever asks may see it. ``person`` and ``address`` are None where not theirs."""

    id: int
    at: dt.datetime
    person: str | None
    email: str | None
    ours: bool
    """Whether who did it is one of theirs."""
    address: str | None
    action: str
    subject_type: str
    subject_id: int | None
    clinic_id: int | None
    before: dict[str, object] | None
    after: dict[str, object] | None


def whose(*places: Practice | Supplier) -> Whose:
    """Return whose rows those of ``places`` are. Two statements."""
    practices = [place.id for place in places if isinstance(place, Practice)]
    suppliers = [place.id for place in places if isinstance(place, Supplier)]
    belongs = sa.or_(Membership.practice_id.in_(practices), Membership.supplier_id.in_(suppliers))
    people = db.session.scalars(sa.select(Membership.person_id).where(belongs).distinct()).all()
    there = sa.select(Clinic.id).where(Clinic.practice_id.in_(practices))
    return Whose(practices, suppliers, db.session.scalars(there).all(), people)


def people_of(of: Whose) -> list[tuple[int, str]]:
    """Return the people of the places by id and name, in the order of names."""
    query = sa.select(PERSON.c.id, PERSON.c.name).where(PERSON.c.id.in_(of.people))
    return [(row.id, row.name) for row in db.session.execute(query.order_by(PERSON.c.name))]


def rows(of: Whose, asked: Asked, after: Place | None, limit: int) -> list[Seen]:
    """Return at most ``limit`` rows after a place, the newest first. Two statements."""
    shared = _newest(_of_place(of), asked, after, limit)
    floor = shared[-1].at if len(shared) == limit else None
    alone = _newest(_of_people(of, floor), asked, after, limit)
    found = {row.id: row for row in (*shared, *alone)}
    newest = sorted(found.values(), key=lambda row: (row.at, row.id), reverse=True)[:limit]
    return [_seen(row, of) for row in newest]


def _of_place(of: Whose) -> list[sa.ColumnElement[bool]]:
    """Return a condition for each way in to what is the practices' and the suppliers'."""
    return [
        *(ROW.c.supplier_id == supplier_id for supplier_id in sorted(of.supplier_ids)),
        *(ROW.c.practice_id == practice_id for practice_id in sorted(of.practice_ids)),
        *(
            sa.and_(ROW.c.clinic_id == clinic_id, ROW.c.practice_id.is_(None))
            for clinic_id in sorted(of.clinic_ids)
        ),
    ]


def _of_people(of: Whose, floor: dt.datetime | None) -> list[sa.ColumnElement[bool]]:
    """Return conditions for what its people did that is of no place, and was tried as them."""
    nowhere = sa.and_(
        ROW.c.practice_id.is_(None), ROW.c.clinic_id.is_(None), ROW.c.supplier_id.is_(None)
    )
    if floor is not None:
        nowhere = sa.and_(nowhere, ROW.c.at >= floor)
    people = sorted(of.people)
    as_them = sa.and_(ROW.c.subject_type == "person", ROW.c.subject_id.in_(people))
    return [
        sa.and_(ROW.c.person_id.in_(people), nowhere),
        sa.and_(as_them, ROW.c.person_id.is_(None), nowhere),
    ]


def _newest(
    ways: Iterable[sa.ColumnElement[bool]], asked: Asked, after: Place | None, limit: int
) -> list[AnyRow]:
    narrowed = _narrowed(asked, after)
    order = ROW.c.at.desc(), ROW.c.id.desc()
    arms = [
        sa.select(ROW.c.id).where(way, *narrowed).order_by(*order).limit(limit).subquery().select()
        for way in ways
    ]
    query = (
        sa.select(ROW, PERSON.c.name, PERSON.c.email)
        .outerjoin(PERSON, PERSON.c.id == ROW.c.person_id)
        .where(ROW.c.id.in_(sa.union_all(*arms)))
        .order_by(*order)
        .limit(limit)
    )
    return list(db.session.execute(query))


def _narrowed(asked: Asked, after: Place | None) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if asked.since is not None:
        found.append(ROW.c.at >= asked.since)
    if asked.until is not None:
        found.append(ROW.c.at < asked.until)
    if asked.person_id is not None:
        found.append(ROW.c.person_id == asked.person_id)
    if asked.actions is not None:
        found.append(ROW.c.action.in_(asked.actions))
    if asked.words:
        found.append(_says(asked.words))
    if after is not None:
        at, row_id = after
        older = sa.and_(ROW.c.at == at, ROW.c.id < row_id)
        found += [ROW.c.at <= at, sa.or_(ROW.c.at < at, older)]
    return found


def _says(words: str) -> sa.ColumnElement[bool]:
    """Return whether what was written down says ``words``.

    JSON is kept in ASCII, where a letter beyond it has no case: the usual ways to write it are
    each looked for.
    """
    cases = {words, words.lower(), words.upper(), words.capitalize(), words.title()}
    ways = {way for way in cases if len(way) == len(words)}  # ß is no SS
    written = sorted({json.dumps(way)[1:-1].lower() for way in ways})
    said = [sa.func.lower(sa.cast(column, sa.Text)) for column in (ROW.c.before, ROW.c.after)]
    return sa.or_(*(text.contains(way, autoescape=True) for text in said for way in written))


def _seen(row: AnyRow, of: Whose) -> Seen:
    between_two = row.practice_id is not None and row.supplier_id is not None
    ours = row.person_id is None or row.person_id in of.people or not between_two
    return Seen(
        row.id,
        row.at,
        row.name,
        row.email if ours else None,
        ours,
        row.address if ours else None,
        row.action,
        row.subject_type,
        row.subject_id,
        row.clinic_id,
        row.before,
        row.after,
    )
