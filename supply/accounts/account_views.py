"""The account page: one's own details, memberships, password, sessions and tokens."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import refresh
from flask_login import login_required

from supply import clock
from supply.accounts import forms, names, own, services, sessions, tokens
from supply.accounts.confirming import confirm_password
from supply.accounts.credentials import WebSession
from supply.accounts.factors.queries import codes_left, has_any
from supply.accounts.mail import send_notice
from supply.accounts.routes import Page, blueprint
from supply.accounts.rules import certificate_state
from supply.accounts.sign_in import Opened, TooManyTries, open_for
from supply.accounts.terms import Notice, SessionEnd
from supply.accounts.user_agents import browser_of
from supply.db import transaction
from supply.refusals import Refusal
from supply.web import access, navigation, signed_in
from supply.web.forms import show, text


@blueprint.get("/account")
@login_required
def account() -> Page:
    """One's own name, language, memberships, password, sessions and tokens."""
    return _page()


@blueprint.get("/you")
@login_required
def you() -> Page:
    """Go to where this page is now."""
    return redirect(url_for("accounts.account"))


@blueprint.post("/account")
@login_required
def change_details() -> Page:
    """Change one's own name and language."""
    form = _details_form()
    if not form.validate():
        return _page(form=form, status=400)
    with transaction():
        own.change_details(
            access.person(),
            name=text(form.name),
            locale=form.locale.data,
            actor=access.actor(),
            now=clock.now(),
        )
    refresh()
    flash(_("Saved."), "success")
    return redirect(url_for("accounts.account"))


@blueprint.post("/account/password")
@login_required
def change_password() -> Page:
    """Replace one's own password; this browser stays signed in, others do not."""
    form = forms.ChangePasswordForm()
    if not form.validate():
        return _page(password_form=form, status=400)
    try:
        confirm_password(
            access.person(), text(form.old), field="old", actor=access.actor(), now=clock.now()
        )
        opened = _changed(form)
    except Refusal as refusal:
        show(form, refusal)
        return _page(password_form=form, status=_status(refusal))
    signed_in.enter(opened)
    flash(_("Your password is changed. Other sessions are signed out."), "success")
    return redirect(url_for("accounts.account"))


@blueprint.post("/account/sessions/<int:session_id>/end")
@login_required
def end_session(session_id: int) -> Page:
    """End one of one's own sessions, in another browser."""
    with transaction():
        ended = sessions.end(
            access.person().id,
            session_id,
            SessionEnd.ENDED_ELSEWHERE,
            actor=access.actor(),
            now=clock.now(),
        )
    if not ended:
        abort(404)
    flash(_("That session is signed out."), "success")
    return redirect(url_for("accounts.account", _anchor="sessions"))


@blueprint.post("/account/sessions/end-others")
@login_required
def end_other_sessions() -> Page:
    """End every session of one's own but this one."""
    _end_sessions(but=signed_in.session_id())
    flash(_("You are signed out everywhere else."), "success")
    return redirect(url_for("accounts.account", _anchor="sessions"))


@blueprint.post("/account/sign-out-everywhere")
@login_required
def sign_out_everywhere() -> Page:
    """End every session of one's own, this one too."""
    _end_sessions()
    signed_in.leave()
    flash(_("You are signed out everywhere."), "success")
    return redirect(url_for("accounts.sign_in"))


@blueprint.post("/account/tokens")
@login_required
def create_token() -> Page:
    """Make an API token and show it, this once."""
    form = forms.TokenForm()
    if not form.validate():
        return _page(token_form=form, status=400)
    try:
        confirm_password(
            access.person(),
            text(form.token_password),
            field="token_password",
            actor=access.actor(),
            now=clock.now(),
        )
    except Refusal as refusal:
        show(form, refusal)
        return _page(token_form=form, status=_status(refusal))
    return _page(secret=_issued(form))


@blueprint.post("/account/tokens/<int:token_id>/revoke")
@login_required
def revoke_token(token_id: int) -> Page:
    """End one of one's own API tokens."""
    with transaction():
        found = tokens.revoke_token(
            access.person(), token_id, actor=access.actor(), now=clock.now()
        )
    if not found:
        abort(404)
    flash(_("The token is ended."), "success")
    return redirect(url_for("accounts.account", _anchor="tokens"))


def _changed(form: forms.ChangePasswordForm) -> Opened:
    """Change the password and begin a session anew: whoever copied the old one stays outside."""
    person, actor, now = access.person(), access.actor(), clock.now()
    with transaction():
        services.set_password(person, text(form.password), actor=actor, now=now)
        if form.end_tokens.data:
            tokens.revoke_all(person, actor=actor, now=now)
        return open_for(
            person,
            signed_in.origin(),
            signed_in.device(),
            now,
            remembered=signed_in.is_remembered(),
            quiet=True,
            proof="same_session" if signed_in.has_second_step() else None,
        )


def _issued(form: forms.TokenForm) -> str:
    person, actor, now = access.person(), access.actor(), clock.now()
    with transaction():
        secret = services.issue_token(
            person,
            name=text(form.token_name),
            expires_days=form.expires_days.data,
            actor=actor,
            now=now,
        )
        name = text(form.token_name)
        send_notice(person, Notice.TOKEN_ISSUED, now, address=actor.address, what=name)
    return secret


def _end_sessions(but: int | None = None) -> None:
    person, actor, now = access.person(), access.actor(), clock.now()
    form = forms.SignOutForm()
    with transaction():
        services.end_sessions(person, but=but, actor=actor, now=now)
        if form.tokens_too.data:
            tokens.revoke_all(person, actor=actor, now=now)


def _status(refusal: Refusal) -> int:
    return 429 if isinstance(refusal, TooManyTries) else 400


def _details_form() -> forms.DetailsForm:
    person = access.person()
    form = forms.DetailsForm(data={"name": person.name, "locale": person.locale or ""})
    form.locale.choices = [("", _("As where I work")), *names.locale_choices(person.locale)]
    return form


def _sessions(person_id: int, now: dt.datetime) -> list[WebSession]:
    """Return one's sessions, the one we are in first."""
    found = sessions.sessions_of(person_id, signed_in.lifetimes(), now)
    return sorted(found, key=lambda session: session.id != signed_in.session_id())


def _page(*, status: int = 200, secret: str | None = None, **given: Any) -> Page:
    person, now = access.person(), clock.now()
    here = navigation.place_here()
    page = render_template(
        "accounts/account.html",
        person=person,
        form=given.get("form") or _details_form(),
        password_form=given.get("password_form") or forms.ChangePasswordForm(formdata=None),
        sign_out_form=forms.SignOutForm(formdata=None),
        token_form=given.get("token_form") or forms.TokenForm(formdata=None),
        sessions=_sessions(person.id, now),
        this_session=signed_in.session_id(),
        browser_of=browser_of,
        tokens=tokens.tokens_of(person.id, now),
        memberships=own.memberships(person),
        second_step=has_any(person.id),
        codes_left=codes_left(person.id),
        certificate_state=certificate_state,
        today=clock.local_date(now, here.timezone if here is not None else "UTC"),
        secret=secret,
        timezone=here.timezone if here is not None else "UTC",
    )
    return page, status
