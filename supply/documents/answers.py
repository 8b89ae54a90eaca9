"""A document as the answer to a request: a file to keep."""

from __future__ import annotations

from flask import Response

CSV = "text/csv; charset=utf-8"


def download(content: bytes, media_type: str, filename: str) -> Response:
    """Return ``content`` as a file that the browser saves as ``filename``."""
    return Response(
        content,
        mimetype=None,
        content_type=media_type,
        headers={"Content-Disposition": f'attachment; filename="{filename}"'},
    )
