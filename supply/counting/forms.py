"""Forms of counts. They check shape; services hold the rules."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectMultipleField, StringField
from wtforms.validators import Optional
from wtforms.widgets import CheckboxInput, ListWidget

from supply.web.fields import DayField, at_most, needed
from supply.web.forms import ActionForm


class BeginForm(ActionForm):
    """What is counted; no location chosen means all."""

    locations = SelectMultipleField(
        _l("Where"),
        coerce=int,
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
        description=_l("Choose none to count all of them."),
    )


class FoundForm(ActionForm):
    """A lot that the list does not have."""

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
