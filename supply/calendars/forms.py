"""Forms of a clinic's calendar. They check shape; services hold the rules."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectField, StringField

from supply import text
from supply.calendars.terms import ReferenceMark
from supply.treatments.references import LONGEST_REFERENCE
from supply.web.fields import at_most, needed
from supply.web.forms import ActionForm


class CalendarForm(ActionForm):
    """Where a clinic's calendar is, and where in its titles a patient reference stands."""

    address = StringField(_l("Secret address in iCal format"))
    mark = RadioField(_l("Where the patient reference stands"), default=ReferenceMark.HASH.value)


class DecideForm(ActionForm):
    """What is given at an event that waits, and to whom."""

    formulation = SelectField(
        _l("What is given"),
        [needed(_l("Choose what is given."))],
        coerce=lambda chosen: text.whole(str(chosen)) or 0,
    )
    patient_ref = StringField(_l("Patient reference"), [at_most(LONGEST_REFERENCE)])
