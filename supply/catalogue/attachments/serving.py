"""An attachment as the answer to a request: sealed, so that it can do nothing where it is shown."""

from __future__ import annotations

import io

from flask import Response, send_file

from supply.catalogue.attachments import queries
from supply.catalogue.attachments.content import download_name
from supply.catalogue.attachments.models import ProductAttachment
from supply.catalogue.attachments.pictures import WEBP
from supply.web.headers import seal

FOR_A_YEAR = "private, max-age=31536000, immutable"
"""The address names the content: a browser never asks for it again. No proxy keeps it."""


def answer(row: ProductAttachment) -> Response:
    """Return what is in an attachment: a picture to be shown, a document to be saved.

    Its type is the one found when it was brought. It runs nothing, loads nothing, and is no part
    of the site it comes from.
    """
    served = send_file(
        io.BytesIO(queries.content_of(row.id)),
        mimetype=row.media_type,
        as_attachment=row.media_type != WEBP,
        download_name=download_name(row.name, row.media_type),
        etag=row.digest,
        conditional=True,
    )
    served.headers["Cache-Control"] = FOR_A_YEAR
    return seal(served)
