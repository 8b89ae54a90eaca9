"""What filling the basket refuses."""

from __future__ import annotations

from flask_babel import gettext as _

from supply.refusals import Refusal


class NothingToOrder(Refusal):
    """There is not one line that may go into the basket."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__(_("There is nothing to put into the basket."))


class NameTaken(Refusal):
    """Another template has this name by now."""

    def __init__(self, name: str) -> None:
        """Name it."""
        super().__init__(
            _("Another template is called “%(name)s”. Rename that one first.", name=name)
        )
