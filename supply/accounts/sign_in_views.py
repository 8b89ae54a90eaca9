"""Pages for signing in and out, forgotten passwords and invitations."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from supply import clock
from supply.accounts import forms, invitations, names, own, resets
from supply.accounts.factors import passkeys, pending, second
from supply.accounts.queries import demo_people
from supply.accounts.routes import Page, blueprint, onward
from supply.accounts.sign_in import (
    Attempt,
    Half,
    Opened,
    TooManyTries,
    WrongSignIn,
    forget_tries,
    let_in,
    open_for,
    sign_in_to_demo,
)
from supply.accounts.sign_in import sign_in as try_sign_in
from supply.db import transaction
from supply.refusals import Refusal
from supply.web import access, signed_in
from supply.web.forms import show, status_of, text


@blueprint.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> Page:
    """Sign in with e-mail and password."""
    form = forms.SignInForm(data={"next": request.args.get("next", "")})
    if request.method != "POST":
        if current_user.is_authenticated:
            return redirect(onward(request.args.get("next")))
        return _sign_in_page(form, 200)
    if not form.validate():
        return _sign_in_page(form, 400)
    attempt = Attempt(text(form.email), text(form.password), signed_in.origin(), signed_in.device())
    try:
        opened = try_sign_in(attempt, clock.now(), remembered=form.remember.data)
    except (WrongSignIn, TooManyTries) as refusal:
        show(form, refusal)
        return _sign_in_page(form, 429 if isinstance(refusal, TooManyTries) else 400)
    return enter(opened, onward(form.next.data))


@blueprint.post("/sign-in/demo")
def demo_sign_in() -> Page:
    """Sign in as one of a demonstration's people; 404 elsewhere."""
    email = request.form.get("email", "")
    opened = sign_in_to_demo(email, signed_in.origin(), signed_in.device(), clock.now())
    if opened is None:
        abort(404)
    signed_in.enter(opened)
    return redirect(url_for("web.home"))


@blueprint.post("/sign-out")
@signed_in.needs_known
def sign_out() -> Page:
    """End this session."""
    signed_in.leave()
    return redirect(url_for("accounts.sign_in"))


@blueprint.route("/forgot", methods=["GET", "POST"])
def forgot() -> Page:
    """Ask for a link to choose a new password."""
    form = forms.ForgotForm()
    if request.method != "POST":
        return render_template("accounts/forgot.html", form=form, sent=False)
    if not form.validate():
        return render_template("accounts/forgot.html", form=form, sent=False), 400
    with transaction():
        resets.request_reset(text(form.email), address=request.remote_addr or "", now=clock.now())
    return render_template("accounts/forgot.html", form=form, sent=True)


@blueprint.route("/reset/<token>", methods=["GET", "POST"])
def reset(token: str) -> Page:
    """Choose a new password by the link from a mail."""
    form = forms.NewPasswordForm()
    try:
        resets.person_for_reset(token, clock.now())
        if form.validate_on_submit():
            opened = _reset(token, form)
            answer = enter(opened, url_for("web.home"))
            flash(_("Your password is changed. Other sessions are signed out."), "success")
            return answer
    except resets.ExpiredLink as refusal:
        page = render_template("accounts/link_gone.html", reason=str(refusal), again=True)
        return page, 404
    except Refusal as refusal:
        show(form, refusal)
    return render_template("accounts/reset.html", form=form), status_of(form)


@blueprint.route("/invitations/<token>", methods=["GET", "POST"])
def invitation(token: str) -> Page:
    """Take up an invitation: as a new person, or as the one signed in."""
    now = clock.now()
    try:
        found = invitations.invitation_behind(token, now)
    except invitations.InvitationGone as refusal:
        page = render_template("accounts/link_gone.html", reason=str(refusal), again=False)
        return page, 404
    form = forms.AcceptForm(data={"name": found.name})
    status = 200
    if request.method == "POST":
        answer = _join(token) if current_user.is_authenticated else _register(token, form)
        if answer is not None:
            return answer
        status = 400
    known = own.has_account(found.email)
    page = render_template(
        "accounts/invitation.html",
        form=form,
        invitation=found,
        place=invitations.place_of(found),
        role=names.role_name(found.role),
        known=known,
    )
    return page, status


def enter(opened: Opened | Half, place: str) -> Page:
    """Let the browser in and go to ``place``; or keep that one step is done, and ask the second."""
    if isinstance(opened, Half):
        pending.keep(opened, place, clock.now())
        return redirect(url_for("accounts.second_code"))
    signed_in.enter(opened)
    return redirect(place)


def _reset(token: str, form: forms.NewPasswordForm) -> Opened | Half:
    origin, now = signed_in.origin(), clock.now()
    with transaction():
        person = resets.reset_password(
            token,
            text(form.password),
            end_tokens=form.end_tokens.data,
            address=origin.address,
            now=now,
        )
        forget_tries(person, origin)
        second.forget_tries(person.id, now)
        return let_in(person, origin, signed_in.device(), now, quiet=True)


def _sign_in_page(form: forms.SignInForm, status: int) -> Page:
    people = [
        {
            "name": person.name,
            "email": person.email,
            "role": names.role_name(person.memberships[0].role),
            "where": names.place_name(person.memberships[0]),
        }
        for person in demo_people()
        if person.memberships
    ]
    page = render_template(
        "accounts/sign_in.html",
        form=form,
        demo_people=people,
        with_passkeys=passkeys.site() is not None,
    )
    return page, status


def _join(token: str) -> Page | None:
    try:
        with transaction():
            invitations.accept_as(access.person(), token, actor=access.actor(), now=clock.now())
    except Refusal as refusal:
        flash(str(refusal), "error")
        return None
    flash(_("You are a member now."), "success")
    return redirect(url_for("web.home"))


def _register(token: str, form: forms.AcceptForm) -> Page | None:
    if not form.validate():
        return None
    origin, now = signed_in.origin(), clock.now()
    try:
        with transaction():
            person = invitations.accept_as_new(
                token,
                name=text(form.name),
                password=text(form.password),
                address=origin.address,
                now=now,
            )
            opened = open_for(person, origin, signed_in.device(), now, quiet=True)
    except Refusal as refusal:
        show(form, refusal)
        return None
    signed_in.enter(opened)
    flash(_("Welcome. Your account is ready."), "success")
    return redirect(url_for("web.home"))
