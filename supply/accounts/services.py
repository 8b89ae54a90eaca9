"""Making practices, clinics, suppliers and people; passwords; marking a demo."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import TypedDict, Unpack

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.accounts import checks, devices, passwords, sessions
from supply.accounts.credentials import PasswordReset
from supply.accounts.factors.asking import ask_as_role_says
from supply.accounts.homes import note_person
from supply.accounts.mail import send_notice
from supply.accounts.models import Clinic, Membership, Person, Practice, Setting, Supplier
from supply.accounts.queries import person_with_email
from supply.accounts.terms import PRACTICE_ROLES, SUPPLIER_ROLES, Notice, Role, SessionEnd
from supply.accounts.tokens import issue_token, person_for_token
from supply.actor import Actor
from supply.audit import services as audit
from supply.db import db
from supply.refusals import InvalidInput
from supply.text import fold

__all__ = [
    "add_membership",
    "create_clinic",
    "create_person",
    "create_practice",
    "create_supplier",
    "end_sessions",
    "end_ways_in",
    "issue_token",
    "known_of",
    "made_code",
    "mark_as_demo",
    "person_for_token",
    "set_password",
    "verify_password",
]


class Side(TypedDict, total=False):
    """The one of both columns that says whose a row is."""

    practice_id: int
    supplier_id: int


class ClinicExtras(TypedDict, total=False):
    """What a clinic otherwise takes from its practice."""

    currency: str | None
    locale: str | None


class Terms(TypedDict, total=False):
    """What a membership may come with. The limit is in the practice's minor units."""

    clinics: Iterable[Clinic]
    certificate_kind: str
    certificate_number: str
    certificate_valid_to: dt.date | None
    order_limit_minor: int | None


def create_practice(
    *,
    name: str,
    code: str | None = None,
    currency: str = "EUR",
    locale: str = "en",
    licence_number: str | None = None,
    licence_valid_to: dt.date | None = None,
    actor: Actor,
    now: dt.datetime,
) -> Practice:
    """Make a practice; without a ``code`` one is made from the name.

    Raises InvalidInput for a bad value or a code that is taken.
    """
    if (licence_number is None) != (licence_valid_to is None):
        message = _("Give the licence number and the last day it is valid together.")
        raise InvalidInput(("licence_number", message))
    practice = Practice(
        name=checks.name(name),
        code=_free_code(Practice, code) if code else made_code(Practice, name),
        currency=checks.currency(currency),
        locale=checks.locale(locale),
        licence_number=licence_number,
        licence_valid_to=licence_valid_to,
        created_at=now,
    )
    db.session.add(practice)
    db.session.flush()
    audit.record(
        actor,
        "practice.created",
        ("practice", practice.id),
        now,
        practice_id=practice.id,
        after={"code": practice.code, "name": practice.name, "currency": practice.currency},
    )
    return practice


def create_clinic(
    practice: Practice,
    *,
    code: str,
    name: str,
    timezone: str,
    actor: Actor,
    now: dt.datetime,
    **more: Unpack[ClinicExtras],
) -> Clinic:
    """Make a clinic of ``practice`` (the row only), with the practice's currency and language.

    Its items are judged by their projection until somebody sets a reorder point.

    Raises InvalidInput for a bad value or a code that is taken.
    """
    clinic = Clinic(
        practice_id=practice.id,
        code=_free_code(Clinic, code),
        name=checks.name(name),
        timezone=checks.timezone(timezone),
        currency=checks.currency(more.get("currency") or practice.currency),
        locale=checks.locale(more.get("locale") or practice.locale),
        projected=True,
        created_at=now,
    )
    db.session.add(clinic)
    db.session.flush()
    audit.record(
        actor,
        "clinic.created",
        ("clinic", clinic.id),
        now,
        practice_id=practice.id,
        clinic_id=clinic.id,
        after={"code": clinic.code, "name": clinic.name, "timezone": clinic.timezone},
    )
    return clinic


def create_supplier(
    *,
    name: str,
    code: str,
    email: str | None = None,
    uses_supply: bool = True,
    lead_time_days: int = 5,
    timezone: str = "UTC",
    actor: Actor,
    now: dt.datetime,
) -> Supplier:
    """Make a supplier; one that does not use Supply gets its orders by mail at ``email``.

    Raises InvalidInput for a bad value or a code that is taken.
    """
    supplier = Supplier(
        code=_free_code(Supplier, code),
        name=checks.name(name),
        email=checks.email(email) if email else None,
        uses_supply=uses_supply,
        lead_time_days=lead_time_days,
        timezone=checks.timezone(timezone),
        created_at=now,
    )
    db.session.add(supplier)
    db.session.flush()
    audit.record(
        actor,
        "supplier.created",
        ("supplier", supplier.id),
        now,
        supplier_id=supplier.id,
        after={"code": supplier.code, "name": supplier.name, "uses_supply": uses_supply},
    )
    return supplier


def create_person(
    *,
    email: str,
    name: str,
    role: Role,
    practice: Practice | None = None,
    supplier: Supplier | None = None,
    password: str | None = None,
    actor: Actor,
    now: dt.datetime,
    **terms: Unpack[Terms],
) -> Person:
    """Make a person with a membership, or give the person of that e-mail another membership.

    Someone who has a password already keeps it. Raises InvalidInput for a bad value, a role of
    the other side, a clinic of another practice, or a membership that is there already.
    """
    address = checks.email(email)
    person = person_with_email(address) or _new_person(address, name, now)
    add_membership(
        person,
        role=role,
        place=_one_side(practice, supplier),
        actor=actor,
        now=now,
        **terms,
    )
    if password is not None and person.password_hash is None:
        set_password(person, password, actor=actor, now=now)
    return person


def add_membership(
    person: Person,
    *,
    role: Role,
    place: Practice | Supplier,
    actor: Actor,
    now: dt.datetime,
    **terms: Unpack[Terms],
) -> Membership:
    """Make ``person`` a member of ``place``; raises InvalidInput as `create_person`."""
    clinics = list(terms.get("clinics", ()))
    check_has_members(place)
    check_role(role, place)
    check_clinics(clinics, place)
    side = side_of(place)
    present = sa.select(Membership.id).filter_by(person_id=person.id, **side)
    if db.session.scalar(present) is not None:
        message = _("%(email)s is a member here already.", email=person.email)
        raise InvalidInput(("email", message))
    membership = Membership(
        person_id=person.id,
        role=role,
        order_limit_minor=terms.get("order_limit_minor"),
        certificate_kind=terms.get("certificate_kind", ""),
        certificate_number=terms.get("certificate_number", ""),
        certificate_valid_to=terms.get("certificate_valid_to"),
        created_at=now,
        clinics=clinics,
        **side,
    )
    db.session.add(membership)
    db.session.flush()
    db.session.expire(person, ["memberships"])
    ask_as_role_says(membership, place, actor=actor, now=now)
    audit.record(
        actor,
        "membership.created",
        ("membership", membership.id),
        now,
        after={"email": person.email, **membership_facts(membership)},
        **side,
    )
    return membership


def check_role(role: Role, place: Practice | Supplier) -> None:
    """Raise InvalidInput unless ``role`` is one that ``place`` has."""
    if role not in (PRACTICE_ROLES if isinstance(place, Practice) else SUPPLIER_ROLES):
        message = _("%(role)s is not a role of %(place)s.", role=role.value, place=place.name)
        raise InvalidInput(("role", message))


def check_clinics(clinics: Sequence[Clinic], place: Practice | Supplier) -> None:
    """Raise InvalidInput unless every clinic is one of ``place``'s."""
    for clinic in clinics:
        if not isinstance(place, Practice) or clinic.practice_id != place.id:
            message = _(
                "%(clinic)s is not a clinic of %(place)s.", clinic=clinic.code, place=place.name
            )
            raise InvalidInput(("clinics", message))


def check_has_members(place: Practice | Supplier) -> None:
    """Raise InvalidInput for a practice's own supplier: the practice keeps it, by its own roles."""
    if isinstance(place, Supplier) and place.practice_id is not None:
        message = _("%(place)s is one practice's own supplier: it has no people.", place=place.name)
        raise InvalidInput(("supplier", message))


def side_of(place: Practice | Supplier) -> Side:
    """Return the column and key that tie a row to ``place``."""
    return {"practice_id": place.id} if isinstance(place, Practice) else {"supplier_id": place.id}


def membership_facts(membership: Membership) -> dict[str, object]:
    """Return what the audit keeps of a membership, before and after a change."""
    until = membership.certificate_valid_to
    return {
        "role": membership.role.value,
        "order_limit_minor": membership.order_limit_minor,
        "certificate_kind": membership.certificate_kind,
        "certificate_number": membership.certificate_number,
        "certificate_valid_to": until.isoformat() if until else None,
        "clinics": sorted(clinic.code for clinic in membership.clinics),
        "digest": membership.digest,
        "receives_prescription_only": membership.receives_prescription_only,
    }


def set_password(
    person: Person,
    password: str,
    *,
    how: SessionEnd = SessionEnd.PASSWORD_CHANGED,
    actor: Actor,
    now: dt.datetime,
) -> None:
    """Give ``person`` a new password; end every session and reset link, know no device any more.

    Whoever had one before is told by mail. Raises InvalidInput when the password does not do.
    """
    had_one = person.password_hash is not None
    person.password_hash = passwords.hashed(checks.password(password, known_of(person)))
    db.session.flush()
    end_ways_in(person, how, actor, now)
    note_person(actor, "person.password_set", person.id, now)
    if had_one:
        send_notice(person, Notice.PASSWORD_CHANGED, now, address=actor.address)


def known_of(person: Person) -> list[str]:
    """Return what anyone may know of ``person``, and so must not be the password."""
    places = [place for m in person.memberships if (place := m.practice or m.supplier)]
    return [person.name, person.email, *(text for place in places for text in _names(place))]


def verify_password(person: Person, password: str) -> bool:
    """Return whether ``password`` is the person's."""
    return passwords.matches(password, person.password_hash)


def end_sessions(person: Person, *, but: int | None = None, actor: Actor, now: dt.datetime) -> None:
    """Sign ``person`` out everywhere, or everywhere but in one session."""
    sessions.end_all(person.id, SessionEnd.ENDED_ELSEWHERE, but=but, actor=actor, now=now)
    note_person(actor, "person.sessions_ended", person.id, now)


def end_ways_in(person: Person, how: SessionEnd, actor: Actor, now: dt.datetime) -> None:
    """End every session and reset link of ``person``, and know none of their devices any more."""
    sessions.end_all(person.id, how, actor=actor, now=now)
    devices.forget(person.id)
    db.session.execute(
        sa.update(PasswordReset)
        .where(PasswordReset.person_id == person.id, PasswordReset.ended_at.is_(None))
        .values(ended_at=now)
    )


def mark_as_demo(people: Sequence[Person]) -> None:
    """Say that this database is a demonstration in which anyone may act as ``people``."""
    ids = ",".join(str(person.id) for person in people)
    db.session.add_all([Setting(key="demo", value="1"), Setting(key="demo_people", value=ids)])
    db.session.flush()


def _new_person(address: str, name: str, now: dt.datetime) -> Person:
    person = Person(email=address, name=checks.name(name), created_at=now)
    db.session.add(person)
    db.session.flush()
    return person


def _names(place: Practice | Supplier) -> tuple[str, str]:
    return place.name, place.code


def _one_side(practice: Practice | None, supplier: Supplier | None) -> Practice | Supplier:
    place = practice or supplier
    if place is None or (practice is not None and supplier is not None):
        raise InvalidInput(("role", _("Name either a practice or a supplier.")))
    return place


Coded = type[Practice] | type[Clinic] | type[Supplier]


def _free_code(model: Coded, code: str) -> str:
    kept = checks.code(code)
    taken = _taken(model, kept)
    if taken is not None:
        raise InvalidInput(("code", _("The code %(code)s is taken.", code=taken)))
    return kept


def made_code(model: Coded, name: str) -> str:
    """Return a code made from ``name`` that no other of its kind has."""
    stem = checks.code_from(name)
    return next(
        candidate
        for candidate in (stem, *(f"{stem}-{number}" for number in range(2, 10_000)))
        if _taken(model, candidate) is None
    )


def _taken(model: Coded, code: str) -> str | None:
    """Return the code there is that reads like ``code``."""
    return db.session.scalar(sa.select(model.code).where(model.code_key == fold(code)))
