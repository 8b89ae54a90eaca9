"""Copy the front-end files the product serves from node_modules into static/vendor.

Run by ``make setup`` after the packages were installed. Only the files named here are copied, and
of the icons only those in use: what is served is chosen, not whatever a package happens to ship.
"""

import shutil
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from supply.web.icons import ICONS

ROOT: Final = Path(__file__).resolve().parent.parent

ASSETS: Final[Mapping[str, str]] = {
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "dejavu-fonts-ttf/ttf/DejaVuSans.ttf": "fonts/DejaVuSans.ttf",
    "dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf": "fonts/DejaVuSans-Bold.ttf",
    "zxing-wasm/dist/iife/reader/index.js": "zxing-reader.js",
    "zxing-wasm/dist/reader/zxing_reader.wasm": "zxing_reader.wasm",
}


ICONS_SOURCE: Final = "bootstrap-icons/bootstrap-icons.svg"
ICONS_TARGET: Final = "icons.svg"
SVG: Final = "http://www.w3.org/2000/svg"


def vendor(packages: Path, target: Path) -> list[Path]:
    """Replace ``target`` by fresh copies of the assets found below ``packages``, and the sprite.

    Returns the files written. Raises FileNotFoundError when a package lacks a file, and
    LookupError when the package of icons lacks one in use; ``target`` is then left as it was.
    """
    sources = (*ASSETS, ICONS_SOURCE)
    missing = [source for source in sources if not (packages / source).is_file()]
    if missing:
        raise FileNotFoundError(f"Not in {packages}: {', '.join(missing)}")
    icons = sprite((packages / ICONS_SOURCE).read_text(encoding="utf-8"), ICONS)
    shutil.rmtree(target, ignore_errors=True)
    written = []
    for source, name in ASSETS.items():
        destination = target / name
        destination.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(packages / source, destination)
        written.append(destination)
    (target / ICONS_TARGET).write_text(icons, encoding="utf-8")
    return [*written, target / ICONS_TARGET]


def sprite(everything: str, names: Iterable[str]) -> str:
    """Return an SVG with those symbols of the sprite ``everything`` that ``names`` ask for.

    Raises LookupError naming the icons that are not in it.
    """
    symbols = {symbol.get("id"): symbol for symbol in ElementTree.fromstring(everything)}  # noqa: S314
    missing = sorted(set(names) - symbols.keys())
    if missing:
        raise LookupError(f"No such icons: {', '.join(missing)}")
    ElementTree.register_namespace("", SVG)
    chosen = ElementTree.Element(f"{{{SVG}}}svg")
    chosen.extend(symbols[name] for name in names)
    return ElementTree.tostring(chosen, encoding="unicode")


def main() -> int:
    """Copy the assets; say what is missing and return 1 when the packages are not installed."""
    try:
        written = vendor(ROOT / "node_modules", ROOT / "static" / "vendor")
    except (FileNotFoundError, LookupError) as error:
        sys.stderr.write(f"{error}\nRun `npm ci` first, or simply `make setup`.\n")
        return 1
    sys.stdout.write(f"static/vendor: {len(written)} files\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
