"""Forms of the treatments pages. They check shape; services hold the rules."""

from __future__ import annotations

import datetime as dt

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    DateTimeLocalField,
    HiddenField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from supply import clock
from supply.treatments.references import LONGEST_REFERENCE

MINUTE = "%Y-%m-%dT%H:%M"
MOST_AREAS = 100

_REFERENCE = (
    InputRequired(_l("Enter the clinic's own reference of the patient, never a name.")),
    Length(max=LONGEST_REFERENCE, message=_l("Shorten this to %(max)d characters.")),
)


class SessionForm(FlaskForm):
    """What is said once of a session; its lines are read by :mod:`supply.treatments.blend`."""

    patient_ref = StringField(_l("Patient reference"), _REFERENCE)
    when = DateTimeLocalField(_l("When"), [Optional()], format=MINUTE)
    areas = IntegerField(
        _l("Areas treated"),
        [Optional(), NumberRange(1, MOST_AREAS, _l("Enter one area or more, up to %(max)s."))],
        default=1,
    )
    planned = HiddenField()
    form_key = HiddenField()

    def instant(self, timezone: str) -> dt.datetime | None:
        """Return when it happened, read on the clinic's clock; None is now."""
        if self.when.data is None:
            return None
        local: dt.datetime = self.when.data
        return local.replace(tzinfo=clock.zone(timezone)).astimezone(dt.UTC)


class CourseForm(FlaskForm):
    """A protocol for a patient reference, from a day on."""

    protocol = SelectField(_l("Protocol"), coerce=int)
    patient_ref = StringField(_l("Patient reference"), _REFERENCE)
    starts_on = DateField(_l("First session"), [InputRequired(_l("Choose the first day."))])
    allergens = SelectMultipleField(
        _l("Allergens of this patient"),
        option_widget=CheckboxInput(),
        widget=ListWidget(),
        validate_choice=True,
    )
    form_key = HiddenField()


class AllergenForm(FlaskForm):
    """What a patient is allergic to: chosen, or written."""

    allergens = SelectMultipleField(
        _l("Allergens"),
        option_widget=CheckboxInput(),
        widget=ListWidget(),
        validate_choice=True,
    )
    other = StringField(_l("Another"), [Optional(), Length(max=200)])
    form_key = HiddenField()


class WithdrawForm(FlaskForm):
    """Why it is known that a patient tolerates what was thought not to."""

    reason = StringField(_l("Reason"))
    form_key = HiddenField()


class MoveForm(FlaskForm):
    """Another day for a booked session, and whether those after it follow."""

    planned_on = DateField(_l("New day"), [InputRequired(_l("Choose the new day."))])
    with_later = BooleanField(_l("Move the later sessions by as many days"), default=True)
    though_closed = BooleanField(_l("Move it there though the clinic is closed"))
    form_key = HiddenField()
