"""What the command prints; how the demonstration is built is judged beside it."""

from __future__ import annotations

import json

import pytest
from flask import Flask

from supply.demo.builder import Built


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Built(sessions=1, planned=2, entries=3, orders=4, mails=5)
    monkeypatch.setattr("supply.demo.commands.build", lambda _now: made)


def test_json_is_one_document_with_everybody_who_may_sign_in(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["demo", "--json"])

    answer = json.loads(result.stdout)
    assert result.exit_code == 0
    assert answer["password"] == "supply-demo"
    assert answer["made"] == {"sessions": 1, "planned": 2, "entries": 3, "orders": 4, "mails": 5}
    assert answer["practices"] == ["aurora", "atelier"]
    assert answer["clinics"] == ["riga", "vilnius", "london", "lyon"]
    assert answer["suppliers"] == [
        "amber-coast",
        "daylight",
        "old-town",
        "atelier-pharmacie-des-tilleuls",
    ]
    assert answer["people"][0] == {
        "email": "marta@aurora.example",
        "name": "Marta Liepa",
        "role": "owner",
        "at": "aurora",
    }
    assert len(answer["people"]) == 15


def test_people_read_the_password_and_the_addresses(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["demo"])

    assert result.stdout.splitlines()[0] == "password: supply-demo"
    assert "email sam@daylight.example, name Sam Okoro, role fulfiller" in result.stdout
