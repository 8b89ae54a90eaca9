"""People of a practice or a supplier: members, invitations."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect
from flask_babel import gettext as _
from flask_login import login_required

from supply import clock
from supply.accounts import invitations, memberships, mending
from supply.accounts.confirming import confirm_password
from supply.accounts.factors import asking
from supply.accounts.factors.queries import has_any, with_any
from supply.accounts.invitations import Offer
from supply.accounts.memberships import Change
from supply.accounts.models import Clinic, Invitation, Membership, Practice
from supply.accounts.terms import Role
from supply.db import transaction
from supply.money import InvalidMoneyError, Money
from supply.refusals import InvalidInput, Refusal
from supply.settings.forms import InviteForm, MembershipForm, MendForm
from supply.settings.people_pages import (
    PRACTICE,
    SUPPLIER,
    Place,
    currency_of,
    member_at,
    place_at,
    render,
    url_of,
)
from supply.settings.routes import Page, blueprint
from supply.web import access
from supply.web.forms import show, status_of, text
from supply.web.numbers import read_sum
from supply.web.saving import saved


@blueprint.get(PRACTICE, endpoint="people", defaults={"supplier_code": None})
@blueprint.get(SUPPLIER, endpoint="supplier_people", defaults={"practice_code": None})
@login_required
def people(practice_code: str | None, supplier_code: str | None) -> Page:
    """Who is a member, and who is invited."""
    place = place_at(practice_code, supplier_code)
    now = clock.now()
    members = memberships.members_of(place)
    return render(
        "people",
        place,
        members=members,
        without_mail=mending.without_mail([member.person for member in members]),
        with_second_step=with_any([member.person_id for member in members]),
        asks=asking.asks,
        invited=invitations.open_invitations(place, now),
        now=now,
        today=access.today(),
    )


@blueprint.route(
    f"{PRACTICE}/invite",
    endpoint="invite",
    defaults={"supplier_code": None},
    methods=["GET", "POST"],
)
@blueprint.route(
    f"{SUPPLIER}/invite",
    endpoint="supplier_invite",
    defaults={"practice_code": None},
    methods=["GET", "POST"],
)
@login_required
def invite(practice_code: str | None, supplier_code: str | None) -> Page:
    """Invite someone by mail."""
    place = place_at(practice_code, supplier_code)
    form = InviteForm()
    form.fit(place)
    if saved(form, lambda: _invite(form, place)):
        flash(_("%(name)s is invited.", name=text(form.name)), "success")
        return redirect(url_of(place, "people"))
    return render("invitation", place, form=form), status_of(form)


@blueprint.route(
    f"{PRACTICE}/<int:membership_id>",
    endpoint="person",
    defaults={"supplier_code": None},
    methods=["GET", "POST"],
)
@blueprint.route(
    f"{SUPPLIER}/<int:membership_id>",
    endpoint="supplier_person",
    defaults={"practice_code": None},
    methods=["GET", "POST"],
)
@login_required
def person(practice_code: str | None, supplier_code: str | None, membership_id: int) -> Page:
    """Change a member's role, clinics, limit and certificate."""
    place = place_at(practice_code, supplier_code)
    membership = member_at(place, membership_id)
    form = MembershipForm(data=_kept(membership, place))
    form.fit(place)
    if saved(form, lambda: _save(form, membership, place)):
        flash(_("Saved."), "success")
        return redirect(url_of(place, "people"))
    return _person_page(place, membership, form), status_of(form)


@blueprint.post(
    f"{PRACTICE}/<int:membership_id>/mend", endpoint="mend", defaults={"supplier_code": None}
)
@blueprint.post(
    f"{SUPPLIER}/<int:membership_id>/mend",
    endpoint="supplier_mend",
    defaults={"practice_code": None},
)
@login_required
def mend(practice_code: str | None, supplier_code: str | None, membership_id: int) -> Page:
    """Give a member whom no mail reaches another e-mail."""
    place = place_at(practice_code, supplier_code)
    membership = member_at(place, membership_id)
    form = MendForm()
    try:
        if form.validate():
            _mend(membership, place, form)
            flash(_("Saved. They sign in with the new e-mail from now on."), "success")
            return redirect(url_of(place, "people"))
    except Refusal as refusal:
        show(form, refusal)
    return _person_page(place, membership, mend_form=form), 400


@blueprint.post(
    f"{PRACTICE}/<int:membership_id>/remove", endpoint="remove", defaults={"supplier_code": None}
)
@blueprint.post(
    f"{SUPPLIER}/<int:membership_id>/remove",
    endpoint="supplier_remove",
    defaults={"practice_code": None},
)
@login_required
def remove(practice_code: str | None, supplier_code: str | None, membership_id: int) -> Page:
    """End a membership."""
    place = place_at(practice_code, supplier_code)
    membership = member_at(place, membership_id)
    name = membership.person.name
    with transaction():
        memberships.remove_membership(membership, place, actor=access.actor(), now=clock.now())
    flash(_("%(name)s is no longer a member.", name=name), "success")
    return redirect(url_of(place, "people"))


@blueprint.post(
    f"{PRACTICE}/invitations/<int:invitation_id>/withdraw",
    endpoint="withdraw",
    defaults={"supplier_code": None},
)
@blueprint.post(
    f"{SUPPLIER}/invitations/<int:invitation_id>/withdraw",
    endpoint="supplier_withdraw",
    defaults={"practice_code": None},
)
@login_required
def withdraw(practice_code: str | None, supplier_code: str | None, invitation_id: int) -> Page:
    """Take an invitation back."""
    place = place_at(practice_code, supplier_code)
    invitation = _invitation(place, invitation_id)
    with transaction():
        invitations.withdraw(invitation, actor=access.actor(), now=clock.now())
    flash(_("The invitation is withdrawn."), "success")
    return redirect(url_of(place, "people"))


@blueprint.post(
    f"{PRACTICE}/invitations/<int:invitation_id>/resend",
    endpoint="resend",
    defaults={"supplier_code": None},
)
@blueprint.post(
    f"{SUPPLIER}/invitations/<int:invitation_id>/resend",
    endpoint="supplier_resend",
    defaults={"practice_code": None},
)
@login_required
def resend(practice_code: str | None, supplier_code: str | None, invitation_id: int) -> Page:
    """Send an invitation again, with a new link."""
    place = place_at(practice_code, supplier_code)
    invitation = _invitation(place, invitation_id)
    with transaction():
        invitations.resend(
            invitation,
            place,
            inviter=access.person(),
            actor=access.actor(),
            now=clock.now(),
        )
    flash(_("The invitation is sent again; the earlier link is void."), "success")
    return redirect(url_of(place, "people"))


def _mend(membership: Membership, place: Place, form: MendForm) -> None:
    actor, now = access.actor(), clock.now()
    password = text(form.own_password)
    confirm_password(access.person(), password, field="own_password", actor=actor, now=now)
    with transaction():
        mending.mend(
            membership, place, name=text(form.name), email=text(form.email), actor=actor, now=now
        )


def _person_page(
    place: Place,
    membership: Membership,
    form: MembershipForm | None = None,
    mend_form: MendForm | None = None,
) -> str:
    """Return the page of a member; how to mend their e-mail where no mail reaches them."""
    person = membership.person
    if form is None:
        form = MembershipForm(formdata=None, data=_kept(membership, place))
        form.fit(place)
    return render(
        "person",
        place,
        form=form,
        membership=membership,
        without_mail=bool(mending.without_mail([person])),
        has_second_step=has_any(person.id),
        ours_alone=mending.is_ours_alone(person, place),
        mend_form=mend_form or MendForm(formdata=None, data={"name": person.name}),
    )


def _invitation(place: Place, invitation_id: int) -> Invitation:
    return invitations.invitation_of(place, invitation_id) or abort(404)


def _kept(membership: Membership, place: Place) -> dict[str, Any]:
    limit = membership.order_limit_minor
    return {
        "role": membership.role.value,
        "clinics": [clinic.id for clinic in membership.clinics],
        "order_limit": str(Money(limit, currency_of(place)).amount) if limit is not None else "",
        "certificate_kind": membership.certificate_kind,
        "certificate_number": membership.certificate_number,
        "certificate_valid_to": membership.certificate_valid_to,
        "digest": membership.digest,
        "receives_prescription_only": membership.receives_prescription_only,
    }


def _invite(form: InviteForm, place: Place) -> None:
    invitations.invite(
        place,
        _offer(form, place),
        inviter=access.person(),
        actor=access.actor(),
        now=clock.now(),
    )


def _offer(form: InviteForm, place: Place) -> Offer:
    role = Role(form.role.data)
    if not isinstance(place, Practice):
        return Offer(email=text(form.email), name=text(form.name), role=role)
    return Offer(
        email=text(form.email),
        name=text(form.name),
        role=role,
        clinics=_clinics(form, place),
        order_limit_minor=_limit(form, place),
        certificate_kind=text(form.certificate_kind).strip(),
        certificate_number=text(form.certificate_number).strip(),
        certificate_valid_to=form.certificate_valid_to.data,
    )


def _save(form: MembershipForm, membership: Membership, place: Place) -> None:
    change = _change(form, membership, place)
    memberships.change_membership(membership, place, change, actor=access.actor(), now=clock.now())


def _change(form: MembershipForm, membership: Membership, place: Place) -> Change:
    role = Role(form.role.data)
    if not isinstance(place, Practice):
        return Change(role=role, digest=membership.digest)
    return Change(
        role=role,
        clinics=_clinics(form, place),
        order_limit_minor=_limit(form, place),
        certificate_kind=text(form.certificate_kind).strip(),
        certificate_number=text(form.certificate_number).strip(),
        certificate_valid_to=form.certificate_valid_to.data,
        digest=form.digest.data,
        receives_prescription_only=form.receives_prescription_only.data,
    )


def _clinics(form: MembershipForm, place: Practice) -> list[Clinic]:
    chosen = set(form.clinics.data or ())
    return [clinic for clinic in place.clinics if clinic.id in chosen]


def _limit(form: MembershipForm, place: Practice) -> int | None:
    """Return the limit in minor units; raises InvalidInput when it is not a sum."""
    written = text(form.order_limit).strip()
    if not written:
        return None
    try:
        return read_sum(written, place.currency)
    except InvalidMoneyError as error:
        raise InvalidInput(("order_limit", str(error))) from error
