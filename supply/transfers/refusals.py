"""What is refused of transfers, typed so that programs can tell."""

from __future__ import annotations

import datetime as dt

from flask_babel import gettext as _

from supply.refusals import Refusal
from supply.web import filters


class NotInTransit(Refusal):
    """Nothing of a transfer is on its way any more."""

    def __init__(self, code: str) -> None:
        """Name the transfer."""
        super().__init__(_("Nothing of transfer %(code)s is on its way: it has ended.", code=code))


class ReceivedOtherwise(Refusal):
    """Somebody received this transfer, and said something else of it."""

    def __init__(self, code: str, who: str, at: dt.datetime, timezone: str) -> None:
        """Name the transfer, who received it and when."""
        super().__init__(
            _(
                "%(who)s received transfer %(code)s, %(when)s. What you say of it is not recorded:"
                " look at what is still in transit.",
                who=who,
                code=code,
                when=filters.instant(at, timezone),
            )
        )


class PartlyAccounted(Refusal):
    """What left cannot be undone: some of it was received or written off since."""

    def __init__(self, code: str) -> None:
        """Name the transfer."""
        super().__init__(
            _(
                "Some of transfer %(code)s has been received or written off:"
                " take back what is still in transit instead.",
                code=code,
            )
        )
