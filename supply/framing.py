"""Cutting what a connection sends into whole requests, without ever waiting for more.

Only where a request ends is found out here. What it says is read by gunicorn's own strict parser,
which is then given the whole of it and nothing else: where the two disagree, the connection ends.
"""

from __future__ import annotations

import enum
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

LONGEST_LINE = 8_190
"""Bytes of a request's first line: its method, address and version."""
LONGEST_HEAD = 65_536
"""Bytes of the first line and all headers."""
IN_MEMORY = 262_144
"""Bytes of a request kept in memory; larger ones wait in a file without a name."""
FRAMING_SPARE = 1_048_576
"""What chunk sizes and their ends may add to a body of the largest size."""

END_OF_HEAD = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*\r\n", re.IGNORECASE)
_CHUNKED = re.compile(
    rb"\r\ntransfer-encoding:(?:[^\r\n]*,)?[ \t]*chunked[ \t]*\r\n", re.IGNORECASE
)
"""Of any other encoding nobody can tell the end: the parser refuses it by its headers alone."""
_EXPECTS = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*\r\n", re.IGNORECASE)


class Stage(enum.Enum):
    """How far the next request has come."""

    NOTHING = "nothing"
    HEAD = "head"
    BODY = "body"
    WHOLE = "whole"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole request: its first line, and all of its bytes to be read from the start."""

    first_line: bytes
    content: IO[bytes]


class Incoming:
    """What one connection sent and nobody took yet.

    ``stage`` says how far the next request is; ``refused`` the status that answers one which
    nothing could take: 413, 414 or 431.
    """

    def __init__(self, largest_body: int) -> None:
        """Expect a first request, with a body of at most ``largest_body`` bytes."""
        self._largest_body = largest_body
        self._ahead = bytearray()
        self._begin()

    def _begin(self) -> None:
        self.stage = Stage.NOTHING
        self.refused = 0
        self.first_line = b""
        self.expects_continue = False
        self._searched = 0
        self._body: Iterator[None] | None = None
        self._content: IO[bytes] | None = None

    @property
    def expects_answer(self) -> bool:
        """Whether the sender waits to be told to go on with its body."""
        return self.stage is Stage.BODY and self.expects_continue

    def feed(self, data: bytes) -> None:
        """Take in ``data``."""
        self._ahead += data
        self.go_on()

    def go_on(self) -> None:
        """Bring the next request as far as what is there allows."""
        if self.stage is Stage.NOTHING and self._ahead:
            self.stage = Stage.HEAD
        if self.stage is Stage.HEAD:
            self._read_head()
        if self.stage is Stage.BODY and self._body is not None:
            next(self._body, None)

    def take(self) -> Whole:
        """Hand over the request that is whole, and expect the next."""
        if self.stage is not Stage.WHOLE or self._content is None:
            raise ValueError("no request is whole yet")
        self._content.seek(0)
        whole = Whole(self.first_line, self._content)
        self._begin()
        return whole

    def close(self) -> None:
        """Forget what was kept."""
        if self._content is not None:
            self._content.close()

    def _read_head(self) -> None:
        end = self._ahead.find(END_OF_HEAD, max(0, self._searched - len(END_OF_HEAD)))
        self._searched = len(self._ahead)
        line_end = self._ahead.find(b"\r\n", 0, LONGEST_LINE + 2)
        self.first_line = bytes(self._ahead[: line_end if line_end >= 0 else LONGEST_LINE])
        if line_end < 0 and len(self._ahead) > LONGEST_LINE:
            self._refuse(414)
        elif (end if end >= 0 else len(self._ahead)) > LONGEST_HEAD:
            self._refuse(431)
        elif end >= 0:
            self._start_body(end + len(END_OF_HEAD))

    def _start_body(self, size: int) -> None:
        head = bytes(self._ahead[:size])
        length = _LENGTH.search(head)
        chunked = _CHUNKED.search(head) is not None
        if length and not chunked and int(length[1]) > self._largest_body:
            self._refuse(413)
            return
        self._content = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - handed on
        self._keep(size)
        self.expects_continue = _EXPECTS.search(head) is not None
        self.stage = Stage.BODY
        self._body = self._chunks() if chunked else self._plain(int(length[1]) if length else 0)

    def _plain(self, left: int) -> Iterator[None]:
        yield from self._part(left)
        self.stage = Stage.WHOLE

    def _chunks(self) -> Iterator[None]:
        """Keep chunk after chunk and the trailers, pausing where more has to come."""
        taken = 0
        while True:
            while (end := self._ahead.find(b"\r\n")) < 0 and len(self._ahead) <= LONGEST_LINE:
                yield
            left = _chunk_size(bytes(self._ahead[: max(end, 0)]))
            self._keep(end + 2 if end >= 0 else len(self._ahead))
            if not left:
                break
            taken += left + end + 4
            if taken > self._largest_body + FRAMING_SPARE:
                self._refuse(413)
                return
            yield from self._part(left + 2)
        if left == 0:
            yield from self._trailers()
        if self.stage is Stage.BODY:
            self.stage = Stage.WHOLE

    def _part(self, left: int) -> Iterator[None]:
        """Keep ``left`` bytes, pausing where they have not come yet."""
        while left:
            left -= self._keep(min(left, len(self._ahead)))
            if left:
                yield

    def _trailers(self) -> Iterator[None]:
        """Keep lines up to an empty one."""
        taken = 0
        while True:
            while (end := self._ahead.find(b"\r\n")) < 0:
                if len(self._ahead) > LONGEST_LINE:
                    self._refuse(431)
                    return
                yield
            taken += self._keep(end + 2)
            if end == 0:
                return
            if taken > LONGEST_HEAD:
                self._refuse(431)
                return

    def _keep(self, size: int) -> int:
        if self._content is not None:
            self._content.write(self._ahead[:size])
        del self._ahead[:size]
        return size

    def _refuse(self, status: int) -> None:
        self.stage = Stage.REFUSED
        self.refused = status


def _chunk_size(line: bytes) -> int | None:
    """Return the size a chunk's line gives; None for one that gives none.

    What follows such a line cannot be told: the parser is given what there is, and refuses it.
    """
    digits = line.partition(b";")[0].strip(b" \t")
    if not re.fullmatch(rb"[0-9a-fA-F]{1,15}", digits):
        return None
    return int(digits, 16)
