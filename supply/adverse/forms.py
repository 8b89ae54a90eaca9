"""Forms of adverse events. They check shape; services hold the rules."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import DateTimeLocalField, RadioField, StringField, TextAreaField

from supply.adverse.terms import LONGEST_KIND, LONGEST_NOTE, Severity
from supply.adverse.wording import SEVERITY_WORDS
from supply.web.fields import at_most, needed
from supply.web.forms import ActionForm


class EventForm(ActionForm):
    """What was noticed after a session."""

    kind = StringField(
        _l("What was noticed"),
        [needed(_l("Say in a few words what was noticed.")), at_most(LONGEST_KIND)],
        description=_l("In a few words, such as infection, swelling or nodule. Never a name."),
    )
    severity = RadioField(_l("How bad it is"), [needed(_l("Choose how bad it is."))])
    noticed_at = DateTimeLocalField(
        _l("When it was noticed"), [needed(_l("Say when it was noticed."))]
    )
    note = TextAreaField(_l("Note"), [at_most(LONGEST_NOTE)])

    def __init__(self, **values: Any) -> None:
        """Offer how bad it may be, none of it chosen beforehand."""
        super().__init__(**values)
        self.severity.choices = [(one.value, SEVERITY_WORDS[one]) for one in Severity]


class NoteForm(ActionForm):
    """What was learned of an event later."""

    note = TextAreaField(
        _l("Add a note"), [needed(_l("Write what is to be added.")), at_most(LONGEST_NOTE)]
    )
