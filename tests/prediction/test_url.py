"""An image of the internet."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from threading import Thread
from typing import Any

import numpy as np
import pytest
from PIL import Image
from torch import nn

import gradunc
from gradunc import InputError
from tests.prediction.images import PIXELS, Plain


class _Server(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        file = BytesIO()
        Image.fromarray(PIXELS).save(file, format="PNG")
        found = {"/photos/a%20b.png?x=1": file.getvalue(), "/text": b"hello"}.get(self.path)
        self.send_response(404 if found is None else 200)
        self.end_headers()
        self.wfile.write(found or b"")

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Server)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_an_address_is_downloaded_if_that_is_asked_for(address: str, network: nn.Module) -> None:
    url = f"{address}/photos/a%20b.png?x=1"
    result = gradunc.predict(url, network, url=True)

    np.testing.assert_array_equal(result.image, PIXELS)
    assert "image: a b.png" in repr(result)
    with pytest.raises(InputError, match="is an address"):
        gradunc.predict(url, network)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/missing.png", "answers 404 Not Found; check the address"),
        ("/text", "cannot read image 'http.*/text': not a JPEG"),
    ],
)
def test_an_address_without_an_image(address: str, path: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        gradunc.predict(address + path, Plain(), url=True)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("ftp://a.org/a.png", "by http and https, not by ftp"),
        (
            "http://127.0.0.1:9/a.png",
            "cannot reach 'http://127.0.0.1:9/a.png': .*refused; download it, and give its path$",
        ),
        ("http://[a/b.png", r"'http://\[a/b.png' is no address: .*; check the address$"),
        ("http://a b.org/c.png", "'http://a b.org/c.png' is no address: .*; check the address$"),
    ],
)
def test_an_address_that_does_not_answer(url: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        gradunc.predict(url, Plain(), url=True)
