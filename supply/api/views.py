"""The HTTP API under ``/api/v1``."""

from __future__ import annotations

from flask import Flask


def register_api(app: Flask) -> None:
    """Register the API's blueprints with ``app``."""
