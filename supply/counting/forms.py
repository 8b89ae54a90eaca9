"""Forms of counts. They check shape; services hold the rules."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField, SelectMultipleField, StringField
from wtforms.validators import Optional
from wtforms.widgets import CheckboxInput, ListWidget

from supply.catalogue.as_typed import with_written_separators
from supply.web.fields import DayField, WholeField, at_most, needed
from supply.web.forms import ActionForm


class BeginForm(ActionForm):
    """What is counted; no location chosen means all."""

    what = SelectField(
        _l("What"),
        default="",
    )
    item = StringField(
        _l("One item"),
        [at_most(200)],
        filters=[with_written_separators],
        description=_l("Its code, or a scan; leave it empty for all of them."),
    )
    locations = SelectMultipleField(
        _l("Where"),
        coerce=int,
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
        description=_l("Choose none to count all of them."),
    )

    def offer(self, places: Sequence[tuple[int, str]]) -> None:
        """Offer locations by id, and what may be counted."""
        self.locations.choices = list(places)
        self.what.choices = [
            ("", _l("Everything")),
            ("due", _l("What is due this week")),
            ("a", _l("Class A: worth most")),
            ("b", _l("Class B")),
            ("c", _l("Class C: worth least")),
        ]


class FoundForm(ActionForm):
    """A lot that the list does not have; a scan fills it in."""

    scan = StringField(_l("Scan a box"), [at_most(1_000)])
    item = StringField(_l("Item"), [needed(_l("Enter the item’s code.")), at_most(80)])
    lot = StringField(_l("Lot"), [needed(_l("Enter a lot number.")), at_most(80)])
    expiry = DayField(
        _l("Expiry date"),
        [Optional()],
        description=_l("As printed. Only needed for a lot that is new to the practice."),
    )
    undated = BooleanField(_l("It has no expiry date"))
    containers = StringField(
        _l("Sealed containers"),
        [needed(_l("Enter how many sealed containers lie here.")), at_most(20)],
    )
    rest = StringField(
        _l("Open, left over"),
        [at_most(20)],
        description=_l("What is left in open ones, in ml, g or mg."),
    )


def _every(label: LazyString, which: LazyString, *, most: int) -> WholeField:
    """Return the field of every how many days a class is counted, at ``most``."""
    days = [needed(_l("Enter a number of days."))]
    return WholeField(label, days, least=1, most=most, description=which)


class LimitsForm(ActionForm):
    """What a large difference is, and how often each class is counted."""

    value = StringField(
        _l("Large from"),
        [needed(_l("Enter a sum.")), at_most(20)],
        description=_l("What a lot differs by, at what it cost."),
    )
    percent = WholeField(
        _l("Or from this share"),
        [needed(_l("Enter a share."))],
        least=1,
        most=100,
        description=_l("Of what was expected, where it is worth at least a tenth of that sum."),
    )
    days_a = _every(
        _l("Count class A every"),
        _l("The items worth most: four fifths of what is used or held in a year."),
        most=730,
    )
    days_b = _every(_l("Count class B every"), _l("The next 15 %."), most=730)
    days_c = _every(_l("Count class C every"), _l("All the rest."), most=1460)
