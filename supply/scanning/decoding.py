"""A program of its own: a photo in on standard input, the codes on it out as JSON.

Run by ``photos.py`` in a process that may use little memory and time. Ends with 3 for a photo
that is too large, 4 for one that cannot be read.
"""

from __future__ import annotations

import io
import json
import resource
import sys
import warnings
from collections.abc import Iterator

import zxingcpp
from PIL import Image, ImageOps

TOO_LARGE, BROKEN = 3, 4
MEMORY = 1_500 * 1024 * 1024
SECONDS = 20
LONGEST_SIDE = 3_000
"""Pixels: a code that fills a tenth of a photo is still sharp, and reading takes no second."""

FORMATS = zxingcpp.BarcodeFormats(
    (
        zxingcpp.DataMatrix,
        zxingcpp.QRCode,
        zxingcpp.Code128,
        zxingcpp.EAN13,
        zxingcpp.EAN8,
        zxingcpp.UPCA,
        zxingcpp.UPCE,
        zxingcpp.ITF14,
        zxingcpp.DataBar,
        zxingcpp.Code39,
        zxingcpp.PDF417,
        zxingcpp.Aztec,
    )
)
"""What stands on boxes; of others, short ones are read into any pattern."""


def main(most_pixels: int) -> int:
    """Write the codes on the photo, each once; return how the program ends."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    Image.MAX_IMAGE_PIXELS = most_pixels
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        photo = _upright(sys.stdin.buffer.read())
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError):
        return TOO_LARGE
    except Exception:  # noqa: BLE001 - whatever a damaged picture raises
        return BROKEN
    sys.stdout.write(json.dumps(codes_on(photo)))
    return 0


def _upright(content: bytes) -> Image.Image:
    size = (LONGEST_SIDE, LONGEST_SIDE)
    photo = Image.open(io.BytesIO(content), formats=["JPEG", "PNG", "WEBP"])
    photo.draft("L", size)  # a large JPEG is read at a fraction of its size
    upright = ImageOps.exif_transpose(photo)
    if upright.has_transparency_data:
        white = Image.new("RGBA", upright.size, "white")
        upright = Image.alpha_composite(white, upright.convert("RGBA"))
    grey = upright.convert("L")
    grey.thumbnail(size)
    return grey


def codes_on(photo: Image.Image) -> list[str]:
    """Return the text of each code on a grey photo, GS kept; what is blurred is tried smaller."""
    for tried in _tries(photo):
        found = zxingcpp.read_barcodes(tried, FORMATS, text_mode=zxingcpp.TextMode.Plain)
        if texts := list(dict.fromkeys(one.text for one in found if one.valid and one.text)):
            return texts
    return []


def _tries(photo: Image.Image) -> Iterator[Image.Image]:
    yield photo
    yield ImageOps.autocontrast(photo, cutoff=2)
    for share in (2, 4):
        if min(photo.size) // share >= 64:
            yield photo.reduce(share)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
