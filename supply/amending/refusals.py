"""What changing an order refuses."""

from __future__ import annotations

from flask_babel import gettext as _

from supply.amending.terms import ChangeState
from supply.refusals import Refusal


class ProposalOpen(Refusal):
    """Another change of the order waits for an answer."""

    def __init__(self, number: str) -> None:
        """Name the order."""
        super().__init__(
            _(
                "A change of order %(number)s is proposed already. It has to be answered or"
                " withdrawn first.",
                number=number,
            )
        )


class OtherPacksNow(Refusal):
    """The order of a proposal wants other packs than the page showed beside it."""

    def __init__(self, number: str) -> None:
        """Name the order."""
        super().__init__(
            _(
                "Order %(number)s was changed since you opened it. Nothing was accepted: look at"
                " what is proposed again.",
                number=number,
            )
        )


class NotYoursToAnswer(Refusal):
    """The proposal is answered already, or it is the other side's to answer."""

    def __init__(self, state: ChangeState) -> None:
        """Say where it stands."""
        super().__init__(str(_STANDS[state]()))
        self.state = state


_STANDS = {
    ChangeState.OPEN: lambda: _("The other side has to answer this, or who proposed it withdraws."),
    ChangeState.ACCEPTED: lambda: _("This change has been accepted already."),
    ChangeState.DECLINED: lambda: _("This change has been declined already."),
    ChangeState.WITHDRAWN: lambda: _("This change has been withdrawn already."),
}
