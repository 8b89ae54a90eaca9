"""Supply: stock and ordering for mesotherapy clinics and their suppliers."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from flask import Flask
from flask_babel import gettext

from supply import config as configuration
from supply import models  # noqa: F401 - every model must be mapped before the first query
from supply.db import engine_options, install_engine_events
from supply.extensions import babel, csrf, db, limiter, login_manager, migrate
from supply.sentences import translate_with
from supply.web.requests import SentRequest
from supply.web.statics import static_url_path


def create_app(config: Mapping[str, object] | None = None) -> Flask:
    """Return the application, configured by the environment and then by ``config``."""
    overrides = dict(config or {})
    instance = Path(str(overrides.pop("INSTANCE_PATH", configuration.ROOT / "instance")))
    app = Flask(
        __name__,
        instance_path=str(instance),
        root_path=str(configuration.ROOT),
        template_folder="templates",
        static_folder="static",
        static_url_path=static_url_path(configuration.ROOT / "static"),
    )
    app.request_class = SentRequest
    instance.mkdir(parents=True, exist_ok=True)
    app.config.from_mapping(configuration.from_environment(os.environ, instance))
    app.config.from_mapping(overrides)
    _bind_extensions(app)
    _open_rooms(app)
    return app


def _bind_extensions(app: Flask) -> None:
    app.config.setdefault(
        "SQLALCHEMY_ENGINE_OPTIONS",
        engine_options(app.config["SQLALCHEMY_DATABASE_URI"], app.config.get("STATEMENT_SECONDS")),
    )
    db.init_app(app)
    migrate.init_app(app, db, directory=str(configuration.ROOT / "migrations"))
    with app.app_context():
        install_engine_events(db.engine, app.config.get("STATEMENT_SECONDS"))
    csrf.init_app(app)
    limiter.init_app(app)
    login_manager.init_app(app)
    babel.init_app(app)
    translate_with(gettext)


def _open_rooms(app: Flask) -> None:
    from supply.rooms import register
    from supply.web import logs

    register(app)
    logs.wrap(app)
