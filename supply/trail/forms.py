"""The form of what is looked for in the audit."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Form, SelectField, StringField
from wtforms.validators import Optional, ValidationError

from supply.trail.actions import GROUP_WORDS
from supply.web.fields import DayField


class SearchForm(Form):
    """Who, about what, between which days, with which words. In the address, so no key."""

    person = SelectField(_l("Who"), coerce=str, default="")
    about = SelectField(_l("About"), coerce=str, default="")
    first = DayField(_l("From"), [Optional()], name="from")
    last = DayField(_l("To"), [Optional()], name="to")
    q = StringField(_l("Words"), [Optional()])

    def validate_last(self, field: DayField) -> None:
        """Refuse days the wrong way round, of which nothing would ever be found."""
        if self.first.data and field.data and field.data < self.first.data:
            raise ValidationError(_("The first day lies after the last."))

    def offer(self, people: list[tuple[int, str]]) -> None:
        """Offer ``people`` by id, and everybody."""
        anybody = [("", _l("Everybody"))]
        self.person.choices = anybody + [(str(key), name) for key, name in people]
        groups = [(group.value, word) for group, word in GROUP_WORDS.items()]
        self.about.choices = [("", _l("Everything")), *groups]
