"""Write the next migration from what the models say now: ``make migration NAME='…'``.

The models are compared with an empty database brought to the newest migration, so that what is
in your own database does not matter. Read what was written before you keep it.
"""

from __future__ import annotations

import sys
import tempfile

import flask_migrate

from supply import create_app
from supply.revisions import migration_heads


def main() -> None:
    """Write migrations/versions/NNNN_name.py for the name on the command line."""
    name = " ".join(sys.argv[1:]).strip()
    if not name:
        sys.exit("migration: say what it does: make migration NAME='a colour for locations'")
    (newest,) = migration_heads()
    with tempfile.TemporaryDirectory() as folder:
        settings = {
            "INSTANCE_PATH": folder,
            "SQLALCHEMY_DATABASE_URI": f"sqlite:///{folder}/empty.sqlite3",
        }
        with create_app(settings).app_context():
            flask_migrate.upgrade()
            flask_migrate.migrate(message=name, rev_id=f"{int(newest) + 1:04d}")


if __name__ == "__main__":
    main()
