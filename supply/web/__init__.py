"""What every page shares: layout data, filters, errors, headers, access, health."""

from __future__ import annotations

from flask import Flask


def install(app: Flask) -> None:
    """Install filters, context, error pages, security headers and health checks."""
