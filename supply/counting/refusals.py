"""What counts refuse."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _

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


class CountAgain(Refusal):
    """Lines that cannot be posted as they were counted; the sentence names each lot and place."""

    def __init__(self, sentences: Sequence[str]) -> None:
        """Keep the sentences."""
        super().__init__(" ".join(sentences))
