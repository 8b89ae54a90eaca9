"""Main pages of both sides against an empty signed-in page, as CPU time of one process.

Each is measured on a demonstration, and again when the past of it is a hundred times as long.
Views of the page and of the empty one take turns, for a machine's speed wanders within a run.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from unittest import mock

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from benchmarks.databases import ENGINES, application
from benchmarks.repeating import repeat_past
from supply import clock
from supply.db import db, transaction
from supply.demo.builder import build
from tests.support.demonstration import ADMIN, MOMENT, OWNER
from tests.support.people import sign_in
from tests.support.queries import recorded_statements

DAYS = 60
TIMES = 100
RUNS = 20
STATEMENTS, RATIO = 12, 3.0
EMPTY = "/c/riga/trace"
"""A page with its menu and a form: what every signed-in page pays for."""

PAGES: Mapping[str, Sequence[str]] = {
    OWNER: (
        *(f"/c/riga/{name}" for name in ("today", "alerts", "stock", "use", "sessions")),
        *(f"/c/riga/{name}" for name in ("formulations", "proposals", "basket", "orders")),
        *(f"/c/riga/{name}" for name in ("receive", "catalogue", "policies")),
        *(f"/c/riga/{name}/1" for name in ("items", "formulations", "sessions")),
        "/p/aurora/mailbox",
    ),
    ADMIN: ("/s/amber-coast/orders", "/s/amber-coast/products", "/s/amber-coast/people"),
}
BROWSER = {"Accept-Encoding": "gzip, br"}


@dataclass(frozen=True)
class Cost:
    """What a view of a page takes: statements, CPU milliseconds and views of the empty page.

    Both times are medians: of the views, and of what each took beside the empty one before it.
    """

    statements: int
    milliseconds: float
    ratio: float


def main() -> None:
    """Print, per engine, what each page costs at the two lengths of the past."""
    for engine in ENGINES:
        with application(engine) as app, mock.patch.object(clock, "now", return_value=MOMENT):
            with transaction():
                build(MOMENT, days=DAYS)
            short = measure(app, PAGES)
            repeat_past(TIMES, DAYS)
            long = measure(app, PAGES)
            for path in short:
                now, then = said(short[path]), said(long[path])
                print(f"page {path}, {engine}: {now}; {TIMES} × as long: {then}")
        print(f"(aim: at most {STATEMENTS} statements, at most {RATIO} empty pages)")


def said(cost: Cost) -> str:
    return f"{cost.statements} statements, {cost.milliseconds:.1f} ms, {cost.ratio:.2f} empty pages"


def measure(app: Flask, pages: Mapping[str, Sequence[str]]) -> dict[str, Cost]:
    """Return what each of the ``pages`` of each person, by their address, costs."""
    db.session.rollback()
    engine = db.engine
    clients = {email: app.test_client() for email in pages}
    for email, client in clients.items():
        sign_in(client, email)
    return {
        path: _cost(clients[email], path, clients[OWNER], engine)
        for email, paths in pages.items()
        for path in paths
    }


def _cost(client: FlaskClient, path: str, owner: FlaskClient, engine: Engine) -> Cost:
    for _warm_up in range(3):
        _view(owner, EMPTY)
        _view(client, path)
    with recorded_statements(engine) as statements:
        _view(client, path)
    pairs = [(_timed(owner, EMPTY), _timed(client, path)) for _run in range(RUNS)]
    return Cost(
        len(statements),
        statistics.median(taken for _empty, taken in pairs) * 1000,
        statistics.median(taken / empty for empty, taken in pairs),
    )


def _timed(client: FlaskClient, path: str) -> float:
    started = time.process_time()
    _view(client, path)
    return time.process_time() - started


def _view(client: FlaskClient, path: str) -> None:
    with client.application.app_context():
        answer = client.get(path, headers=BROWSER)
    assert answer.status_code == 200, (path, answer.status_code)
