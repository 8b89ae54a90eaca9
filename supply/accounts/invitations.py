"""Invitations: an offer of membership in a practice or supplier, taken up by a link in a mail."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload, selectinload

from supply.accounts import checks, services
from supply.accounts.mail import send_invitation
from supply.accounts.models import Clinic, Invitation, Membership, Person, Practice, Supplier
from supply.accounts.queries import person_with_email
from supply.accounts.terms import Role
from supply.accounts.tokens import new_secret, secret_hash
from supply.actor import Actor
from supply.audit import services as audit
from supply.db import db
from supply.refusals import InvalidInput, Refusal

LASTS = dt.timedelta(days=14)


class InvitationGone(Refusal):
    """The invitation was taken up, withdrawn, is too old or is not one of ours."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What an invitation offers, and to whom. The limit is in the practice's minor units."""

    email: str
    name: str
    role: Role
    clinics: Sequence[Clinic] = ()
    order_limit_minor: int | None = None
    certificate_kind: str = ""
    certificate_number: str = ""
    certificate_valid_to: dt.date | None = None


def invite(
    place: Practice | Supplier, offer: Offer, *, inviter: Person, actor: Actor, now: dt.datetime
) -> Invitation:
    """Offer a membership of ``place`` and queue the mail with its link.

    An open invitation of the same e-mail is withdrawn: the newer one holds. Raises
    InvalidInput for a bad value or for someone who is a member already.
    """
    address = checks.email(offer.email)
    services.check_role(offer.role, place)
    services.check_clinics(offer.clinics, place)
    _refuse_member(address, place)
    for earlier in open_invitations(place, now):
        if earlier.email == address:
            withdraw(earlier, actor=actor, now=now)
    secret = new_secret()
    invitation = Invitation(
        email=address,
        name=checks.name(offer.name),
        role=offer.role,
        order_limit_minor=offer.order_limit_minor,
        certificate_kind=offer.certificate_kind,
        certificate_number=offer.certificate_number,
        certificate_valid_to=offer.certificate_valid_to,
        token_hash=secret_hash(secret),
        invited_by_id=inviter.id,
        created_at=now,
        expires_at=now + LASTS,
        clinics=list(offer.clinics),
        **services.side_of(place),
    )
    db.session.add(invitation)
    db.session.flush()
    send_invitation(invitation, place, inviter.name, secret, now)
    _note(actor, "invitation.sent", invitation, now)
    return invitation


def resend(
    invitation: Invitation,
    place: Practice | Supplier,
    *,
    inviter: Person,
    actor: Actor,
    now: dt.datetime,
) -> None:
    """Send a new link with a new term; the old link ends. Raises InvitationGone if not open."""
    secret = new_secret()
    _change_open(invitation, token_hash=secret_hash(secret), expires_at=now + LASTS)
    send_invitation(invitation, place, inviter.name, secret, now)
    _note(actor, "invitation.resent", invitation, now)


def withdraw(invitation: Invitation, *, actor: Actor, now: dt.datetime) -> None:
    """End the invitation's link; raises InvitationGone if it is not open."""
    _change_open(invitation, withdrawn_at=now)
    _note(actor, "invitation.withdrawn", invitation, now)


def open_invitations(place: Practice | Supplier, now: dt.datetime) -> Sequence[Invitation]:
    """Return the invitations neither taken up nor withdrawn, newest first; old ones too."""
    recent = now - 3 * LASTS
    return db.session.scalars(
        sa.select(Invitation)
        .filter_by(accepted_at=None, withdrawn_at=None, **services.side_of(place))
        .where(Invitation.expires_at > recent)
        .options(selectinload(Invitation.clinics))
        .order_by(Invitation.id.desc())
    ).all()


def invitation_of(place: Practice | Supplier, invitation_id: int) -> Invitation | None:
    """Return one of ``place``'s invitations."""
    return db.session.scalar(
        sa.select(Invitation).filter_by(id=invitation_id, **services.side_of(place))
    )


def invitation_behind(token: str, now: dt.datetime) -> Invitation:
    """Return the open invitation behind a link; raises InvitationGone."""
    found = db.session.scalar(
        sa.select(Invitation)
        .where(Invitation.token_hash == secret_hash(token))
        .options(
            joinedload(Invitation.practice),
            joinedload(Invitation.supplier),
            selectinload(Invitation.clinics),
        )
    )
    if found is None or found.expires_at <= now:
        raise _gone()
    if found.accepted_at is not None or found.withdrawn_at is not None:
        raise _gone()
    return found


def accept_as_new(
    token: str, *, name: str, password: str, address: str | None, now: dt.datetime
) -> Person:
    """Make the invited person, with a name and password of their own, and the membership.

    Raises InvitationGone, or InvalidInput: a bad value, or the e-mail has an account already,
    in which case its person signs in and joins.
    """
    invitation = _claimed(token, now)
    if person_with_email(invitation.email) is not None:
        message = _("You have an account already: sign in, then open the link again.")
        raise InvalidInput(("", message))
    actor = Actor(None, address)
    person = services.create_person(
        email=invitation.email,
        name=name,
        password=password,
        role=invitation.role,
        practice=invitation.practice,
        supplier=invitation.supplier,
        clinics=tuple(invitation.clinics),
        certificate_kind=invitation.certificate_kind,
        certificate_number=invitation.certificate_number,
        certificate_valid_to=invitation.certificate_valid_to,
        order_limit_minor=invitation.order_limit_minor,
        actor=actor,
        now=now,
    )
    _note(Actor(person.id, address), "invitation.accepted", invitation, now)
    return person


def accept_as(person: Person, token: str, *, actor: Actor, now: dt.datetime) -> Membership:
    """Give the signed-in ``person`` the membership; whoever holds the link may take it up.

    Raises InvitationGone, or InvalidInput for someone who is a member already.
    """
    invitation = _claimed(token, now)
    place = place_of(invitation)
    membership = services.add_membership(
        person,
        role=invitation.role,
        place=place,
        clinics=tuple(invitation.clinics),
        certificate_kind=invitation.certificate_kind,
        certificate_number=invitation.certificate_number,
        certificate_valid_to=invitation.certificate_valid_to,
        order_limit_minor=invitation.order_limit_minor,
        actor=actor,
        now=now,
    )
    _note(actor, "invitation.accepted", invitation, now)
    return membership


def place_of(invitation: Invitation) -> Practice | Supplier:
    """Return the practice or supplier the invitation is for."""
    place = invitation.practice or invitation.supplier
    if place is None:
        raise LookupError(f"invitation {invitation.id} is for no one")
    return place


def _claimed(token: str, now: dt.datetime) -> Invitation:
    """Mark the invitation as taken up, by one of however many try at once, and return it."""
    invitation = invitation_behind(token, now)
    _change_open(invitation, Invitation.token_hash == secret_hash(token), accepted_at=now)
    return invitation


def _change_open(
    invitation: Invitation, *more: sa.ColumnElement[bool], **values: str | dt.datetime
) -> None:
    """Change an invitation that is open at this moment; raises InvitationGone if it is not.

    Someone else may have taken it up, withdrawn it or sent it again since it was read.
    """
    open_still = (Invitation.accepted_at.is_(None), Invitation.withdrawn_at.is_(None))
    changed = db.session.execute(
        sa.update(Invitation)
        .where(Invitation.id == invitation.id, *open_still, *more)
        .values(**values)
        .returning(Invitation.id)
    ).scalar_one_or_none()
    if changed is None:
        raise _gone()


def _refuse_member(address: str, place: Practice | Supplier) -> None:
    person = person_with_email(address)
    if person is None:
        return
    present = sa.select(Membership.id).filter_by(person_id=person.id, **services.side_of(place))
    if db.session.scalar(present) is not None:
        message = _("%(email)s is a member here already.", email=address)
        raise InvalidInput(("email", message))


def _gone() -> InvitationGone:
    return InvitationGone(
        _("This invitation was used, withdrawn or is too old. Ask for a new one.")
    )


def _note(actor: Actor, action: str, invitation: Invitation, now: dt.datetime) -> None:
    audit.record(
        actor,
        action,
        ("invitation", invitation.id),
        now,
        practice_id=invitation.practice_id,
        supplier_id=invitation.supplier_id,
        after={"email": invitation.email, "role": invitation.role.value},
    )
