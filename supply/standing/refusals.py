"""What standing orders refuse."""

from __future__ import annotations

from flask_babel import gettext as _

from supply.refusals import Refusal


class AlreadyOver(Refusal):
    """What was meant has gone by, or will not come any more."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__(_("Another day is next by now, or none. Look again."))


class ChangedMeanwhile(Refusal):
    """A standing order is not what the page showed: a colleague has changed it."""

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(
            _("A colleague has changed this since you opened it. Nothing is saved: open it again.")
        )
