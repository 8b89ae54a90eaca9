"""One application a worker and database, lent to one test after the other as good as new.

Making one takes longer than most tests do with it: it is made once, and what a test changed of it
is put back.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask

from supply import create_app
from supply.extensions import db
from tests.support.client import SeparateRequestsClient
from tests.support.settings import settings_for


def new_app(database_url: str, directory: Path, **settings: object) -> Flask:
    """Return an app on ``database_url``, whose test clients ask as strangers to the test do."""
    app = create_app({**settings_for(database_url, directory), **settings})
    app.test_client_class = SeparateRequestsClient
    return app


class Apps:
    """The apps of a worker by the address of their database."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._kept: dict[str, tuple[Flask, dict[str, Any], dict[str, Any]]] = {}

    @contextmanager
    def lent(self, database_url: str) -> Iterator[Flask]:
        """Yield the app on ``database_url``; afterwards put back what was changed of it."""
        if database_url not in self._kept:
            made = new_app(database_url, self._directory)
            self._kept[database_url] = made, dict(made.config), dict(made.extensions)
        app, config, extensions = self._kept[database_url]
        loader, parts = app.jinja_env.loader, dict(vars(app))
        try:
            yield app
        finally:
            _close(app)
            vars(app).update(parts)
            for is_now, was in ((app.config, config), (app.extensions, extensions)):
                is_now.clear()
                is_now.update(was)
            app.jinja_env.loader = loader
            shutil.rmtree(app.instance_path, ignore_errors=True)

    def forget(self) -> None:
        """Make the next ones anew: another app was bound to the extensions that all share."""
        self._kept.clear()


@contextmanager
def closed_after(apps: list[Flask]) -> Iterator[list[Flask]]:
    """Yield ``apps``; afterwards close the connections of those in it."""
    yield apps
    for app in apps:
        _close(app)


def _close(app: Flask) -> None:
    with app.app_context():
        db.engine.dispose()
