"""Words of treatments for people."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from supply.treatments.terms import SessionStatus

STATUS_WORDS: Mapping[SessionStatus, tuple[LazyString, str]] = {
    SessionStatus.RECORDED: (_l("Recorded"), "good"),
    SessionStatus.PLANNED: (_l("Booked"), "info"),
    SessionStatus.CANCELLED: (_l("Cancelled"), "neutral"),
    SessionStatus.NO_SHOW: (_l("Absent"), "warn"),
    SessionStatus.UNDONE: (_l("Undone"), "neutral"),
}


def status_word(status: SessionStatus) -> tuple[str, str]:
    """Return the word for a status and the tone of its pill."""
    word, tone = STATUS_WORDS[status]
    return str(word), tone
