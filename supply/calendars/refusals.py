"""Why a calendar feed is not read."""

from __future__ import annotations

from supply.calendars.terms import Trouble


class FeedError(Exception):
    """A feed that could not be fetched or read. It says nothing of what the feed holds."""

    def __init__(self, trouble: Trouble) -> None:
        """Keep what kind of trouble it is."""
        super().__init__(trouble.value)
        self.trouble = trouble
