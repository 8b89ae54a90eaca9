"""Fixtures every test can use.

A test that takes ``app``, ``client`` or ``database_url`` runs twice: on SQLite and on
PostgreSQL, each time on a fresh copy of a migrated database. Commits are real. Where only one
engine makes sense, say so:

    @pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

PostgreSQL is the server at TEST_DATABASE_URL (whose person may create databases) or one that
the run starts for itself.
"""

import os
import ssl
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import argon2
import hypothesis
import pytest
import trustme
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import make_url
from xdist.workermanage import WorkerController

from supply.accounts.models import Person
from supply.extensions import db
from tests.factories import World, make_world
from tests.support.apps import Apps, closed_after, new_app
from tests.support.chromium import find_chromium
from tests.support.commands import SupplyCommand
from tests.support.databases import PostgresDatabases, SqliteDatabases
from tests.support.live_server import LiveServer, serving
from tests.support.network import loopback_only
from tests.support.people import AsPerson, sign_in
from tests.support.ports import LOOPBACK, free_port
from tests.support.postgres import start_postgres
from tests.support.quick_routes import compile_addresses_once
from tests.support.quick_templates import compile_templates_once
from tests.support.smtp import SmtpServer, plain_smtp_server, starttls_smtp_server
from tests.support.stripe_standin import StripeStandin, running_standin

AppFactory = Callable[..., Flask]

PRODUCT_VARIABLES: Final = (
    "DATABASE_URL",
    "MAIL_FROM",
    "MAIL_URL",
    "PORT",
    "PUBLIC_URL",
    "SECRET_KEY",
    "STRIPE_API_BASE",
    "STRIPE_SECRET_KEY",
    "STRIPE_WEBHOOK_SECRET",
)

hypothesis.settings.register_profile("supply", deadline=None, print_blob=True)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") == "true" else "supply")


# One PostgreSQL server a run. The controller of the workers starts it, and tells them where it is.


@dataclass(frozen=True)
class DatabaseServer:
    """Where the run's PostgreSQL is, and the name the run gives its databases there."""

    url: str
    run: str


SERVER_KEY: Final = pytest.StashKey[DatabaseServer]()
CLEANUP_KEY: Final = pytest.StashKey[ExitStack]()


def _server_of_run(config: pytest.Config) -> DatabaseServer:
    if SERVER_KEY not in config.stash:
        config.stash[SERVER_KEY] = _start_server(config.stash[CLEANUP_KEY])
    return config.stash[SERVER_KEY]


def _start_server(cleanup: ExitStack) -> DatabaseServer:
    run = uuid.uuid4().hex[:8]
    if url := os.environ.get("TEST_DATABASE_URL"):
        cleanup.callback(PostgresDatabases(make_url(url), run, "main").drop_all)
        return DatabaseServer(url, run)
    server = start_postgres()
    cleanup.callback(server.stop)
    return DatabaseServer(server.url.render_as_string(hide_password=False), run)


def pytest_configure(config: pytest.Config) -> None:
    """Take over the controller's server in a worker; insist on a browser in CI."""
    config.stash[CLEANUP_KEY] = ExitStack()
    if worker_input := getattr(config, "workerinput", None):
        config.stash[SERVER_KEY] = DatabaseServer(*worker_input["database_server"])
    elif os.environ.get("CI") == "true" and find_chromium() is None:
        raise pytest.UsageError("CI runs the browser tests, and no Chromium is installed")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: WorkerController) -> None:
    """Tell a worker which server the run uses, starting it before the first."""
    server = _server_of_run(node.config)
    node.workerinput["database_server"] = (server.url, server.run)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server, or drop the run's databases on one that is not ours."""
    config.stash[CLEANUP_KEY].close()


def _is_browser_test(item: pytest.Item) -> bool:
    return item.path.is_relative_to(Path(__file__).parent / "browser")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the browser tests, and leave them out where there is no browser."""
    browser = [item for item in items if _is_browser_test(item)]
    for item in browser:
        item.add_marker(pytest.mark.browser)
    if browser and find_chromium() is None:
        items[:] = [item for item in items if item not in browser]
        config.hook.pytest_deselected(items=browser)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say it plainly when the browser tests did not run."""
    if find_chromium() is None:
        terminalreporter.write_line(
            "Browser tests left out: no Chromium is installed.", yellow=True
        )


@pytest.fixture(scope="session", autouse=True)
def _stay_on_this_machine() -> Iterator[None]:
    """Keep the developer's own settings, and other machines, out of the tests."""
    with pytest.MonkeyPatch.context() as patch, loopback_only():
        for name in PRODUCT_VARIABLES:
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> Iterator[None]:
    """Hash passwords at a cost that suits tests, which make many people."""
    with pytest.MonkeyPatch.context() as patch:
        quick = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr("supply.accounts.passwords._hasher", quick)
        yield


@pytest.fixture(scope="session", autouse=True)
def _quick_routes() -> Iterator[None]:
    """Compile each address once, not once for every app."""
    with pytest.MonkeyPatch.context() as patch:
        compile_addresses_once(patch)
        yield


@pytest.fixture(scope="session", autouse=True)
def _quick_templates(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[None]:
    """Compile each template once, not once for every app of every worker."""
    own = tmp_path_factory.getbasetemp()
    of_run = own if worker_id == "master" else own.parent
    with pytest.MonkeyPatch.context() as patch:
        compile_templates_once(patch, of_run / "templates")
        yield


# Databases


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory) -> SqliteDatabases:
    """The migrated SQLite file that tests copy."""
    return SqliteDatabases.prepare(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgres_databases(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> PostgresDatabases:
    """The migrated PostgreSQL database that tests copy."""
    server = _server_of_run(request.config)
    databases = PostgresDatabases(make_url(server.url), server.run, worker_id)
    databases.prepare(tmp_path_factory.mktemp("postgresql"))
    return databases


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run database tests on both engines, and browser tests on SQLite: screens look the same."""
    marks = metafunc.definition.iter_markers("parametrize")
    chosen = any("database_url" in mark.args[0] for mark in marks)
    if "database_url" in metafunc.fixturenames and not chosen:
        engines = ["sqlite"] if _is_browser_test(metafunc.definition) else ["sqlite", "postgresql"]
        metafunc.parametrize("database_url", engines, indirect=True)


@pytest.fixture(scope="session")
def databases_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a worker keeps the SQLite file of the test that runs, and its app's own files."""
    return tmp_path_factory.mktemp("database")


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a fresh, migrated, empty database of this test's own."""
    if request.param == "sqlite":
        databases: SqliteDatabases = request.getfixturevalue("sqlite_databases")
        directory: Path = request.getfixturevalue("databases_directory")
        yield databases.copy_to(directory)
        return
    servers: PostgresDatabases = request.getfixturevalue("postgres_databases")
    with servers.copy() as url:
        yield url


# The application


@pytest.fixture(scope="session")
def apps(databases_directory: Path) -> Apps:
    """The apps that this worker lends to its tests."""
    return Apps(databases_directory)


@pytest.fixture
def make_app(database_url: str, tmp_path: Path, apps: Apps) -> Iterator[AppFactory]:
    """Make an app on the test's database: ``make_app(WTF_CSRF_ENABLED=True)``."""
    with closed_after([]) as made:

        def make(**settings: object) -> Flask:
            apps.forget()
            made.append(new_app(database_url, tmp_path, **settings))
            return made[-1]

        yield make
    if made:
        apps.forget()


@pytest.fixture
def app(database_url: str, apps: Apps) -> Iterator[Flask]:
    """The application, its context pushed for the test's own use of the database.

    A test that changes what an app is made of makes its own with ``make_app``.
    """
    with apps.lent(database_url) as lent, lent.app_context():
        yield lent
        db.session.remove()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without a screen; ``app.test_client()`` makes another person's."""
    return app.test_client()


@pytest.fixture
def world(app: Flask) -> World:
    """A practice, its suppliers and a cast, on each engine."""
    return make_world()


@pytest.fixture
def as_person(app: Flask) -> AsPerson:
    """Sign people in: ``as_person(world.owner)`` is their own browser."""

    def signed_in(person: Person | str) -> FlaskClient:
        client = app.test_client()
        sign_in(client, person if isinstance(person, str) else person.email)
        return client

    return signed_in


@pytest.fixture
def supply_command(database_url: str) -> SupplyCommand:
    """The ``supply`` command in a process of its own, on the test's database."""
    return SupplyCommand({"DATABASE_URL": database_url, "SECRET_KEY": "only-for-tests"})


@pytest.fixture
def live_server(make_app: AppFactory) -> Iterator[LiveServer]:
    """The application on a port of its own, with CSRF protection as in production.

    No context is pushed here: open ``with live_server.app.app_context()`` for as short as
    possible, for on SQLite an open transaction keeps the server waiting.
    """
    port = free_port()
    app = make_app(WTF_CSRF_ENABLED=True, PUBLIC_URL=f"http://{LOOPBACK}:{port}")
    with serving(app, port) as server:
        yield server


# Mail


@pytest.fixture
def smtp_server() -> Iterator[SmtpServer]:
    """An SMTP server without encryption or sign-in."""
    with plain_smtp_server() as server:
        yield server


@pytest.fixture(scope="session")
def certificate_authority() -> trustme.CA:
    """An authority made for this run."""
    return trustme.CA()


@pytest.fixture
def secure_smtp_server(
    certificate_authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SmtpServer]:
    """An SMTP server that asks for STARTTLS and a sign-in, and whose certificate is trusted."""
    trusted = tmp_path / "authority.pem"
    certificate_authority.cert_pem.write_to_path(str(trusted))
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate_authority.issue_cert(LOOPBACK, "localhost").configure_cert(tls)
    with starttls_smtp_server(tls) as server:
        yield server


# Payment


@pytest.fixture
def stripe_standin() -> Iterator[StripeStandin]:
    """A Stripe of this test's own, over HTTP."""
    with running_standin() as standin:
        yield standin
