"""The clinic's own patient references: shown as written, compared without their looks."""

from __future__ import annotations

import unicodedata

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from supply.refusals import InvalidInput

LONGEST_REFERENCE = 80

ASKED_FOR = _l("Enter the clinic's own reference of the patient, never a name.")
"""What a form says where the reference is missing."""


def patient_reference(text: str) -> str:
    """Return the clinic's own reference as it is kept; InvalidInput for none or a long one."""
    reference = text.strip()
    if not reference:
        raise InvalidInput(("patient_ref", _("Give the clinic's own patient reference.")))
    if len(reference) > LONGEST_REFERENCE or not reference.isprintable():
        raise InvalidInput(("patient_ref", _("A reference has at most 80 plain characters.")))
    return reference


def reference_key(reference: str) -> str:
    """Return what two references have in common when they are the same patient's.

    Case, width, invisible marks and spaces do not matter; anything else does.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", reference).casefold())
    return "".join(
        character
        for character in folded
        if not character.isspace() and unicodedata.category(character) not in ("Cf", "Cc")
    )
