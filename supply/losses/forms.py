"""The form that says between which days losses are looked at."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Form
from wtforms.validators import Optional, StopValidation

from supply.web.fields import DayField


class PeriodForm(Form):
    """Two days, both with it. In the address, so no key."""

    first = DayField(_l("From"), [Optional()], name="from")
    last = DayField(_l("To"), [Optional()], name="to")

    def validate_last(self, field: Any) -> None:
        """Refuse days the wrong way round."""
        if self.first.data and field.data and self.first.data > field.data:
            raise StopValidation(_("Choose a day that is not before the first."))
