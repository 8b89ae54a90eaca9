"""Addresses that a form or a link brings along: only our own lead anywhere."""

from __future__ import annotations


def own_path(wanted: str | None) -> str | None:
    """Return ``wanted`` if it is a path of ours, else None.

    Browsers read "//host" and "/\\\\host" as another site, and drop control characters. No
    address has a space; here one stands for a tab.
    """
    plain = wanted is not None and wanted.isprintable() and not {"\\", " "} & set(wanted)
    if wanted and plain and wanted.startswith("/") and not wanted.startswith("//"):
        return wanted
    return None
