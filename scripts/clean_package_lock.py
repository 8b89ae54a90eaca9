"""Take the funding addresses out of package-lock.json: a lock file should name no host."""

import json
import sys
from pathlib import Path
from typing import Any, Final

LOCK: Final = Path(__file__).resolve().parent.parent / "package-lock.json"


def without_funding(lock: dict[str, Any]) -> dict[str, Any]:
    """Return the lock with the ``funding`` note of every package left out."""
    packages = {
        path: {key: value for key, value in entry.items() if key != "funding"}
        for path, entry in lock["packages"].items()
    }
    return {**lock, "packages": packages}


def main() -> int:
    """Rewrite the lock file in place, in npm's own layout."""
    lock = json.loads(LOCK.read_text(encoding="utf-8"))
    LOCK.write_text(json.dumps(without_funding(lock), indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
