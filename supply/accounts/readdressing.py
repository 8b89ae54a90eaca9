"""Giving a person, or a supplier's orders, another e-mail address."""

from __future__ import annotations

import datetime as dt

from flask_babel import gettext as _

from supply import addresses
from supply.accounts import checks
from supply.accounts.mail import send_farewell
from supply.accounts.models import Person, Practice, Supplier
from supply.accounts.queries import person_with_email
from supply.accounts.services import Side, end_ways_in, side_of
from supply.accounts.terms import SessionEnd
from supply.actor import Actor
from supply.audit import services as audit
from supply.db import db
from supply.outbox.services import readdress
from supply.refusals import InvalidInput


def readdress_person(
    person: Person,
    email: str,
    *,
    place: Practice | Supplier | None = None,
    actor: Actor,
    now: dt.datetime,
) -> None:
    """Let ``person`` sign in with, and get mails at, ``email``; what waits for them goes there.

    Sessions and links to the earlier address end, and a mail there says so. Where it is done at
    a ``place``, that place's audit shows it. Raises InvalidInput for an address that is none, or
    is somebody else's.
    """
    address = checks.email(email)
    other = person_with_email(address)
    if other is not None and other.id != person.id:
        shown = addresses.shown(address)
        raise InvalidInput(("email", _("%(email)s is another person's.", email=shown)))
    before, person.email = person.email, address
    db.session.flush()
    end_ways_in(person, SessionEnd.ADDRESS_CHANGED, actor, now)
    readdress(person_id=person.id, address=address, now=now)
    if before != address:
        send_farewell(person, before, now, address=actor.address)
    side = side_of(place) if place is not None else {}
    _note(actor, "person.readdressed", ("person", person.id), before, address, now, side)


def readdress_supplier(supplier: Supplier, email: str, *, actor: Actor, now: dt.datetime) -> None:
    """Send a supplier's orders to ``email``, those that wait included; raises InvalidInput."""
    before, supplier.email = supplier.email, checks.email(email)
    db.session.flush()
    readdress(supplier_id=supplier.id, address=supplier.email, now=now)
    subject, side = ("supplier", supplier.id), side_of(supplier)
    _note(actor, "supplier.readdressed", subject, before, supplier.email, now, side)


def _note(
    actor: Actor,
    action: str,
    subject: tuple[str, int],
    before: str | None,
    after: str,
    now: dt.datetime,
    side: Side,
) -> None:
    audit.record(
        actor,
        action,
        subject,
        now,
        before={"email": before},
        after={"email": after},
        **side,
    )
