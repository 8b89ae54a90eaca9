"""What forms share: showing a refusal beside the field it is about."""

from __future__ import annotations

import secrets

from flask_wtf import FlaskForm
from wtforms import Field, Form, HiddenField

from supply.refusals import InvalidInput, Refusal


class ActionForm(FlaskForm):
    """What every action's form has: the key that makes a double click count once."""

    form_key = HiddenField(default=lambda: secrets.token_hex(16))


def show(form: Form, refusal: Refusal) -> None:
    """Add the sentences of ``refusal`` to the fields they are about, else above the form.

    Render the form again afterwards, with status 400: what was typed is still in it.
    """
    pairs = refusal.errors if isinstance(refusal, InvalidInput) else [("", str(refusal))]
    for name, message in pairs:
        if name in form:
            form[name].errors = [*form[name].errors, message]
        else:
            form.form_errors.append(message)


def text(field: Field) -> str:
    """Return what stands in a text field; empty where nothing was sent."""
    return field.data or ""
