"""Calling the API, and holding what a refusal must not touch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from supply.accounts.models import Person
from supply.accounts.tokens import issue_token
from supply.actor import SYSTEM
from supply.db import Base, db, transaction
from supply.inventory.verification import verify
from tests.factories import NOW, World


@dataclass
class Api:
    """Calls of one person."""

    app: Flask
    token: str | None
    headers: dict[str, str] = field(default_factory=dict)

    def call(
        self, method: str, path: str, json: Any = None, *, key: str | None = None, **more: Any
    ) -> TestResponse:
        """Call ``path`` below /api/v1 and return the answer."""
        headers = dict(self.headers)
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        if key is not None:
            headers["Idempotency-Key"] = key
        if json is not None:
            more["json"] = json
        return self.app.test_client().open(f"/api/v1{path}", method=method, headers=headers, **more)

    def get(self, path: str) -> TestResponse:
        """GET ``path``."""
        return self.call("GET", path)

    def post(self, path: str, json: Any, **more: Any) -> TestResponse:
        """POST ``json`` to ``path``."""
        return self.call("POST", path, json, **more)

    def put(self, path: str, json: Any, **more: Any) -> TestResponse:
        """PUT ``json`` to ``path``."""
        return self.call("PUT", path, json, **more)


@dataclass
class Cast:
    """Everybody's calls, by role."""

    app: Flask
    world: World
    tokens: dict[int, str] = field(default_factory=dict)

    def api(self, name: str) -> Api:
        """Return the calls of the person the world calls ``name``; "nobody" has no token."""
        if name == "nobody":
            return Api(self.app, None)
        person: Person = getattr(self.world, name)
        if person.id not in self.tokens:
            with transaction():
                self.tokens[person.id] = issue_token(person, actor=SYSTEM, now=NOW)
        return Api(self.app, self.tokens[person.id])


def rows() -> dict[str, int]:
    """Return how many rows each table has."""
    db.session.rollback()
    return {
        table.name: db.session.scalar(sa.select(sa.func.count()).select_from(table)) or 0
        for table in Base.metadata.sorted_tables
    }


def assert_ledger_agrees() -> None:
    """Hold balances against moves."""
    db.session.rollback()
    assert verify() == []


def fields_at_fault(answer: TestResponse) -> list[str]:
    """Return the fields a problem document names, in its order."""
    document = answer.get_json()
    assert document is not None
    return [error["field"] for error in document["errors"]]
