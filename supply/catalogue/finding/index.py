"""The index of words in the database: words in, ids of products and how well they match out.

``product_words`` is an FTS5 table on SQLite and one of tsvectors on PostgreSQL, with the same
words in both: triggers fill it from the words kept with products and ingredients, whoever
writes those. Nothing else differs between the databases.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import sqlalchemy as sa

from supply.catalogue.finding.asked import Group, Phrase
from supply.db import AnyRow, db, execute

LEVELS = ("contents", "made", "begun", "named")
"""Where all that is asked for was found, the best last: ingredients, maker, name and SKU by how
words begin, name and SKU by whole words."""

_Term = Callable[[str, bool], str]


def search(groups: Sequence[Group]) -> dict[int, int]:
    """Return by product id how well it matches, an index of :data:`LEVELS`; one statement."""
    ask = _on_sqlite if db.engine.dialect.name == "sqlite" else _on_postgresql
    statement, parameters = ask(groups)
    found: dict[int, int] = {}
    rows: list[AnyRow] = sorted(execute(statement, parameters), key=lambda row: row[0])
    for level, ids in rows:
        found.update(dict.fromkeys(map(int, ids.split(",")) if ids else (), level))
    return found


def _on_sqlite(groups: Sequence[Group]) -> tuple[sa.TextClause, dict[str, str]]:
    everywhere = _said(groups, _fts5_term, " OR ", " AND ")
    whole = _said(groups, _fts5_whole, " OR ", " AND ")
    return _SQLITE, {
        "contents": everywhere,
        "made": f"{{named made}} : {everywhere}",
        "begun": f"{{named}} : {everywhere}",
        "named": f"{{named}} : {whole}",
    }


def _on_postgresql(groups: Sequence[Group]) -> tuple[sa.TextClause, dict[str, str]]:
    everywhere = _said(groups, _lexeme, " | ", " & ")
    whole = _said(groups, lambda word, _whole: f"'{word}'", " | ", " & ")
    return _POSTGRESQL, {
        "contents": everywhere, "made": everywhere, "begun": everywhere, "named": whole
    }  # fmt: skip


def _said(groups: Iterable[Group], term: _Term, either: str, both: str) -> str:
    """Return what is asked in a database's own language; words hold no sign of it."""

    def phrase(terms: Phrase) -> str:
        return "(" + both.join(term(one.word, one.whole) for one in terms) + ")"

    return "(" + both.join("(" + either.join(map(phrase, group)) + ")" for group in groups) + ")"


def _fts5_term(word: str, whole: bool) -> str:
    return f'"{word}"' if whole else f'"{word}" *'


def _fts5_whole(word: str, _whole: bool) -> str:
    return f'"{word}"'


def _lexeme(word: str, whole: bool) -> str:
    return f"'{word}'" if whole else f"'{word}':*"


_SQLITE = sa.text(
    " UNION ALL ".join(
        f"SELECT {level}, group_concat(rowid) FROM product_words"  # noqa: S608 (no input in it)
        f" WHERE product_words MATCH :{name}"
        for level, name in enumerate(LEVELS)
    )
)
_POSTGRESQL = sa.text(
    # What is asked is read once: a statement that was prepared would read it anew for every row.
    "WITH asked AS MATERIALIZED (SELECT CAST(:named AS tsquery) AS named,"
    " CAST(:begun AS tsquery) AS begun, CAST(:made AS tsquery) AS made,"
    " CAST(:contents AS tsquery) AS contents)"
    " SELECT CASE WHEN words.named @@ asked.named THEN 3 WHEN words.named @@ asked.begun THEN 2"
    " WHEN words.made @@ asked.made THEN 1 ELSE 0 END AS level,"
    " string_agg(CAST(product_id AS text), ',')"
    " FROM asked JOIN product_words AS words ON words.contents @@ asked.contents GROUP BY 1"
)
