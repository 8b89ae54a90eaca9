"""What a camera sees, made in the test: films of codes for Chromium's fake camera, and photos."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import zxingcpp
from PIL import Image, ImageFilter

SIZE: Final = (640, 480)


def code(text: str, *, side: int = 200) -> Image.Image:
    """Return a GS1 DataMatrix of ``text`` in its printed form, in grey."""
    made = zxingcpp.create_barcode(text, zxingcpp.DataMatrix, gs1=True)
    return Image.fromarray(np.array(made.to_image(scale=10))).convert("L").resize((side, side))


def view(*codes: Image.Image, turned: float = 0, blurred: float = 0) -> Image.Image:
    """Return what a camera sees: codes side by side on a grey box."""
    seen = Image.new("L", SIZE, 190)
    for at, one in enumerate(codes):
        middle = SIZE[0] * (2 * at + 1) // (2 * len(codes))
        seen.paste(one, (middle - one.width // 2, (SIZE[1] - one.height) // 2))
    turned_view = seen.rotate(turned, resample=Image.Resampling.BICUBIC, fillcolor=190)
    return turned_view.filter(ImageFilter.GaussianBlur(blurred)) if blurred else turned_view


def film(frames: Sequence[Image.Image], path: Path) -> Path:
    """Write ``frames`` as a film in grey that Chromium shows as its camera, again and again."""
    colour = bytes([128]) * (SIZE[0] * SIZE[1] // 2)
    with path.open("wb") as out:
        out.write(f"YUV4MPEG2 W{SIZE[0]} H{SIZE[1]} F10:1 Ip A1:1 C420jpeg\n".encode())
        for frame in frames:
            out.write(b"FRAME\n" + frame.tobytes() + colour)
    return path


def photo(seen: Image.Image, form: str = "JPEG") -> bytes:
    """Return a view as the file of a photo."""
    out = io.BytesIO()
    seen.save(out, form)
    return out.getvalue()
