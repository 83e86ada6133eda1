"""Fetching from a server on this machine that says and sends whatever it likes."""

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from gradunc.errors import InputError
from gradunc.fetching import Advice, fetched, is_url

ADVICE = Advice("ADDRESS", "OFFLINE", "BROKEN", "LARGE")
MIB = 2**20


class Server(ThreadingHTTPServer):
    """Answers by `announced`, a length or None, and `sent` bytes; counts what it could send."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.announced: str | None = None
        self.sent = 0


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.send_response(200)
        if self.server.announced is not None:
            self.send_header("Content-Length", self.server.announced)
        self.end_headers()
        self.wfile.write(bytes(self.server.sent))

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str | None, int], bytes]]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    server = Server()
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()

    def answer(announced: str | None, sent: int) -> bytes:
        server.announced, server.sent = announced, sent
        return fetched(f"http://127.0.0.1:{server.server_port}/a", 2 * MIB, ADVICE)

    yield answer
    server.shutdown()
    server.server_close()


def test_the_content(ask: Any) -> None:
    assert ask("70000", 70000) == bytes(70000)
    assert ask(None, 70000) == bytes(70000)
    assert ask("many", 3) == bytes(3)
    assert ask(str(2 * MIB), 2 * MIB) == bytes(2 * MIB)


@pytest.mark.parametrize(("announced", "sent"), [("2097153", 0), ("2097153", 2097153), (None, 2097153)])
def test_too_much_is_told_in_one_message(ask: Any, announced: str | None, sent: int) -> None:
    with pytest.raises(InputError, match=r"^'http://127.0.0.1:\d+/a' sends more than 2 MiB: LARGE$"):
        ask(announced, sent)


def test_less_than_announced(ask: Any) -> None:
    with pytest.raises(InputError, match=r"^the connection broke after 500 bytes of 'http.*/a' \(.*\); BROKEN$"):
        ask("1000", 500)


@pytest.mark.parametrize("text", ["http://[a/b", "http://a b/c", "nonsense"])
def test_no_address(text: str) -> None:
    with pytest.raises(InputError, match=r"is no address: .+; ADDRESS$"):
        fetched(text, MIB, ADVICE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://a", True),
        ("git+ssh://a", True),
        ("C://a", False),
        ("C:/a", False),
        ("a/b://c", False),
        ("1a://b", False),
    ],
)
def test_addresses_and_paths(text: str, expected: bool) -> None:
    assert is_url(text) == expected
