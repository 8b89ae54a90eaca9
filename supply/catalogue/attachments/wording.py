"""Pictures and documents in words."""

from __future__ import annotations

from flask_babel import LazyString, format_decimal
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from supply.catalogue.attachments.terms import AttachmentKind

KIND_WORDS: dict[AttachmentKind, LazyString] = {
    AttachmentKind.PICTURE: _l("Picture"),
    AttachmentKind.INSTRUCTIONS: _l("Instructions for use"),
    AttachmentKind.ANALYSIS: _l("Certificate of analysis"),
    AttachmentKind.CONFORMITY: _l("Declaration of conformity (CE)"),
    AttachmentKind.SAFETY: _l("Safety data sheet"),
    AttachmentKind.OTHER: _l("Other document"),
}


def size(count: int) -> str:
    """Return a number of bytes as people read it: "48 kB", "1.2 MB"."""
    if count < 1_000_000:
        return str(_("%(size)s kB", size=format_decimal(max(1, round(count / 1000)))))
    return str(_("%(size)s MB", size=format_decimal(round(count / 1_000_000, 1))))
