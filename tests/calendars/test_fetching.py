"""Fetching a calendar leads nowhere inside, takes no longer and no more than is bearable."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import trustme

from supply.calendars import fetching
from supply.calendars.fetching import Fetcher, is_public
from supply.calendars.refusals import FeedError
from supply.calendars.terms import Trouble
from tests.calendars.conftest import CalendarServer, calendar_server

HERE = Fetcher(loopback=True)


def trouble(fetcher: Fetcher, address: str) -> Trouble:
    with pytest.raises(FeedError) as refused:
        fetcher(address)
    return refused.value.trouble


def test_a_calendar_is_fetched_through_a_few_redirects(server: CalendarServer) -> None:
    server.holds("/c.ics?key=1", b"calendar")
    server.leads("/1", "/2")
    server.leads("/2", server.at("/3"))
    assert HERE(server.leads("/3", "/c.ics?key=1")) == b"calendar"
    assert HERE(server.at("/1")) == b"calendar"
    assert trouble(HERE, server.leads("/0", "/1")) is Trouble.REFUSED
    assert trouble(HERE, server.leads("/x", "https://10.0.0.1/c.ics")) is Trouble.ADDRESS
    assert trouble(HERE, server.at("/none")) is Trouble.REFUSED


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/c.ics",
        "https://127.0.0.1/c.ics",
        "https://localhost/c.ics",
        "https://[::1]/c.ics",
        "https://[::ffff:10.0.0.1]/c.ics",
        "https://10.1.2.3/c.ics",
        "https://169.254.169.254/latest",
        "https://2130706433/",
        "https://0/",
        "https://8.8.8.8:8443/c.ics",
        "https://someone:secret@8.8.8.8/",
        "http://8.8.8.8/c.ics",
        "ftp://8.8.8.8/",
        "https:///c.ics",
        "https://8.8.8.8:port/",
    ],
)
def test_nothing_inside_a_network_is_asked(address: str) -> None:
    assert trouble(Fetcher(), address) is Trouble.ADDRESS


def test_every_address_of_a_name_is_looked_at_and_one_of_them_asked(
    server: CalendarServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name server that says something else the second time leads nowhere else."""
    server.holds("/c.ics", b"calendar")
    really, answers = socket.getaddrinfo, [["127.0.0.1"], ["127.0.0.1", "10.0.0.1"]]

    def resolve(host: str, *arguments: Any, **more: Any) -> Any:
        if host != "calendar.example":
            return really(host, *arguments, **more)
        return [(0, 0, 0, "", (one, 0)) for one in answers.pop(0)]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    address = f"http://calendar.example:{server.port}/c.ics"
    assert HERE(address) == b"calendar"
    assert trouble(HERE, address) is Trouble.ADDRESS


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("100.64.0.1", False),
        ("192.168.1.1", False),
        ("224.0.0.1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:192.168.1.1", False),
        ("64:ff9b::a00:1", False),
        ("2002:a00:1::", False),
    ],
)
def test_public_addresses(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_a_certificate_is_that_of_the_name(
    certificate_authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate_authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate_authority.issue_cert("calendar.example").configure_cert(tls)
    really = socket.getaddrinfo

    def resolve(host: str, *arguments: Any, **more: Any) -> Any:
        return really("127.0.0.1" if host.endswith(".example") else host, *arguments, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with calendar_server(tls) as server:
        server.holds("/c.ics", b"calendar")
        assert HERE(f"https://calendar.example:{server.port}/c.ics") == b"calendar"
        assert trouble(HERE, f"https://other.example:{server.port}/c.ics") is Trouble.AWAY
    assert server.asked == ["/c.ics"]


def test_a_calendar_too_large_or_cut_short_is_refused(
    server: CalendarServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "MOST_BYTES", 100)
    assert trouble(HERE, server.holds("/large", b"x" * 101)) is Trouble.TOO_LARGE
    assert HERE(server.holds("/fits", b"x" * 100)) == b"x" * 100
    server.answers["/short"] = (200, {"Content-Length": "90"}, b"x" * 10)
    assert trouble(HERE, server.at("/short")) is Trouble.AWAY


def test_one_that_answers_a_letter_at_a_time_is_cut_off() -> None:
    """Each letter comes in time; all of them together do not."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            asked, _address = listening.accept()
            with asked:
                asked.recv(4096)
                for letter in b"HTTP/1.1 200 OK\r\nX-Long: " + b"y" * 100:
                    try:
                        asked.sendall(bytes([letter]))
                    except OSError:
                        break
                    if ended.wait(0.05):
                        break

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        port = listening.getsockname()[1]
        dripping = Fetcher(loopback=True, seconds=0.4)
        assert trouble(dripping, f"http://127.0.0.1:{port}/") is Trouble.AWAY
        ended.set()
        thread.join(5)


def test_a_name_server_that_says_nothing_holds_up_nobody(
    server: CalendarServer, name_server_that_hangs: str
) -> None:
    """A redirect to such a name is given up as well: one deadline for all of it."""
    patient = Fetcher(loopback=True, seconds=0.3)
    began = time.monotonic()
    assert trouble(patient, f"http://{name_server_that_hangs}/c.ics") is Trouble.AWAY
    led = server.leads("/moved", f"http://{name_server_that_hangs}/c.ics")
    assert trouble(patient, led) is Trouble.AWAY
    assert time.monotonic() - began < 5


def test_a_name_that_nobody_knows_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_arguments: Any, **_more: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert trouble(Fetcher(), "https://calendar.example/c.ics") is Trouble.AWAY
