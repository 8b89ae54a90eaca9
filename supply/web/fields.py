"""Fields and checks of forms: what is wrong with a field is a sentence that says what to do.

A message from :func:`needed` names its field itself; every other is shown behind the field's
label ("Lead time: enter a whole number from 0 to 365."), so none is left without a name.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, Field, Form, IntegerField
from wtforms.validators import Length, StopValidation

from supply import text


class Named(str):
    """A message that names its field: it stands without the label before it."""

    __slots__ = ()
    named = True


class Needed:
    """A check that something was typed or chosen, with the sentence that asks for it."""

    field_flags = {"required": True}  # noqa: RUF012 - WTForms reads it from the class

    def __init__(self, message: LazyString) -> None:
        """Keep the sentence, such as "Enter a code."."""
        self.message = message

    def __call__(self, _form: Form, field: Field) -> None:
        """Stop with the sentence where nothing a reader sees was typed."""
        if any(_is_typed(value) for value in field.raw_data or ()):
            return
        field.errors = []
        raise StopValidation(Named(self.message))


def _is_typed(value: Any) -> bool:
    return bool(text.clean(value.replace("\0", "")) if isinstance(value, str) else value)


def needed(message: LazyString) -> Needed:
    """Return the check that a field is filled in; ``message`` asks for it by its name."""
    return Needed(message)


def at_most(characters: int) -> Length:
    """Return the check that a text is no longer than can be kept."""
    return Length(max=characters, message=_l("Use at most %(max)d characters."))


class WholeField(IntegerField):
    """A whole number from ``least`` to ``most``; nothing else is taken, and nothing is rounded."""

    def __init__(self, label: LazyString, validators: Any = None, *, least: int, most: int,
                 **more: Any) -> None:  # fmt: skip
        """Keep the bounds, which are part of the sentence."""
        super().__init__(label, validators, **more)
        self.least, self.most = least, most

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was typed; it is shown again as it was typed."""
        self.data = None
        written = text.clean(valuelist[0]) if valuelist else ""
        if not written:
            return
        number = text.whole(written)
        if number is None or not self.least <= number <= self.most:
            message = _(
                "Enter a whole number from %(least)s to %(most)s.", least=self.least, most=self.most
            )
            raise ValueError(message)
        self.data = number


class DayField(DateField):
    """A day, as the browser's calendar gives it or as typed."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the day; it is shown again as it was typed."""
        self.data = None
        written = text.clean(valuelist[0]) if valuelist else ""
        if not written:
            return
        try:
            self.data = dt.date.fromisoformat(written)
        except ValueError as error:
            message = _("Choose a day, or write it as year-month-day, such as 2027-05-31.")
            raise ValueError(message) from error
