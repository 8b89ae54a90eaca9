"""Forms of recalls. They check shape; services hold the rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, RadioField, SelectMultipleField, StringField, TextAreaField
from wtforms.widgets import CheckboxInput, ListWidget

from supply.accounts.models import Clinic
from supply.catalogue.as_typed import with_written_separators
from supply.recalls.terms import LONGEST_NAME, LONGEST_TEXT, RecallAnswer, RecallClass
from supply.recalls.wording import ANSWER_WORDS, CLASS_MEANINGS, CLASS_WORDS
from supply.web.fields import DayField, at_most, needed
from supply.web.forms import ActionForm

LONGEST_LISTS = 20_000


class AnswerForm(ActionForm):
    """What a practice answers."""

    answer = RadioField(_l("What you found"), [needed(_l("Say what you found."))])
    clinics = SelectMultipleField(
        _l("Where you looked"),
        coerce=int,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    note = TextAreaField(_l("Note to the supplier"), [at_most(LONGEST_TEXT)])

    def __init__(
        self, kept: Sequence[Clinic] = (), here: Clinic | None = None, **values: Any
    ) -> None:
        """Offer the answers, none chosen beforehand, and the clinics whose stock one keeps.

        ``here`` is the one that is ticked, the one of the page.
        """
        super().__init__(**values)
        self.answer.choices = [(one.value, ANSWER_WORDS[one]) for one in RecallAnswer]
        self.clinics.choices = [(clinic.id, clinic.name) for clinic in kept]
        if len(kept) < 2:
            del self.clinics
        elif not self.is_submitted():
            self.clinics.data = [here.id] if here else []

    def looked(self, here: Clinic) -> list[int]:
        """Return the clinics where was looked; without a choice that is the one of the page."""
        return list(self.clinics.data or []) if "clinics" in self else [here.id]


class NoticeForm(ActionForm):
    """What a supplier recalls."""

    products = TextAreaField(
        _l("Products"),
        [needed(_l("Name at least one product.")), at_most(LONGEST_LISTS)],
        filters=[with_written_separators],
        description=_l("SKU or GTIN, one on a line, or a box scanned: that names its lot, too."),
    )
    lots = TextAreaField(
        _l("Lots"),
        [at_most(LONGEST_LISTS)],
        filters=[with_written_separators],
        description=_l("One on a line, as printed. A range is spelled out: TX-101 to TX-120."),
    )
    all_lots = BooleanField(_l("Every lot of these products"))
    recall_class = RadioField(_l("Class"), [needed(_l("Choose the class."))])
    reason = TextAreaField(
        _l("Reason"),
        [needed(_l("Say why it is recalled.")), at_most(LONGEST_TEXT)],
        description=_l("What is wrong, and what it may do."),
    )
    action = TextAreaField(
        _l("What to do"),
        [needed(_l("Say what is to be done with it.")), at_most(LONGEST_TEXT)],
        description=_l("Such as: set it apart, return it carriage paid."),
    )
    deadline = DayField(_l("Done by"))
    reference = StringField(_l("Number of the safety notice"), [at_most(LONGEST_NAME)])
    device = StringField(
        _l("Device identifier"),
        [at_most(LONGEST_NAME)],
        description=_l("The UDI-DI, if it is a medical device."),
    )
    reply_wanted = BooleanField(_l("A written reply is wanted"), default=True)
    is_drill = BooleanField(
        _l("This is a drill"),
        description=_l("Everybody is told and answers; nothing is held, nothing is returned."),
    )

    def __init__(self, **values: Any) -> None:
        """Offer the classes with what they mean, none chosen beforehand."""
        super().__init__(**values)
        self.recall_class.choices = [
            (one.value, f"{CLASS_WORDS[one]}: {CLASS_MEANINGS[one]}") for one in RecallClass
        ]


class WithdrawForm(ActionForm):
    """Why a recall is withdrawn."""

    reason = StringField(
        _l("Why it is withdrawn"), [needed(_l("Say why it is withdrawn.")), at_most(500)]
    )
