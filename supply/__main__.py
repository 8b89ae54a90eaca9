"""``python -m supply`` is the ``supply`` command."""

from __future__ import annotations

from supply.cli import main

main()
