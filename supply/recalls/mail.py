"""Telling people of a recall, at once, and keeping who was told how and when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from supply.accounts.models import Clinic, Membership, Person, Supplier
from supply.accounts.terms import Role
from supply.alerts.readers import readers
from supply.db import db
from supply.items import wording as amounts
from supply.outbox.links import public_url
from supply.outbox.services import enqueue_alone
from supply.outbox.terms import MailKind
from supply.recalls import wording
from supply.recalls.figures import Row, items_of, rows_of
from supply.recalls.models import Recall, RecallPractice, RecallTold
from supply.recalls.reaching import meant_by
from supply.recalls.terms import Telling

Recipient = tuple[int, str, str, str, str]
"""Person, address, name, language, and the page the button leads to."""


def tell(recall: Recall, row: RecallPractice, telling: Telling, now: dt.datetime) -> int:
    """Queue one mail to each owner and stock manager of a practice; return how many can go out.

    Of a depot's, to those who run its supplier. One that cannot be made stops nothing; that it
    could not is kept like those that were.
    """
    clinics = list(db.session.scalars(_clinics_of(row)))
    rows = rows_of(recall.id, meant_by(recall), [row.practice_id])
    context = _context(recall, telling, clinics, rows)
    made = 0
    belongs: Any = (
        {"supplier_id": row.depot_of_id} if row.depot_of_id else {"practice_id": row.practice_id}
    )
    for person_id, address, name, locale, url in _recipients(recall, row, clinics, rows):
        sent = enqueue_alone(
            MailKind.RECALL,
            to_address=address,
            to_name=name,
            template="recall",
            context={**context, "button_url": url},
            locale=locale,
            person_id=person_id,
            **belongs,
            now=now,
        )  # fmt: skip
        db.session.add(
            RecallTold(
                recall_practice_id=row.id,
                telling=telling,
                at=now,
                person_id=person_id,
                name=name[:200],
                address=address[:254],
                mail_id=sent.id if sent else None,
            )
        )
        made += sent is not None and sent.set_aside_at is None
    if made:
        row.told_at = now
    db.session.flush()
    return made


def _clinics_of(row: RecallPractice) -> sa.Select[Clinic]:
    return sa.select(Clinic).where(Clinic.practice_id == row.practice_id).order_by(Clinic.id)


def _context(
    recall: Recall, telling: Telling, clinics: list[Clinic], rows: list[Row]
) -> dict[str, object]:
    names = {clinic.id: clinic.name for clinic in clinics}
    items = items_of(rows)
    return {
        "recall": recall,
        "telling": telling,
        "words": wording,
        "amounts": amounts,
        "rows": [(names[row.clinic_id], items[row.item_id], row) for row in rows],
    }


def _recipients(
    recall: Recall, row: RecallPractice, clinics: list[Clinic], rows: list[Row]
) -> Iterator[Recipient]:
    """Yield who is told, each once: a person of several clinics by way of one that has some."""
    if row.depot_of_id is not None:
        yield from _of_depot(recall, row.depot_of_id)
        return
    having = {one.clinic_id for one in rows}
    codes = {clinic.id: clinic.code for clinic in clinics}
    found: dict[int, Recipient] = {}
    for reader in sorted(readers(codes), key=lambda one: one.clinic_id not in having):
        url = public_url(
            "recalls.clinic_recall", clinic_code=codes[reader.clinic_id], recall_id=recall.id
        )
        found.setdefault(
            reader.person_id, (reader.person_id, reader.email, reader.name, reader.locale, url)
        )
    yield from found.values()


def _of_depot(recall: Recall, supplier_id: int) -> Iterator[Recipient]:
    """Yield who runs a supplier that has some in its own stock; not who recalls it."""
    if supplier_id == recall.supplier_id:
        return
    supplier = db.session.get_one(Supplier, supplier_id)
    url = public_url("depot.index", supplier_code=supplier.code)
    for person in admins_of(supplier_id):
        locale = person.locale or supplier.locale
        yield person.id, person.email, person.name, locale, url


def admins_of(supplier_id: int) -> list[Person]:
    """Return who runs a supplier and may sign in, by id."""
    return list(
        db.session.scalars(
            sa.select(Person)
            .join(Membership, Membership.person_id == Person.id)
            .where(
                Membership.supplier_id == supplier_id,
                Membership.role == Role.SUPPLIER_ADMIN,
                Person.disabled_at.is_(None),
            )
            .order_by(Person.id)
        )
    )
