"""The settings tests run the application with."""

from pathlib import Path
from typing import Any


def settings_for(database_url: str, directory: Path) -> dict[str, Any]:
    """Return settings for an app on ``database_url`` that keeps its own files in ``directory``.

    Forms need no CSRF token and rate limits are off; a test of either turns it on again.
    """
    return {
        "TESTING": True,
        "SECRET_KEY": "only-for-tests",
        "SQLALCHEMY_DATABASE_URI": database_url,
        "INSTANCE_PATH": str(directory / "instance"),
        "WTF_CSRF_ENABLED": False,
        "RATELIMIT_ENABLED": False,
    }
