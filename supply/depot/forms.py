"""Forms of what is done to a lot in a depot. They check shape; services hold the rules."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import SelectField, StringField

from supply.catalogue.models import Product
from supply.inventory.terms import CHOSEN_CAUSES, WasteCause
from supply.inventory.wording import CAUSE_WORDS, STORAGE_WORDS
from supply.items.terms import PLACE_STORAGES
from supply.web.fields import WholeField, at_most, needed
from supply.web.forms import ActionForm, PageForm

_REASON = at_most(500)
_MOST = 1_000_000
_CAUSES = [
    (cause.value, CAUSE_WORDS[cause])
    for cause in CHOSEN_CAUSES
    if cause is not WasteCause.PAST_TIME
]
"""Nothing is open in a depot."""


class PacksForm(ActionForm):
    """Whole packs, and single containers beside them."""

    packs = WholeField(_l("Packs"), least=0, most=_MOST)
    single = WholeField(_l("Single ones"), least=0, most=_MOST)

    def quantity(self, product: Product, content: Decimal) -> Decimal | None:
        """Return the containers said, in the base unit; None where nothing was typed."""
        if self.packs.data is None and self.single.data is None:
            return None
        containers = (self.packs.data or 0) * product.containers_per_pack + (self.single.data or 0)
        return containers * content

    def validate(self, extra_validators: Any = None) -> bool:
        """Check every field, and that something was typed."""
        sound = super().validate(extra_validators)
        if sound and self.packs.data is None and self.single.data is None:
            self.packs.errors = [_("Enter how many.")]
            return False
        return sound


class WriteOffForm(PacksForm):
    """How much is written off, and why."""

    why = SelectField(_l("Why"), [needed(_l("Choose why it is written off."))])
    note = StringField(_l("Note"), [_REASON])

    def __init__(self, **values: Any) -> None:
        """Offer the causes, none of them chosen beforehand."""
        super().__init__(**values)
        self.why.choices = [("", _l("Choose")), *_CAUSES]

    @property
    def cause(self) -> WasteCause:
        """The cause chosen."""
        return WasteCause(self.why.data)


class CountForm(PacksForm):
    """What is really there."""

    reason = StringField(_l("Why it differs"), [_REASON])


class MoveForm(PacksForm):
    """How much goes where."""

    to = SelectField(_l("To"), coerce=int)


class HoldForm(ActionForm):
    """Where a lot is held, and why."""

    location = SelectField(_l("Where"), coerce=int)
    reason = StringField(_l("Why it is held"), [needed(_l("Say why it is held.")), _REASON])


class ReleaseForm(ActionForm):
    """Why a hold is released."""

    reason = StringField(
        _l("Why it is released"), [needed(_l("Say why it may be sent again.")), _REASON]
    )


class StockFileForm(PageForm):
    """A file of lots."""

    file = FileField(_l("File of lots"), [FileRequired(_l("Choose a CSV or XLSX file."))])


class PlaceForm(ActionForm):
    """A place of the depot."""

    name = StringField(_l("Name"), [needed(_l("Give the location a name.")), at_most(100)])
    storage = SelectField(_l("Kept at"))

    def __init__(self, **values: Any) -> None:
        """Offer what a place may be kept at."""
        super().__init__(**values)
        self.storage.choices = [(one.value, STORAGE_WORDS[one]) for one in PLACE_STORAGES]
