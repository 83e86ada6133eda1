"""Published weights without a network: asked for once, and not at all if they are on this disk."""

import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save_file

from gradunc.errors import InputError
from gradunc.models.parts import download
from gradunc.models.parts.download import Unreachable, check_reachable, published_weights
from gradunc.models.parts.pretrained import Pretrained
from gradunc.models.parts.timm_encoder import TimmEncoder

NAME = "lcnet_050"
HUB_ID = "timm/lcnet_050.ra2_in1k"


class Server:
    """Answers every request with one status, and keeps what it was asked."""

    def __init__(self, status: int) -> None:
        asked: list[str] = []

        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                asked.append(f"{self.command} {self.path}")
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "/elsewhere")
                self.end_headers()

            do_GET = do_HEAD

            def log_message(self, format: str, *args: object) -> None:
                """Nothing."""

        self.asked = asked
        self.http = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    found = Server(getattr(request, "param", 200))
    yield found
    found.http.shutdown()
    found.http.server_close()


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No cache, no proxy, and a hub at a port that nobody listens to."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    _hub_at(monkeypatch, "http://127.0.0.1:9")


def _hub_at(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setattr(download, "hf_hub_url", lambda hub_id, name, revision=None: f"{url}/{hub_id}/{name}")


def _cached(folder: Path, hub_id: str, weights: dict[str, torch.Tensor]) -> None:
    """A file in the layout of the hub's cache."""
    place = folder / f"models--{hub_id.replace('/', '--')}"
    (place / "refs").mkdir(parents=True)
    (place / "refs" / "main").write_text("0" * 40)
    snapshot = place / "snapshots" / ("0" * 40)
    snapshot.mkdir(parents=True)
    save_file(weights, snapshot / "model.safetensors")


def test_without_a_network_one_line_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timm, "create_model", None)  # nothing is tried that would ask again
    monkeypatch.setattr(time, "sleep", None)
    for option in ("model.pretrained", "objective.pose_pretrained"):
        with pytest.raises(InputError) as error:
            TimmEncoder(NAME, Pretrained(download=True, option=option), (64, 96))
        text = str(error.value)
        assert text.startswith(f"weights of encoder '{NAME}' could not be downloaded (127.0.0.1:9 cannot be reached: ")
        assert f"set {option}=false to start from random weights, or fetch 'http://127.0.0.1:9/" in text
        assert text.endswith(f"elsewhere and set {option}=FILE")


def test_the_server_is_asked_once(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    _hub_at(monkeypatch, server.url)
    assert published_weights(NAME) == {"pretrained": True}
    assert server.asked == [f"HEAD /{HUB_ID}/model.safetensors"]


@pytest.mark.parametrize(
    ("server", "reached"), [(200, True), (302, True), (404, True), (407, False), (503, False)], indirect=["server"]
)
def test_any_answer_of_the_server_itself_will_do(server: Server, reached: bool) -> None:
    if reached:
        check_reachable(f"{server.url}/file")
    else:
        with pytest.raises(Unreachable, match=r"it answers \d+ "):
            check_reachable(f"{server.url}/file")
    assert len(server.asked) == 1


def test_a_server_whose_certificate_python_refuses_has_answered(server: Server) -> None:
    check_reachable(server.url.replace("http:", "https:"))  # it answers in plain HTTP: an SSLError


def test_an_answer_that_is_no_http_is_none() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

        def answer() -> None:
            connection = listening.accept()[0]
            with connection:
                connection.recv(4096)
                connection.sendall(b"220 mail ready\r\n")

        threading.Thread(target=answer, daemon=True).start()
        with pytest.raises(Unreachable, match=f"^127.0.0.1:{port} cannot be reached: 220 mail ready$"):
            check_reachable(f"http://127.0.0.1:{port}/file")


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("hub.example/file", "hub.example/file cannot be reached: unknown url type: 'hub.example/file'"),
        ("http://[::1/file", "[::1 cannot be reached: Invalid IPv6 URL"),
        ("https://127.0.0.1:port/file", "127.0.0.1:port cannot be reached: nonnumeric port: 'port'"),
    ],
)
def test_what_is_no_address_is_unreachable(url: str, message: str) -> None:
    with pytest.raises(Unreachable) as error:
        check_reachable(url)
    assert str(error.value) == message


def test_weights_in_the_cache_are_loaded_without_a_request(tmp_path: Path) -> None:
    torch.manual_seed(3)
    trained = timm.create_model(NAME)
    _cached(tmp_path / "hub", HUB_ID, {key: value.contiguous() for key, value in trained.state_dict().items()})
    encoder = TimmEncoder(NAME, Pretrained(download=True), (64, 96))
    wanted = trained.state_dict()
    same = {key: value for key, value in encoder.backbone.state_dict().items() if key in wanted}
    assert len(same) > 50
    assert all(torch.equal(value, wanted[key]) for key, value in same.items())
    # The pose network has six input channels, for which timm repeats and rescales the first layer.
    six = TimmEncoder(NAME, Pretrained(download=True), (64, 96), in_chans=6).backbone.state_dict()["conv_stem.weight"]
    torch.testing.assert_close(six, wanted["conv_stem.weight"].repeat(1, 2, 1, 1) / 2)


def test_weights_at_an_address_of_their_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, server: Server) -> None:
    config = timm.get_pretrained_cfg(NAME)
    assert config is not None
    config.hf_hub_id, config.url = None, f"{server.url}/folder/lcnet.pth"
    monkeypatch.setattr(timm, "get_pretrained_cfg", lambda name: config)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    assert published_weights(NAME) == {"pretrained": True}
    assert server.asked == ["HEAD /folder/lcnet.pth"]
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "lcnet.pth").touch()
    published_weights(NAME)
    assert len(server.asked) == 1


def test_who_says_that_there_is_no_network_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert published_weights(NAME) == {"pretrained": True}
