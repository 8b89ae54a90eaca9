"""The web server's worker: no thread ever waits for a client.

One loop reads every connection until a request is whole, and writes every answer as fast as it is
taken; threads only work. So a thousand slow or half-sent requests cost a socket each, not a
thread, until their deadline. ``/healthz`` is answered by the loop itself.

Requests that write wait in a line of their own: where the database makes writers wait, there stay
threads to read with.
"""

from __future__ import annotations

import io
import os
import re
import selectors
import shutil
import socket
import tempfile
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import IO, Any

from gunicorn.http import wsgi
from gunicorn.http.body import ChunkedReader
from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine, ParseException
from gunicorn.http.parser import RequestParser
from gunicorn.workers.base import Worker
from gunicorn.workers.gthread import PollableMethodQueue

from supply.framing import IN_MEMORY, Incoming, Stage, Whole
from supply.web import logs
from supply.web.errors import REFUSED

HEAD_SECONDS = 10.0
"""From the first byte of a request to the end of its headers."""
BODY_SECONDS = 60.0
"""From the end of the headers to the end of the body."""
IDLE_SECONDS = 15.0
"""How long a connection may say nothing."""
ANSWER_SECONDS = 60.0
"""How long a client may take to read its answer."""
LINE_SECONDS = 10.0
"""How long a request waits for a thread before it is told to come again."""
LINGER_SECONDS = 2.0
"""How long what a client still sends is thrown away, so that it can read why."""
MOST_CONNECTIONS = 400
READ_SIZE = 65_536
SPARE_THREADS = 4
"""Threads that requests which write never take."""

_HEALTH = re.compile(rb"(GET|HEAD) /healthz(\?\S*)? HTTP/1\.[01]")
_AUTHORITY = re.compile(rb"^https?://[^/]*", re.IGNORECASE)
_READS = (b"GET ", b"HEAD ", b"OPTIONS ")
_HEALTHY = b'{"status":"ok"}\n'
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Connection:
    """One client's socket, what came from it and what goes to it."""

    def __init__(self, sock: socket.socket, client: Any, server: Any, largest_body: int) -> None:
        """Expect a first request."""
        self.sock = sock
        self.client = client
        self.server = server
        self.incoming = Incoming(largest_body)
        self.answer = Answer()
        self.deadline = time.monotonic() + HEAD_SECONDS
        self.events = 0
        self.working = False
        self.keep = False
        self.told_to_go_on = False
        self.lingering = False


class Answer:
    """Stands for a socket while a thread answers: keeps what is to be sent."""

    def __init__(self) -> None:
        """Nothing to send yet."""
        self.rest = memoryview(b"")
        self._parts: list[bytes] = []

    def sendall(self, data: bytes) -> None:
        """Keep ``data`` for the loop to send."""
        self._parts.append(bytes(data))

    def send(self, data: bytes) -> int:
        """Keep nothing: only "100 Continue" comes this way, which the loop has said."""
        return len(data)

    def close_parts(self) -> None:
        """Make what was kept ready to be sent."""
        self.rest = memoryview(b"".join([self.rest, *self._parts]))
        self._parts.clear()


class Source:
    """Stands for a socket while a request is parsed: reads what came, then ends."""

    def __init__(self, content: IO[bytes]) -> None:
        """Read from ``content``."""
        self._content = content

    def recv(self, size: int) -> bytes:
        """Return up to ``size`` bytes, none at the end."""
        return self._content.read(size)


class SupplyWorker(Worker):
    """gunicorn's worker; see the module."""

    def init_process(self) -> None:
        """Make the loop and the threads, then run."""
        self.poller = selectors.DefaultSelector()
        self.threads = ThreadPoolExecutor(self.cfg.threads)
        self.doorkeeper = ThreadPoolExecutor(1)
        self.done = PollableMethodQueue()
        self.done.init()
        self.connections: dict[Connection, None] = {}
        self.line: deque[tuple[float, Connection, Whole]] = deque()
        self.busy = 0
        self.writing = 0
        super().init_process()

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Finish what was begun, then end (SIGTERM)."""
        super().handle_exit(sig, frame)
        self.done.defer(lambda: None)

    # The loop

    def run(self) -> None:
        """Serve until told to end or the parent is gone; then finish what is under way."""
        application: Any = self.wsgi
        self.largest_body = int(application.config["MAX_CONTENT_LENGTH"])
        self._watch(self.done.fileno(), self.done.run_callbacks)
        for listener in self.sockets:
            listener.setblocking(False)
            self._watch(listener, self._accept)
        while self.alive and self.is_parent_alive():
            self._turn()
        for listener in self.sockets:
            self.poller.unregister(listener)
            listener.close()
        end = time.monotonic() + self.cfg.graceful_timeout
        while self._unfinished() and time.monotonic() < end:
            self._turn()
        for threads in (self.threads, self.doorkeeper):
            threads.shutdown(wait=False, cancel_futures=True)

    def is_parent_alive(self) -> bool:
        """Return whether the process that started this one still runs."""
        return bool(self.ppid == os.getppid())

    def _turn(self) -> None:
        self.notify()
        for key, _events in self.poller.select(1.0):
            key.data(key.fileobj)
        self._keep_time()

    def _unfinished(self) -> bool:
        """Return whether a request is under way; idle connections are closed meanwhile."""
        for connection in list(self.connections):
            idle = not connection.working and not connection.answer.rest
            if idle and connection.incoming.stage is Stage.NOTHING:
                self._close(connection)
        return bool(self.connections)

    def _watch(self, what: Any, callback: Any) -> None:
        self.poller.register(what, selectors.EVENT_READ, callback)

    def _keep_time(self) -> None:
        now = time.monotonic()
        self._thin_line(now)
        for connection in [one for one in self.connections if one.deadline < now]:
            self._expire(connection)

    # Reading

    def _accept(self, listener: socket.socket) -> None:
        try:
            sock, client = listener.accept()
        except OSError:
            return  # Taken by another worker, or gone again.
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if len(self.connections) >= MOST_CONNECTIONS:
            self._make_room()
        connection = Connection(sock, client, sock.getsockname(), self.largest_body)
        self.connections[connection] = None
        self._listen(connection, selectors.EVENT_READ)

    def _make_room(self) -> None:
        """Close the connection that has been waiting longest for its client."""
        waiting = (one for one in self.connections if not one.working)
        oldest = next(waiting, None)
        if oldest is not None:
            self._close(oldest)

    def _listen(self, connection: Connection, events: int) -> None:
        if events == connection.events:
            return
        callback = partial(self._ready, connection)
        if not connection.events:
            self.poller.register(connection.sock, events, callback)
        elif events:
            self.poller.modify(connection.sock, events, callback)
        else:
            self.poller.unregister(connection.sock)
        connection.events = events

    def _ready(self, connection: Connection, _sock: object) -> None:
        if connection.answer.rest:
            self._send(connection)
        elif connection.events:
            self._receive(connection)

    def _receive(self, connection: Connection) -> None:
        try:
            data = connection.sock.recv(READ_SIZE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._close(connection)
        elif not connection.lingering:
            before = connection.incoming.stage
            try:
                connection.incoming.feed(data)
            except OSError:  # The disk is full: bodies wait there.
                self._refuse(connection, 503)
            else:
                self._advance(connection, before)

    def _advance(self, connection: Connection, before: Stage) -> None:
        """Do what the stage asks for that the next request has reached."""
        incoming = connection.incoming
        if incoming.stage is Stage.WHOLE:
            self._begin(connection)
        elif incoming.stage is Stage.REFUSED:
            self._refuse(connection, incoming.refused)
        elif incoming.stage is not before:
            waits = HEAD_SECONDS if incoming.stage is Stage.HEAD else BODY_SECONDS
            connection.deadline = time.monotonic() + waits
            if incoming.expects_answer and not connection.told_to_go_on:
                connection.told_to_go_on = True
                self._say(connection, _CONTINUE)

    def _expire(self, connection: Connection) -> None:
        """End what took too long: in words where a request was half sent."""
        if connection.working:
            return
        half = connection.incoming.stage in (Stage.HEAD, Stage.BODY)
        if half and not connection.answer.rest and not connection.lingering:
            self._refuse(connection, 408)
        else:
            self._close(connection)

    # Working

    def _begin(self, connection: Connection) -> None:
        whole = connection.incoming.take()
        connection.told_to_go_on = False
        connection.working = True
        self._listen(connection, 0)
        if _HEALTH.fullmatch(whole.first_line):
            self._answer_health(connection, whole)
            return
        self.line.append((time.monotonic(), connection, whole))
        self._hand_out()

    def _answer_health(self, connection: Connection, whole: Whole) -> None:
        whole.content.close()
        method = whole.first_line.partition(b" ")[0].decode()
        body = b"" if method == "HEAD" else _HEALTHY
        request_id = logs.write_apart(method, "/healthz", 200, str(connection.client[0]))
        head = (
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\n"
            f"Cache-Control: no-store\r\nContent-Length: {len(_HEALTHY)}\r\n"
            f"{logs.HEADER}: {request_id}\r\n\r\n"
        )
        connection.answer.sendall(head.encode() + body)
        self._finish(connection, keep=False)

    def _hand_out(self) -> None:
        """Give threads what waits in line, first come first served; writes leave some free."""
        passed: list[tuple[float, Connection, Whole]] = []
        while self.line and self.busy < self.cfg.threads:
            since, connection, whole = self.line.popleft()
            writes = not whole.first_line.startswith(_READS)
            if writes and self.writing >= self.cfg.threads - SPARE_THREADS:
                passed.append((since, connection, whole))
                continue
            self._work(connection, whole, writes=writes)
        self.line.extendleft(reversed(passed))

    def _thin_line(self, now: float) -> None:
        """Turn away what has waited in line for long: nothing of it was begun."""
        late = [one for one in self.line if one[0] + LINE_SECONDS < now]
        if not late:
            return
        self.line = deque(one for one in self.line if one[0] + LINE_SECONDS >= now)
        for _since, connection, whole in late:
            self._turn_away(connection, whole, 503)

    def _refuse(self, connection: Connection, status: int) -> None:
        connection.working = True
        self._listen(connection, 0)
        whole = Whole(connection.incoming.first_line, io.BytesIO())
        self._turn_away(connection, whole, status)

    def _turn_away(self, connection: Connection, whole: Whole, status: int) -> None:
        """Let the application say so, in a thread that does nothing else and asks no database."""
        whole.content.close()
        plain = Whole(whole.first_line, io.BytesIO(_stand_in(whole.first_line)))
        future = self.doorkeeper.submit(self._answer, connection, plain, status)
        future.add_done_callback(
            lambda _future: self.done.defer(partial(self._finish, connection, keep=False))
        )

    def _work(self, connection: Connection, whole: Whole, *, writes: bool) -> None:
        self.busy += 1
        self.writing += writes
        future = self.threads.submit(self._answer, connection, whole, 0)

        def finished() -> None:
            self.busy -= 1
            self.writing -= writes
            answered = not future.cancelled() and future.exception() is None
            self._finish(connection, keep=answered and future.result())
            self._hand_out()

        future.add_done_callback(lambda _future: self.done.defer(finished))

    def _answer(self, connection: Connection, whole: Whole, refused: int) -> bool:
        """Answer a request, in a thread; return whether the connection may serve another."""
        with whole.content as content:
            try:
                parser, request = self._read(connection, content)
            except (ParseException, OSError) as error:
                refused = _status_of(error)
                stand_in = io.BytesIO(_stand_in(whole.first_line))
                parser, request = self._read(connection, stand_in)
            try:
                keep = self._call(connection, request, refused)
            except Exception:
                self.log.exception("an answer broke off")
                return False
            # What the parser left shows that it saw another end than we did.
            whole_read = parser.finish_body() and not parser.unreader.take_buffered()
            return keep and bool(whole_read) and not content.read(1)

    def _read(self, connection: Connection, content: IO[bytes]) -> tuple[Any, Any]:
        """Return the parser of ``content`` and the request it read, a chunked body put together.

        Raises ParseException or OSError where the request is not as it should be.
        """
        source: Any = Source(content)
        parser = RequestParser(self.cfg, source, connection.client)
        request: Any = next(parser)
        request._expected_100_continue = False  # The loop has answered it.
        if isinstance(request.body.reader, ChunkedReader):
            body = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - ends with the request
            shutil.copyfileobj(request.body, body)
            body.seek(0)
            request.body = body
        return parser, request

    def _call(self, connection: Connection, request: Any, refused: int) -> bool:
        sock: Any = connection.answer
        response, environ = wsgi.create(
            request, sock, connection.client, connection.server, self.cfg
        )
        environ["wsgi.multithread"] = True
        if refused:
            environ[REFUSED] = refused
        if refused or not self.alive:
            response.force_close()
        start: Any = response.start_response
        answer = self.wsgi(environ, start)
        try:
            for part in answer:
                response.write(part)
            response.close()
        finally:
            if hasattr(answer, "close"):
                answer.close()
        return not response.should_close()

    # Answering

    def _finish(self, connection: Connection, *, keep: bool) -> None:
        connection.working = False
        connection.keep = keep
        connection.deadline = time.monotonic() + ANSWER_SECONDS
        connection.answer.close_parts()
        self._send(connection)

    def _say(self, connection: Connection, data: bytes) -> None:
        connection.answer.sendall(data)
        connection.answer.close_parts()
        self._send(connection, then=False)

    def _send(self, connection: Connection, *, then: bool = True) -> None:
        answer = connection.answer
        try:
            while answer.rest:
                answer.rest = answer.rest[connection.sock.send(answer.rest) :]
        except BlockingIOError:
            self._listen(connection, selectors.EVENT_WRITE)
            return
        except OSError:
            self._close(connection)
            return
        self._listen(connection, selectors.EVENT_READ)
        if connection.incoming.stage is Stage.BODY or not then:
            return  # That was "100 Continue".
        if connection.keep:
            self._next(connection)
        else:
            self._linger(connection)

    def _next(self, connection: Connection) -> None:
        """Expect another request; it may have come already."""
        connection.deadline = time.monotonic() + IDLE_SECONDS
        before = connection.incoming.stage
        connection.incoming.go_on()
        self._advance(connection, before)

    def _linger(self, connection: Connection) -> None:
        """Say that this was all, and let the client read it before the connection goes."""
        connection.lingering = True
        connection.deadline = time.monotonic() + LINGER_SECONDS
        try:
            connection.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._close(connection)

    def _close(self, connection: Connection) -> None:
        self._listen(connection, 0)
        self.connections.pop(connection, None)
        connection.incoming.close()
        connection.sock.close()


def _stand_in(first_line: bytes) -> bytes:
    """Return a request that stands for one which cannot be read: its way, if it had one."""
    words = first_line[:2_000].split(b" ")
    path = words[1].partition(b"?")[0] if len(words) > 1 else b"/"
    path = _AUTHORITY.sub(b"", path)
    if not re.fullmatch(rb"/[\x21-\x7e]{0,1000}", path[:1_000]):
        path = b"/"
    return b"GET " + path[:1_000] + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def _status_of(error: Exception) -> int:
    if isinstance(error, LimitRequestLine):
        return 414
    return 431 if isinstance(error, LimitRequestHeaders) else 400
