"""Bank accounts by their international number (ISO 13616)."""

from __future__ import annotations

import re

_FORM = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")


def kept(text: str) -> str | None:
    """Return an IBAN without the spaces people write, in capitals; None where it cannot be one.

    Its two check digits catch a slip of the keyboard (ISO 7064, MOD 97-10).
    """
    number = re.sub(r"[\s-]", "", text).upper()
    if not _FORM.fullmatch(number):
        return None
    digits = "".join(str(int(sign, 36)) for sign in number[4:] + number[:4])
    return number if int(digits) % 97 == 1 else None


def spaced(number: str) -> str:
    """Return an IBAN in groups of four, as people read it."""
    return " ".join(number[start : start + 4] for start in range(0, len(number), 4))
