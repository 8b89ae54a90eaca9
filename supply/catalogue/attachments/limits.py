"""How large pictures and documents may be."""

from __future__ import annotations

LARGEST_FILE = 10 * 1024 * 1024
"""Bytes of a file as it is brought."""

MOST_PIXELS = 60_000_000
"""Pixels of a picture as it is brought: a telephone's largest, and no bomb."""

LONGEST_SIDE = 2_000
"""Pixels of a kept picture's longer side: a scanned page can be read."""

MOST_ATTACHMENTS = 30
"""Of one product."""

DAYS_KEPT = 30
"""Days what was removed can be put back."""
