"""Where a request ends, found out however its bytes are cut, and never by waiting."""

from __future__ import annotations

import pytest

from supply.framing import LONGEST_HEAD, LONGEST_LINE, Incoming, Stage

LIMIT = 1_000

GET = b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
FORM = b"POST /a HTTP/1.1\r\nHost: x\r\ncontent-LENGTH:  5\r\n\r\nab\r\nc"
CHUNKED = (
    b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"3;name=x\r\na\r\n\r\n1\r\nb\r\n0\r\nTrailer: x\r\n\r\n"
)


def _taken(incoming: Incoming) -> bytes:
    whole = incoming.take()
    with whole.content as content:
        return content.read()


@pytest.mark.parametrize("request_", [GET, FORM, CHUNKED])
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_requests_are_cut_where_they_end(request_: bytes, size: int) -> None:
    incoming = Incoming(LIMIT)
    sent = request_ + GET
    found = []
    for start in range(0, len(sent), size):
        incoming.feed(sent[start : start + size])
        while incoming.stage is Stage.WHOLE:
            found.append(_taken(incoming))
            incoming.go_on()
    assert found == [request_, GET]
    assert incoming.stage is Stage.NOTHING


def test_the_stages_of_a_request() -> None:
    incoming = Incoming(LIMIT)
    stages = []
    for part in (b"POST /a HTTP/1.1\r\n", b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n"):
        incoming.feed(part)
        stages.append(incoming.stage)
    assert (stages, incoming.expects_answer) == ([Stage.HEAD, Stage.BODY], True)
    incoming.feed(b"ab")
    assert (incoming.stage, incoming.expects_answer) == (Stage.WHOLE, False)
    assert incoming.first_line == b"POST /a HTTP/1.1"
    incoming.close()


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /" + b"a" * LONGEST_LINE, 414),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * LONGEST_HEAD, 431),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * LONGEST_HEAD + b"\r\n\r\n", 431),
        (b"POST / HTTP/1.1\r\nContent-Length: 1001\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffff\r\n", 413),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"a" * 9_000, 431),
    ],
)
def test_what_is_too_much_is_refused_before_it_is_read(sent: bytes, status: int) -> None:
    incoming = Incoming(LIMIT)
    incoming.feed(sent)
    assert (incoming.stage, incoming.refused) == (Stage.REFUSED, status)
    incoming.close()


@pytest.mark.parametrize("line", [b"zz\r\n", b"-1\r\n", b"\r\n", b"a" * 9_000])
def test_a_chunk_of_no_size_goes_to_the_parser_as_it_is(line: bytes) -> None:
    incoming = Incoming(LIMIT)
    incoming.feed(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + line)
    assert incoming.stage is Stage.WHOLE
    incoming.close()
