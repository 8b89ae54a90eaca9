"""Works that are done by several people at the same time, each in a thread and a transaction."""

import threading
from collections.abc import Callable, Sequence

from flask import Flask

from supply.db import db, transaction
from supply.refusals import Refusal

PEOPLE = 4


def at_once(app: Flask, work: Callable[[], object], people: int = PEOPLE) -> list[object]:
    """Run ``work`` in a transaction of each of ``people`` threads; return results and refusals."""
    return all_at_once(app, [work] * people)


def all_at_once(app: Flask, works: Sequence[Callable[[], object]]) -> list[object]:
    """Run each of ``works`` in a transaction of a thread of its own, all at the same time."""
    db.session.rollback()
    gate = threading.Barrier(len(works))
    results: list[object] = []

    def one(work: Callable[[], object]) -> None:
        with app.app_context():
            gate.wait()
            try:
                with transaction():
                    result = work()
            except Refusal as refusal:
                result = refusal
            results.append(result)
            db.session.remove()
            if db.engine.dialect.name == "sqlite":
                db.engine.dispose()

    threads = [threading.Thread(target=one, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(results) == len(works)
    return results
