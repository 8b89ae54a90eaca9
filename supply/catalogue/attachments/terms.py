"""Words of pictures and documents."""

from __future__ import annotations

import enum


class AttachmentKind(enum.StrEnum):
    """What a picture or document of a product is."""

    PICTURE = "picture"
    INSTRUCTIONS = "instructions"
    ANALYSIS = "analysis"
    CONFORMITY = "conformity"
    SAFETY = "safety"
    OTHER = "other"
