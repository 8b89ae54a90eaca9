"""Fetching a calendar: from an address that people gave us, which is not to be trusted.

Only https, and only addresses of the open internet: each name is resolved here, every address of
it looked at, and the connection goes to one that was, so that no second answer of a name server
leads elsewhere. Redirects are few, and each is looked at anew. Size and time are bounded.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urljoin, urlsplit

from supply.calendars.refusals import FeedError
from supply.calendars.terms import Trouble

MOST_BYTES: Final = 4 * 1024 * 1024
MOST_SECONDS: Final = 20.0
MOST_REDIRECTS: Final = 3
LONGEST_ADDRESS: Final = 2_000
PIECE: Final = 64 * 1024
_MOVED: Final = frozenset({301, 302, 303, 307, 308})
_ANSWERED: Final = 200

_HEADERS: Final = {"User-Agent": "Supply", "Accept": "text/calendar", "Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Fetches feeds. ``loopback`` lets tests fetch from this machine, without TLS."""

    loopback: bool = False
    seconds: float = MOST_SECONDS

    def __call__(self, address: str) -> bytes:
        """Return what stands at ``address``.

        Raises:
            FeedError: it leads where no feed may be; nobody answers in time; the answer is not a
                file, or too large.
        """
        deadline = time.monotonic() + self.seconds
        for _each in range(MOST_REDIRECTS + 1):
            found = self._ask(self._checked(address), deadline)
            if isinstance(found, bytes):
                return found
            address = urljoin(address, found)
        raise FeedError(Trouble.REFUSED)

    def _checked(self, address: str) -> SplitResult:
        try:
            parts = urlsplit(address)
            port = parts.port
        except ValueError as error:
            raise FeedError(Trouble.ADDRESS) from error
        secure = parts.scheme == "https" and (port in (None, 443) or self.loopback)
        if not parts.hostname or not (secure or (self.loopback and parts.scheme == "http")):
            raise FeedError(Trouble.ADDRESS)
        if parts.username is not None or len(address) > LONGEST_ADDRESS or not address.isascii():
            raise FeedError(Trouble.ADDRESS)
        return parts

    def _ask(self, parts: SplitResult, deadline: float) -> bytes | str:
        """Return the file at an address, or where it has moved to."""
        path = parts.path or "/"
        wanted = f"{path}?{parts.query}" if parts.query else path
        connection = _Connection(parts, self._resolved(parts, deadline), deadline)
        try:
            connection.request("GET", wanted, headers=_HEADERS)
            with connection.getresponse() as answer:
                return _found(answer, deadline)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise FeedError(Trouble.AWAY) from error
        finally:
            connection.close()

    def _resolved(self, parts: SplitResult, deadline: float) -> str:
        """Return an address that a name stands for, once all of them have been looked at."""
        addresses = _looked_up(parts.hostname or "", parts.port or 443, deadline)
        if not addresses or not all(self._may_ask(address) for address in addresses):
            raise FeedError(Trouble.ADDRESS)
        return addresses[0]

    def _may_ask(self, text: str) -> bool:
        return (self.loopback and ipaddress.ip_address(text).is_loopback) or is_public(text)


def _looked_up(host: str, port: int, deadline: float) -> list[str]:
    """Return what a name stands for, as addresses.

    A look-up cannot be cut short, so it runs beside and is left alone at the deadline: a name
    server that says nothing holds up nobody.
    """
    answer: Future[list[str]] = Future()
    threading.Thread(target=_look_up, args=(host, port, answer), daemon=True).start()
    try:
        return answer.result(_left(deadline))
    except (OSError, UnicodeError) as error:  # among them that time is up
        raise FeedError(Trouble.AWAY) from error


def _look_up(host: str, port: int, answer: Future[list[str]]) -> None:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        answer.set_result([str(one[4][0]) for one in found])
    except Exception as error:  # noqa: BLE001 - raised again where the look-up was asked for
        answer.set_exception(error)


def is_public(text: str) -> bool:
    """Return whether an address is one of the open internet, whatever way it is written."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or _translated(address)
        if inner is not None:
            return is_public(str(inner))
        if address.teredo is not None:
            return False
    return address.is_global and not address.is_multicast


_TRANSLATING = ipaddress.ip_network("64:ff9b::/96")


def _translated(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the older address that a translator makes of a newer one, if it is such."""
    if address not in _TRANSLATING:
        return None
    return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)


def _found(answer: http.client.HTTPResponse, deadline: float) -> bytes | str:
    moved = answer.headers.get("Location") if answer.status in _MOVED else None
    if moved:
        return moved
    if answer.status != _ANSWERED:
        raise FeedError(Trouble.REFUSED)
    return _body(answer, deadline)


class _Connection(http.client.HTTPConnection):
    """A connection to one address, whose certificate has to be that of the name.

    It is cut at the deadline, however little at a time the other side sends.
    """

    def __init__(self, parts: SplitResult, address: str, deadline: float) -> None:
        default = 443 if parts.scheme == "https" else 80
        left = _left(deadline)
        super().__init__(parts.hostname or "", parts.port or default, timeout=left)
        self._address, self._secure = address, parts.scheme == "https"
        self._held: socket.socket | None = None
        self._cutting = threading.Timer(left, self._cut)
        self._cutting.daemon = True

    def connect(self) -> None:
        """Connect to the address that was looked at, not to what the name stands for by now."""
        plain = socket.create_connection((self._address, self.port), timeout=self.timeout)
        self.sock = self._held = plain
        self._cutting.start()
        if self._secure:
            context = ssl.create_default_context()
            secured = context.wrap_socket(
                plain, server_hostname=self.host, do_handshake_on_connect=False
            )
            self.sock = self._held = secured
            secured.do_handshake()

    def close(self) -> None:
        """Close it; nothing is to be cut any more."""
        self._cutting.cancel()
        super().close()

    def _cut(self) -> None:
        if self._held is not None:
            with suppress(OSError):
                # Below what speaks TLS, which another thread is reading from.
                socket.socket.shutdown(self._held, socket.SHUT_RDWR)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise FeedError(Trouble.AWAY)
    return left


def _body(answer: http.client.HTTPResponse, deadline: float) -> bytes:
    """Return all of an answer: a part of a calendar would cancel what is in the rest."""
    pieces: list[bytes] = []
    size = 0
    while piece := answer.read1(PIECE):
        size += len(piece)
        if size > MOST_BYTES:
            raise FeedError(Trouble.TOO_LARGE)
        pieces.append(piece)
    _left(deadline)
    if answer.length:
        raise FeedError(Trouble.AWAY)
    return b"".join(pieces)
