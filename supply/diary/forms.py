"""Forms of the diary's pages. They check shape; services hold the rules."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, SelectField, SelectMultipleField, StringField
from wtforms.widgets import CheckboxInput, ListWidget

from supply.treatments.references import ASKED_FOR, LONGEST_REFERENCE
from supply.web.fields import DayField, at_most, needed
from supply.web.forms import PageForm


class CourseForm(PageForm):
    """A protocol for a patient reference, from a day on."""

    protocol = SelectField(_l("Protocol"), coerce=int)
    patient_ref = StringField(
        _l("Patient reference"), [needed(ASKED_FOR), at_most(LONGEST_REFERENCE)]
    )
    starts_on = DayField(_l("First session"), [needed(_l("Choose the first day."))])
    allergens = SelectMultipleField(
        _l("Allergens of this patient"),
        option_widget=CheckboxInput(),
        widget=ListWidget(),
        validate_choice=True,
    )
    form_key = HiddenField()


class MoveForm(PageForm):
    """Another day for a booked session, and whether those after it follow."""

    planned_on = DayField(_l("New day"), [needed(_l("Choose the new day."))])
    with_later = BooleanField(_l("Move the later sessions by as many days"), default=True)
    though_closed = BooleanField(_l("Move it there though the clinic is closed"))
    form_key = HiddenField()
