"""Count what is asked of the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event


@contextmanager
def recorded_statements(engine: Engine) -> Iterator[list[str]]:
    """Yield a list that fills with the SQL statements ``engine`` executes in the block.

    BEGIN, COMMIT and savepoints are not statements; a set-based statement counts once, whatever
    the number of its rows.
    """
    statements: list[str] = []

    def note(*arguments: Any) -> None:
        statement = arguments[2]
        if not statement.startswith(("BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK")):
            statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


@contextmanager
def recorded_executions(engine: Engine) -> Iterator[dict[str, Any]]:
    """Yield a mapping that fills with each SQL text executed in the block and its parameters.

    Of a text that is executed several times the first parameters are kept.
    """
    executions: dict[str, Any] = {}

    def note(*arguments: Any) -> None:
        _connection, _cursor, statement, parameters, _context, many = arguments
        executions.setdefault(statement, parameters[0] if many else parameters)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield executions
    finally:
        event.remove(engine, "before_cursor_execute", note)
