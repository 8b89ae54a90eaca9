"""Forms of the cold chain. They check shape; services hold the rules."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import BooleanField, Field, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import Optional
from wtforms.widgets import TextInput

from supply.coldchain.files.figures import Degrees, hundredths, read_figure
from supply.coldchain.limits import MOST_MINUTES
from supply.coldchain.wording import bare_temperature
from supply.web.fields import DayField, WholeField, at_most, needed
from supply.web.forms import ActionForm


class CelsiusField(Field):
    """A temperature as people type it: ``data`` is whole hundredths of a degree Celsius."""

    widget = TextInput()

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was typed, with a point or a comma; °F where it says so."""
        self.data = None
        typed = valuelist[0].strip() if valuelist else ""
        if not typed:
            return
        figure = read_figure(typed)
        found = hundredths(figure[0], figure[1] or Degrees.CELSIUS) if figure else None
        if found is None:
            raise ValueError(_("Enter a temperature in °C, such as 5.4."))
        self.data = found

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else bare_temperature(self.data).replace("−", "-")


class ReadingForm(ActionForm):
    """What a person reads on the thermometer."""

    celsius = CelsiusField(
        _l("The thermometer shows"), [needed(_l("Enter what the thermometer shows."))]
    )


def _minutes(label: str) -> WholeField:
    return WholeField(label, [needed(_l("Enter minutes."))], least=0, most=MOST_MINUTES)


class LimitsForm(ActionForm):
    """A location's range, and how long it may be out of it."""

    low = CelsiusField(_l("Lowest"), [Optional()])
    high = CelsiusField(_l("Highest"), [Optional()])
    warm_minutes = _minutes(_l("Too warm, in one go"))
    warm_total = _minutes(_l("Too warm, in 24 hours"))
    cold_minutes = _minutes(_l("Too cold, in one go"))
    cold_total = _minutes(_l("Too cold, in 24 hours"))
    may_freeze = BooleanField(_l("What is kept here may freeze"))


class UploadForm(ActionForm):
    """A logger's file, and where the logger was."""

    location = SelectField(_l("Location"), coerce=int)
    file = FileField(_l("The logger's file"))
    order = RadioField(_l("How days are written"), [Optional()], validate_choice=False)
    unit = RadioField(_l("In what temperatures are"), [Optional()], validate_choice=False)
    value = RadioField(_l("Which column is the temperature"), [Optional()], validate_choice=False)


class AnswerForm(ActionForm):
    """What the maker says of what was out of range."""

    answer = TextAreaField(_l("What they say"), [needed(_l("Write down what the maker says.")),
                                                 at_most(4_000)])  # fmt: skip
    by = StringField(_l("Who answered"), [needed(_l("Say who answered.")), at_most(200)])
    on = DayField(_l("On"), [needed(_l("Say when they answered."))])
    document = FileField(_l("Their letter or mail"))


class LoggerForm(ActionForm):
    """A logger."""

    serial = StringField(_l("Serial number"), [needed(_l("Enter the serial number.")), at_most(80)])
    name = StringField(_l("Name"), [at_most(100)])
    location = SelectField(_l("Location"), coerce=int)
    calibration = DayField(_l("Calibration valid to"), [Optional()])
