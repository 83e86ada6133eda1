"""A hub on this machine that the real client talks to: repositories in memory, one commit after another, no network."""

import base64
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

TOKEN = "hf_a_token_of_the_test"
OWNER = "owner"


@dataclass
class Repository:
    """Branch -> path -> content."""

    private: bool
    branches: dict[str, dict[str, bytes]] = field(default_factory=lambda: {"main": {}})
    commits: list[str] = field(default_factory=list)

    def commit_of(self, branch: str) -> str:
        content = json.dumps({path: hashlib.sha1(data).hexdigest() for path, data in self.branches[branch].items()})
        return hashlib.sha1(f"{branch}{content}".encode()).hexdigest()


@dataclass
class PlayedHub:
    """What the server knows, and what it was asked."""

    repositories: dict[str, Repository] = field(default_factory=dict)
    refuse: int | None = None
    """Status that every request is answered with."""
    asked: list[str] = field(default_factory=list)
    address: str = ""

    def files(self, name: str, branch: str = "main") -> dict[str, bytes]:
        return self.repositories[name].branches[branch]


class Handler(BaseHTTPRequestHandler):
    hub: PlayedHub

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._route("GET")

    def do_HEAD(self) -> None:
        self._route("HEAD")

    def do_POST(self) -> None:
        self._route("POST")

    def _route(self, method: str) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body, path = self.rfile.read(length), unquote(urlsplit(self.path).path)
        self.hub.asked.append(f"{method} {path}")
        if self.hub.refuse is not None:
            return self._error(self.hub.refuse)
        for pattern, name in ROUTES:
            found = re.fullmatch(pattern, f"{method} {path}")
            if found is not None:
                return getattr(self, name)(body, **found.groupdict())
        return self._error(404)

    def _json(self, content: Any, status: int = 200) -> None:
        self._send(json.dumps(content).encode(), status, {"Content-Type": "application/json"})

    def _error(self, status: int, code: str = "") -> None:
        self._send(b'{"error": "refused"}', status, {"X-Error-Code": code} if code else {})

    def _send(self, content: bytes, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _may_write(self, name: str) -> bool:
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self._error(401)
        elif not name.startswith(f"{OWNER}/"):
            self._error(403 if name.partition("/")[0] == "others" else 404)
        else:
            return True
        return False

    def create(self, body: bytes) -> None:
        asked = json.loads(body)
        name = f"{asked.get('organization') or OWNER}/{asked['name']}"
        if not self._may_write(name):
            return None
        if name in self.hub.repositories:
            return self._json({"error": "exists", "url": f"{self.hub.address}/{name}"}, 409)
        self.hub.repositories[name] = Repository(asked.get("private") or asked.get("visibility") == "private")
        return self._json({"url": f"{self.hub.address}/{name}"})

    def info(self, body: bytes, name: str, branch: str | None = None) -> None:
        repository = self.hub.repositories.get(name)
        if repository is None:
            return self._error(404, "RepoNotFound")
        branch = self._branch(repository, branch)
        if branch is None:
            return self._error(404, "RevisionNotFound")
        siblings = [{"rfilename": path} for path in repository.branches[branch]]
        told = {"id": name, "private": repository.private, "sha": repository.commit_of(branch), "siblings": siblings}
        return self._json(told)

    def tree(self, body: bytes, name: str, branch: str) -> None:
        repository = self.hub.repositories[name]
        found = repository.branches[self._branch(repository, branch) or "main"]
        entries = [
            {"type": "file", "path": path, "size": len(data), "oid": hashlib.sha1(data).hexdigest()}
            for path, data in found.items()
        ]
        self._json(entries)

    def branch(self, body: bytes, name: str, branch: str) -> None:
        if not self._may_write(name):
            return None
        repository = self.hub.repositories[name]
        if branch in repository.branches:
            return self._error(409)
        repository.branches[branch] = dict(repository.branches["main"])
        return self._json({})

    def validate(self, body: bytes) -> None:
        self._json({"errors": [], "warnings": []})

    def preupload(self, body: bytes, name: str, branch: str) -> None:
        files = [one["path"] for one in json.loads(body)["files"]]
        self._json({"files": [{"path": path, "uploadMode": "regular", "shouldIgnore": False} for path in files]})

    def commit(self, body: bytes, name: str, branch: str) -> None:
        if not self._may_write(name):
            return
        repository = self.hub.repositories[name]
        files = repository.branches[branch]
        for line in map(json.loads, body.splitlines()):
            value = line["value"]
            if line["key"] == "header":
                repository.commits.append(value["summary"])
            elif line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "deletedFile":
                files.pop(value["path"])
        commit = repository.commit_of(branch)
        self._json({"commitUrl": f"{self.hub.address}/{name}/commit/{commit}", "commitOid": commit})

    def resolve(self, body: bytes, name: str, branch: str, path: str) -> None:
        repository = self.hub.repositories[name]
        branch = self._branch(repository, branch) or "main"
        data = repository.branches[branch].get(path)
        if data is None:
            return self._error(404, "EntryNotFound")
        etag = {"ETag": f'"{hashlib.sha1(data).hexdigest()}"', "X-Repo-Commit": repository.commit_of(branch)}
        return self._send(data, 200, etag)

    def _branch(self, repository: Repository, asked: str | None) -> str | None:
        """The branch of a name or of a commit."""
        if asked is None:
            return "main"
        return next((one for one in repository.branches if asked in (one, repository.commit_of(one))), None)


NAME = r"(?P<name>[\w.-]+/[\w.-]+)"
ROUTES = (
    (r"POST /api/repos/create", "create"),
    (r"POST /api/validate-yaml", "validate"),
    (rf"POST /api/models/{NAME}/preupload/(?P<branch>[\w.-]+)", "preupload"),
    (rf"POST /api/models/{NAME}/commit/(?P<branch>[\w.-]+)", "commit"),
    (rf"POST /api/models/{NAME}/branch/(?P<branch>[\w.-]+)", "branch"),
    (rf"GET /api/models/{NAME}/tree/(?P<branch>[\w.-]+)/?", "tree"),
    (rf"GET /api/models/{NAME}/revision/(?P<branch>[\w.-]+)", "info"),
    (rf"GET /api/models/{NAME}", "info"),
    (rf"(?:GET|HEAD) /{NAME}/resolve/(?P<branch>[\w.-]+)/(?P<path>.+)", "resolve"),
)


@contextmanager
def playing(monkeypatch: pytest.MonkeyPatch, cache: str) -> Iterator[PlayedHub]:
    """The client talks to the played hub, and keeps files in `cache`."""
    hub = PlayedHub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"hub": hub}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    hub.address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", hub.address)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", cache)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    template = hub.address + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", template)
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
