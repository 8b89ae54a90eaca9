"""Forms of items and locations. They check shape; services hold the rules."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from supply.catalogue.terms import Storage
from supply.items.wording import STORAGE_WORDS
from supply.web.forms import ActionForm

_ENTER = InputRequired(_l("Enter this."))
_NAME = Length(max=100, message=_l("Shorten this to %(max)d characters."))

PLACE_STORAGES = (Storage.AMBIENT, Storage.COLD, Storage.FROZEN)
"""At what a place may be kept; *either* is said of products only."""


class LocationForm(ActionForm):
    """A place where stock is kept."""

    name = StringField(_l("Name"), [_ENTER, _NAME])
    storage = SelectField(_l("Kept at"))

    def __init__(self, **values: Any) -> None:
        """Offer the classes a place may have."""
        super().__init__(**values)
        self.storage.choices = [(kept.value, STORAGE_WORDS[kept]) for kept in PLACE_STORAGES]


class ItemForm(ActionForm):
    """What may be changed of an item, and of it at one clinic."""

    name = StringField(_l("Name"), [_ENTER, Length(max=300)])
    tracked = BooleanField(
        _l("Keep count of it at this clinic"),
        description=_l("Without, it is named in sessions, and nothing is drawn."),
    )
    injectable = BooleanField(
        _l("Injected"),
        description=_l("An opened multi-dose container then lasts 28 days, unless set below."),
    )
    preferred = SelectField(_l("Buy it as"), coerce=int)
    opening_rules = TextAreaField(
        _l("Hours it lasts once opened"),
        [Length(max=500)],
        description=_l(
            "One line each: the place, a colon, the hours. Such as “cold: 8” or “anywhere: 672”."
        ),
    )
