"""One's own second step, under Account: apps, passkeys, recovery codes.

Who must set one up before going on sees these pages too, and no others.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from flask import (
    Response,
    abort,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import gettext as _

from supply import clock
from supply.accounts.confirming import confirm_password
from supply.accounts.factors import (
    apps,
    asking,
    forms,
    passkeys,
    pending,
    queries,
    recovery,
    services,
)
from supply.accounts.factors.models import AuthenticatorApp, Passkey
from supply.accounts.factors.queries import Factor
from supply.accounts.factors.rules import FEW_LEFT
from supply.accounts.factors.terms import Proof
from supply.accounts.models import Person
from supply.accounts.routes import Page, blueprint, onward
from supply.accounts.sign_in import TooManyTries, open_for
from supply.accounts.user_agents import browser_of
from supply.actor import Actor
from supply.db import transaction
from supply.refusals import Refusal
from supply.web import navigation, signed_in
from supply.web.forms import show, status_of, text

FRESH = dt.timedelta(minutes=10)
"""How long the password given at sign-in is believed without being asked for again."""

ADD = "add"
_ONWARD = "after_second_step"


@blueprint.get("/account/second-step")
@signed_in.needs_known
def second_step() -> Page:
    """What one has for the second step, and what can be added."""
    return _page()


def _page(renamed: Factor | None = None, form: forms.NameForm | None = None) -> str:
    """Return the page; ``form`` is of the one whose new name was not taken."""
    person, now = _person(), clock.now()
    if signed_in.is_held():
        session[_ONWARD] = onward(request.args.get("next"))
    here = None if signed_in.is_held() else navigation.place_here()
    return render_template(
        "accounts/second_step.html",
        person=person,
        held=signed_in.is_held(),
        apps=queries.apps_of(person.id),
        passkeys=queries.passkeys_of(person.id),
        is_readable=apps.is_readable,
        codes_left=queries.codes_left(person.id),
        few_left=FEW_LEFT,
        asking=asking.asking(person),
        site=passkeys.site(),
        public_url=passkeys.address(),
        timezone=here.timezone if here is not None else "UTC",
        name_form=lambda factor: form if factor is renamed else _name_form(factor),
        renamed=renamed,
        now=now,
    )


def _name_form(factor: Factor) -> forms.NameForm:
    """Return the form for another name: its fields are told apart by the app or passkey."""
    of_it = f"{services.kind_of(factor).value}-{factor.id}"
    return forms.NameForm(formdata=None, prefix=of_it, data={"name": factor.name})


@blueprint.route("/account/second-step/app", methods=["GET", "POST"])
@signed_in.needs_known
def add_app() -> Page:
    """Set an app up: scan the picture, enter the code that it shows."""
    person = _person()
    secret = pending.secret_of_app(person.id)
    form = forms.AppForm()
    form.fit(password_needed=_needs_password())
    status = status_of(form)
    if form.validate_on_submit():
        try:
            _confirm(form)
            return _added(
                lambda: apps.add_app(
                    person, secret, name=text(form.name), code=text(form.code),
                    actor=_actor(), now=clock.now(),
                ),
                Proof.APP,
            )  # fmt: skip
        except Refusal as refusal:
            show(form, refusal)
            status = _status(refusal)
    given = apps.set_up(person, secret)
    page = render_template("accounts/add_app.html", form=form, given=given, email=person.email)
    return page, status


@blueprint.get("/account/second-step/passkey")
@signed_in.needs_known
def add_passkey() -> Page:
    """Make a passkey on this device."""
    form = forms.PasskeyForm()
    form.fit(password_needed=_needs_password())
    return render_template(
        "accounts/add_passkey.html",
        form=form,
        site=passkeys.site(),
        public_url=passkeys.address(),
        device=browser_of(request.user_agent.string),
    )


@blueprint.post("/account/second-step/passkey/question")
@signed_in.needs_known
def new_passkey_question() -> tuple[Response, int]:
    """Return what the browser is asked to make a passkey, once the password is right."""
    form, now = forms.PasskeyForm(), clock.now()
    form.fit(password_needed=_needs_password())
    if not form.validate():
        said = [error for field in form for error in field.errors]
        return jsonify(error=" ".join(map(str, said))), 400
    try:
        _confirm(form)
        question = passkeys.question_to_add(_person())
    except Refusal as refusal:
        return jsonify(error=str(refusal)), _status(refusal)
    pending.ask(question, ADD, now)
    return Response(question.options, mimetype="application/json"), 200


@blueprint.post("/account/second-step/passkey")
@signed_in.needs_known
def keep_passkey() -> Page:
    """Keep the passkey that the browser made."""
    form, person, now = forms.PasskeyAnswerForm(), _person(), clock.now()
    challenge = pending.asked(ADD, now)
    try:
        return _added(
            lambda: passkeys.add_passkey(
                person, text(form.answer), challenge, name=text(form.name),
                otherwise=browser_of(request.user_agent.string), actor=_actor(), now=now,
            ),
            Proof.PASSKEY,
        )  # fmt: skip
    except Refusal as refusal:
        flash(str(refusal), "error")
        return redirect(url_for("accounts.add_passkey"))


@blueprint.route(
    "/account/second-step/apps/<int:factor_id>/remove",
    endpoint="remove_app",
    defaults={"kind": Proof.APP},
    methods=["GET", "POST"],
)
@blueprint.route(
    "/account/second-step/passkeys/<int:factor_id>/remove",
    endpoint="remove_passkey",
    defaults={"kind": Proof.PASSKEY},
    methods=["GET", "POST"],
)
@signed_in.needs_known
def remove(kind: Proof, factor_id: int) -> Page:
    """Take one's own app or passkey away."""
    found = _own(kind, factor_id)
    form = forms.PasswordAgainForm()
    form.fit(password_needed=_needs_password())
    name, status = found.name, status_of(form)
    if form.validate_on_submit():
        try:
            _confirm(form)
            with transaction():
                services.remove(_person(), found, actor=_actor(), now=clock.now())
            flash(_("%(name)s is removed.", name=name), "success")
            return redirect(url_for("accounts.second_step"))
        except Refusal as refusal:
            show(form, refusal)
            status = _status(refusal)
    page = render_template("accounts/remove_factor.html", form=form, name=name, kind=kind.value)
    return page, status


@blueprint.post(
    "/account/second-step/apps/<int:factor_id>/name",
    endpoint="rename_app",
    defaults={"kind": Proof.APP},
)
@blueprint.post(
    "/account/second-step/passkeys/<int:factor_id>/name",
    endpoint="rename_passkey",
    defaults={"kind": Proof.PASSKEY},
)
@signed_in.needs_known
def rename(kind: Proof, factor_id: int) -> Page:
    """Call one's own app or passkey by another name."""
    found = _own(kind, factor_id)
    form = forms.NameForm(prefix=f"{kind.value}-{found.id}")
    if not form.validate():
        return _page(found, form), 400
    try:
        with transaction():
            services.rename(_person(), found, text(form.name), actor=_actor(), now=clock.now())
    except Refusal as refusal:
        show(form, refusal)
        return _page(found, form), 400
    flash(_("Saved."), "success")
    return redirect(url_for("accounts.second_step"))


@blueprint.route("/account/second-step/codes", methods=["GET", "POST"])
@signed_in.needs_known
def recovery_codes() -> Page:
    """Make new recovery codes, shown this once."""
    form = forms.PasswordAgainForm()
    form.fit(password_needed=_needs_password())
    status = status_of(form)
    if form.validate_on_submit():
        try:
            _confirm(form)
            with transaction():
                codes = services.renew_codes(_person(), actor=_actor(), now=clock.now())
            return _codes_page(codes, url_for("accounts.second_step"))
        except Refusal as refusal:
            show(form, refusal)
            status = _status(refusal)
    left = queries.codes_left(_person().id)
    return render_template("accounts/renew_codes.html", form=form, left=left), status


@blueprint.post("/account/second-step/codes/file")
@signed_in.needs_known
def recovery_codes_file() -> Response:
    """Return the codes that the page still shows as a file; none but one's own, unused ones."""
    person = _person()
    codes = recovery.unused(person.id, request.form.get("codes", "").split()[:50])
    text_file = render_template("accounts/recovery_codes.txt", codes=codes, email=person.email)
    headers = {"Content-Disposition": 'attachment; filename="supply-recovery-codes.txt"'}
    return Response(text_file, mimetype="text/plain", headers=headers)


def _own(kind: Proof, factor_id: int) -> Factor:
    """Return one's own app or passkey; 404 for any other."""
    model = AuthenticatorApp if kind is Proof.APP else Passkey
    return queries.factor_of(_person().id, model, factor_id) or abort(404)


def _added(add: Callable[[], services.Added], proof: Proof) -> Page:
    """Add an app or passkey; with the first, begin a session anew and show the recovery codes."""
    person, now, place = _person(), clock.now(), session.get(_ONWARD)
    with transaction():
        added = add()
        opened = (
            open_for(
                person, signed_in.origin(), signed_in.device(), now,
                remembered=signed_in.is_remembered(), quiet=True, proof=proof.value,
            )
            if added.first
            else None
        )  # fmt: skip
    pending.forget_app()
    if opened is not None:
        signed_in.enter(opened)
    if added.codes:
        return _codes_page(added.codes, place or url_for("accounts.second_step"), added=True)
    flash(_("Added. It can be used from the next sign-in on."), "success")
    return redirect(url_for("accounts.second_step"))


def _codes_page(codes: list[str], place: str, *, added: bool = False) -> Page:
    return render_template("accounts/recovery_codes.html", codes=codes, place=place, added=added)


def _person() -> Person:
    """Return whose session it is (views behind `needs_known` only)."""
    return signed_in.known() or abort(401)


def _actor() -> Actor:
    return Actor(_person().id, request.remote_addr)


def _needs_password() -> bool:
    """Return whether the password was given too long ago to change what guards the account."""
    began = signed_in.began_at()
    return began is None or clock.now() - began > FRESH


def _confirm(form: forms.PasswordAgainForm) -> None:
    """Ask for the password again where the form does; raises InvalidInput or TooManyTries."""
    if "own_password" in form:
        confirm_password(
            _person(),
            text(form.own_password),
            field="own_password",
            actor=_actor(),
            now=clock.now(),
        )


def _status(refusal: Refusal) -> int:
    return 429 if isinstance(refusal, TooManyTries) else 400
