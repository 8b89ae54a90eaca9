"""What stays as fast when the ledger is a hundred times as long."""

from __future__ import annotations

import statistics
import time
import uuid
from collections.abc import Callable

from flask import Flask

from benchmarks import sessions
from benchmarks.databases import ENGINES, application
from benchmarks.history import grow
from benchmarks.world import BenchWorld, make_bench_world
from supply.db import db, transaction
from supply.replenishment.sweep import sweep
from tests.factories import NOW, PASSWORD

SMALL, LARGE = 10_000, 1_000_000
RUNS = 60
LIMIT = 1.3
TRACE_MS = 500
"""How long tracing a lot or a patient reference may take with a million moves."""


def main() -> None:
    """Print, per engine, the ratio of the time at :data:`LARGE` to that at :data:`SMALL`."""
    for engine in ENGINES:
        with application(engine) as app:
            bench = make_bench_world()
            grow(bench, SMALL)
            small = _measure(app, bench)
            grow(bench, LARGE)
            large = _measure(app, bench)
            for name, before in small.items():
                aim = f"aim < {LIMIT}"
                if name.startswith("trace"):
                    aim += f", and < {TRACE_MS} ms"
                print(
                    f"{name}, {engine}: {before * 1000:.2f} ms at {SMALL:,} moves, "
                    f"{large[name] * 1000:.2f} ms at {LARGE:,}; "
                    f"ratio {large[name] / before:.2f} ({aim})"
                )


def _measure(app: Flask, bench: BenchWorld) -> dict[str, float]:
    """Return the median seconds of one session, of some pages and of one sweep."""
    with sessions.service(app, bench) as record:
        session = _median(lambda: record(uuid.uuid4().hex))
    db.session.rollback()
    return {
        "session": session,
        "stock page": _median(_page(app, bench, "stock")),
        "trace of a lot": _median(_page(app, bench, "trace?lot=OLD7")),
        "trace of a reference": _median(_page(app, bench, "trace?patient=P-OLD7")),
        "sweep": _median(_sweep),
    }


def _page(app: Flask, bench: BenchWorld, path: str) -> Callable[[], object]:
    client = app.test_client()
    answer = client.post("/sign-in", data={"email": bench.world.owner.email, "password": PASSWORD})
    assert answer.status_code == 302, answer.status_code
    url = f"/c/{bench.world.clinic.code}/{path}"
    db.session.rollback()

    def get() -> None:
        assert client.get(url).status_code == 200

    return get


def _sweep() -> None:
    with transaction():
        sweep(NOW)


def _median(work: Callable[[], object]) -> float:
    for _warm_up in range(5):
        work()
    times = []
    for _run in range(RUNS):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return statistics.median(times)
