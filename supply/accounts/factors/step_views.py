"""Pages of the second step at sign-in."""

from __future__ import annotations

from flask import Response, flash, jsonify, redirect, render_template, request, url_for

from supply import clock
from supply.accounts.factors import forms, passkeys, pending, second
from supply.accounts.factors.queries import apps_of, passkeys_of
from supply.accounts.routes import Page, blueprint, onward
from supply.accounts.sign_in import TooManyTries, person_half_in
from supply.refusals import Refusal
from supply.web import signed_in
from supply.web.forms import show, text

COME_IN = "come in"
SECOND = "second step"


@blueprint.route("/sign-in/code", methods=["GET", "POST"])
def second_code() -> Page:
    """Enter the code that an app shows, or a recovery code."""
    now = clock.now()
    waiting = pending.waiting(now)
    if waiting is None or person_half_in(waiting.half) is None:
        return redirect(url_for("accounts.sign_in"))
    form = forms.CodeForm()
    if not form.validate_on_submit():
        return _code_page(waiting, form, 400 if form.is_submitted() else 200)
    try:
        opened = second.come_in_by_code(waiting.half, text(form.code), _browser(), now)
    except Refusal as refusal:
        show(form, refusal)
        form.code.data = ""
        return _code_page(waiting, form, 429 if isinstance(refusal, TooManyTries) else 400)
    signed_in.enter(opened)
    return redirect(waiting.place)


@blueprint.post("/sign-in/passkey/question")
def passkey_question() -> tuple[Response, int]:
    """Return what the browser asks a passkey: as the second step, or to sign in by it alone."""
    now = clock.now()
    waiting = pending.waiting(now) if request.args.get("step") == "second" else None
    try:
        question = passkeys.question_to_come_in(waiting.half.person_id if waiting else None)
    except Refusal as refusal:
        return jsonify(error=str(refusal)), 400
    pending.ask(question, SECOND if waiting else COME_IN, now)
    return Response(question.options, mimetype="application/json"), 200


@blueprint.post("/sign-in/passkey")
def passkey_sign_in() -> Page:
    """Sign in with what a passkey answered, and nothing else."""
    form, now = forms.PasskeyAnswerForm(), clock.now()
    try:
        opened = second.come_in_by_passkey(
            None, text(form.answer), pending.asked(COME_IN, now), _browser(), now,
            remembered=bool(form.remember.data),
        )  # fmt: skip
    except Refusal as refusal:
        flash(str(refusal), "error")
        return redirect(url_for("accounts.sign_in", next=form.next.data or None))
    signed_in.enter(opened)
    return redirect(onward(form.next.data))


@blueprint.post("/sign-in/code/passkey")
def second_passkey() -> Page:
    """Take the second step with a passkey."""
    form, now = forms.PasskeyAnswerForm(), clock.now()
    waiting = pending.waiting(now)
    if waiting is None:
        return redirect(url_for("accounts.sign_in"))
    try:
        opened = second.come_in_by_passkey(
            waiting.half, text(form.answer), pending.asked(SECOND, now), _browser(), now
        )
    except Refusal as refusal:
        flash(str(refusal), "error")
        return redirect(url_for("accounts.second_code"))
    signed_in.enter(opened)
    return redirect(waiting.place)


def _code_page(waiting: pending.Waiting, form: forms.CodeForm, status: int) -> Page:
    person_id, site = waiting.half.person_id, passkeys.site()
    page = render_template(
        "accounts/second_code.html",
        form=form,
        has_app=bool(apps_of(person_id)),
        has_passkey=any(passkey.site == site for passkey in passkeys_of(person_id)),
    )
    return page, status


def _browser() -> second.Browser:
    return second.Browser(signed_in.origin(), signed_in.device())
