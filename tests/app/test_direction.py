"""Rooms import in one direction; rules are pure; nobody borrows another room's pages or forms."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

PACKAGE: Final = Path(__file__).resolve().parents[2] / "supply"

GROUND: Final = (
    {"documents"},
    {"audit"},
    {"outbox"},
    {"accounts"},
    {"alerts"},
    {"catalogue"},
    {"items"},
    {"inventory"},
    {"formulations"},
    {"treatments"},
    {"ordering"},
    {"fulfilment", "payments"},
    {"replenishment"},
    {"today", "stock", "reports", "api", "settings", "jobs", "demo"},
)
"""Each may import those before it. What is not a room (web, db, …) is judged by other rules."""

LEVEL: Final = {room: level for level, rooms in enumerate(GROUND) for room in rooms}

KNOWLEDGE: Final = {"queries", "models", "terms", "rules"}
JOINS: Final = {("api", "reports"), ("api", "today"), ("api", "settings"), ("demo", "settings")}
"""Of the rooms that join others, two are built on the rest."""

EDGE: Final = {"views", "forms"}


def _modules(pattern: str = "**/*.py") -> list[Path]:
    return sorted(PACKAGE.glob(pattern))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0]


def _is_edge(module: str) -> bool:
    return module in EDGE or module.endswith(("_views", "_forms"))


@pytest.mark.parametrize("room", sorted(LEVEL))
def test_a_room_imports_only_what_lies_below(room: str) -> None:
    """Its pages may show what others know besides; what changes things keeps the direction."""
    wrong = [
        f"{path.relative_to(PACKAGE)} imports {name}"
        for path in _modules(f"{room}/**/*.py")
        for name in _imports(path)
        if len(parts := name.split(".")) > 2
        and parts[0] == "supply"
        and parts[1] != room
        and LEVEL.get(parts[1], -1) >= LEVEL[room]
        and not (_is_edge(path.stem) and parts[2] in KNOWLEDGE)
        and (room, parts[1]) not in JOINS
    ]
    assert sorted(set(wrong)) == []


def test_nobody_imports_another_rooms_views_or_forms() -> None:
    wrong = [
        f"{path.relative_to(PACKAGE)} imports {name}"
        for path in _modules("*/**/*.py")
        for name in _imports(path)
        if len(parts := name.split(".")) > 2
        and parts[0] == "supply"
        and parts[1] in LEVEL
        and parts[1] != _room(path)
        and _is_edge(parts[2])
    ]
    assert sorted(set(wrong)) == []


@pytest.mark.parametrize("path", _modules("*/rules.py"), ids=lambda path: path.parent.name)
def test_rules_are_pure(path: Path) -> None:
    """Rules know words (terms), quantities and money; no database, request or clock reading."""
    wrong = {"flask", "sqlalchemy", "flask_login", "supply.db", "supply.extensions"}
    found = {name for name in _imports(path) if name in wrong or name.split(".")[0] in wrong}
    assert found == set()
    text = path.read_text(encoding="utf-8")
    for reading in ("clock.now(", "datetime.now(", "date.today("):
        assert reading not in text


def test_services_never_commit() -> None:
    wrong = [
        str(path.relative_to(PACKAGE))
        for path in _modules("*/services.py")
        if "session.commit(" in path.read_text(encoding="utf-8")
    ]
    assert wrong == []
