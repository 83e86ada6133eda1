"""Links between pages: what they point to exists, and every page is found."""

from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT, anchors, links, name_of

CLICKS = 2


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_point_to_files_and_headings(page: Path):
    broken = [link for link in links(page) if not link.startswith(("https://", "mailto:")) and not _exists(page, link)]
    assert not broken


def _exists(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    return target.exists() and (not anchor or anchor in anchors(target))


def test_a_broken_link_is_found(tmp_path: Path):
    page = tmp_path / "page.md"
    page.write_text("# Here it is: all of `it`\n")
    assert _exists(page, "#here-it-is-all-of-it")
    assert not _exists(page, "#there")
    assert not _exists(page, "other.md")


@pytest.mark.parametrize("start", ["README.md", "docs/index.md"])
def test_every_page_is_two_clicks_away(start: str):
    reached = {ROOT / start}
    for _ in range(CLICKS):
        reached |= {target for page in reached for target in _neighbours(page)}
    assert {name_of(page) for page in PAGES} - {"README.md"} <= {name_of(page) for page in reached}


def _neighbours(page: Path) -> set[Path]:
    targets = {(page.parent / link.partition("#")[0]).resolve() for link in links(page) if not link.startswith("http")}
    return targets & set(PAGES)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_placeholder_is_left(page: Path):
    text = page.read_text(encoding="utf-8")
    assert not [word for word in ("@TABLE@", "TODO", "FIXME") if word in text]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_lines_are_short(page: Path):
    """At most 120 characters, but for tables, which cannot be broken, and commands."""
    lines = page.read_text(encoding="utf-8").splitlines()
    assert not [line for line in lines if len(line) > 120 and not line.startswith(("|", "python ", "#"))]
