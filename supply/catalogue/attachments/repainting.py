"""A program of its own: a picture in on standard input, painted anew as WebP on standard output.

Run by ``pictures.py`` in a process that may use little memory and time: whatever a picture was
made to do to its reader, it does there. What comes out is pixels alone: no place, no camera, no
profile, nothing hidden behind the end. Ends with 3 for a picture that is too large, 4 for one
that cannot be read.
"""

from __future__ import annotations

import io
import resource
import sys
import warnings

from PIL import Image, ImageOps

TOO_LARGE, BROKEN = 3, 4
MEMORY = 1_500 * 1024 * 1024
SECONDS = 20


def main(most_pixels: int, longest_side: int) -> int:
    """Paint the picture anew; return how the program ends."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    Image.MAX_IMAGE_PIXELS = most_pixels
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        painted = _painted(sys.stdin.buffer.read(), longest_side)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError):
        return TOO_LARGE
    except Exception:  # noqa: BLE001 - whatever a damaged picture raises
        return BROKEN
    sys.stdout.buffer.write(painted)
    return 0


def _painted(content: bytes, longest_side: int) -> bytes:
    """Return the picture upright, no larger than asked, its first frame alone."""
    size = (longest_side, longest_side)
    picture = Image.open(io.BytesIO(content), formats=["JPEG", "PNG", "WEBP"])
    picture.draft("RGB", size)  # a large JPEG is read at a fraction of its size
    upright = ImageOps.exif_transpose(picture)
    if upright.mode.startswith("I"):  # sixteen bits of grey, as scanners have
        upright = upright.convert("I").point(lambda level: level * (1 / 256)).convert("L")
    upright = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    upright.thumbnail(size)
    bare = Image.new(upright.mode, upright.size)
    bare.paste(upright)
    out = io.BytesIO()
    bare.save(out, "WEBP", quality=85, method=4)
    return out.getvalue()


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
