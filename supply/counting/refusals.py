"""What counts refuse."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _
from flask_babel import ngettext

from supply.counting.terms import CountStatus
from supply.refusals import Refusal


class CountEnded(Refusal):
    """The count is not open any more."""

    def __init__(self, status: CountStatus) -> None:
        """Say how it ended."""
        super().__init__(
            _("This count was cancelled.")
            if status is CountStatus.CANCELLED
            else _("This count has already been posted.")
        )


class CountByAnother(Refusal):
    """Large differences that somebody else is to count again; the sentence names each lot."""

    def __init__(self, lots: Sequence[str]) -> None:
        """Keep the lots."""
        super().__init__(
            ngettext(
                "Lot %(lots)s differs by much, and you counted it: somebody else is to count it"
                " again, or to post.",
                "Lots %(lots)s differ by much, and you counted them: somebody else is to count"
                " them again, or to post.",
                len(lots),
                lots=", ".join(lots),
            )
        )


class CountAgain(Refusal):
    """Lines that cannot be posted as they were counted; the sentence names each lot and place."""

    def __init__(self, sentences: Sequence[str]) -> None:
        """Keep the sentences."""
        super().__init__(" ".join(sentences))
