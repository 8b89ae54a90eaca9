"""A practice's own suppliers: they take orders by mail, and nobody else sees them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from supply import text
from supply.accounts import checks
from supply.accounts.models import Clinic, Practice, Supplier
from supply.accounts.readdressing import readdress_supplier
from supply.accounts.services import made_code
from supply.actor import Actor
from supply.audit import services as audit
from supply.clock import local_date
from supply.db import db
from supply.refusals import InvalidInput, Refusal

LONGEST_LEAD_DAYS = 365
LONGEST_ADDRESS = 1_000


@dataclass(frozen=True, slots=True)
class SupplierFacts:
    """What a practice says of a supplier of its own; its prices are in ``currency``."""

    name: str
    email: str
    address: str
    currency: str
    lead_time_days: int


class SupplierArchived(Refusal):
    """Nothing can be added to a supplier that its practice put away."""

    def __init__(self, name: str) -> None:
        """Name it, and say what to do."""
        super().__init__(
            _("%(name)s is archived. Bring it back under Settings, Suppliers first.", name=name)
        )


def own_suppliers(practice: Practice) -> Sequence[Supplier]:
    """Return the practice's own suppliers, by name, archived ones last."""
    return db.session.scalars(
        sa.select(Supplier)
        .where(Supplier.practice_id == practice.id)
        .order_by(Supplier.archived_at.is_not(None), Supplier.name)
    ).all()


def require_kept(supplier: Supplier) -> None:
    """Refuse a supplier that is archived. Raises SupplierArchived."""
    if supplier.archived_at is not None:
        raise SupplierArchived(supplier.name)


def own_supplier(practice: Practice, code: str) -> Supplier | None:
    """Return the practice's own supplier with this code; None for anybody else's."""
    return db.session.scalar(
        sa.select(Supplier).where(Supplier.practice_id == practice.id, Supplier.code == code)
    )


def currencies_of(practice: Practice) -> list[str]:
    """Return what the practice's clinics buy in, the practice's own currency first."""
    others = sorted({clinic.currency for clinic in practice.clinics} - {practice.currency})
    return [practice.currency, *others]


def first_day(supplier: Supplier, now: dt.datetime) -> dt.date:
    """Return the day on which a price given now begins.

    It is the supplier's own day; of a practice's own supplier the earliest at any of its clinics,
    so that each of them can order at once.
    """
    zones = [supplier.timezone]
    if supplier.practice_id is not None:
        clinics = sa.select(Clinic.timezone).where(Clinic.practice_id == supplier.practice_id)
        zones = list(db.session.scalars(clinics.distinct())) or zones
    return min(local_date(now, zone) for zone in zones)


def add_supplier(
    practice: Practice, facts: SupplierFacts, *, actor: Actor, now: dt.datetime
) -> Supplier:
    """Make a supplier of the practice's own; orders go to its address by mail.

    Raises InvalidInput for values that cannot be kept, all of them.
    """
    values = _checked(practice, None, facts)
    supplier = Supplier(
        practice_id=practice.id,
        code=made_code(Supplier, f"{practice.code}-{values['name']}"),
        uses_supply=False,
        timezone=practice.clinics[0].timezone if practice.clinics else "UTC",
        locale=practice.locale,
        created_at=now,
        **values,
    )
    db.session.add(supplier)
    db.session.flush()
    record(supplier, "supplier.created", actor, now, after=values)
    return supplier


def change_supplier(
    practice: Practice, supplier: Supplier, facts: SupplierFacts, *, actor: Actor, now: dt.datetime
) -> None:
    """Change what is known of the practice's own ``supplier``; mails that wait go to its address.

    Raises InvalidInput for values that cannot be kept, all of them.
    """
    values = _checked(practice, supplier, facts)
    before = {name: getattr(supplier, name) for name in values}
    if before["email"] != values["email"]:
        readdress_supplier(supplier, values["email"], actor=actor, now=now)
    for name, value in values.items():
        setattr(supplier, name, value)
    db.session.flush()
    if before != values:
        record(supplier, "supplier.changed", actor, now, before=before, after=values)


def _checked(practice: Practice, supplier: Supplier | None, facts: SupplierFacts) -> dict[str, Any]:
    """Return the values as they are kept; raises InvalidInput with every fault."""
    faults: list[tuple[str, str]] = []
    values: dict[str, Any] = {"lead_time_days": facts.lead_time_days}
    for name, check in (("name", checks.name), ("email", checks.email)):
        try:
            values[name] = check(getattr(facts, name))
        except InvalidInput as refusal:
            faults += refusal.errors
    values["address"] = text.clean(facts.address)
    if len(values["address"]) > LONGEST_ADDRESS:
        message = _("Shorten the address to %(count)d characters.", count=LONGEST_ADDRESS)
        faults.append(("address", message))
    values["currency"] = facts.currency
    if facts.currency not in currencies_of(practice):
        faults.append(("currency", _("Choose a currency that one of your clinics buys in.")))
    if not 0 <= facts.lead_time_days <= LONGEST_LEAD_DAYS:
        message = _("Enter a lead time of 0 to %(most)d days.", most=LONGEST_LEAD_DAYS)
        faults.append(("lead_time_days", message))
    if "name" in values and (other := _known(practice, supplier, values["name"])):
        message = _("You have a supplier named %(name)s already.", name=values["name"])
        if other.archived_at is not None:
            message = _(
                "You have archived a supplier named %(name)s: bring it back, or choose another"
                " name.",
                name=values["name"],
            )
        faults.append(("name", message))
    if faults:
        raise InvalidInput(*faults)
    return values


def _known(practice: Practice, supplier: Supplier | None, name: str) -> Supplier | None:
    others = (one for one in own_suppliers(practice) if supplier is None or one.id != supplier.id)
    return next((one for one in others if text.fold(one.name) == text.fold(name)), None)


def record(
    supplier: Supplier,
    action: str,
    actor: Actor,
    now: dt.datetime,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any],
) -> None:
    """Write into the audit what became of a practice's own supplier."""
    audit.record(
        actor,
        action,
        ("supplier", supplier.id),
        now,
        practice_id=supplier.practice_id,
        supplier_id=supplier.id,
        before=before,
        after={"code": supplier.code, **after},
    )
