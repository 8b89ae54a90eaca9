"""What is refused of claims, and of undoing receipts, typed so that programs can tell."""

from __future__ import annotations

import datetime as dt

from flask_babel import gettext as _

from supply.refusals import Refusal
from supply.web import filters


class ShippedSince(Refusal):
    """A receipt cannot be undone: what it called missing was sent or cancelled since."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__(
            _("This cannot be undone: the missing packs were sent again or cancelled since.")
        )


class ClaimEnded(Refusal):
    """The claim was settled, refused or withdrawn before, in another way."""

    def __init__(self, who: str, at: dt.datetime, timezone: str) -> None:
        """Say who ended it and when."""
        super().__init__(
            _(
                "%(who)s ended this claim otherwise, %(when)s. Nothing was changed.",
                who=who,
                when=filters.instant(at, timezone),
            )
        )


class ClaimSettled(Refusal):
    """A receipt cannot be undone: the supplier settled a claim on it."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__(
            _("This cannot be undone: the supplier has settled a claim on what was received.")
        )


class ReturnedSince(Refusal):
    """A receipt cannot be undone: packs of it are returned to the supplier, or are to be."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__(
            _(
                "This cannot be undone: packs that were received are being returned to the"
                " supplier. Withdraw the return first."
            )
        )


class NoGoodsWait(Refusal):
    """There is nothing on hold by a claim that ended, of which to say what becomes of it."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__(_("Nothing is on hold by this claim, or the claim is still open."))
