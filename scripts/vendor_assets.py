"""Copy the front-end files the product serves from node_modules into static/vendor.

Run by ``make setup`` after the packages were installed. Only the files named here are copied:
what is served is chosen, not whatever a package happens to ship.
"""

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent

ASSETS: Final[Mapping[str, str]] = {
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "bootstrap-icons/bootstrap-icons.svg": "bootstrap-icons.svg",
    "dejavu-fonts-ttf/ttf/DejaVuSans.ttf": "fonts/DejaVuSans.ttf",
    "dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf": "fonts/DejaVuSans-Bold.ttf",
}


def vendor(packages: Path, target: Path) -> list[Path]:
    """Replace ``target`` by fresh copies of the assets found below ``packages``.

    Returns the files written. Raises FileNotFoundError when a package lacks a file; ``target``
    is then left as it was.
    """
    missing = [source for source in ASSETS if not (packages / source).is_file()]
    if missing:
        raise FileNotFoundError(f"Not in {packages}: {', '.join(missing)}")
    shutil.rmtree(target, ignore_errors=True)
    written = []
    for source, name in ASSETS.items():
        destination = target / name
        destination.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(packages / source, destination)
        written.append(destination)
    return written


def main() -> int:
    """Copy the assets; say what is missing and return 1 when the packages are not installed."""
    try:
        written = vendor(ROOT / "node_modules", ROOT / "static" / "vendor")
    except FileNotFoundError as error:
        sys.stderr.write(f"{error}\nRun `npm ci` first, or simply `make setup`.\n")
        return 1
    sys.stdout.write(f"static/vendor: {len(written)} files\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
