"""A seal in words."""

from __future__ import annotations

from collections.abc import Callable

import flask_babel

from supply.db import AnyRow

# flask_babel has no types; this has.
_: Callable[..., str] = flask_babel.gettext


def shown(seal: AnyRow) -> dict[str, str]:
    """Return what a mail says of a seal: its name, its digest, and what it is good for."""
    return {
        "name": _(
            "Seal %(number)s of %(day)s, %(time)s UTC",
            number=seal.number,
            day=flask_babel.format_date(seal.sealed_at.date(), "d MMMM y"),
            time=f"{seal.sealed_at:%H:%M}",
        ),
        "digest": seal.digest,
        "use": _(
            "Keep this mail: the seal shows whether anything that was recorded before has been"
            " changed since."
        ),
    }
