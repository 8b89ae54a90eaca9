"""What forms share: showing a refusal beside the field it is about."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field, Form, HiddenField, PasswordField, StringField

from supply.refusals import InvalidInput, NotForThem, Refusal
from supply.text import has_control

_CHOOSE = _l("Choose from the list.")
_FILL_IN = _l("Fill this in.")
SAID_OTHERWISE: Mapping[str, LazyString] = {
    "Not a valid choice.": _CHOOSE,
    "Invalid Choice: could not coerce.": _CHOOSE,
    "Invalid choice(s): one or more data inputs could not be coerced.": _CHOOSE,
    "'%(value)s' is not a valid choice for this field.": _CHOOSE,
    "'%(value)s' are not valid choices for this field.": _CHOOSE,
    "This field is required.": _FILL_IN,
    "Not a valid integer value.": _l("Enter a whole number."),
    "Not a valid decimal value.": _l("Enter a number, such as 2.5."),
    "Not a valid date value.": _l("Write the day as year-month-day, such as 2027-05-31."),
    "Not a valid datetime value.": _l("Choose a day and a time."),
    "Number must be at least %(min)s.": _l("Enter at least %(min)s."),
    "Number must be at most %(max)s.": _l("Enter at most %(max)s."),
    "Number must be between %(min)s and %(max)s.": _l("Enter %(min)s to %(max)s."),
    "Field cannot be longer than %(max)d character.": _l("Use at most %(max)d characters."),
    "Field cannot be longer than %(max)d characters.": _l("Use at most %(max)d characters."),
}
"""What the form library says, in sentences that say what to do; a test holds that all are here."""


class _Words:
    """The form library's messages, by our sentences in the reader's language."""

    def gettext(self, message: str) -> str:
        return str(SAID_OTHERWISE.get(message, message))

    def ngettext(self, singular: str, plural: str, count: int) -> str:
        return self.gettext(singular if count == 1 else plural)


_WORDS = _Words()


class PageForm(FlaskForm):
    """What every form is made of: its messages are ours, never the library's."""

    class Meta(FlaskForm.Meta):
        """How the form library translates."""

        def get_translations(self, _form: Form) -> _Words:
            """Return our sentences."""
            return _WORDS

    def validate(self, extra_validators: Any = None) -> bool:
        """Check every field; a text with a character that cannot be kept is refused too."""
        sound = bool(super().validate(extra_validators))
        odd = [field for field in self if _is_odd(field)]
        for field in odd:
            field.errors = [*field.errors, _("Retype this: a character in it cannot be kept.")]
        return sound and not odd


def _is_odd(field: Field) -> bool:
    kept = isinstance(field, StringField) and not isinstance(field, PasswordField)
    return kept and has_control(field.data or "")


class ActionForm(PageForm):
    """What every action's form has: the key that makes a double click count once."""

    form_key = HiddenField(default=lambda: secrets.token_hex(16))


def status_of(form: FlaskForm) -> int:
    """Return the status of a page that shows ``form``: where it was sent, it was refused."""
    return 400 if form.is_submitted() else 200


def status_of_refusal(refusal: Refusal) -> int:
    """Return the status of a page that shows again what ``refusal`` is about."""
    return 403 if isinstance(refusal, NotForThem) else 400


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
