"""Rows of the audit as pages and files show them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import flask_babel
import sqlalchemy as sa

from supply.accounts.models import Clinic, Practice, Supplier
from supply.db import db
from supply.trail.actions import title_of
from supply.trail.queries import Seen
from supply.trail.subjects import Subject, subjects_of

# flask_babel has no types; this has.
_: Callable[..., str] = flask_babel.gettext

NOTHING = Subject("")


@dataclass(frozen=True, slots=True)
class Change:
    """A field of what was written down, before and after; None where it had none."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that was done, in words."""

    at: dt.datetime
    person: str
    email: str
    address: str
    title: str
    subject: Subject
    clinic: str
    changes: Sequence[Change]
    before: Mapping[str, object] | None
    after: Mapping[str, object] | None

    def as_line(self) -> list[str]:
        """Return it as a line of a file, with what was written down as it was."""
        said = [
            "" if one is None else json.dumps(one, ensure_ascii=False, sort_keys=True)
            for one in (self.before, self.after)
        ]
        return [
            self.at.isoformat(timespec="seconds"), self.person, self.email, self.address,
            self.title, self.subject.name, *said,
        ]  # fmt: skip


def rows_of(found: Sequence[Seen], place: Practice | Supplier) -> list[Row]:
    """Return ``found`` in words, with links to pages of ``place``."""
    clinics = _clinics(place)
    subjects = subjects_of(found, {key: code for key, (code, _name) in clinics.items()})
    return [_row(row, subjects, clinics) for row in found]


def _clinics(place: Practice | Supplier) -> dict[int, tuple[str, str]]:
    """Return code and name of a practice's clinics by id; a supplier's pages are its own."""
    if isinstance(place, Supplier):
        return {}
    query = sa.select(Clinic.id, Clinic.code, Clinic.name).where(Clinic.practice_id == place.id)
    return {row.id: (row.code, row.name) for row in db.session.execute(query)}


def _row(
    row: Seen,
    subjects: Mapping[tuple[str, int], Subject],
    clinics: Mapping[int, tuple[str, str]],
) -> Row:
    subject = subjects.get((row.subject_type, row.subject_id or 0), NOTHING)
    return Row(
        at=row.at,
        person=row.person or (_("Nobody signed in") if row.address else _("Supply itself")),
        email=row.email or "",
        address=row.address or "",
        title=title_of(row.action),
        subject=subject,
        clinic=clinics.get(row.clinic_id or 0, ("", ""))[1],
        changes=changes(row.before or {}, row.after or {}),
        before=row.before,
        after=row.after,
    )


def changes(before: Mapping[str, object], after: Mapping[str, object]) -> list[Change]:
    """Return what is different, field by field; what stayed as it was is left out."""
    names = dict.fromkeys((*before, *after))
    return [
        Change(name.replace("_", " "), _text(before.get(name)), _text(after.get(name)))
        for name in names
        if before.get(name) != after.get(name)
    ]


def _text(value: object) -> str | None:
    """Return a value as people read it: lists and tables of it in one line."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Mapping):
        if set(value) == {"amount", "currency"}:
            return f"{value['amount']} {value['currency']}"
        return ", ".join(f"{key}: {_text(one) or '–'}" for key, one in value.items())
    if isinstance(value, list):
        return "; ".join(_text(one) or "–" for one in value)
    return str(value)
