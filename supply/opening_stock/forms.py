"""Forms of opening stock: a file, or one lot by hand."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import SelectField, StringField
from wtforms.validators import Optional

from supply.inventory.rules import LONGEST_LOT
from supply.web.fields import DayField, WholeField, at_most, needed
from supply.web.forms import ActionForm, PageForm


class ImportForm(PageForm):
    """A file of opening stock."""

    file = FileField(
        _l("File"),
        [FileRequired(_l("Choose a file."))],
        description=_l("CSV or XLSX with the columns sku, lot, expiry, quantity, location."),
    )


class OpeningForm(ActionForm):
    """Opening stock of one lot, by hand."""

    scan = StringField(_l("Scan the box"))
    sku = StringField(_l("Item"), [needed(_l("Enter the item's code.")), at_most(80)])
    lot = StringField(_l("Lot number"), [needed(_l("Enter the lot number.")), at_most(LONGEST_LOT)])
    expiry = DayField(
        _l("Expiry date"), [Optional()], description=_l("As printed. Empty: it has none.")
    )
    containers = WholeField(
        _l("Sealed containers"),
        [needed(_l("Enter how many sealed containers there are."))],
        least=1,
        most=1_000_000,
    )
    location = SelectField(_l("Location"), coerce=int)
