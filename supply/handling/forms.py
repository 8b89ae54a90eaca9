"""Forms of what is done to a lot. They check shape; services hold the rules."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import Field, SelectField, StringField
from wtforms.widgets import TextInput

from supply.inventory.terms import CHOSEN_CAUSES, WasteCause
from supply.inventory.wording import CAUSE_WORDS
from supply.quantity import InvalidQuantityError, Unit
from supply.web.fields import at_most, needed
from supply.web.forms import ActionForm
from supply.web.numbers import read_quantity, typed

_REASON = at_most(500)
_HOW_MUCH = needed(_l("Enter how much."))

_CAUSES = [(cause.value, CAUSE_WORDS[cause]) for cause in CHOSEN_CAUSES]


class QuantityField(Field):
    """A quantity as people type it: ``data`` is a Decimal, what was typed is shown again."""

    widget = TextInput()

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was typed; pieces of *each* are left to the service, which knows the item."""
        self.data = None
        if valuelist and valuelist[0].strip():
            try:
                self.data = read_quantity(valuelist[0], Unit.ML, allow_zero=True)
            except InvalidQuantityError as error:
                raise ValueError(str(error)) from error

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else typed(self.data)


class DiscardForm(ActionForm):
    """Why an open container is thrown away."""

    why = SelectField(_l("Why"), default=WasteCause.PAST_TIME.value)
    note = StringField(_l("Note"), [_REASON])

    def __init__(self, **values: Any) -> None:
        """Offer the causes."""
        super().__init__(**values)
        self.why.choices = list(_CAUSES)

    @property
    def cause(self) -> WasteCause:
        """The cause chosen."""
        return WasteCause(self.why.data)


class WasteForm(DiscardForm):
    """How much is wasted, and why. Scanned boxes of the lot are counted."""

    scan = StringField(_l("Scan a box of this lot"), [at_most(1_000)])
    quantity = QuantityField(_l("How much"), [_HOW_MUCH])
    why = SelectField(_l("Why"), [needed(_l("Choose why it is wasted."))])

    def __init__(self, **values: Any) -> None:
        """Offer the causes, none of them chosen beforehand."""
        super().__init__(**values)
        self.why.choices = [("", _l("Choose")), *_CAUSES]


class OpenForm(ActionForm):
    """Nothing to say: the form only confirms."""


class CorrectForm(ActionForm):
    """What is really there."""

    counted = QuantityField(_l("What is really there"), [needed(_l("Enter what is really there."))])
    reason = StringField(
        _l("Why it differs"), [_REASON], description=_l("If you know. It helps later.")
    )


class HoldForm(ActionForm):
    """Where a lot is held, how much of it, why, and where that now stands."""

    location = SelectField(_l("Where"), coerce=int)
    quantity = QuantityField(
        _l("How many"),
        description=_l("Sealed containers, if only some are held. Leave it empty to hold all."),
    )
    reason = StringField(_l("Why it is held"), [needed(_l("Say why it is held.")), _REASON])
    stands_at = StringField(
        _l("Where it now stands"),
        [at_most(200)],
        description=_l("The quarantine box or shelf, so that nobody takes it by mistake."),
    )


class ReleaseForm(ActionForm):
    """Why a hold is released."""

    reason = StringField(
        _l("Why it is released"), [needed(_l("Say why it may be used again.")), _REASON]
    )
