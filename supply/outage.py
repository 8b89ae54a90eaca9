"""Telling a database that cannot be used just now from a fault of ours."""

from __future__ import annotations

import enum
import errno
import sqlite3

import psycopg
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError


class Outage(enum.StrEnum):
    """Why the database cannot be used."""

    UNREACHABLE = "unreachable"
    BUSY = "busy"
    FULL = "disk full"
    READ_ONLY = "read-only"
    DAMAGED = "damaged"
    UNMIGRATED = "not migrated"


class DatabaseGoneError(sqlite3.OperationalError):
    """The database's file is not there, or is another one than was opened."""


_SQLITE: dict[int, Outage] = {
    sqlite3.SQLITE_BUSY: Outage.BUSY,
    sqlite3.SQLITE_LOCKED: Outage.BUSY,
    sqlite3.SQLITE_PROTOCOL: Outage.BUSY,
    sqlite3.SQLITE_FULL: Outage.FULL,
    sqlite3.SQLITE_NOMEM: Outage.FULL,
    sqlite3.SQLITE_READONLY: Outage.READ_ONLY,
    sqlite3.SQLITE_PERM: Outage.READ_ONLY,
    sqlite3.SQLITE_IOERR: Outage.UNREACHABLE,
    sqlite3.SQLITE_CANTOPEN: Outage.UNREACHABLE,
    sqlite3.SQLITE_CORRUPT: Outage.DAMAGED,
    sqlite3.SQLITE_NOTADB: Outage.DAMAGED,
}

# PostgreSQL's error classes and codes (its appendix A), the longest that fits first.
_POSTGRESQL: dict[str, Outage] = {
    "25006": Outage.READ_ONLY,
    "42P01": Outage.UNMIGRATED,
    "53100": Outage.FULL,
    "55P03": Outage.BUSY,
    "57014": Outage.BUSY,
    "08": Outage.UNREACHABLE,
    "25P": Outage.BUSY,
    "28": Outage.UNREACHABLE,
    "3D": Outage.UNREACHABLE,
    "40": Outage.BUSY,
    "53": Outage.UNREACHABLE,
    "57": Outage.UNREACHABLE,
    "58": Outage.UNREACHABLE,
    "XX001": Outage.DAMAGED,
    "XX002": Outage.DAMAGED,
}


def outage_of(error: BaseException | None) -> Outage | None:
    """Return why the database cannot be used, if that is what ``error`` says; else None."""
    if isinstance(error, PoolTimeoutError):
        return Outage.BUSY
    if isinstance(error, DisconnectionError):
        return Outage.UNREACHABLE
    if isinstance(error, OSError):
        return Outage.FULL if error.errno in (errno.ENOSPC, errno.EDQUOT) else None
    # What fails while a connection is prepared comes as the driver's own.
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        return _of_sqlite(cause)
    if isinstance(cause, psycopg.Error):
        return _of_psycopg(cause)
    return None


def may_be_tried_again(error: BaseException) -> bool:
    """Return whether two writers got in each other's way, so that the one refused can go on."""
    state = getattr(getattr(error, "orig", None), "sqlstate", None) or ""
    return str(state).startswith("40")


def _of_sqlite(cause: sqlite3.Error) -> Outage | None:
    if isinstance(cause, DatabaseGoneError):
        return Outage.UNREACHABLE
    code = getattr(cause, "sqlite_errorcode", None)
    if code is not None and (found := _SQLITE.get(code & 0xFF)) is not None:
        return found
    return Outage.UNMIGRATED if "no such table" in str(cause) else None


def _of_psycopg(cause: psycopg.Error) -> Outage | None:
    state = cause.sqlstate
    if state is None:
        # Said by the client, not the server: the connection failed or was never made.
        return Outage.UNREACHABLE if isinstance(cause, psycopg.OperationalError) else None
    return next((outage for begin, outage in _POSTGRESQL.items() if state.startswith(begin)), None)
