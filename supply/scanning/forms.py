"""The form that a photo comes with."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import HiddenField, StringField

from supply.scanning.linking import MOST_CONTAINERS
from supply.web.fields import WholeField, at_most, needed
from supply.web.forms import ActionForm, PageForm


class PhotoForm(PageForm):
    """A photo of a code; where what it says is wanted, and in which field."""

    photo = FileField(_l("Photo"))
    next = HiddenField()
    field = HiddenField()


class LinkForm(ActionForm):
    """A code, and the item it is of."""

    gtin = StringField(_l("GTIN"), [needed(_l("Enter the GTIN.")), at_most(20)])
    item = StringField(_l("Item"), [needed(_l("Enter the item's code.")), at_most(80)])
    containers = WholeField(
        _l("Containers"),
        [needed(_l("Enter how many containers carry this code."))],
        least=1,
        most=MOST_CONTAINERS,
        default=1,
    )
    next = HiddenField()
