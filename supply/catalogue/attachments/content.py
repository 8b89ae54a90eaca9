"""What a file is that somebody brings: judged by what is in it, whatever it is called."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from flask_babel import gettext as _

from supply import text
from supply.catalogue.attachments import limits, pictures
from supply.refusals import InvalidInput

PDF = "application/pdf"
ENDINGS = {PDF: "pdf", pictures.WEBP: "webp"}

LONGEST_NAME = 200

_BEFORE_PDF = b"\xef\xbb\xbf\r\n\t \x00"
"""What scanners and mail programs put before a PDF, and readers skip."""

_PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
_FROM_A_PHONE = (b"heic", b"heix", b"heif", b"mif1", b"msf1", b"hevc", b"avif")
_ENDING = re.compile(r"\.(?:pdf|jpe?g|png|webp)$", re.IGNORECASE)
_LAST_LOOKED_AT = 4096


@dataclass(frozen=True, slots=True)
class Content:
    """What is kept of a file: a PDF as it is, a picture painted anew with its pixels."""

    media_type: str
    data: bytes
    width: int | None = None
    height: int | None = None

    @property
    def digest(self) -> str:
        """SHA-256, in hexadecimal."""
        return hashlib.sha256(self.data).hexdigest()


def read_content(data: bytes) -> Content:
    """Return what is kept of a file. Call it outside a transaction: a picture takes a second.

    Raises:
        InvalidInput: empty, too large, damaged, or neither a PDF nor a picture we keep.
    """
    if not data:
        raise InvalidInput(("file", _("The file is empty.")))
    if len(data) > limits.LARGEST_FILE:
        most = limits.LARGEST_FILE // 1024**2
        raise InvalidInput(("file", _("The file is larger than %(most)d MB.", most=most)))
    bare = data.lstrip(_BEFORE_PDF)
    if bare.startswith(b"%PDF-"):
        return _pdf(bare)
    if data.startswith(_PICTURES) or (data[:4], data[8:12]) == (b"RIFF", b"WEBP"):
        painted = pictures.repainted(data)
        return Content(pictures.WEBP, painted, *pictures.size_of(painted))
    if data[4:8] == b"ftyp" and data[8:12] in _FROM_A_PHONE:
        message = _("This picture is in a telephone's own format. Save it as JPEG, and bring that.")
        raise InvalidInput(("file", message))
    raise InvalidInput(("file", _("Bring a PDF, or a picture as JPEG, PNG or WebP.")))


def _pdf(data: bytes) -> Content:
    """Return a PDF as it is; one that was cut off on its way lacks its end."""
    if b"%%EOF" not in data[-_LAST_LOOKED_AT:]:
        raise InvalidInput(("file", _("This PDF is not whole. Download or export it again.")))
    return Content(PDF, data)


def name_from(filename: str) -> str:
    """Return what a file is called to people: without its folder, its ending and odd marks.

    "" where nothing is left.
    """
    bare = re.split(r"[/\\]", filename)[-1]
    kept = "".join(sign if sign.isprintable() else " " for sign in text.clean(bare))
    return _ENDING.sub("", text.code(kept)).strip(". ")[:LONGEST_NAME].strip()


def download_name(name: str, media_type: str) -> str:
    """Return what a browser saves it as: the name without what no folder takes, and its ending."""
    kept = re.sub(r'[/\\:*?"<>|\x00-\x1f\x7f]+', " ", text.clean(name))
    stem = " ".join(kept.split()).strip(". ")[:120].strip() or "file"
    return f"{stem}.{ENDINGS[media_type]}"
