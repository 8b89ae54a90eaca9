"""Pages for signing in and out, forgotten passwords, invitations, and one's own settings."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user, login_required, login_user, logout_user
from werkzeug.wrappers import Response

from supply import clock
from supply.accounts import forms, invitations, names, own, resets, services, tokens
from supply.accounts.queries import demo_people
from supply.accounts.sign_in import (
    Attempt,
    TooManyTries,
    WrongSignIn,
    note_sign_in,
    sign_in_to_demo,
)
from supply.accounts.sign_in import sign_in as try_sign_in
from supply.db import transaction
from supply.refusals import Refusal
from supply.web import access
from supply.web.forms import show, text

Page = str | Response | tuple[str, int]

blueprint = Blueprint("accounts", __name__)


@blueprint.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> Page:
    """Sign in with e-mail and password."""
    form = forms.SignInForm(data={"next": request.args.get("next", "")})
    if request.method == "GET":
        if current_user.is_authenticated:
            return redirect(_next(request.args.get("next")))
        return _sign_in_page(form, 200)
    if not form.validate():
        return _sign_in_page(form, 400)
    attempt = Attempt(text(form.email), text(form.password), request.remote_addr or "")
    try:
        person = try_sign_in(attempt, clock.now())
    except (WrongSignIn, TooManyTries) as refusal:
        show(form, refusal)
        return _sign_in_page(form, 429 if isinstance(refusal, TooManyTries) else 400)
    login_user(person, remember=form.remember.data)
    return redirect(_next(form.next.data))


@blueprint.post("/sign-in/demo")
def demo_sign_in() -> Page:
    """Sign in as one of a demonstration's people; 404 elsewhere."""
    email = request.form.get("email", "")
    person = sign_in_to_demo(email, request.remote_addr or "", clock.now())
    if person is None:
        abort(404)
    login_user(person)
    return redirect(url_for("web.home"))


@blueprint.post("/sign-out")
@login_required
def sign_out() -> Page:
    """End this session."""
    logout_user()
    return redirect(url_for("accounts.sign_in"))


@blueprint.route("/forgot", methods=["GET", "POST"])
def forgot() -> Page:
    """Ask for a link to choose a new password."""
    form = forms.ForgotForm()
    if request.method == "GET":
        return render_template("accounts/forgot.html", form=form, sent=False)
    if not form.validate():
        return render_template("accounts/forgot.html", form=form, sent=False), 400
    with transaction():
        resets.request_reset(text(form.email), address=request.remote_addr or "", now=clock.now())
    return render_template("accounts/forgot.html", form=form, sent=True)


@blueprint.route("/reset/<token>", methods=["GET", "POST"])
def reset(token: str) -> Page:
    """Choose a new password by the link from a mail."""
    now = clock.now()
    form = forms.NewPasswordForm()
    try:
        resets.person_for_reset(token, now)
        if request.method == "POST" and form.validate():
            with transaction():
                person = resets.reset_password(
                    token, text(form.password), address=request.remote_addr, now=now
                )
                note_sign_in(person, request.remote_addr or "", now)
            login_user(person)
            flash(_("Your password is changed. Other sessions are signed out."), "success")
            return redirect(url_for("web.home"))
    except resets.ExpiredLink as refusal:
        page = render_template("accounts/link_gone.html", reason=str(refusal), again=True)
        return page, 404
    return render_template("accounts/reset.html", form=form), 400 if form.errors else 200


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


@blueprint.get("/you")
@login_required
def you() -> Page:
    """One's own name, language, password, memberships and tokens."""
    return _you_page()


@blueprint.post("/you")
@login_required
def change_you() -> Page:
    """Change one's own name and language."""
    form = _you_form()
    if not form.validate():
        return _you_page(form=form, status=400)
    with transaction():
        own.change_details(
            access.person(),
            name=text(form.name),
            locale=form.locale.data,
            actor=access.actor(),
            now=clock.now(),
        )
    flash(_("Saved."), "success")
    return redirect(url_for("accounts.you"))


@blueprint.post("/you/password")
@login_required
def change_password() -> Page:
    """Replace one's own password; this session goes on, others end."""
    form = forms.ChangePasswordForm()
    if not form.validate():
        return _you_page(password_form=form, status=400)
    person = access.person()
    try:
        with transaction():
            services.change_password(
                person,
                text(form.old),
                text(form.password),
                actor=access.actor(),
                now=clock.now(),
            )
    except Refusal as refusal:
        show(form, refusal)
        return _you_page(password_form=form, status=400)
    login_user(person)
    flash(_("Your password is changed. Other sessions are signed out."), "success")
    return redirect(url_for("accounts.you"))


@blueprint.post("/you/sign-out-everywhere")
@login_required
def sign_out_everywhere() -> Page:
    """End every session of one's own, this one too."""
    with transaction():
        services.end_sessions(access.person(), actor=access.actor(), now=clock.now())
    logout_user()
    flash(_("You are signed out everywhere."), "success")
    return redirect(url_for("accounts.sign_in"))


@blueprint.post("/you/tokens")
@login_required
def create_token() -> Page:
    """Make an API token and show it, this once."""
    form = forms.TokenForm()
    if not form.validate():
        return _you_page(token_form=form, status=400)
    with transaction():
        secret = services.issue_token(
            access.person(),
            expires_days=form.expires_days.data,
            actor=access.actor(),
            now=clock.now(),
        )
    return _you_page(secret=secret)


@blueprint.post("/you/tokens/<int:token_id>/revoke")
@login_required
def revoke_token(token_id: int) -> Page:
    """End one of one's own API tokens."""
    with transaction():
        found = tokens.revoke_token(
            access.person(), token_id, actor=access.actor(), now=clock.now()
        )
    if not found:
        abort(404)
    flash(_("The token is revoked."), "success")
    return redirect(url_for("accounts.you"))


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
    return render_template("accounts/sign_in.html", form=form, demo_people=people), status


def _next(wanted: str | None) -> str:
    """Return ``wanted`` if it is a path of ours, else the first page.

    Browsers read "//host" and "/\\host" as another site, and drop control characters.
    """
    plain = wanted is not None and wanted.isprintable() and "\\" not in wanted
    if wanted and plain and wanted.startswith("/") and not wanted.startswith("//"):
        return wanted
    return url_for("web.home")


def _join(token: str) -> Response | None:
    try:
        with transaction():
            invitations.accept_as(access.person(), token, actor=access.actor(), now=clock.now())
    except Refusal as refusal:
        flash(str(refusal), "error")
        return None
    flash(_("You are a member now."), "success")
    return redirect(url_for("web.home"))


def _register(token: str, form: forms.AcceptForm) -> Response | None:
    if not form.validate():
        return None
    try:
        with transaction():
            person = invitations.accept_as_new(
                token,
                name=text(form.name),
                password=text(form.password),
                address=request.remote_addr,
                now=clock.now(),
            )
    except Refusal as refusal:
        show(form, refusal)
        return None
    login_user(person)
    flash(_("Welcome. Your account is ready."), "success")
    return redirect(url_for("web.home"))


def _you_form() -> forms.YouForm:
    person = access.person()
    form = forms.YouForm(data={"name": person.name, "locale": person.locale})
    form.locale.choices = names.locale_choices(person.locale)
    return form


def _you_page(*, status: int = 200, secret: str | None = None, **given: Any) -> Page:
    person = access.person()
    page = render_template(
        "accounts/you.html",
        person=person,
        form=given.get("form") or _you_form(),
        password_form=given.get("password_form") or forms.ChangePasswordForm(formdata=None),
        token_form=given.get("token_form") or forms.TokenForm(formdata=None),
        tokens=tokens.tokens_of(person.id, clock.now()),
        memberships=own.memberships(person),
        secret=secret,
    )
    return page, status
