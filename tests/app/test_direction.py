"""Rooms import in one direction; rules are pure; nobody borrows another room's pages or forms."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest

PACKAGE: Final = Path(__file__).resolve().parents[2] / "supply"

HOUSE: Final = (
    {"documents"},
    {"audit"},
    {"outbox"},
    {"accounts"},
    {"alerts", "vat", "conditions"},
    {"catalogue"},
    {"items"},
    {"inventory"},
    {"handling", "opening_stock", "scanning", "seals"},
    {"transfers", "coldchain"},
    {"formulations"},
    {"treatments"},
    {"diary", "adverse"},
    {"calendars"},
    {"ordering"},
    {"baskets"},
    {"answering"},
    {"approving"},
    {"depot"},
    {"shipping", "payments", "filling", "amending"},
    {"receiving"},
    {"claims"},
    {"recalls", "invoicing", "desk", "standing"},
    {"open_items"},
    {"matching"},
    {"settling"},
    {"returning"},
    {"projection"},
    {"need"},
    {"counting"},
    {"losses"},
    {"replenishment"},
    {"mailbox", "today", "stock", "reports", "settings", "jobs", "orders", "labels"},
    {"trail"},
    {"api", "demo"},
)
"""Each may import those before it, and none beside it; some are still to be built."""

LEVEL: Final = {room: level for level, rooms in enumerate(HOUSE) for room in rooms}

WEB: Final = LEVEL["accounts"]
"""What pages share (``web``) knows who is signed in, and no room above that."""

ALONE: Final = {"projection": {"quantity"}, "documents": {"config"}}
"""Rooms that know nothing of the others: what of ours they may import."""

SHAPES: Final = {"get", "post", "put", "patch", "delete", "route", "before_request"}
OUTERMOST: Final = {
    "db.py",
    "idempotency.py",
    "web/saving.py",  # a view's form: one transaction, opened for the view
    "accounts/confirming.py",  # no lock may be held while a password is hashed
    "accounts/sign_in.py",  # the same
    "accounts/factors/second.py",  # a wrong code counts, though it is refused
    # no transaction may be open while Stripe is talked to
    "payments/asking.py",
    "payments/events.py",
    "payments/requests.py",
    "payments/work.py",
    "calendars/work.py",  # no transaction may be open while a calendar is fetched
    "recalls/spreading.py",  # nothing about one practice may stop another's
    "recalls/work.py",  # the same
    "need/catching_up.py",  # a long ledger would keep all who write waiting
    "seals/sealing.py",  # no transaction may be open while rows are hashed
    "outbox/delivery.py",  # no transaction may be open while a mail server is talked to
}
"""Where transactions are opened for all others, or several are needed, and why."""


def _modules(pattern: str = "**/*.py") -> list[Path]:
    return sorted(PACKAGE.glob(pattern))


def _room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0]


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _ours(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield (room, whole name) of what a module imports from the package."""
    for name in _imports(tree):
        package, _dot, rest = name.partition(".")
        if package == "supply" and rest:
            yield rest.split(".")[0], name


def too_high(room: str, tree: ast.AST) -> list[str]:
    """Return what a module of ``room`` imports that does not lie below it."""
    return [
        name for other, name in _ours(tree) if other != room and LEVEL.get(other, -1) >= LEVEL[room]
    ]


def is_edge(tree: ast.AST) -> bool:
    """Return whether a module shows pages: it has routes, forms, or a template to fill in."""
    return any(_shows(node) for node in ast.walk(tree))


def _shows(node: ast.AST) -> bool:
    if isinstance(node, ast.FunctionDef):
        calls = [call.func for call in node.decorator_list if isinstance(call, ast.Call)]
        return any(isinstance(f, ast.Attribute) and f.attr in SHAPES for f in calls)
    if isinstance(node, ast.ClassDef):
        names = [ast.unparse(base) for base in node.bases]
        return any(name.split(".")[-1].endswith(("Form", "MethodView")) for name in names)
    if isinstance(node, ast.ImportFrom) and node.module == "flask":
        return any(alias.name in {"g", "render_template", "request"} for alias in node.names)
    return False


def foreign_pages(room: str, tree: ast.AST) -> list[str]:
    """Return the pages and forms of other rooms that a module of ``room`` imports."""
    return [
        name
        for other, name in _ours(tree)
        if other in LEVEL and other != room and any(map(_is_edge_file, _files_of(name)))
    ]


def _files_of(name: str) -> Iterator[Path]:
    """Yield the file that an imported name stands in, or is."""
    whole = PACKAGE.joinpath(*name.split(".")[1:])
    yield from (
        file for path in (whole, whole.parent) if (file := path.with_suffix(".py")).exists()
    )


@cache
def _is_edge_file(path: Path) -> bool:
    return is_edge(_tree(path))


def commits(tree: ast.AST) -> bool:
    """Return whether a module ends a transaction: it commits, or opens one of its own."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called.endswith("session.commit") or called.split(".")[-1] == "transaction":
                return True
    return False


def is_service(tree: ast.AST) -> bool:
    """Return whether a module changes things for someone: a function takes an actor."""
    return any(
        argument.arg == "actor"
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        for argument in (*node.args.args, *node.args.kwonlyargs)
    )


@pytest.mark.parametrize("room", sorted(LEVEL))
def test_a_room_imports_only_what_lies_below(room: str) -> None:
    """Its pages too: what joins rooms stands in a room above them all."""
    wrong = {
        f"{path.relative_to(PACKAGE)} imports {name}"
        for path in _modules(f"{room}/**/*.py")
        for name in too_high(room, _tree(path))
    }
    assert sorted(wrong) == []


def test_every_room_has_its_place() -> None:
    rooms = {path.parent.name for path in _modules("*/__init__.py")}
    assert rooms - LEVEL.keys() <= {"web", "tables", "translations"}


def test_what_pages_share_knows_accounts_only() -> None:
    wrong = [
        f"{path.relative_to(PACKAGE)} imports {name}"
        for path in _modules("web/**/*.py")
        for other, name in _ours(_tree(path))
        if LEVEL.get(other, -1) > WEB
    ]
    assert wrong == []


@pytest.mark.parametrize("room", sorted(ALONE))
def test_some_rooms_know_no_other(room: str) -> None:
    found = {
        other
        for path in _modules(f"{room}/**/*.py")
        for other, _name in _ours(_tree(path))
        if other != room
    }
    assert found <= ALONE[room]


def test_the_engine_is_arrays_and_nothing_else() -> None:
    known = {
        "__future__", "collections", "dataclasses", "functools", "typing", "numpy", "supply",
    }  # fmt: skip
    used = {
        name.split(".")[0]
        for path in _modules("projection/**/*.py")
        for name in _imports(_tree(path))
    }
    assert used == known


def test_nobody_imports_another_rooms_pages_or_forms() -> None:
    """Judged by what a module does, whatever it is called."""
    wrong = {
        f"{path.relative_to(PACKAGE)} imports {name}"
        for path in _modules("*/**/*.py")
        for name in foreign_pages(_room(path), _tree(path))
    }
    assert sorted(wrong) == []


@pytest.mark.parametrize("path", _modules("**/rules.py"), ids=lambda path: path.parent.name)
def test_rules_are_pure(path: Path) -> None:
    """Rules know words (terms), quantities and money; no database, request or clock reading."""
    wrong = {"flask", "sqlalchemy", "flask_login", "supply.db", "supply.extensions"}
    names = {name for node in _imports(_tree(path)) for name in (node, node.rpartition(".")[0])}
    assert {name for name in names if name in wrong or name.split(".")[0] in wrong} == set()
    text = path.read_text(encoding="utf-8")
    for reading in ("clock.now(", "datetime.now(", "date.today("):
        assert reading not in text


def test_services_never_commit() -> None:
    """Whatever takes an actor, or is no edge: the view, job or command commits."""
    wrong = [
        str(path.relative_to(PACKAGE))
        for path in _modules()
        if str(path.relative_to(PACKAGE)) not in OUTERMOST
        and not _may_commit(path)
        and commits(_tree(path))
        and (is_service(_tree(path)) or not is_edge(_tree(path)))
    ]
    assert wrong == []


def _may_commit(path: Path) -> bool:
    """Return whether a file is an edge of another kind: a command, a job, the demonstration."""
    return _room(path) in {"jobs", "demo"} or path.name in {"commands.py"}


UPWARD: Final = "from supply.replenishment import current"
FORM: Final = "class BasketForm(ActionForm):\n    pass"
PAGE: Final = "@blueprint.get('/x')\ndef page() -> str: ..."
SERVICE: Final = (
    "def place(order: int, *, actor: Actor) -> None:\n    with transaction():\n        pass"
)


def test_these_rules_see_what_they_forbid() -> None:
    """Mutations: an import upward, a foreign form, a page by another name, a commit."""
    assert too_high("inventory", ast.parse(UPWARD)) == ["supply.replenishment.current"]
    assert too_high("stock", ast.parse(UPWARD)) == []
    assert is_edge(ast.parse(FORM))
    assert is_edge(ast.parse(PAGE))
    assert not is_edge(ast.parse(SERVICE))
    assert foreign_pages("receiving", ast.parse("from supply.baskets.basket_views import basket"))
    assert not foreign_pages("receiving", ast.parse("from supply.ordering.rules import is_open"))
    assert commits(ast.parse(SERVICE))
    assert is_service(ast.parse(SERVICE))
    assert commits(ast.parse("db.session.commit()"))
