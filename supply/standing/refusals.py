"""What standing orders refuse."""

from __future__ import annotations

from flask_babel import gettext as _

from supply.refusals import Refusal


class AlreadyOver(Refusal):
    """What was meant has gone by, or will not come any more."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__(_("Another day is next by now, or none. Look again."))
