"""The website as a browser shows it: built once, served from this machine, and measured in headless Chromium."""

import functools
import html
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.docs.pages import ROOT

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--hide-scrollbars")

PROBE = """<!doctype html><meta charset="utf-8"><iframe id="frame" height="900"></iframe><pre id="found"></pre><script>
const RAW = /^(\\* |\\|.*\\|)|```/m;
const jobs = JOBS, found = [], frame = document.getElementById("frame");
function visible(element) { return element.getClientRects().length > 0; }
function next() {
  const job = jobs.shift();
  if (!job) { document.getElementById("found").textContent = JSON.stringify(found); return; }
  frame.style.width = job.width + "px";
  frame.onload = () => setTimeout(() => {
    const page = frame.contentDocument, body = page.documentElement;
    found.push({
      page: job.page, width: job.width, content: body.scrollWidth, room: body.clientWidth,
      links: [...page.querySelectorAll("a[href]")].filter(visible).map(one => one.href),
      raw: [...page.querySelectorAll("article p")].map(one => one.textContent).filter(text => RAW.test(text)),
    });
    next();
  }, 0);
  frame.src = job.page + "?" + job.width;
}
next();
</script>"""
"""Loads every page at every width in a frame, one after the other, and writes down what it has seen."""


def build(folder: Path) -> subprocess.CompletedProcess[str]:
    """`make docs` into another folder."""
    config = ROOT / "docs" / "website" / "mkdocs.yml"
    command = [
        sys.executable,
        "-m",
        "mkdocs",
        "build",
        "--strict",
        "--config-file",
        str(config),
        "--site-dir",
        str(folder),
    ]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT, check=False)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address at which a folder is served."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *arguments: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def measure(site: Path, widths: tuple[int, ...], profile: Path) -> list[dict[str, Any]]:
    """What Chromium sees of every page at every width: see `PROBE`."""
    pages = sorted(path.relative_to(site).as_posix() for path in site.rglob("*.html") if path.name != "404.html")
    jobs = [{"page": f"/{page}", "width": width} for page in pages for width in widths]
    (site / "probe.html").write_text(PROBE.replace("JOBS", json.dumps(jobs)))
    with served(site) as address:
        seen = _chromium(f"{address}/probe.html", profile, "--virtual-time-budget=600000", "--dump-dom")
    (site / "probe.html").unlink()
    found = re.search(r'<pre id="found">(.+?)</pre>', seen, re.DOTALL)
    assert found, seen[-2000:]
    return json.loads(html.unescape(found[1]))


def _chromium(address: str, profile: Path, *flags: str) -> str:
    assert CHROMIUM is not None
    command = [CHROMIUM, *FLAGS, f"--user-data-dir={profile}", *flags, address]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=600).stdout
