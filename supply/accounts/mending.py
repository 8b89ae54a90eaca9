"""Mending a member's e-mail that nothing can be sent to, by whoever is in charge of the place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import aliased

from supply import addresses
from supply.accounts import checks, services
from supply.accounts.models import Membership, Person, Practice, Supplier
from supply.accounts.readdressing import readdress_person
from supply.actor import Actor
from supply.audit import services as audit
from supply.db import db
from supply.outbox.models import Mail
from supply.refusals import Refusal

_OF_PERSON = aliased(Mail)
_NEWEST = (
    sa.select(_OF_PERSON.id)
    .where(_OF_PERSON.person_id == Person.id)
    .order_by(_OF_PERSON.id.desc())
    .limit(1)
    .correlate(Person)
    .scalar_subquery()
)


class NotOursToMend(Refusal):
    """The e-mail works, or opens an account that is not this place's alone."""


def without_mail(people: Collection[Person]) -> set[int]:
    """Return the ids of those of ``people`` whom no mail reaches.

    Their e-mail is none that can be written to, or the newest mail to it was refused for good.
    """
    refused = db.session.scalars(
        sa.select(Person.id)
        .join(Mail, Mail.id == _NEWEST)
        .where(
            Person.id.in_([person.id for person in people]),
            Mail.to_address == Person.email,
            Mail.set_aside_at.is_not(None),
        )
    )
    return {p.id for p in people if not addresses.is_mailable(p.email)} | set(refused)


def is_ours_alone(person: Person, place: Practice | Supplier) -> bool:
    """Return whether ``person`` is a member of ``place`` and of nowhere else.

    Whoever sets the e-mail of an account can let themselves in; that reaches no further than
    what the one in charge of ``place`` may do there anyway.
    """
    return [(m.practice_id, m.supplier_id) for m in person.memberships] == [
        (place.id, None) if isinstance(place, Practice) else (None, place.id)
    ]


def mend(
    membership: Membership,
    place: Practice | Supplier,
    *,
    name: str,
    email: str,
    actor: Actor,
    now: dt.datetime,
) -> None:
    """Give a member whom no mail reaches another e-mail, and a name as it is to be said.

    They sign in with it from now on; what waits for them goes there. Locks the person. Raises
    NotOursToMend, or InvalidInput for a name or an e-mail that does not do.
    """
    person = membership.person
    db.session.refresh(person, with_for_update=True)
    if not without_mail([person]) or not is_ours_alone(person, place):
        raise NotOursToMend(_("This e-mail is only for its person to change."))
    _rename(person, checks.name(name), place, actor, now)
    readdress_person(person, email, place=place, actor=actor, now=now)


def _rename(
    person: Person, name: str, place: Practice | Supplier, actor: Actor, now: dt.datetime
) -> None:
    if name == person.name:
        return
    before, person.name = {"name": person.name}, name
    db.session.flush()
    side = services.side_of(place)
    subject = ("person", person.id)
    audit.record(actor, "person.changed", subject, now, before=before, after={"name": name}, **side)
