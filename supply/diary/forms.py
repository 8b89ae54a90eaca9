"""Forms of the diary's pages. They check shape; services hold the rules."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import (
    BooleanField,
    HiddenField,
    SelectField,
    SelectMultipleField,
    StringField,
    TimeField,
)
from wtforms.validators import Optional
from wtforms.widgets import CheckboxInput, ListWidget

from supply import text
from supply.diary.rules import read_time
from supply.treatments.references import ASKED_FOR, LONGEST_REFERENCE
from supply.treatments.terms import MOST_AREAS
from supply.web.fields import DayField, WholeField, at_most, needed
from supply.web.forms import ActionForm, PageForm

LONGEST_PRACTITIONER = 120


class ClockField(TimeField):
    """A time on the clinic's clock, as the browser gives it or as typed; or none."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the time; it is shown again as it was typed."""
        self.data = None
        written = text.clean(valuelist[0]) if valuelist else ""
        if not written:
            return
        self.data = read_time(written)
        if self.data is None:
            raise ValueError(_("Write the time as 09:30."))


class CourseForm(PageForm):
    """A protocol for a patient reference, from a day on."""

    protocol = SelectField(_l("Protocol"), coerce=int)
    patient_ref = StringField(
        _l("Patient reference"), [needed(ASKED_FOR), at_most(LONGEST_REFERENCE)]
    )
    starts_on = DayField(_l("First session"), [needed(_l("Choose the first day."))])
    planned_at = ClockField(_l("Time of each session"), [Optional()])
    practitioner = StringField(_l("Practitioner"), [at_most(LONGEST_PRACTITIONER)])
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


class RescheduleForm(ActionForm):
    """Another day and time for a booked session, and whether its course's later ones follow."""

    planned_on = DayField(_l("Day"), [needed(_l("Choose the day."))])
    planned_at = ClockField(_l("Time"), [Optional()])
    with_later = BooleanField(_l("Move the later sessions of the course by as many days"))
    though_closed = BooleanField(_l("Move it there though the clinic is closed"))
    shown = HiddenField()
    given_by = HiddenField()


class BookForm(ActionForm):
    """A session booked by hand."""

    patient_ref = StringField(
        _l("Patient reference"), [needed(ASKED_FOR), at_most(LONGEST_REFERENCE)]
    )
    formulation = SelectField(
        _l("What is given"),
        [needed(_l("Choose what is given."))],
        coerce=lambda chosen: text.whole(str(chosen)) or 0,
    )
    planned_on = DayField(_l("Day"), [needed(_l("Choose the day."))])
    planned_at = ClockField(_l("Time"), [Optional()])
    practitioner = StringField(_l("Practitioner"), [at_most(LONGEST_PRACTITIONER)])
    areas = WholeField(_l("Areas treated"), [Optional()], least=1, most=MOST_AREAS, default=1)
    though_closed = BooleanField(_l("Book it though the clinic is closed"))
    once_more = BooleanField(_l("Book it as well"))


class FileForm(PageForm):
    """A file of bookings."""

    file = FileField(
        _l("File"),
        [FileRequired(_l("Choose a file."))],
        description=_l("CSV or XLSX with the columns external_id, patient_ref, formulation, date."),
    )
