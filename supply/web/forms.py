"""What forms share: showing a refusal beside the field it is about."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

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


def sentences(refusal: Refusal | None) -> list[Mapping[str, str] | str]:
    """Return a refusal for ``ui.error_summary``: links where a field is at fault."""
    if refusal is None:
        return []
    if isinstance(refusal, InvalidInput):
        return [
            {"text": message, "url": f"#{field}"} if field else message
            for field, message in refusal.errors
        ]
    return [str(refusal)]


def text(field: Field) -> str:
    """Return what stands in a text field; empty where nothing was sent."""
    return field.data or ""
