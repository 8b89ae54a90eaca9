"""What returns refuse."""

from __future__ import annotations

from flask_babel import gettext as _

from supply.refusals import Refusal
from supply.returning.terms import ReturnState


class WrongStep(Refusal):
    """A return does not stand where this step could be taken."""

    def __init__(self, state: ReturnState) -> None:
        """Say where it stands."""
        super().__init__(str(_STANDS[state]()))
        self.state = state


_STANDS = {
    ReturnState.ASKED: lambda: _(
        "The supplier has not answered this return yet. Nothing was changed."
    ),
    ReturnState.AUTHORISED: lambda: _(
        "This return is authorised, and not sent yet. Nothing was changed."
    ),
    ReturnState.REFUSED: lambda: _(
        "The supplier has refused this return already. Nothing was changed."
    ),
    ReturnState.WITHDRAWN: lambda: _(
        "The clinic has withdrawn this return already. Nothing was changed."
    ),
    ReturnState.LAPSED: lambda: _(
        "The last day to send this return has gone by. Ask for a new one: nothing was changed."
    ),
    ReturnState.SENT: lambda: _("This return has been sent already. Nothing was changed."),
    ReturnState.SETTLED: lambda: _(
        "The supplier has received this return and settled it. Nothing was changed."
    ),
    ReturnState.TURNED_DOWN: lambda: _(
        "The supplier has received this return and did not accept it. Nothing was changed."
    ),
}


class NothingToTakeBack(Refusal):
    """No refused packs of a return are on their way back to the clinic."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__(_("No packs of this return are on their way back."))
