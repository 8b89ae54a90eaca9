"""What setting up items and locations refuses."""

from __future__ import annotations

from flask_babel import gettext as _

from supply.refusals import Refusal


class UnknownItemError(Refusal):
    """No item, and no product to make one from, has this code."""

    def __init__(self, code: str) -> None:
        """Keep ``code``."""
        self.code = code
        super().__init__(_("No item or product has the code %(code)s.", code=code))


class PlaceInUse(Refusal):
    """A place that still holds something cannot be put away."""
