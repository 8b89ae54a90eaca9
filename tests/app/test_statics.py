"""Static files: small, compressed, kept by browsers, and never old."""

import gzip
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urldefrag

import brotli
import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from supply.config import ROOT
from supply.serving import serve_static_files
from supply.web.statics import compressed, fingerprint
from tests.factories import make_world
from tests.support.people import sign_in

STATIC = ROOT / "static"
FIRST_LOAD_BYTES = 34_000
"""What Today sends a browser that has never been here: page, styles, scripts, icons."""
BROWSER = {"Accept-Encoding": "gzip, deflate, br, zstd"}
YEAR = "public, max-age=31536000, immutable"

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def served(app: Flask) -> FlaskClient:
    """A client of the application as ``supply serve`` runs it."""
    serve_static_files(app)
    return app.test_client()


def _address(app: Flask, filename: str) -> str:
    with app.test_request_context():
        return url_for("static", filename=filename)


def _sent(client: FlaskClient, url: str) -> int:
    answer = client.get(url, headers=BROWSER)
    assert answer.status_code == 200, url
    return len(answer.data)


def _loaded_by(answer: TestResponse) -> set[str]:
    """Return the addresses of the styles, scripts, icons and preloads that a page names."""
    text = answer.get_data(as_text=True)
    return {urldefrag(url).url for url in re.findall(r'(?:src|href)="(/static/[^"]+)"', text)}


@on_sqlite
def test_the_first_load_of_today_is_small(app: Flask, served: FlaskClient) -> None:
    world = make_world()
    sign_in(served, world.owner.email)
    url = f"/c/{world.clinic.code}/today"

    files = _loaded_by(served.get(url))
    total = _sent(served, url) + sum(_sent(served, file) for file in files)

    assert {Path(file).name for file in files} >= {"tokens.css", "app.js", "icons.svg"}
    assert not any("htmx" in file for file in files)
    assert total <= FIRST_LOAD_BYTES


@on_sqlite
def test_a_page_names_every_module_it_will_load(app: Flask, served: FlaskClient) -> None:
    script = (STATIC / "app" / "app.js").read_text(encoding="utf-8")
    modules = set(re.findall(r'from "\./([a-z]+\.js)"', script))

    loaded = {Path(file).name for file in _loaded_by(served.get("/sign-in"))}

    assert modules
    assert modules <= loaded


@on_sqlite
@pytest.mark.parametrize(
    ("accepted", "encoding", "opened"),
    [("gzip, br", "br", brotli.decompress), ("gzip", "gzip", gzip.decompress), ("", None, bytes)],
)
def test_files_are_sent_compressed_and_kept_for_a_year(
    app: Flask, served: FlaskClient, accepted: str, encoding: str | None, opened: object
) -> None:
    answer = served.get(_address(app, "app/base.css"), headers={"Accept-Encoding": accepted})

    assert answer.headers.get("Content-Encoding") == encoding
    assert answer.headers["Cache-Control"] == YEAR
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert opened(answer.data) == (STATIC / "app" / "base.css").read_bytes()  # type: ignore[operator]


@on_sqlite
def test_without_the_server_files_have_the_same_addresses(app: Flask, client: FlaskClient) -> None:
    answer = client.get(_address(app, "app/base.css"))

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == YEAR
    assert answer.data == (STATIC / "app" / "base.css").read_bytes()


@on_sqlite
@pytest.mark.parametrize("old", ["/static/app/base.css", "/static/0123456789abcdef/app/base.css"])
def test_an_address_of_another_version_leads_to_the_file_of_this_one(
    app: Flask, served: FlaskClient, old: str
) -> None:
    answer = served.get(old)

    assert answer.status_code == 302
    assert answer.location == _address(app, "app/base.css")
    assert answer.headers["Cache-Control"] == "no-store"


@on_sqlite
@pytest.mark.parametrize("path", ["nothing.css", "x/nothing.css", "x/../../README.md", "x/", "app"])
def test_other_addresses_lead_nowhere(served: FlaskClient, path: str) -> None:
    assert served.get(f"/static/{path}").status_code == 404


@on_sqlite
def test_pages_are_sent_compressed(served: FlaskClient) -> None:
    answer = served.get("/sign-in", headers={"Accept-Encoding": "gzip"})

    assert answer.headers["Content-Encoding"] == "gzip"
    assert b"<h1>" in gzip.decompress(answer.data)


def test_a_fingerprint_changes_with_content_and_names(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("a {}")
    first = fingerprint(tmp_path)
    (tmp_path / "a.css").write_text("b {}")
    second = fingerprint(tmp_path)
    (tmp_path / "a.css").rename(tmp_path / "b.css")

    assert len({first, second, fingerprint(tmp_path)}) == 3


def test_workers_that_start_together_make_one_copy(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as workers:
        made = set(workers.map(lambda _: compressed(STATIC, tmp_path), range(4)))

    (copy,) = made
    assert [path.name for path in tmp_path.iterdir()] == [fingerprint(STATIC)]
    assert (copy / "app" / "base.css.br").is_file()
    assert not (copy / "vendor" / "fonts").exists()


def test_where_nothing_may_be_written_the_files_are_served_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "in-the-way").write_text("a file")

    assert compressed(STATIC, tmp_path / "in-the-way") == STATIC
