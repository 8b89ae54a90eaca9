"""Recording a session of five lines: the service against its two floors."""

from __future__ import annotations

import statistics
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from flask import Flask

from benchmarks.databases import ENGINES, application
from benchmarks.floors import DriverSession, Known, core_session
from benchmarks.world import BenchWorld, make_bench_world
from supply.db import db
from supply.idempotency import once
from supply.treatments.recording import record_session
from supply.treatments.session_lines import SessionRequest
from tests.factories import NOW

ROUNDS = 25
SECONDS_A_ROUND = 0.25

Work = Callable[[str], object]


def main() -> None:
    """Print sessions a second and their ratios, per engine, with one and four connections."""
    for engine in ENGINES:
        with application(engine) as app:
            bench = make_bench_world()
            known = Known.of(bench)
            db.session.rollback()
            for threads in (1, 4):
                _compare(app, bench, known, engine, threads)


def _compare(app: Flask, bench: BenchWorld, known: Known, engine: str, threads: int) -> None:
    """Interleave the three for some rounds, so that they see the same machine."""
    makers = {
        "service": lambda: service(app, bench),
        "Core floor": lambda: _core(app, known),
        "driver floor": lambda: _driver(app, known),
    }
    rates: dict[str, list[float]] = {name: [] for name in makers}
    for _round in range(ROUNDS):
        for name, maker in makers.items():
            rates[name].append(_rate(maker, threads))
    connections = "one connection" if threads == 1 else f"{threads} connections"
    print(
        f"session, {engine}, {connections}: "
        + ", ".join(f"{name} {statistics.median(found):.0f}/s" for name, found in rates.items())
        + f"; service/Core {_ratio(rates, 'Core floor'):.2f}"
        + f", service/driver {_ratio(rates, 'driver floor'):.2f}"
    )


def _ratio(rates: Mapping[str, Sequence[float]], floor: str) -> float:
    """Return the typical share of a floor: of each round, for a machine's speed wanders."""
    shares = zip(rates["service"], rates[floor], strict=True)
    return statistics.median(service / of for service, of in shares)


def _rate(maker: Callable[[], Any], threads: int) -> float:
    """Return sessions a second of ``threads`` workers, each on its own connection."""
    counts: list[tuple[int, float]] = []
    barrier = threading.Barrier(threads)

    def run() -> None:
        with maker() as work:
            work(uuid.uuid4().hex)
            barrier.wait()
            started, done = time.perf_counter(), 0
            while time.perf_counter() - started < SECONDS_A_ROUND:
                work(uuid.uuid4().hex)
                done += 1
            counts.append((done, time.perf_counter() - started))

    workers = [threading.Thread(target=run) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(done / seconds for done, seconds in counts)


@contextmanager
def service(app: Flask, bench: BenchWorld) -> Any:
    """Yield what records one session through the service, idempotency and all."""
    with app.app_context():
        clinic = db.session.merge(bench.world.clinic, load=False)
        actor = bench.world.actor()

        def work(key: str) -> object:
            request = SessionRequest(bench.formulation, "P-1", key=key)
            return once(
                actor,
                key,
                {"formulation": bench.formulation, "patient_ref": "P-1"},
                lambda: record_session(clinic, request, actor=actor, now=NOW).as_json(),
                NOW,
            )

        yield work
        db.session.remove()


@contextmanager
def _core(app: Flask, known: Known) -> Any:
    with app.app_context():
        engine = db.engine
    with engine.connect().execution_options(supply_write=True) as connection:

        def work(key: str) -> None:
            with connection.begin():
                core_session(known, connection, key)

        yield work


@contextmanager
def _driver(app: Flask, known: Known) -> Any:
    with app.app_context():
        engine = db.engine
    raw = engine.raw_connection()
    try:
        yield DriverSession(known, raw.driver_connection)
    finally:
        raw.close()
