"""``supply serve`` among clients that are slow, odd or hostile."""

from __future__ import annotations

import json
import re
import signal
import sqlite3
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from tests.support import raw
from tests.support.commands import SupplyCommand
from tests.support.databases import SqliteDatabases
from tests.support.ports import LOOPBACK, free_port
from tests.support.waiting import wait_until

pytestmark = pytest.mark.slow

HOST = b"Host: x\r\n"
CLOSE = b"Host: x\r\nConnection: close\r\n\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
HALF_SENT = (
    b"GET / HTTP/1.1\r\nHost: x\r\nX-",
    b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n",
    b"POST /sign-in HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nab",
    b"",
)


@contextmanager
def _served(url: str) -> Iterator[int]:
    """Serve the database at ``url``; yield the port. SIGTERM must end it with status 0."""
    port = free_port()
    command = SupplyCommand({"DATABASE_URL": url, "SECRET_KEY": "only-for-tests"})
    with command.started("serve", "--port", str(port), "--no-scheduler") as process:
        wait_until(lambda: _answers(port))
        yield port
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


def _answers(port: int) -> bool:
    try:
        return raw.status(raw.say(port, b"GET /healthz HTTP/1.1\r\n" + CLOSE)) == 200
    except OSError:
        return False


def _get(port: int, path: str) -> int:
    address = f"http://{LOOPBACK}:{port}{path}"
    with urllib.request.urlopen(address, timeout=raw.PATIENCE_SECONDS) as answer:
        return int(answer.status)


def _sign_in_request(port: int) -> bytes:
    """Return a form as the sign-in page sends it: the try is counted, which is a write."""
    page = raw.say(port, b"GET /sign-in HTTP/1.1\r\n" + CLOSE)
    token: bytes
    cookie: bytes
    [token] = re.findall(rb'name="csrf_token"[^>]* value="([^"]+)"', page)[:1]
    [cookie] = re.findall(rb"\r\nSet-Cookie: (session=[^;]+);", page)
    body = b"email=a@b.example&password=wrong+horse&csrf_token=" + token
    head = b"POST /sign-in HTTP/1.1\r\nCookie: " + cookie + b"\r\n" + FORM
    return head + f"Content-Length: {len(body)}\r\n".encode() + CLOSE + body


@pytest.fixture(scope="module")
def port(
    sqlite_databases: SqliteDatabases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[int]:
    with _served(sqlite_databases.copy_to(tmp_path_factory.mktemp("server"))) as port:
        yield port


def test_half_sent_requests_keep_nobody_waiting(port: int) -> None:
    with ExitStack() as stack:
        held = [
            connection
            for beginning in HALF_SENT
            for connection in raw.hold_open(stack, port, beginning, 20)
        ]
        # None of them is answered yet: they are what the others are served beside.
        for _time in range(3):
            assert (_get(port, "/healthz"), _get(port, "/sign-in")) == (200, 200)
        for connection in held:
            connection.setblocking(False)
            with pytest.raises(BlockingIOError):
                connection.recv(1)


def test_who_does_not_read_keeps_no_thread(port: int) -> None:
    with ExitStack() as stack:
        raw.hold_open(stack, port, b"GET /sign-in HTTP/1.1\r\nHost: x\r\n\r\n" * 100, 20)
        assert (_get(port, "/healthz"), _get(port, "/sign-in")) == (200, 200)


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\n" + CLOSE, 414),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 500 + CLOSE, 431),
        (b"GET / HTTP/1.1\r\nX: " + b"y" * 80_000 + b"\r\n" + CLOSE, 431),
        (b"POST /sign-in HTTP/1.1\r\nContent-Length: 99999999\r\n" + CLOSE, 413),
        (b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n" + CLOSE, 413),
        (b"POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n" + CLOSE + b"abcd", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: -3\r\n" + CLOSE, 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + CLOSE + b"zz\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + CLOSE + b"1\r\nabc0\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: identity\r\n" + CLOSE + b"ab", 400),
        (b"GET /static/" + b"a" * 5_000 + b" HTTP/1.1\r\n" + CLOSE, 404),
        (b"GET /sign-in HTTP/1.1\r\nSCRIPT_NAME: /x\r\nPATH_INFO: /account\r\n" + CLOSE, 200),
        (b"HEAD /healthz HTTP/1.1\r\n" + CLOSE, 200),
        (b"GET /\r\n\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (b"GET /sign-in HTTP/1.0\r\n\r\n", 200),
        (b"GET /sign-in HTTP/1.1\r\nHost: <script>\"'..:99999/\r\nConnection: close\r\n\r\n", 200),
        (b"GET /%zz%e4%ff?q=%zz%ff HTTP/1.1\r\n" + CLOSE, 404),
        (b"GET /a%00b HTTP/1.1\r\n" + CLOSE, 404),
        (b"GET /\xc3\xa9\xff HTTP/1.1\r\n" + CLOSE, 400),
        (b"GET http://[ HTTP/1.1\r\n" + CLOSE, 400),
        (b"BREW / HTTP/1.1\r\n" + CLOSE, 405),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"GET /sign-in HTTP/1.1\r\nAccept-Language: xx-\xff;q=zz,__\r\n" + CLOSE, 200),
        (
            b"POST /sign-in HTTP/1.1\r\n"
            + FORM
            + b"Content-Length: 8\r\n"
            + CLOSE
            + b"a=\xff\xfe%zz%",
            400,
        ),
    ],
    ids=lambda value: value[:24] if isinstance(value, bytes) else str(value),
)
def test_odd_requests_are_answered_for_what_they_are(
    port: int, request_: bytes, expected: int
) -> None:
    answer = raw.say(port, request_)
    assert raw.status(answer) == expected
    assert b"\r\nX-Request-ID: " in answer


@pytest.mark.parametrize("origin", [b"", b"http://x"], ids=["path", "whole"])
def test_the_api_refuses_in_problem_documents(port: int, origin: bytes) -> None:
    target = origin + b"/api/v1/clinics?q=" + b"a" * 9_000
    answer = raw.say(port, b"GET " + target + b" HTTP/1.1\r\n" + CLOSE)
    head, _end, body = answer.partition(b"\r\n\r\n")
    document = json.loads(body)
    assert b"application/problem+json" in head
    assert (document["status"], document["detail"]) == (414, document["detail"])
    assert f"X-Request-ID: {document['request_id']}".encode() in head


def test_going_on_and_one_after_another(port: int) -> None:
    with raw.connect(port) as connection:
        head = b"POST /sign-in HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n"
        connection.sendall(head + CLOSE)
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"a=b")
        assert raw.status(connection.recv(100)) == 400
    both = b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n" + b"GET /readyz HTTP/1.1\r\n" + CLOSE
    assert raw.say(port, both).count(b"HTTP/1.1 200 OK") == 2


def test_writers_who_wait_leave_room_for_readers(
    sqlite_databases: SqliteDatabases, tmp_path: Path
) -> None:
    with _served(sqlite_databases.copy_to(tmp_path)) as port, ExitStack() as stack:
        writes = _sign_in_request(port)
        assert raw.status(raw.say(port, writes)) == 400
        lock = stack.enter_context(closing(sqlite3.connect(tmp_path / "supply.db")))
        lock.execute("BEGIN IMMEDIATE")
        raw.hold_open(stack, port, writes, 30)
        assert (_get(port, "/healthz"), _get(port, "/sign-in"), _get(port, "/readyz")) == (
            200,
            200,
            200,
        )
        tried = stack.enter_context(raw.connect(port))
        tried.sendall(writes)
        answer = b""
        while part := tried.recv(65_536):
            answer += part
        assert raw.status(answer) == 503
        assert b"\r\nRetry-After: 5\r\n" in answer
        lock.rollback()


def test_a_port_that_is_taken_is_said_in_a_sentence(port: int, tmp_path: Path) -> None:
    command = SupplyCommand(
        {"DATABASE_URL": f"sqlite:///{tmp_path / 'x.db'}", "SECRET_KEY": "only-for-tests"}
    )
    answer = command.run("serve", "--port", str(port))
    assert (answer.returncode, answer.stdout) == (1, "")
    assert (
        f"Supply cannot listen on 127.0.0.1, port {port}: Address already in use." in answer.stderr
    )
    assert "Traceback" not in answer.stderr
