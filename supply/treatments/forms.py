"""Forms of the treatments pages. They check shape; services hold the rules."""

from __future__ import annotations

import datetime as dt

from flask_babel import lazy_gettext as _l
from wtforms import (
    DateTimeLocalField,
    HiddenField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Optional
from wtforms.widgets import CheckboxInput, ListWidget

from supply import clock
from supply.treatments.references import ASKED_FOR, LONGEST_REFERENCE
from supply.treatments.rules import LAST_DAY
from supply.treatments.terms import MOST_AREAS
from supply.web.fields import WholeField, at_most, needed
from supply.web.forms import ActionForm, PageForm

MINUTE = "%Y-%m-%dT%H:%M"


class SessionForm(PageForm):
    """What is said once of a session; its lines are read by :mod:`supply.treatments.blend`."""

    patient_ref = StringField(
        _l("Patient reference"), [needed(ASKED_FOR), at_most(LONGEST_REFERENCE)]
    )
    when = DateTimeLocalField(_l("When"), [Optional()], format=MINUTE)
    areas = WholeField(_l("Areas treated"), [Optional()], least=1, most=MOST_AREAS, default=1)
    planned = HiddenField()
    form_key = HiddenField()

    def instant(self, timezone: str) -> dt.datetime | None:
        """Return when it happened, read on the clinic's clock; None is now."""
        if self.when.data is None:
            return None
        local: dt.datetime = self.when.data
        return local.replace(tzinfo=clock.zone(timezone)).astimezone(dt.UTC)


class AllergenForm(PageForm):
    """What a patient is allergic to: chosen, or written."""

    allergens = SelectMultipleField(
        _l("Allergens"),
        option_widget=CheckboxInput(),
        widget=ListWidget(),
        validate_choice=True,
    )
    other = StringField(_l("Another"), [Optional(), at_most(200)])
    form_key = HiddenField()


class WithdrawForm(PageForm):
    """Why it is known that a patient tolerates what was thought not to."""

    reason = StringField(_l("Reason"))
    form_key = HiddenField()


class ProtocolForm(ActionForm):
    """What a protocol says."""

    name = StringField(_l("Name"), [needed(_l("Enter a name.")), at_most(200)])
    formulation = SelectField(_l("What is given"), coerce=int)
    days = StringField(
        _l("Session days"),
        [needed(_l("Enter the session days, such as 0 14 28."))],
        description=_l("Counted from the first session, day 0, with spaces between: 0 14 28"),
    )
    maintenance_days = WholeField(
        _l("Then again every"), [Optional()], least=1, most=LAST_DAY,
        description=_l("Empty: nothing after the last of these days."),
    )  # fmt: skip
    sessions_minimum = WholeField(_l("Sessions at least"), [Optional()], least=1, most=LAST_DAY)
    evidence = TextAreaField(_l("Known evidence"), [at_most(2000)])
    source = TextAreaField(_l("Source"), [at_most(2000)])


class NewProtocolForm(ProtocolForm):
    """A protocol that is not there yet."""

    code = StringField(
        _l("Code"),
        [needed(_l("Enter a code.")), at_most(80)],
        description=_l("Short, without spaces, such as HAIR-COURSE. It stays."),
    )
