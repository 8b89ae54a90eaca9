"""Forms of items and locations. They check shape; services hold the rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField, StringField
from wtforms.validators import Optional

from supply.catalogue.terms import Storage
from supply.items.services import LONGEST_OPEN_HOURS as MOST_HOURS
from supply.items.terms import PLACE_STORAGES
from supply.items.wording import STORAGE_WORDS
from supply.web.fields import WholeField, at_most, needed
from supply.web.forms import ActionForm

_NAME = needed(_l("Enter a name."))


class LocationForm(ActionForm):
    """A place where stock is kept."""

    name = StringField(_l("Name"), [_NAME, at_most(100)])
    storage = SelectField(_l("Kept at"))

    def __init__(self, **values: Any) -> None:
        """Offer the classes a place may have."""
        super().__init__(**values)
        self.storage.choices = [(kept.value, STORAGE_WORDS[kept]) for kept in PLACE_STORAGES]


class ItemForm(ActionForm):
    """What may be changed of an item, and of it at one clinic."""

    name = StringField(_l("Name"), [_NAME, at_most(300)])
    tracked = BooleanField(
        _l("Keep count of it at this clinic"),
        description=_l("Without, it is named in sessions, and nothing is drawn."),
    )
    injectable = BooleanField(
        _l("Injected"),
        description=_l("An opened multi-dose container then lasts 28 days, unless set below."),
    )
    preferred = SelectField(_l("Buy it as"), coerce=int)
    hours_anywhere = WholeField(
        _l("Once opened it lasts, wherever it is kept"), [Optional()], least=0, most=MOST_HOURS
    )
    hours_ambient = WholeField(
        _l("Once opened, at 15 to 25 °C"), [Optional()], least=0, most=MOST_HOURS
    )
    hours_cold = WholeField(_l("Once opened, at 2 to 8 °C"), [Optional()], least=0, most=MOST_HOURS)
    hours_frozen = WholeField(_l("Once opened, frozen"), [Optional()], least=0, most=MOST_HOURS)


HOURS: Mapping[Storage | None, str] = {
    None: "hours_anywhere",
    Storage.AMBIENT: "hours_ambient",
    Storage.COLD: "hours_cold",
    Storage.FROZEN: "hours_frozen",
}
"""By storage class (None: any) the field that says how many hours an opened container lasts."""
