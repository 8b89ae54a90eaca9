"""Which migrations a database has had, and which this version of Supply knows."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import sqlalchemy as sa
from alembic.config import Config
from alembic.script import ScriptDirectory
from flask_babel import gettext as _

from supply import config
from supply.db import db
from supply.refusals import Refusal

TABLE = "alembic_version"
"""Where migrations note how far they are."""


class NotMigrated(Refusal):
    """The database is not at the revision this version of Supply works with."""


def present_revisions() -> frozenset[str]:
    """Return the revisions the database is at: none before its first migration."""
    with db.engine.connect() as connection:
        if not sa.inspect(connection).has_table(TABLE):
            return frozenset()
        return frozenset(connection.scalars(sa.text(f"SELECT version_num FROM {TABLE}")))  # noqa: S608


@cache
def migration_heads() -> frozenset[str]:
    """Return the newest revisions this version of Supply knows."""
    return frozenset(_scripts().get_heads())


def is_known(revision: str) -> bool:
    """Return whether this version of Supply has the migration."""
    return revision in {script.revision for script in _scripts().walk_revisions()}


def refuse_newer() -> None:
    """Refuse a database that a newer version of Supply migrated.

    Raises:
        NotMigrated: it is at a revision we do not know.
    """
    unknown = sorted(one for one in present_revisions() if not is_known(one))
    if unknown:
        message = _(
            "This database was migrated by a newer version of Supply (revision %(revision)s). "
            "Install that version.",
            revision=", ".join(unknown),
        )
        raise NotMigrated(message)


def require_current() -> None:
    """Refuse to work on a database at another revision than ours.

    Raises:
        NotMigrated: what to do about it.
    """
    present = present_revisions()
    if present == migration_heads():
        return
    refuse_newer()
    if not present:
        raise NotMigrated(_("This database has no tables yet. Run: supply db upgrade"))
    raise NotMigrated(_("This database is older than this version. Run: supply db upgrade"))


@cache
def _scripts() -> ScriptDirectory:
    settings = Config()
    settings.set_main_option("script_location", str(Path(config.ROOT) / "migrations"))
    return ScriptDirectory.from_config(settings)
