"""What setting up items and locations refuses."""

from __future__ import annotations

from flask_babel import gettext as _

from supply.refusals import Refusal


def unknown_code(code: str, twin: str | None = None) -> str:
    """Return the sentence that nothing has ``code``, with the one that may be meant."""
    if twin is None:
        return str(_("No item or product has the code %(code)s.", code=code))
    return str(
        _("No item or product has the code %(code)s. Is %(twin)s meant?", code=code, twin=twin)
    )


class UnknownItemError(Refusal):
    """No item, and no product to make one from, has this code."""

    def __init__(self, code: str, twin: str | None = None) -> None:
        """Keep ``code``; ``twin`` is one there is, which reads the same."""
        self.code = code
        super().__init__(unknown_code(code, twin))


class PlaceInUse(Refusal):
    """A place that still holds something cannot be archived."""
