"""The second step of others: which roles are asked for it, and resetting what a member has lost."""

from __future__ import annotations

from flask import abort, flash, redirect
from flask_babel import gettext as _
from flask_login import login_required

from supply import clock
from supply.accounts import memberships
from supply.accounts.confirming import confirm_password
from supply.accounts.factors import asking, demands, resetting
from supply.accounts.factors.queries import has_any, with_any
from supply.accounts.factors.rules import GRACE
from supply.accounts.models import Membership
from supply.accounts.terms import Role
from supply.db import transaction
from supply.refusals import Refusal
from supply.settings.forms import ResetStepForm, SecondStepForm
from supply.settings.people_pages import (
    PRACTICE,
    SUPPLIER,
    Place,
    member_at,
    place_at,
    render,
    url_of,
)
from supply.settings.routes import Page, blueprint
from supply.web import access
from supply.web.forms import show, status_of, text
from supply.web.saving import saved


@blueprint.route(
    f"{PRACTICE}/second-step",
    endpoint="second_step",
    defaults={"supplier_code": None},
    methods=["GET", "POST"],
)
@blueprint.route(
    f"{SUPPLIER}/second-step",
    endpoint="supplier_second_step",
    defaults={"practice_code": None},
    methods=["GET", "POST"],
)
@login_required
def second_step(practice_code: str | None, supplier_code: str | None) -> Page:
    """Which roles are asked for a second step at sign-in, and who has none yet."""
    place = place_at(practice_code, supplier_code)
    form = SecondStepForm(data={"roles": [role.value for role in place.second_step_roles]})
    form.fit(place)
    if saved(form, lambda: _demand(form, place)):
        flash(_("Saved."), "success")
        return redirect(url_of(place, "second_step"))
    members = memberships.members_of(place)
    have = with_any([member.person_id for member in members])
    page = render(
        "second_step",
        place,
        form=form,
        members=members,
        have=have,
        own=access.person().id in have,
        asks=asking.asks,
        grace=GRACE.days,
    )
    return page, status_of(form)


@blueprint.route(
    f"{PRACTICE}/<int:membership_id>/second-step",
    endpoint="reset_second_step",
    defaults={"supplier_code": None},
    methods=["GET", "POST"],
)
@blueprint.route(
    f"{SUPPLIER}/<int:membership_id>/second-step",
    endpoint="supplier_reset_second_step",
    defaults={"practice_code": None},
    methods=["GET", "POST"],
)
@login_required
def reset(practice_code: str | None, supplier_code: str | None, membership_id: int) -> Page:
    """Take away what a member who has lost it had for the second step."""
    place = place_at(practice_code, supplier_code)
    membership = member_at(place, membership_id)
    person = membership.person
    if not has_any(person.id):
        abort(404)
    form, name, status = ResetStepForm(), person.name, 200
    if form.is_submitted():
        try:
            if form.validate():
                _reset(membership, place, form)
                flash(_("%(name)s signs in with the password alone now.", name=name), "success")
                return redirect(url_of(place, "people"))
        except Refusal as refusal:
            show(form, refusal)
        status = 400
    ours = resetting.is_ours_to_reset(person, place)
    page = render("reset_second_step", place, form=form, membership=membership, ours=ours)
    return page, status


def _demand(form: SecondStepForm, place: Place) -> None:
    demands.change_demand(
        place,
        [Role(value) for value in form.roles.data or ()],
        person=access.person(),
        actor=access.actor(),
        now=clock.now(),
    )


def _reset(membership: Membership, place: Place, form: ResetStepForm) -> None:
    actor, now = access.actor(), clock.now()
    password = text(form.own_password)
    confirm_password(access.person(), password, field="own_password", actor=actor, now=now)
    with transaction():
        resetting.reset_member(membership, place, actor=actor, now=now)
