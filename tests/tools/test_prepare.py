"""Split lists from a server on this machine: fetched, kept, gone on with; and every way in which it can fail."""

import hashlib
import runpy
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from gradunc import fetching
from gradunc.data.formats import kitti_splits
from gradunc.tools import download, prepare
from gradunc.tools.kitti_splits import BASE_URL
from tests.helpers import call_command, files_in

LISTS = {f"{split}/{part}_files.txt": f"{split} {part} l\n" * 3000 for split in ("a", "b") for part in ("train", "val")}


class Server(ThreadingHTTPServer):
    """Serves `lists`; what is named in `faults` goes wrong."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.lists = dict(LISTS)
        self.faults: dict[str, str] = {}
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/splits"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        name = self.path.removeprefix("/splits/")
        self.server.asked.append(name)
        fault = self.server.faults.get(name, "")
        if name not in self.server.lists or fault == "missing":
            self.send_error(404)
            return
        body = self.server.lists[name].encode()
        self.send_response(200)
        if fault != "endless":
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if fault == "broken":
            self.wfile.write(body[:1000])
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)
        elif fault == "silent":
            self.wfile.write(body[:1000])
            self.wfile.flush()
            threading.Event().wait(2)
        else:
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch):
    """A running server whose lists are the published ones."""
    files = {
        name: kitti_splits.SplitFile(name, text.count("\n"), hashlib.sha256(text.encode()).hexdigest())
        for name, text in LISTS.items()
    }
    monkeypatch.setattr(kitti_splits, "FILES", files)
    monkeypatch.setattr("gradunc.tools.kitti_splits.FILES", files)
    running = Server()
    thread = threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield running
    running.shutdown()
    running.server_close()
    thread.join()


@pytest.fixture
def call(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return lambda *arguments: call_command(prepare.main, arguments, monkeypatch, capsys)


def test_all_lists_are_fetched_and_verified(call, server, tmp_path):
    outcome = call("kitti-splits", "output=lists", f"base_url={server.url}")
    assert outcome.code == 0, outcome.err
    assert files_in(tmp_path / "lists") == set(LISTS)
    for name, text in LISTS.items():
        assert (tmp_path / "lists" / name).read_text() == text
    assert "[2/4] a/val_files.txt: 3000 lines, verified (fetched)" in outcome.out
    assert "4 lists in 'lists'" in outcome.out


def test_what_is_there_is_kept(call, server, tmp_path):
    call("kitti-splits", "output=lists", f"base_url={server.url}")
    (tmp_path / "lists/a/val_files.txt").unlink()
    (tmp_path / "lists/b/train_files.txt").write_text("damaged\n")
    server.asked.clear()
    outcome = call("kitti-splits", "output=lists", f"base_url={server.url}/")
    assert outcome.code == 0
    assert server.asked == ["a/val_files.txt", "b/train_files.txt"]
    assert "[1/4] a/train_files.txt: 3000 lines, verified (kept)" in outcome.out
    server.asked.clear()
    assert call("kitti-splits", "output=lists", "base_url=http://127.0.0.1:9").code == 0  # nothing to ask for


def failed(outcome, tmp_path) -> str:
    """The one line of an error; only whole lists are left."""
    assert outcome.code == 2
    assert outcome.err.count("\n") == 1
    for name in files_in(tmp_path / "lists"):
        assert (tmp_path / "lists" / name).read_text() == LISTS[name]
    return outcome.err.removeprefix("error: ").rstrip()


def test_wrong_content(call, server, tmp_path):
    name = "b/train_files.txt"
    url = f"{server.url}/{name}"
    server.lists[name] = LISTS[name].replace("b train", "b Train", 1)
    text = failed(call("kitti-splits", "output=lists", f"base_url={server.url}"), tmp_path)
    assert text.startswith(f"'{url}' is not what it should be: its SHA-256 is ")
    assert files_in(tmp_path / "lists") == {"a/train_files.txt", "a/val_files.txt"}
    server.lists[name] = LISTS[name] * 2
    text = failed(call("kitti-splits", "output=lists", f"base_url={server.url}"), tmp_path)
    assert text == (
        f"'{url}' is not what it should be: it has 6000 lines, the published list has 3000; nothing of it was kept"
    )


def test_a_connection_that_breaks_and_a_second_try(call, server, tmp_path):
    server.faults["a/val_files.txt"] = "broken"
    text = failed(call("kitti-splits", "output=lists", f"base_url={server.url}"), tmp_path)
    assert text.startswith(f"the connection broke after 1000 bytes of '{server.url}/a/val_files.txt' (")
    assert text.endswith("run the command again, it goes on with the files that are missing")
    server.faults.clear()
    server.asked.clear()
    assert call("kitti-splits", "output=lists", f"base_url={server.url}").code == 0
    assert server.asked == [name for name in LISTS if name != "a/train_files.txt"]
    assert files_in(tmp_path / "lists") == set(LISTS)


def test_a_server_that_falls_silent(call, server, tmp_path, monkeypatch):
    monkeypatch.setattr(fetching, "TIMEOUT", 0.2)
    server.faults["a/train_files.txt"] = "silent"
    text = failed(call("kitti-splits", "output=lists", f"base_url={server.url}"), tmp_path)
    assert "the connection broke after" in text
    assert "(TimeoutError)" in text


def test_missing_and_endless_files(call, server, tmp_path, monkeypatch):
    server.faults["a/train_files.txt"] = "missing"
    text = failed(call("kitti-splits", "output=lists", f"base_url={server.url}"), tmp_path)
    assert text == f"'{server.url}/a/train_files.txt' answers 404 Not Found; check base_url"
    monkeypatch.setattr(download, "LARGEST", 2**14)
    server.faults["a/train_files.txt"] = "endless"
    text = failed(call("kitti-splits", "output=lists", f"base_url={server.url}"), tmp_path)
    assert text == f"'{server.url}/a/train_files.txt' sends more than 0 MiB: this is no list of files"


def test_offline(call, server, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    text = failed(call("kitti-splits", "output=lists", f"base_url={url}"), tmp_path)
    assert text.startswith(f"cannot reach '{url}/a/train_files.txt': ")
    assert "refused" in text
    assert text.endswith("go online, or copy the lists and set data.split_dir")
    text = failed(call("kitti-splits", "output=lists", "base_url=http://nowhere.invalid"), tmp_path)
    assert text.startswith("cannot reach 'http://nowhere.invalid/a/train_files.txt': ")
    text = failed(call("kitti-splits", "output=lists", "base_url=nonsense"), tmp_path)
    assert text.startswith("base_url: 'nonsense/a/train_files.txt' is no address")


def test_a_local_copy(call, server, tmp_path):
    for name, text in LISTS.items():
        (tmp_path / "copy" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "copy" / name).write_text(text)
    assert call("kitti-splits", "output=lists", f"base_url={(tmp_path / 'copy').as_uri()}").code == 0
    assert files_in(tmp_path / "lists") == set(LISTS)


def test_an_output_that_cannot_be_written(call, server, tmp_path):
    (tmp_path / "lists").write_text("a file")
    outcome = call("kitti-splits", "output=lists", f"base_url={server.url}")
    assert outcome.code == 2
    assert outcome.err.startswith("error: cannot write 'lists/a/train_files.txt': ")
    assert (tmp_path / "lists").read_text() == "a file"
    (tmp_path / "other/a/train_files.txt").mkdir(parents=True)
    outcome = call("kitti-splits", "output=other", f"base_url={server.url}")
    assert outcome.code == 2
    assert outcome.err.startswith("error: cannot write 'other/a/train_files.txt': ")
    assert files_in(tmp_path / "other") == set()


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ([], "say what to prepare: kitti-splits"),
        (["kitti-split"], "unknown preparation 'kitti-split'; did you mean 'kitti-splits'?"),
        (["kitti-splits", "outptu=a"], "unknown key 'outptu'; did you mean 'output'?"),
        (["kitti-splits", "--force"], "unknown flag '--force'"),
    ],
)
def test_mistakes(call, arguments, part):
    outcome = call(*arguments)
    assert outcome.code == 2
    assert part in outcome.err


def test_help_and_the_real_address(call):
    outcome = call("--help")
    assert outcome.code == 0
    assert f"base_url (= {BASE_URL})" in outcome.out
    assert BASE_URL == (
        "https://raw.githubusercontent.com/nianticlabs/monodepth2/b676244e5a1ca55564eb5d16ab521a48f823af31/splits"
    )


def test_as_a_module(call, monkeypatch, capsys, tmp_path):
    arguments = ["prepare", "kitti-splits", "base_url=http://127.0.0.1:9", f"output={tmp_path / 'lists'}"]
    monkeypatch.setattr("sys.argv", arguments)
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(prepare.__file__, run_name="__main__")
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("error: cannot reach 'http://127.0.0.1:9/")
