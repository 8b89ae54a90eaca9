"""What was done to what: names and addresses of the subjects of audit rows, read together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from flask import url_for
from flask_babel import ngettext

from supply.accounts.credentials import ApiToken
from supply.accounts.models import Clinic, Invitation, Membership, Person, Practice, Supplier
from supply.catalogue.models import Product
from supply.claims.models import Claim
from supply.db import Base, db
from supply.filling.models import OrderTemplate
from supply.formulations.models import Formulation
from supply.inventory.models import Lot, Move
from supply.invoicing.models import Invoice
from supply.items.models import Item, Location
from supply.ordering.models import PurchaseOrder
from supply.replenishment.models import Policy
from supply.shipping.models import Shipment
from supply.trail.queries import Seen
from supply.transfers.models import Transfer
from supply.treatments.models import Course, Protocol, TreatmentSession
from supply.treatments.terms import SESSION_SOURCE


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject's name, and where it is shown, if anywhere."""

    name: str
    url: str | None = None


Key = tuple[str, int]
_Read = Callable[[Collection[int]], Iterable[tuple[int, str, int | None]]]
"""Ids → (id, name, item of it if its page is an item's)."""


def _named(model: type[Base], label: sa.ColumnElement[str] | Any) -> _Read:
    key = sa.inspect(model).primary_key[0]

    def read(ids: Collection[int]) -> Iterable[tuple[int, str, int | None]]:
        query = sa.select(key, label).where(key.in_(ids))
        return ((row[0], str(row[1]), None) for row in db.session.execute(query))

    return read


def _members(ids: Collection[int]) -> Iterable[tuple[int, str, int | None]]:
    query = (
        sa.select(Membership.id, Person.name)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.id.in_(ids))
    )
    return ((row.id, row.name, None) for row in db.session.execute(query))


def _lots(ids: Collection[int]) -> Iterable[tuple[int, str, int | None]]:
    query = (
        sa.select(Lot.id, Lot.number, Item.name, Lot.item_id)
        .join(Item, Item.id == Lot.item_id)
        .where(Lot.id.in_(ids))
    )
    return (
        (row[0], f"{row.name} · {row.number}", row.item_id) for row in db.session.execute(query)
    )


def _policies(ids: Collection[int]) -> Iterable[tuple[int, str, int | None]]:
    query = (
        sa.select(Policy.id, Item.name, Policy.item_id)
        .join(Item, Item.id == Policy.item_id)
        .where(Policy.id.in_(ids))
    )
    return ((row.id, row.name, row.item_id) for row in db.session.execute(query))


def _items(ids: Collection[int]) -> Iterable[tuple[int, str, int | None]]:
    query = sa.select(Item.id, Item.name).where(Item.id.in_(ids))
    return ((row.id, row.name, row.id) for row in db.session.execute(query))


def _entries(ids: Collection[int]) -> Iterable[tuple[int, str, int | None]]:
    """Name an entry by the item it moved, or by how many."""
    query = (
        sa.select(
            Move.entry_id,
            sa.func.count(Move.item_id.distinct()).label("items"),
            sa.func.min(Item.name).label("name"),
            sa.func.min(Move.item_id).label("item_id"),
        )
        .join(Item, Item.id == Move.item_id)
        .where(Move.entry_id.in_(ids))
        .group_by(Move.entry_id)
    )
    for row in db.session.execute(query):
        if row.items == 1:
            yield row.entry_id, row.name, row.item_id
        else:
            yield row.entry_id, ngettext("%(num)s item", "%(num)s items", row.items), None


_READS: Final[dict[str, _Read]] = {
    "entry": _entries,
    "lot": _lots,
    "item": _items,
    "policy": _policies,
    "location": _named(Location, Location.name),
    "purchase_order": _named(PurchaseOrder, PurchaseOrder.number),
    "shipment": _named(Shipment, Shipment.code),
    "claim": _named(Claim, Claim.id),
    "transfer": _named(Transfer, Transfer.code),
    "invoice": _named(Invoice, Invoice.number),
    "order_template": _named(OrderTemplate, OrderTemplate.name),
    SESSION_SOURCE: _named(TreatmentSession, TreatmentSession.patient_reference),
    "course": _named(Course, Course.patient_reference),
    "formulation": _named(Formulation, Formulation.name),
    "protocol": _named(Protocol, Protocol.name),
    "product": _named(Product, Product.name),
    "practice": _named(Practice, Practice.name),
    "clinic": _named(Clinic, Clinic.name),
    "supplier": _named(Supplier, Supplier.name),
    "person": _named(Person, Person.name),
    "membership": _members,
    "invitation": _named(Invitation, Invitation.email),
    "api_token": _named(ApiToken, ApiToken.name),
}


def subjects_of(rows: Collection[Seen], clinics: Mapping[int, str]) -> dict[Key, Subject]:
    """Return what rows are about, by type and id; one statement for each type among them.

    What is no longer there, or has no name, is left out. ``clinics`` are the codes of those
    whose pages may be linked, by id.
    """
    by_type: dict[str, dict[int, int | None]] = defaultdict(dict)
    for row in rows:
        if row.subject_id is not None:
            by_type[row.subject_type][row.subject_id] = row.clinic_id
    found: dict[Key, Subject] = {}
    for subject_type, ids in by_type.items():
        read = _READS.get(subject_type)
        for key, name, item_id in read(list(ids)) if read else ():
            clinic = clinics.get(ids[key] or 0)
            found[subject_type, key] = Subject(name, _url(subject_type, key, item_id, clinic))
    return found


def _url(subject_type: str, key: int, item_id: int | None, clinic: str | None) -> str | None:
    if clinic is None:
        return None
    if item_id is not None:
        return url_for("stock.item", clinic_code=clinic, item_id=item_id)
    if subject_type == "purchase_order":
        return url_for("ordering.order", clinic_code=clinic, order_id=key)
    if subject_type == "transfer":
        return url_for("transfers.show", clinic_code=clinic, transfer_id=key)
    if subject_type == SESSION_SOURCE:
        return url_for("treatments.session", clinic_code=clinic, session_id=key)
    return None
